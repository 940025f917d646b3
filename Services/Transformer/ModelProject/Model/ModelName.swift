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

    /// Reads a name of up to three parts, the first of three being the database.
    /// - Parameter databases: What that may be; empty: anything.
    /// - Throws: `ModelNameError`, which says what is wrong with the name.
    init(_ text: String, in databases: Set<String>) throws(ModelNameError) {
        var parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 3 {
            let database = parts.removeFirst().identifierName
            guard databases.isEmpty || databases.contains(database) else {
                throw ModelNameError(
                    "\(text) is in the database \(database), and models run in \(databases.sorted().joined(separator: ", ")): "
                        + "leave the first part out, or name that database.")
            }
        }
        guard let name = ModelName(parts.map(\.identifierName).joined(separator: ".")) else {
            throw ModelNameError("`\(text)` is not a model's name. Write it as schema.name.")
        }
        self = name
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

/// Why a text is no model's name.
struct ModelNameError: Error {
    let message: String

    init(_ message: String) { self.message = message }
}
