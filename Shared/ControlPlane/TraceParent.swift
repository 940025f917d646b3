/// W3C trace context, version 00: `00-<32 hex trace id>-<16 hex span id>-<2 hex flags>`.
public struct TraceParent: Sendable, Hashable, CustomStringConvertible {
    /// 32 lower-case hexadecimal digits, not all zero.
    public let traceID: String
    /// 16 lower-case hexadecimal digits, not all zero.
    public let spanID: String
    public let sampled: Bool

    /// A new trace.
    public static func make() -> TraceParent {
        TraceParent(trace: hex(.random(in: 0...(.max))) + hex(.random(in: 1...(.max))), span: newSpan(), sampled: true)
    }

    /// A new span of the same trace: what to send on.
    public func child() -> TraceParent {
        TraceParent(trace: traceID, span: Self.newSpan(), sampled: sampled)
    }

    /// Reads a header; `nil` when it does not follow the specification (the trace then starts anew). Later versions
    /// are read as far as version 00 goes.
    public init?(_ header: String) {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isHex(parts[0], 2), parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            Self.isHex(parts[1], 32), parts[1].contains(where: { $0 != "0" }),
            Self.isHex(parts[2], 16), parts[2].contains(where: { $0 != "0" }),
            Self.isHex(parts[3], 2), let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        self.init(trace: String(parts[1]), span: String(parts[2]), sampled: flags & 1 == 1)
    }

    private init(trace: String, span: String, sampled: Bool) {
        traceID = trace
        spanID = span
        self.sampled = sampled
    }

    /// The header's text.
    public var description: String { "00-\(traceID)-\(spanID)-\(sampled ? "01" : "00")" }

    private static func newSpan() -> String { hex(.random(in: 1...(.max))) }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func isHex(_ text: Substring, _ length: Int) -> Bool {
        text.utf8.count == length && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}
