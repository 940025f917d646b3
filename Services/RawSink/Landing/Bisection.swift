// Bisection: which part of a refused batch to try next. A plain value: the refusals come in, the parts go out.
// Always: parts go out in order, without gap or overlap, so that offsets only move forward; only a record that was
// refused alone becomes a dead letter.

/// Splits a batch of `count` records until what is refused is single records.
struct Bisection {
    /// A part to be landed in one transaction.
    struct Part: Equatable {
        let range: Range<Int>
        /// Set when the part is one record that was refused: it lands as a dead letter for this reason.
        let refusal: String?
    }

    /// What is still to be tried, the next one last.
    private var waiting: [Part]

    init(count: Int) {
        waiting = count > 0 ? [Part(range: 0..<count, refusal: nil)] : []
    }

    /// The part to try now; `nil` when all is done. Answer with `landed()` or `refused(at:because:)`.
    var current: Part? { waiting.last }

    /// The current part is in the warehouse.
    mutating func landed() { waiting.removeLast() }

    /// The warehouse does not take the current part.
    /// - Parameter record: The record's index, where the warehouse says which one it is. It is tried alone then; the
    ///   others are not split further unless they are refused too.
    /// - Returns: False when there is no smaller part to try: the record was refused even as a dead letter.
    mutating func refused(at record: Int?, because reason: String) -> Bool {
        guard let part = waiting.popLast(), part.refusal == nil else { return false }
        let range = part.range
        guard range.count > 1 else {
            waiting.append(Part(range: range, refusal: reason))
            return true
        }
        var pieces = [
            range.lowerBound..<range.lowerBound + range.count / 2,
            range.lowerBound + range.count / 2..<range.upperBound,
        ]
        if let record, range.contains(record) {
            pieces = [range.lowerBound..<record, record..<record + 1, record + 1..<range.upperBound]
        }
        for piece in pieces.reversed() where !piece.isEmpty { waiting.append(Part(range: piece, refusal: nil)) }
        return true
    }
}
