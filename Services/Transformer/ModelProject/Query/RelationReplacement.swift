import SQL

/// What is put in where a text names a relation.
struct RelationReplacement {
    /// The name as it stands there, in UTF-8 bytes of the text.
    let range: Range<Int>
    let text: String

    /// The relations that stand in a text, in its order.
    static func inText(_ tables: [TableReference]) -> [TableReference] {
        tables.filter { !$0.name.range.isNone }.sorted { $0.name.range.start < $1.name.range.start }
    }

    /// A name of three parts as one of two: PostgreSQL takes the first only if it is the database's own name, which a test
    /// or another installation has not.
    private static func withoutDatabase(_ name: QualifiedName) -> String? {
        guard name.parts.count == 3 else { return nil }
        return name.parts[1...].map { part in
            SQLText.identifier(part.quoted ? part.name : part.name.lowercased())
        }.joined(separator: ".")
    }

    /// Of those relations that `replacement` knows, in order and apart from each other. Each keeps the name that it had.
    /// - Parameter tables: In the order of the text.
    static func all(_ tables: [TableReference], _ replacement: (String) -> String?) -> [RelationReplacement] {
        var found: [RelationReplacement] = []
        for table in tables {
            let range = table.name.range.offsets
            guard range.lowerBound >= found.last?.range.upperBound ?? 0,
                let text = replacement(ParsedQuery.name(table)) ?? withoutDatabase(table.name)
            else { continue }
            let alias = table.alias == nil ? " AS \(SQLText.identifier(table.name.last.name))" : ""
            found.append(RelationReplacement(range: range, text: text + alias))
        }
        return found
    }
}
