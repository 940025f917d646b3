import ModelProject
import Pipeline

/// How large a table of a model is, and for which time it has rows.
public struct TableSize: Sendable {
    /// As the database guesses it; nil where it has never counted.
    public let rows: Int64?
    public let bytes: Int64
    public let done: IntervalSet

    public init(rows: Int64?, bytes: Int64, done: IntervalSet) {
        self.rows = rows
        self.bytes = bytes
        self.done = done
    }
}

/// What computing a model will about write: what its table, or that of an earlier version of it, has for as much time.
public struct WorkEstimate: Sendable, Equatable {
    public let rows: Int64?
    public let bytes: Int64

    /// - Returns: Nil where the table says nothing: it is empty, or no time of it is known.
    public init?(of work: ModelWork, like table: TableSize) {
        guard table.bytes > 0, table.rows != 0 else { return nil }
        var share = 1.0
        if work.model.snapshot.definition.kind.options.isIncremental {
            guard let due = work.missing.due.duration, let done = table.done.duration, done > 0 else { return nil }
            share = due / done
        }
        rows = table.rows.map { Self.rounded(Double($0) * share) }
        bytes = Self.rounded(Double(table.bytes) * share)
    }

    /// Two digits: more would claim to be known.
    private static func rounded(_ value: Double) -> Int64 {
        var unit = 1.0
        while value / unit >= 100 { unit *= 10 }
        return Int64(min((value / unit).rounded() * unit, 9e18))
    }

    /// `about 12,000 rows, 3.4 MB`
    public var text: String {
        let size = Self.text(bytes: bytes)
        guard let rows else { return "about \(size)" }
        return "about \(Self.grouped(rows)) \(rows == 1 ? "row" : "rows"), \(size)"
    }

    private static func grouped(_ number: Int64) -> String {
        let digits = Array(String(number))
        return digits.indices.reduce(into: "") { text, index in
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digits[index])
        }
    }

    private static func text(bytes: Int64) -> String {
        let units = ["bytes", "kB", "MB", "GB", "TB", "PB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1_000, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        return unit == 0 || tenths % 10 == 0 || value >= 10
            ? "\(Int(value.rounded())) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}

extension IntervalSet {
    /// How long it is, in seconds; nil where it goes back as far as there is time.
    fileprivate var duration: Double? {
        if let start, start <= .beginning { return nil }
        return intervals.reduce(0) { $0 + Double($1.end.microseconds - $1.start.microseconds) / 1_000_000 }
    }
}
