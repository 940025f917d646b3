import Pipeline

/// Macros that write out the columns of a model or table: `@STAR`, `@UNION`.
extension MacroExpander {
    /// `@STAR(relation, alias, exclude := [a], prefix := 'p_', suffix := '_s', quote_identifiers := true)`
    mutating func star(_ arguments: MacroArguments) throws(PipelineError) -> MacroValue {
        let call = arguments.call
        var bound = try arguments.bound(
            to: ["relation", "alias", "exclude", "prefix", "suffix", "quote_identifiers", "except_"], required: 1)
        if bound["exclude"] == nil { bound["exclude"] = bound["except_"] }
        let relation = bound["relation"]?.embeddedRelation ?? ""
        let excluded = Set(list(bound["exclude"] ?? .nothing).map { $0.identifierName })
        let isQuoted =
            try bound["quote_identifiers"].map { value throws(PipelineError) in try isTrue(value, at: call) } ?? true
        let alias = bound["alias"]?.embedded ?? ""
        let table = alias.isEmpty ? SQLPiece(relation).nameParts?.last ?? relation : alias
        let columns = try columns(of: relation, at: call).filter { !excluded.contains($0.name) }
        guard !columns.isEmpty else { throw call.error("@STAR leaves no column of \(relation).") }
        let dialect = context.dialect
        func quoted(_ name: String) -> String {
            isQuoted ? SQLText.quotedName(name, dialect: dialect) : SQLText.name(name, dialect: dialect)
        }
        let areTyped = columns.allSatisfy { $0.type != nil }
        let (prefix, suffix) = (bound["prefix"]?.embedded ?? "", bound["suffix"]?.embedded ?? "")
        return .list(
            columns.map { column in
                var value = "\(quoted(table)).\(quoted(column.name))"
                if areTyped, let type = column.type { value = "CAST(\(value) AS \(type))" }
                return "\(value) AS \(quoted(prefix + column.name + suffix))"
            })
    }

    /// `@UNION(condition, 'all' or 'distinct', relations…)`: the rows of all, with the columns that all have. Where the
    /// condition is false, those of the first alone.
    mutating func union(_ arguments: MacroArguments) throws(PipelineError) -> MacroValue {
        let call = arguments.call
        guard arguments.named.isEmpty else { throw call.error("@UNION has no arguments with a name.") }
        var rest = arguments.positional[...]
        var isWhole = true
        if let first = rest.first, first.string == nil, SQLPiece(first.text ?? "").nameParts == nil || isBoolean(first)
        {
            isWhole = try isTrue(first, at: call)
            rest = rest.dropFirst()
        }
        var type = "ALL"
        if let written = rest.first?.string {
            type = written.uppercased()
            rest = rest.dropFirst()
        }
        guard type == "ALL" || type == "DISTINCT" else {
            throw call.error("`\(type.lowercased())` is not a type of @UNION. Known: 'all', 'distinct'.")
        }
        let relations = rest.map(\.embeddedRelation)
        guard let first = relations.first else { throw call.error("@UNION needs at least one model or table.") }
        var shared = try columns(of: first, at: call)
        for relation in relations.dropFirst() {
            let others = try columns(of: relation, at: call)
            shared.removeAll { column in
                !others.contains {
                    $0.name == column.name && ($0.type == column.type || $0.type == nil || column.type == nil)
                }
            }
        }
        guard !shared.isEmpty else {
            throw call.error("\(relations.joined(separator: ", ")) have no column in common, by name and type.")
        }
        let columns = shared.map { column in
            let name = SQLText.name(column.name, dialect: context.dialect)
            return column.type.map { "CAST(\(name) AS \($0)) AS \(name)" } ?? name
        }
        let list = columns.joined(separator: ", ")
        let selects = (isWhole ? relations : [first]).map { "SELECT \(list) FROM \($0)" }
        let word = type == "ALL" || context.dialect == "bigquery" ? "UNION \(type)" : "UNION"
        return .sql(selects.joined(separator: " \(word) "))
    }

    private func isBoolean(_ value: MacroValue) -> Bool {
        if case .constant(.boolean) = value { return true }
        return ["true", "false"].contains(value.text?.lowercased() ?? "")
    }

    private mutating func columns(of relation: String, at call: MacroCall) throws(PipelineError) -> [RelationColumn] {
        let name = relation.lowercased()
        if let known = relationsRead[name] { return known }
        guard let columns = try context.columns(name) else {
            throw call.error(
                "The columns of \(relation) are not known here, which @\(call.name.uppercased()) needs. Name them in "
                    + "`columns` of the model's MODEL block or, for a table, in external_models.yaml.")
        }
        relationsRead[name] = columns
        return columns
    }
}

extension MacroValue {
    /// The relation that the value names: also in a string.
    fileprivate var embeddedRelation: String { string ?? text ?? "" }
}
