import ModelProject
import SQL

/// How physical tables and the views over them are named.
public enum RelationNames {
    /// The environment whose views have the models' own names.
    public static let production = "prod"
    /// PostgreSQL cuts names off after so many bytes.
    private static let bytesMax = 63

    /// How the schemas of physical tables begin.
    public static let physicalPrefix = "millrace__"

    /// `millrace__<schema>.<schema>__<model>__<version>`
    public static func table(_ id: VersionID) -> RelationPath {
        RelationPath(
            fitting(physicalPrefix + id.name.schema),
            fitting("\(id.name.schema)__\(id.name.name)", suffix: "__\(id.version)"))
    }

    /// `<schema>.<model>` in production, `<schema>__<environment>.<model>` elsewhere.
    public static func view(_ name: ModelName, in environment: String) -> RelationPath {
        let schema = environment == production ? name.schema : "\(name.schema)__\(environment)"
        return RelationPath(schema, name.name)
    }

    /// The name of a table's index over its time column.
    public static func timeIndex(of table: RelationPath) -> String { fitting(table.name, suffix: "__time") }

    /// The name of a table's index over its unique key.
    public static func keyIndex(of table: RelationPath) -> String { fitting(table.name, suffix: "__key") }

    /// Long names keep their beginning and get a hash, so that two of them stay different.
    static func fitting(_ text: String, suffix: String = "") -> String {
        if text.utf8.count + suffix.utf8.count <= bytesMax { return text + suffix }
        let hash = "__" + SHA256.hexadecimal(text).prefix(8)
        var kept = text
        while kept.utf8.count + hash.utf8.count + suffix.utf8.count > bytesMax { kept.removeLast() }
        return kept + hash + suffix
    }

    /// Why `name` cannot be an environment; nil when it can.
    public static func problem(withEnvironment name: String) -> String? {
        let isWord = name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
        let startsWell = name.utf8.first.map { (97...122).contains($0) } ?? false
        return isWord && startsWell && name.utf8.count <= 40
            ? nil : "`\(name)` cannot be an environment: use lower-case letters, digits and _, 40 at most."
    }
}
