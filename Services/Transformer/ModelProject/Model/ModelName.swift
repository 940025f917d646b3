/// A model's two-part name, `schema.name`, lower case. Models without a schema live in `analytics`.
public struct ModelName: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// Lower case.
    public let schema: String
    /// The name within the schema, lower case.
    public let name: String

    /// The schema of models that name none.
    public static let defaultSchema = "analytics"

    /// Takes the two parts in any case.
    public init(schema: String, name: String) {
        self.schema = schema.lowercased()
        self.name = name.lowercased()
    }

    /// Reads `name` or `schema.name`; nil for anything else.
    public init?(_ text: String, defaultSchema: String = ModelName.defaultSchema) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), parts.allSatisfy(ModelName.isWord) else { return nil }
        self.init(schema: parts.count == 2 ? parts[0] : defaultSchema, name: parts[parts.count - 1])
    }

    public var description: String { "\(schema).\(name)" }

    public static func < (left: ModelName, right: ModelName) -> Bool {
        (left.schema, left.name) < (right.schema, right.name)
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let name = ModelName(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(text) is not a model name"))
        }
        self = name
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// Letters, digits and underscores, not starting with a digit: what needs no quotes in SQL.
    private static func isWord(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            scalar == "_" || ("0"..."9").contains(scalar) || scalar.properties.isAlphabetic
        }
    }
}
