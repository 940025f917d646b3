// RecordDecoder: one message in, one row or one rejection out. Its memory is its own and is used again for each message.
// Always: nothing is handed to the row sink before the message has been judged whole.

/// Where a message came from and when: the columns that the sink adds.
public struct MessagePosition: Sendable {
    public var partition: Int32
    public var offset: Int64
    /// Microseconds since 1970-01-01T00:00:00Z.
    public var ingestedAt: Int64

    public init(partition: Int32, offset: Int64, ingestedAt: Int64) {
        self.partition = partition
        self.offset = offset
        self.ingestedAt = ingestedAt
    }
}

/// What became of a message.
public enum DecodeOutcome: Sendable, Equatable {
    /// A row was appended. The event time is in microseconds since 1970, nil when the contract names none.
    case row(eventTime: Int64?)
    /// Nothing was appended.
    case rejected(Rejection)
}

/// Decodes the messages of one contract's topic, byte by byte, straight into rows.
///
/// JSON is read strictly by RFC 8259. A field of the contract that comes twice is refused; of other fields that come
/// twice, `_extra` keeps the last, as jsonb does. Not for two threads at once.
public final class RecordDecoder {
    /// Objects and arrays may be nested this deep, the message's own object included.
    public static let depthMax = 100

    let contract: Contract
    let fields: [Field]
    let topic: [UInt8]
    private let eventTimeIndex: Int?

    /// What was found of each property in the message at hand.
    var slots: [Slot]
    var scratch = ScratchBytes()
    var extra = ScratchBytes()
    /// The property that came n-th in the last message: in the next one it most often comes n-th again. -1: not ours.
    private var order: [Int] = []

    /// A property, ready to be compared with the bytes of a message.
    struct Field {
        let property: Property
        let name: [UInt8]
    }

    /// A value between scanning and appending. Text lies in the message or in the scratch memory.
    enum Slot {
        case absent, null
        case message(start: Int, end: Int)
        case scratch(start: Int, end: Int)
        case integer(Int64)
        case double(Double)
        case boolean(Bool)
    }

    public init(_ contract: Contract) {
        self.contract = contract
        fields = contract.properties.map { Field(property: $0, name: Array($0.name.utf8)) }
        topic = Array(contract.topic.name.utf8)
        slots = Array(repeating: .absent, count: fields.count)
        eventTimeIndex = contract.properties.firstIndex { $0.name == contract.eventTime }
    }

    /// Decodes `value` and appends its row to `sink`, or says why it cannot be one.
    public func decode(
        _ value: UnsafeRawBufferPointer?, at position: MessagePosition, into sink: inout some RowSink
    ) -> DecodeOutcome {
        guard let value else {
            return .rejected(Rejection(.nullValue, message: "The message has no value (a tombstone)."))
        }
        if let rejection = read(value) { return .rejected(rejection) }
        append(value, at: position, to: &sink)
        guard let eventTimeIndex, case .integer(let time) = slots[eventTimeIndex] else { return .row(eventTime: nil) }
        return .row(eventTime: time)
    }

    /// Fills the slots from one message.
    private func read(_ value: UnsafeRawBufferPointer) -> Rejection? {
        for index in slots.indices { slots[index] = .absent }
        scratch.clear()
        extra.clear()
        var scanner = JSONScanner(value)
        var current: StringSpan?
        do throws(Fault) {
            try readObject(&scanner, &current)
        } catch {
            return rejection(error, field: current.map { name(of: $0, scanner) })
        }
        for index in fields.indices where fields[index].property.isRequired {
            switch slots[index] {
            case .absent: return reject(.missingField, index, "The field is required and is not there.")
            case .null: return reject(.nullField, index, "The field is required and is null.")
            default: break
            }
        }
        return nil
    }

    /// - Parameter current: Left at the name of the field that was being read.
    private func readObject(_ scanner: inout JSONScanner, _ current: inout StringSpan?) throws(Fault) {
        scanner.skipWhitespace()
        guard try scanner.peek() == UInt8(ascii: "{") else {
            try scanner.skipValue(depth: 0)
            throw scanner.fault(.notAnObject, at: 0)
        }
        scanner.position += 1
        scanner.skipWhitespace()
        if try scanner.peek() == UInt8(ascii: "}") {
            scanner.position += 1
        } else {
            var place = 0
            while true {
                current = nil
                guard try scanner.peek() == UInt8(ascii: "\"") else { throw scanner.fault(.unexpectedByte) }
                let name = try scanner.string()
                current = name
                scanner.skipWhitespace()
                try scanner.expect(UInt8(ascii: ":"))
                scanner.skipWhitespace()
                try readField(name, place, &scanner)
                scanner.skipWhitespace()
                place += 1
                if try scanner.peek() == UInt8(ascii: ",") {
                    scanner.position += 1
                    scanner.skipWhitespace()
                } else {
                    current = nil
                    try scanner.expect(UInt8(ascii: "}"))
                    break
                }
            }
        }
        scanner.skipWhitespace()
        current = nil
        guard scanner.position == scanner.count else { throw scanner.fault(.afterEnd) }
    }

    private func readField(_ name: StringSpan, _ place: Int, _ scanner: inout JSONScanner) throws(Fault) {
        if place == order.count { order.append(-1) }
        var index = order[place]
        if index < 0 || !matches(name, index, scanner) {
            index = find(name, scanner)
            if place < 1_000 { order[place] = index }
        }
        guard index >= 0 else {
            let start = scanner.position
            try scanner.skipValue(depth: 1)
            keep(name, value: start..<scanner.position, scanner)
            return
        }
        guard case .absent = slots[index] else { throw scanner.fault(.duplicateField, at: name.start) }
        slots[index] = try readValue(fields[index].property, &scanner)
    }

    @inline(__always)
    private func matches(_ name: StringSpan, _ index: Int, _ scanner: JSONScanner) -> Bool {
        guard !name.hasEscapes else { return false }
        let length = name.end - name.start
        return fields[index].name.withUnsafeBufferPointer { bytes in
            guard bytes.count == length else { return false }
            let found = scanner.bytes + name.start
            for position in 0..<length where bytes[position] != found[position] { return false }
            return true
        }
    }

    private func find(_ name: StringSpan, _ scanner: JSONScanner) -> Int {
        guard name.hasEscapes else {
            return fields.indices.first { matches(name, $0, scanner) } ?? -1
        }
        let plain = unescaped(name, scanner)
        return fields.firstIndex { $0.name == plain } ?? -1
    }

    /// Adds `"name":value` to the fields outside of the contract.
    private func keep(_ name: StringSpan, value: Range<Int>, _ scanner: JSONScanner) {
        extra.append(extra.count == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
        extra.append(UnsafeBufferPointer(start: scanner.bytes + name.start - 1, count: name.end - name.start + 2))
        extra.append(UInt8(ascii: ":"))
        extra.append(UnsafeBufferPointer(start: scanner.bytes + value.lowerBound, count: value.count))
    }

    func unescaped(_ span: StringSpan, _ scanner: JSONScanner) -> [UInt8] {
        var plain = ScratchBytes()
        scanner.unescape(span, into: &plain)
        return plain.withBytes(0..<plain.count) { Array($0) }
    }
}
