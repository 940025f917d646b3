/// A stretch of source text: half-open UTF-8 offsets.
public struct SourceRange: Sendable, Hashable {
    public var start: UInt32
    public var end: UInt32

    public init(start: UInt32, end: UInt32) {
        self.start = start
        self.end = end
    }

    /// The range of a node that was built by code and stands in no text.
    public static let none = SourceRange(start: .max, end: .max)

    /// True for a node that was built by code.
    public var isNone: Bool { start == .max }

    /// The offsets as integers, for slicing; empty at 0 for a node that stands in no text.
    public var offsets: Range<Int> { isNone ? 0..<0 : Int(start)..<Int(end) }
}

extension String {
    /// The text that `range` covers. A range beyond the end is cut off.
    public func sql(in range: SourceRange) -> String {
        let bytes = utf8
        let from = bytes.index(startIndex, offsetBy: range.offsets.lowerBound, limitedBy: endIndex) ?? endIndex
        let to = bytes.index(startIndex, offsetBy: range.offsets.upperBound, limitedBy: endIndex) ?? endIndex
        return String(decoding: bytes[from..<to], as: UTF8.self)
    }
}
