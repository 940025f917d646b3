import Pipeline

/// Finds the time column of an incremental query that does not say which it is, as the article's models do not:
///
///     SELECT user_id, COUNT(*) AS events, DATE(timestamp) AS day
///     FROM ref('pageviews')
///     {% if is_incremental() %} WHERE timestamp >= '{{ start_date }}' {% endif %}
///     GROUP BY user_id, day
///
/// The filter compares `timestamp` with the interval's start; `day` is the date of `timestamp`: so `day` it is.
enum TimeColumnInference {
    /// The output column's name, lower case; nil when none follows from the filter.
    static func timeColumn(of query: Template) -> String? {
        guard let filtered = filteredColumn(query.nodes, in: query.source) else { return nil }
        let context = RenderContext(isIncremental: false, models: ModelIndex([]))
        guard let sql = try? query.replacingReferences().render(context).text,
            let projections = QueryOutline(sql).projections
        else { return nil }
        let exact = projections.first { $0.tokens.last?.text == filtered && !$0.tokens.contains { $0.text == "(" } }
        return (exact ?? projections.first { isTime(of: filtered, $0) })?.name
    }

    /// True for `DATE(c)`, `CAST(c AS DATE)`, `c::date`, `DATE_TRUNC('day', c)`.
    private static func isTime(of column: String, _ projection: QueryOutline.Projection) -> Bool {
        let words = projection.tokens.filter { $0.kind == .word || $0.kind == .quoted }.map(\.text)
        let others = words.filter {
            !["date", "cast", "as", "date_trunc", "timestamp_trunc", "day", "hour"].contains($0)
        }
        return words.count > 1 && others.last == column && others.count <= 2
    }

    /// The column before `>= '{{ start_… }}'` or `BETWEEN '{{ start_… }}'`.
    private static func filteredColumn(_ nodes: [TemplateNode], in source: SourceFile) -> String? {
        var before: Range<Int>?
        for node in nodes {
            switch node {
            case .text(let range): before = range
            case .output(.name(let name, _), _) where name.hasPrefix("start_"):
                if let range = before, let column = columnAtEnd(of: range, in: source) { return column }
            case .macro(let name, nil, _) where name.hasPrefix("start_"):
                if let range = before, let column = columnAtEnd(of: range, in: source) { return column }
            case .conditional(let branches):
                for branch in branches {
                    if let column = filteredColumn(branch.nodes, in: source) { return column }
                }
            case .macro, .output, .assign: break
            }
        }
        return nil
    }

    private static func columnAtEnd(of range: Range<Int>, in source: SourceFile) -> String? {
        var bytes = Array(source.text.utf8)[range]
        if bytes.last == UInt8(ascii: "'") { bytes = bytes.dropLast() }
        let tokens = QueryToken.tokens(of: String(decoding: bytes, as: UTF8.self))
        guard tokens.count >= 2, [">=", ">", "between", "="].contains(tokens[tokens.count - 1].text) else { return nil }
        let column = tokens[tokens.count - 2]
        return column.isName ? column.text : nil
    }
}
