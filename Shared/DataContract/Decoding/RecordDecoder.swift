// RecordDecoder: one message in, one row or one rejection out. Its memory is its own and is used again for each message.
// Always: nothing is handed to the row sink before the message has been judged whole.
// What runs for every message works on plain memory: arrays and structs with references would be counted at every look.

/// Where a message came from and when: the columns that the sink adds.
public struct MessagePosition: Sendable {
    public var partition: Int32
    public var offset: Int64
    /// Microseconds since 1970-01-01T00:00:00Z: the "now" by which event times are judged.
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
    private let plans: FieldPlans
    /// The first plan; there are `columnCount` of them, and as many slots.
    let fields: UnsafeMutablePointer<FieldPlan>
    @usableFromInline let columnCount: Int
    /// Columns of a row: the contract's and the sink's.
    @usableFromInline let rowWidth: Int
    @usableFromInline let columnTypes: UnsafeMutablePointer<ColumnType>
    @usableFromInline let topic: UnsafeMutableRawBufferPointer
    private let eventTimeIndex: Int
    private let messageIndex: Int
    /// The bounds of the event time: a base, to which the bits of "now" are added that the mask lets through.
    private let earliest: (base: Int64, mask: Int64)
    private let latest: (base: Int64, mask: Int64)

    /// What was found of each property in the message at hand.
    @usableFromInline let slots: UnsafeMutablePointer<Slot>
    @usableFromInline let scratch = ScratchBytes()
    @usableFromInline let extra = ScratchBytes()
    /// The property that came n-th in the last message: in the next one it most often comes n-th again. -1: not ours.
    private let order: UnsafeMutablePointer<Int32>
    /// Fields of a message whose property is remembered.
    private static let orderMax = 1_000

    /// A value between scanning and appending. Text lies in the message or in the scratch memory.
    @usableFromInline
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
        plans = FieldPlans(contract.properties)
        fields = plans.first
        columnCount = plans.count
        rowWidth = contract.columns.count
        columnTypes = .allocate(capacity: max(1, columnCount))
        slots = .allocate(capacity: max(1, columnCount))
        for (index, property) in contract.properties.enumerated() {
            (columnTypes + index).initialize(to: property.columnType)
            (slots + index).initialize(to: .absent)
        }
        order = .allocate(capacity: Self.orderMax)
        order.initialize(repeating: -1, count: Self.orderMax)
        let name = Array(contract.topic.name.utf8)
        topic = .allocate(byteCount: name.count, alignment: 1)
        topic.copyBytes(from: name)
        eventTimeIndex = contract.properties.firstIndex { $0.name == contract.eventTime } ?? -1
        messageIndex = contract.properties.firstIndex(where: \.holdsMessage) ?? -1
        earliest = contract.plausibleTimes.earliest.parts(any: .min)
        latest = contract.plausibleTimes.latest.parts(any: .max)
    }

    deinit {
        columnTypes.deallocate()
        slots.deallocate()
        order.deallocate()
        topic.deallocate()
    }

    /// Decodes `value` and appends its row to `sink`, or says why it cannot be one.
    @inlinable
    public func decode<Sink: RowSink>(
        _ value: UnsafeRawBufferPointer?, at position: MessagePosition, into sink: inout Sink
    ) -> DecodeOutcome {
        guard let value else { return .rejected(Self.tombstone) }
        if let rejection = read(value, now: position.ingestedAt) { return .rejected(rejection) }
        append(value, at: position, to: &sink)
        return .row(eventTime: eventTime)
    }

    @usableFromInline static var tombstone: Rejection {
        Rejection(.nullValue, message: "The message has no value (a tombstone).")
    }

    /// Of the message just read.
    @usableFromInline var eventTime: Int64? {
        guard eventTimeIndex >= 0, case .integer(let time) = slots[eventTimeIndex] else { return nil }
        return time
    }

    /// Fills the slots from one message.
    @usableFromInline
    func read(_ value: UnsafeRawBufferPointer, now: Int64) -> Rejection? {
        for index in 0..<columnCount { slots[index] = .absent }
        scratch.clear()
        extra.clear()
        var scanner = JSONScanner(value)
        var current: StringSpan?
        do throws(Fault) {
            try readObject(&scanner, &current)
        } catch {
            return rejection(error, field: current.map { name(of: $0, scanner) })
        }
        if messageIndex >= 0 { slots[messageIndex] = .message(start: 0, end: value.count) }
        for index in 0..<columnCount where fields[index].isRequired {
            switch slots[index] {
            case .absent: return reject(.missingField, index, "The field is required and is not there.")
            case .null: return reject(.nullField, index, "The field is required and is null.")
            default: break
            }
        }
        if let time = eventTime,
            time < earliest.base &+ (now & earliest.mask) || time > latest.base &+ (now & latest.mask)
        {
            return reject(.implausibleTime, eventTimeIndex, implausibleTime)
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

    @inline(__always)
    private func readField(_ name: StringSpan, _ place: Int, _ scanner: inout JSONScanner) throws(Fault) {
        let isRemembered = place < Self.orderMax
        var index = isRemembered ? Int(order[place]) : -1
        if index < 0 || name.hasEscapes || !fields[index].isNamed(name, scanner) {
            index = find(name, scanner)
            if isRemembered { order[place] = Int32(truncatingIfNeeded: index) }
        }
        guard index >= 0 else {
            let start = scanner.position
            try scanner.skipValue(depth: 1)
            if messageIndex < 0 { keep(name, value: start..<scanner.position, scanner) }
            return
        }
        guard case .absent = slots[index] else { throw scanner.fault(.duplicateField, at: name.start) }
        slots[index] = try readValue(fields + index, &scanner)
    }

    private func find(_ name: StringSpan, _ scanner: JSONScanner) -> Int {
        guard name.hasEscapes else {
            for index in 0..<columnCount where fields[index].isNamed(name, scanner) { return index }
            return -1
        }
        let plain = unescaped(name, scanner)
        for index in 0..<columnCount {
            let field = UnsafeBufferPointer(start: fields[index].name, count: fields[index].nameLength)
            if field.elementsEqual(plain) { return index }
        }
        return -1
    }

    /// Adds `"name":value` to the fields outside of the contract.
    private func keep(_ name: StringSpan, value: Range<Int>, _ scanner: JSONScanner) {
        extra.append(extra.count == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
        extra.append(UnsafeBufferPointer(start: scanner.bytes + name.start - 1, count: name.end - name.start + 2))
        extra.append(UInt8(ascii: ":"))
        extra.append(UnsafeBufferPointer(start: scanner.bytes + value.lowerBound, count: value.count))
    }

    func unescaped(_ span: StringSpan, _ scanner: JSONScanner) -> [UInt8] {
        let plain = ScratchBytes()
        scanner.unescape(span, into: plain)
        return Array(plain.bytes(0..<plain.count))
    }
}
