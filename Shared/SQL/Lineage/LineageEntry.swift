/// How a value of one column comes from another.
public enum LineageUsage: UInt8, Sendable, Hashable, Comparable {
    /// As it is.
    case copied
    /// By an expression, from one row or from a window of rows.
    case computed
    /// By an aggregate function, from many rows.
    case aggregated

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A column of a table that a value comes from. The number is the column's place in the resolver's list.
struct LineageEntry: Sendable, Hashable {
    var column: Int32
    var usage: LineageUsage
}

extension [LineageEntry] {
    /// Adds `other`; of the same column only the stronger use is kept. Both are in the order of their columns.
    mutating func merge(_ other: [LineageEntry]) {
        if other.isEmpty { return }
        guard let last, let first = other.first else {
            self = other
            return
        }
        // Columns are numbered as they are met, so that this is what mostly happens: many merges take linear time.
        if last.column < first.column {
            append(contentsOf: other)
            return
        }
        var merged: [LineageEntry] = []
        merged.reserveCapacity(count + other.count)
        var (left, right) = (0, 0)
        while left < count || right < other.count {
            if right == other.count || (left < count && self[left].column < other[right].column) {
                merged.append(self[left])
                left += 1
            } else if left == count || other[right].column < self[left].column {
                merged.append(other[right])
                right += 1
            } else {
                merged.append(self[left].usage < other[right].usage ? other[right] : self[left])
                left += 1
                right += 1
            }
        }
        self = merged
    }

    /// Each used at least as `usage` says.
    func used(_ usage: LineageUsage) -> [LineageEntry] {
        guard contains(where: { $0.usage < usage }) else { return self }
        var result = self
        for index in result.indices where result[index].usage < usage { result[index].usage = usage }
        return result
    }
}
