import ModelProject

/// Reads what planning needs out of queries.
enum QueryReader {
    static func shape(of query: ParsedQuery) -> QueryShape {
        let outline = QueryOutline(query.canonical)
        return QueryShape(
            canonical: query.canonical, tables: query.tables,
            projections: outline.projections?.map(\.canonical), outputNames: outline.projections?.map(\.name) ?? [],
            skeleton: outline.skeleton, usesStar: outline.usesStar, isGrouped: outline.isGrouped,
            dependsOnListOrder: outline.dependsOnListOrder,
            projectionTraits: outline.projections?.map {
                ProjectionTraits(functions: $0.functions, hasSubquery: $0.hasSubquery)
            } ?? [])
    }

    /// The columns of the audited model that an audit names: every name in it that is neither a keyword nor its own.
    static func columnNames(ofAudit audit: AuditDefinition) -> Set<String> {
        guard let rendered = try? audit.query.render(RenderContext(thisModel: "this_model")) else { return [] }
        let words: Set<String> = [
            "select", "from", "where", "is", "null", "not", "and", "or", "this_model", "as", "group", "by", "having",
            "in",
            "between", "like", "case", "when", "then", "else", "end", "distinct", "true", "false", "limit", "order",
            "desc",
            "asc", "with", "exists", "union", "all", "on", "join", "left", "inner", "interval", "date", "timestamp",
        ]
        return QueryOutline(rendered.text).names.subtracting(words)
    }
}
