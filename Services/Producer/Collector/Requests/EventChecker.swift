import DataContract
import Foundation

/// Whether bytes meet a topic's contract, by the decoder that lands them later. Not for two threads at once.
final class EventChecker {
    let contract: Contract
    private let decoder: RecordDecoder
    private let keyName: [UInt8]?
    private let now: () -> Int64

    /// - Parameter now: Microseconds since 1970, by which event times are judged.
    init(
        _ contract: Contract, now: @escaping () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1_000_000) }
    ) {
        self.contract = contract
        self.now = now
        decoder = RecordDecoder(contract)
        keyName = contract.key.map { Array($0.utf8) }
    }

    /// `nil` when the event is good.
    func check(_ event: UnsafeRawBufferPointer) -> Rejection? {
        if case .rejected(let rejection) = judge(event) { return rejection }
        return nil
    }

    /// What would become of the event, and when it happened.
    func judge(_ event: UnsafeRawBufferPointer) -> DecodeOutcome {
        var sink = NoRow()
        return decoder.decode(event, at: MessagePosition(partition: 0, offset: 0, ingestedAt: now()), into: &sink)
    }

    /// The message's key: the value of the contract's key property. For events that passed the check.
    func key(of event: UnsafeRawBufferPointer) throws(Rejection) -> [UInt8]? {
        guard let keyName else { return nil }
        for member in try JSONOutline.members(of: event) {
            guard event[member.name].elementsEqual(keyName) else { continue }
            return Self.text(event, member.value)
        }
        return nil
    }

    /// A string without its quotes and escapes; any other value as it is written.
    static func text(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) -> [UInt8] {
        guard bytes[value.lowerBound] == UInt8(ascii: "\"") else { return Array(bytes[value]) }
        return JSONOutline.text(of: bytes, between: value.lowerBound + 1..<value.upperBound - 1)
    }
}

/// Takes a row and forgets it.
private struct NoRow: RowSink {
    mutating func beginRow(columns: Int) {}
    mutating func appendNull() {}
    mutating func append(text: UnsafeRawBufferPointer) {}
    mutating func append(bigint: Int64) {}
    mutating func append(integer: Int32) {}
    mutating func append(double: Double) {}
    mutating func append(boolean: Bool) {}
    mutating func append(timestamp microseconds: Int64) {}
    mutating func append(date days: Int32) {}
    mutating func append(number: UnsafeRawBufferPointer) {}
    mutating func append(json: UnsafeRawBufferPointer) {}
}
