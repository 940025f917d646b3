/// The value of a variable of `config.yaml`, or of an expression in a template.
public enum VariableValue: Sendable, Hashable {
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)

    /// As it stands in text: no quotes.
    public var plain: String {
        switch self {
        case .string(let text): text
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .boolean(let value): value ? "true" : "false"
        }
    }

    /// As an SQL literal: text is quoted.
    public var literal: String {
        if case .string(let text) = self { SQLText.literal(text) } else { plain }
    }

    /// What Jinja takes as true: not false, not zero, not empty.
    var isTrue: Bool {
        switch self {
        case .string(let text): !text.isEmpty
        case .integer(let value): value != 0
        case .number(let value): value != 0
        case .boolean(let value): value
        }
    }
}

extension VariableValue: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let text): try container.encode(text)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .boolean(let value): try container.encode(value)
        }
    }
}

/// Quoting of what is put into SQL text.
public enum SQLText {
    /// `'it''s'`
    public static func literal(_ text: String) -> String {
        "'" + text.replacing("'", with: "''") + "'"
    }

    /// `"a ""name"""`
    public static func identifier(_ name: String) -> String {
        "\"" + name.replacing("\"", with: "\"\"") + "\""
    }
}
