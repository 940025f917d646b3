// What people read about a bad message. None of this runs for a good one.

extension RecordDecoder {
    func reject(_ reason: Rejection.Reason, _ index: Int, _ message: String) -> Rejection {
        Rejection(reason, field: contract.properties[index].name, message: message)
    }

    var implausibleTime: String {
        "The event's time is not plausible by the contract: \(contract.plausibleTimes) "
            + "(eventTimeEarliest, eventTimeLatest)."
    }

    /// The fault in words, with the field that was being read.
    func rejection(_ fault: Fault, field name: String?) -> Rejection {
        let property = name.flatMap { contract.property($0) }
        return Rejection(fault.reason, field: name, message: text(fault, property))
    }

    /// The name of a field, cut to a length that fits into a log.
    func name(of span: StringSpan, _ scanner: JSONScanner) -> String {
        let bytes = unescaped(span, scanner)
        return bytes.count <= 200
            ? String(decoding: bytes, as: UTF8.self) : String(decoding: bytes.prefix(200), as: UTF8.self) + "…"
    }

    private func text(_ fault: Fault, _ property: Property?) -> String {
        let place = "at byte \(fault.offset)"
        return switch fault.reason {
        case .invalidJSON: "Not JSON: \(text(fault.detail)) \(place)."
        case .invalidUTF8: "Not UTF-8 \(place)."
        case .tooDeep: "Nested deeper than \(Self.depthMax) levels \(place)."
        case .notAnObject: "Expected a JSON object."
        case .duplicateField: "The field comes twice, again \(place)."
        case .wrongType: "Expected \(property.map(Self.wanted) ?? "another type") \(place)."
        case .outOfRange: "Outside of what \(property.map(Self.limits) ?? "a number may be") allows \(place)."
        case .invalidTimestamp:
            "Not a time such as 2018-01-01T00:00:00Z or 2018-01-01T00:00:00 UTC, in the years 0001 to 9999 of UTC, \(place)."
        case .invalidDate: "Not a date such as 2018-01-31 \(place)."
        case .nulCharacter: "A NUL character (\\u0000), which the warehouse cannot hold, \(place)."
        case .unpairedSurrogate: "Half of a surrogate pair, which is no character, \(place)."
        default: fault.reason.rawValue
        }
    }

    private func text(_ detail: Fault.Detail) -> String {
        switch detail {
        case .unexpectedEnd: "it ends"
        case .unexpectedByte: "an unexpected character"
        case .controlCharacter: "a control character in a string"
        case .badEscape: "an escape that JSON does not know"
        case .badNumber: "a number that JSON does not allow"
        case .afterEnd: "something after the end of the object"
        case .none: "broken"
        }
    }

    private static func wanted(_ property: Property) -> String {
        switch property.logicalType {
        case .string: "a string"
        case .integer: "a whole number"
        case .number: "a number"
        case .boolean: "true or false"
        case .timestamp: "a time as a string"
        case .date: "a date as a string"
        case .object: "an object"
        case .array: "an array"
        }
    }

    private static func limits(_ property: Property) -> String {
        var limits: [String] = []
        if let length = property.rules.minimumLength { limits.append("at least \(length) characters") }
        if let length = property.rules.maximumLength { limits.append("at most \(length) characters") }
        if let minimum = property.rules.minimum { limits.append("minimum \(minimum)") }
        if let maximum = property.rules.maximum { limits.append("maximum \(maximum)") }
        limits.append("column type \(property.columnType)")
        return "the contract (\(limits.joined(separator: ", ")))"
    }
}
