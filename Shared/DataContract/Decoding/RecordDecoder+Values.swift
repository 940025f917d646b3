extension RecordDecoder {
    /// Reads the value at the cursor as its field wants it.
    @inline(__always)
    func readValue(_ field: UnsafeMutablePointer<FieldPlan>, _ scanner: inout JSONScanner) throws(Fault) -> Slot {
        let start = scanner.position
        let first = try scanner.peek()
        if first == UInt8(ascii: "n") {
            try scanner.expectWord("null")
            return .null
        }
        switch field.pointee.logicalType {
        case .string:
            guard first == UInt8(ascii: "\"") else { throw try wrongType(&scanner) }
            return try text(scanner.string(), field, scanner)
        case .timestamp, .date:
            guard first == UInt8(ascii: "\"") else { throw try wrongType(&scanner) }
            return try moment(scanner.string(), field, scanner)
        case .integer, .number:
            guard first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") < 10 else { throw try wrongType(&scanner) }
            return try number(scanner.number(), field, scanner)
        case .boolean:
            guard first == UInt8(ascii: "t") || first == UInt8(ascii: "f") else { throw try wrongType(&scanner) }
            try scanner.expectWord(first == UInt8(ascii: "t") ? "true" : "false")
            return .boolean(first == UInt8(ascii: "t"))
        case .object:
            guard first == UInt8(ascii: "{") else { throw try wrongType(&scanner) }
            try scanner.skipValue(depth: 1)
            return .message(start: start, end: scanner.position)
        case .array:
            guard first == UInt8(ascii: "[") else { throw try wrongType(&scanner) }
            try scanner.skipValue(depth: 1)
            return .message(start: start, end: scanner.position)
        }
    }

    /// Says that the value has the wrong type, unless it is no value at all: broken JSON is told first.
    private func wrongType(_ scanner: inout JSONScanner) throws(Fault) -> Fault {
        let start = scanner.position
        try scanner.skipValue(depth: 1)
        return scanner.fault(.wrongType, at: start)
    }

    @inline(__always)
    private func text(_ span: StringSpan, _ field: UnsafeMutablePointer<FieldPlan>, _ scanner: JSONScanner)
        throws(Fault) -> Slot
    {
        let slot: Slot
        if span.hasEscapes {
            let start = scratch.count
            scanner.unescape(span, into: scratch)
            slot = .scratch(start: start, end: scratch.count)
        } else {
            slot = .message(start: span.start, end: span.end)
        }
        if field.pointee.limitsLength {
            let length = scalars(slot, scanner)
            guard length >= field.pointee.rules.minimumLength ?? 0, length <= field.pointee.rules.maximumLength ?? .max
            else {
                throw scanner.fault(.outOfRange, at: span.start)
            }
        }
        return slot
    }

    private func scalars(_ slot: Slot, _ scanner: JSONScanner) -> Int {
        func count(_ bytes: UnsafeRawBufferPointer) -> Int {
            bytes.reduce(into: 0) { count, byte in count += byte & 0xC0 != 0x80 ? 1 : 0 }
        }
        switch slot {
        case .message(let start, let end):
            return count(UnsafeRawBufferPointer(start: scanner.bytes + start, count: end - start))
        case .scratch(let start, let end): return count(scratch.bytes(start..<end))
        default: return 0
        }
    }

    @inline(__always)
    private func moment(_ span: StringSpan, _ field: UnsafeMutablePointer<FieldPlan>, _ scanner: JSONScanner)
        throws(Fault) -> Slot
    {
        if span.hasEscapes {
            let plain = unescaped(span, scanner)
            return try plain.withUnsafeBufferPointer { (bytes) throws(Fault) in
                guard let base = bytes.baseAddress else { throw scanner.fault(.invalidTimestamp, at: span.start) }
                return try moment(base, bytes.count, field, at: span.start, scanner)
            }
        }
        return try moment(scanner.bytes + span.start, span.end - span.start, field, at: span.start, scanner)
    }

    @inline(__always)
    private func moment(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ field: UnsafeMutablePointer<FieldPlan>, at offset: Int,
        _ scanner: JSONScanner
    ) throws(Fault) -> Slot {
        if field.pointee.logicalType == .date {
            guard let days = TimeText.date(bytes, count: count) else { throw scanner.fault(.invalidDate, at: offset) }
            return .integer(Int64(days))
        }
        guard let time = TimeText.timestamp(bytes, count: count) else {
            throw scanner.fault(.invalidTimestamp, at: offset)
        }
        return .integer(time)
    }

    @inline(__always)
    private func number(_ span: NumberSpan, _ field: UnsafeMutablePointer<FieldPlan>, _ scanner: JSONScanner)
        throws(Fault) -> Slot
    {
        if field.pointee.limitsValue {
            let value = scanner.double(span)
            guard value >= field.pointee.rules.minimum ?? -.infinity, value <= field.pointee.rules.maximum ?? .infinity
            else {
                throw scanner.fault(.outOfRange, at: span.start)
            }
        }
        switch field.pointee.columnType {
        case .bigint, .integer:
            switch scanner.integer(span) {
            case .value(let value):
                guard field.pointee.columnType == .bigint || Int32(exactly: value) != nil else {
                    throw scanner.fault(.outOfRange, at: span.start)
                }
                return .integer(value)
            case .tooLarge: throw scanner.fault(.outOfRange, at: span.start)
            case .notWhole: throw scanner.fault(.wrongType, at: span.start)
            }
        case .double:
            let value = scanner.double(span)
            guard value.isFinite else { throw scanner.fault(.outOfRange, at: span.start) }
            return .double(value)
        default:
            try checkDigits(span, field, scanner)
            return .message(start: span.start, end: span.end)
        }
    }

    private func checkDigits(_ span: NumberSpan, _ field: UnsafeMutablePointer<FieldPlan>, _ scanner: JSONScanner)
        throws(Fault)
    {
        if field.pointee.logicalType == .integer, scanner.digitsNeeded(span).fraction > 0 {
            throw scanner.fault(.wrongType, at: span.start)
        }
        guard case .decimal(let precision, let scale) = field.pointee.columnType else { return }
        let needed = scanner.digitsNeeded(span)
        guard needed.whole <= precision - scale, needed.fraction <= scale else {
            throw scanner.fault(.outOfRange, at: span.start)
        }
    }
}
