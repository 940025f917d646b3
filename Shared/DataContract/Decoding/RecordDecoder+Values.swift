extension RecordDecoder {
    /// Reads the value at the cursor as `property` wants it.
    @inline(__always)
    func readValue(_ property: Property, _ scanner: inout JSONScanner) throws(Fault) -> Slot {
        let start = scanner.position
        let first = try scanner.peek()
        if first == UInt8(ascii: "n") {
            try scanner.expectWord("null")
            return .null
        }
        switch property.logicalType {
        case .string:
            guard first == UInt8(ascii: "\"") else { throw try wrongType(&scanner) }
            return try text(scanner.string(), property, scanner)
        case .timestamp, .date:
            guard first == UInt8(ascii: "\"") else { throw try wrongType(&scanner) }
            return try moment(scanner.string(), property, scanner)
        case .integer, .number:
            guard first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") < 10 else { throw try wrongType(&scanner) }
            return try number(scanner.number(), property, scanner)
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
    private func text(_ span: StringSpan, _ property: Property, _ scanner: JSONScanner) throws(Fault) -> Slot {
        let slot: Slot
        if span.hasEscapes {
            let start = scratch.count
            scanner.unescape(span, into: &scratch)
            slot = .scratch(start: start, end: scratch.count)
        } else {
            slot = .message(start: span.start, end: span.end)
        }
        if property.rules.minimumLength != nil || property.rules.maximumLength != nil {
            let length = scalars(slot, scanner)
            guard length >= property.rules.minimumLength ?? 0, length <= property.rules.maximumLength ?? .max else {
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
        case .scratch(let start, let end): return scratch.withBytes(start..<end, count)
        default: return 0
        }
    }

    @inline(__always)
    private func moment(_ span: StringSpan, _ property: Property, _ scanner: JSONScanner) throws(Fault) -> Slot {
        if span.hasEscapes {
            let plain = unescaped(span, scanner)
            return try plain.withUnsafeBufferPointer { (bytes) throws(Fault) in
                guard let base = bytes.baseAddress else { throw scanner.fault(.invalidTimestamp, at: span.start) }
                return try moment(base, bytes.count, property, at: span.start, scanner)
            }
        }
        return try moment(scanner.bytes + span.start, span.end - span.start, property, at: span.start, scanner)
    }

    @inline(__always)
    private func moment(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ property: Property, at offset: Int, _ scanner: JSONScanner
    ) throws(Fault) -> Slot {
        if property.logicalType == .date {
            guard let days = TimeText.date(bytes, count: count) else { throw scanner.fault(.invalidDate, at: offset) }
            return .integer(Int64(days))
        }
        guard let time = TimeText.timestamp(bytes, count: count) else {
            throw scanner.fault(.invalidTimestamp, at: offset)
        }
        return .integer(time)
    }

    @inline(__always)
    private func number(_ span: NumberSpan, _ property: Property, _ scanner: JSONScanner) throws(Fault) -> Slot {
        if property.rules.minimum != nil || property.rules.maximum != nil {
            let value = scanner.double(span)
            guard value >= property.rules.minimum ?? -.infinity, value <= property.rules.maximum ?? .infinity else {
                throw scanner.fault(.outOfRange, at: span.start)
            }
        }
        switch property.columnType {
        case .bigint, .integer:
            switch scanner.integer(span) {
            case .value(let value):
                guard property.columnType == .bigint || Int32(exactly: value) != nil else {
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
            try checkDigits(span, property, scanner)
            return .message(start: span.start, end: span.end)
        }
    }

    private func checkDigits(_ span: NumberSpan, _ property: Property, _ scanner: JSONScanner) throws(Fault) {
        if property.logicalType == .integer, scanner.digitsNeeded(span).fraction > 0 {
            throw scanner.fault(.wrongType, at: span.start)
        }
        guard case .decimal(let precision, let scale) = property.columnType else { return }
        let needed = scanner.digitsNeeded(span)
        guard needed.whole <= precision - scale, needed.fraction <= scale else {
            throw scanner.fault(.outOfRange, at: span.start)
        }
    }
}
