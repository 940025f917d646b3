import OrderedCollections

/// The value of a variable of `config.yaml`, or of an expression in a template.
public enum VariableValue: Sendable, Hashable {
    case null
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case list([VariableValue])
    /// By key, in the order in which they were written.
    case mapping(OrderedDictionary<String, VariableValue>)

    /// As it stands in text: no quotes.
    public var plain: String {
        switch self {
        case .null: ""
        case .string(let text): text
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .boolean(let value): value ? "true" : "false"
        case .list, .mapping: listed
        }
    }

    /// As an SQL literal: text is quoted, a list is a tuple.
    public var literal: String {
        switch self {
        case .null: "NULL"
        case .string(let text): SQLText.literal(text)
        case .list(let values): "(\(values.map(\.literal).joined(separator: ", ")))"
        case .integer, .number, .boolean, .mapping: plain
        }
    }

    /// A list or mapping as Jinja prints it: `['a', 1]`, `{'a': 1}`.
    private var listed: String {
        switch self {
        case .null: "None"
        case .string(let text): "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
        case .list(let values): "[\(values.map(\.listed).joined(separator: ", "))]"
        case .mapping(let values):
            "{\(values.map { "'\($0.key)': \($0.value.listed)" }.joined(separator: ", "))}"
        case .boolean(let value): value ? "True" : "False"
        case .integer, .number: plain
        }
    }

    /// What Jinja takes as true: not false, not zero, not empty.
    var isTrue: Bool {
        switch self {
        case .null: false
        case .list(let values): !values.isEmpty
        case .mapping(let values): !values.isEmpty
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
        if container.decodeNil() {
            self = .null
            // JSON says of what type a value is only by being read as one.
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode([VariableValue].self) {
            self = .list(value)
        } else if let value = try? container.decode(OrderedPairs.self) {
            self = .mapping(value.pairs)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .list(let values): try container.encode(values)
        case .mapping(let values): try container.encode(OrderedPairs(pairs: values))
        case .string(let text): try container.encode(text)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .boolean(let value): try container.encode(value)
        }
    }
}

/// A mapping as JSON that keeps the order of its keys: `{"keys": […], "values": […]}`.
private struct OrderedPairs: Codable {
    var pairs: OrderedDictionary<String, VariableValue>

    private enum CodingKeys: String, CodingKey { case keys, values }

    init(pairs: OrderedDictionary<String, VariableValue>) { self.pairs = pairs }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let keys = try container.decode([String].self, forKey: .keys)
        let values = try container.decode([VariableValue].self, forKey: .values)
        pairs = OrderedDictionary(zip(keys, values)) { _, last in last }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Array(pairs.keys), forKey: .keys)
        try container.encode(Array(pairs.values), forKey: .values)
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

    /// A name, in the dialect's quotes where it needs some.
    static func name(_ name: String, dialect: String) -> String {
        let isWord = !name.isEmpty && name.utf8.allSatisfy(TemplateLexer.isWord)
        let startsWithDigit = name.utf8.first.map { (48...57).contains($0) } ?? false
        return isWord && !startsWithDigit ? name : quotedName(name, dialect: dialect)
    }

    /// A name in the dialect's quotes.
    static func quotedName(_ name: String, dialect: String) -> String {
        dialect == "bigquery" ? "`" + name.replacing("`", with: "\\`") + "`" : identifier(name)
    }
}
