import OrderedCollections

/// A cell of a test, as it is written.
public indirect enum TestValue: Sendable, Equatable {
    case null
    /// The value's text, and whether it was written as a string.
    case text(String, quoted: Bool)
    /// What an array holds, or a list of JSON.
    case list([TestValue])
    /// An object of JSON.
    case mapping(OrderedDictionary<String, TestValue>)

    /// What the engine reads as a value of a column of `type`, a type of PostgreSQL's; nil for NULL.
    public func text(for type: String) -> String? {
        switch self {
        case .null: nil
        case .text(let text, _): text
        case .list(let elements):
            type.hasSuffix("]") || type.lowercased().hasSuffix("array") ? Self.array(elements) : json
        case .mapping: json
        }
    }

    /// What an array's element, or an element of one in it, is; the value itself where it is no list.
    public var leaves: [TestValue] {
        if case .list(let elements) = self { elements.flatMap(\.leaves) } else { [self] }
    }

    /// As PostgreSQL reads arrays: each element in quotes but NULL.
    private static func array(_ elements: [TestValue]) -> String {
        let texts = elements.map { element in
            switch element {
            case .null: "NULL"
            case .text(let text, _): quoted(text)
            case .list(let elements): array(elements)
            case .mapping: quoted(element.json)
            }
        }
        return "{\(texts.joined(separator: ","))}"
    }

    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    private var json: String {
        switch self {
        case .null: "null"
        case .text(let text, let isQuoted): !isQuoted && Self.isLiteral(text) ? text : Self.string(text)
        case .list(let elements): "[\(elements.map(\.json).joined(separator: ", "))]"
        case .mapping(let pairs):
            "{\(pairs.map { "\(Self.string($0.key)): \($0.value.json)" }.joined(separator: ", "))}"
        }
    }

    /// Whether JSON writes it without quotes: true, false, a number (RFC 8259, section 6).
    private static func isLiteral(_ text: String) -> Bool {
        if ["true", "false"].contains(text) { return true }
        var rest = text.utf8[...]
        func digits() -> Int {
            let found = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
            rest = rest.dropFirst(found)
            return found
        }
        func skip(_ characters: String) -> Bool {
            guard let first = rest.first, characters.utf8.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        _ = skip("-")
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, whole == 1 || !startsWithZero else { return false }
        if skip("."), digits() == 0 { return false }
        if skip("eE") {
            _ = skip("+-")
            if digits() == 0 { return false }
        }
        return rest.isEmpty
    }

    private static func string(_ text: String) -> String {
        var written = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": written += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                written += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: written.unicodeScalars.append(scalar)
            }
        }
        return written + "\""
    }
}
