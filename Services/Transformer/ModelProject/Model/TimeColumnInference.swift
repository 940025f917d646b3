import Pipeline
import SQL

/// Finds the time column of an incremental query that does not say which it is, as the article's models do not:
///
///     SELECT user_id, COUNT(*) AS events, DATE(timestamp) AS day
///     FROM ref('pageviews')
///     {% if is_incremental() %} WHERE timestamp >= '{{ start_date }}' {% endif %}
///     GROUP BY user_id, day
///
/// The filter compares `timestamp` with the interval's start; `day` is the date of `timestamp`: so `day` it is.
enum TimeColumnInference {
    /// The output column's name; nil when none follows from the filter.
    static func timeColumn(of template: Template, dialect name: String) -> String? {
        guard let dialect = SQLDialect(named: name), let filtered = filteredColumn(template.nodes, in: template.source)
        else { return nil }
        let context = RenderContext(isIncremental: false, models: ModelIndex([]))
        guard let sql = try? template.replacingReferences().render(context).text,
            let query = try? parseQuery(sql, dialect: dialect), case .select(let select) = query.body
        else { return nil }
        let exact = select.items.first { item in
            if case .column(let column) = item.value { dialect.folded(column.name) == filtered } else { false }
        }
        let item = exact ?? select.items.first { isTime(of: filtered, $0.value, dialect) }
        guard let item else { return nil }
        if let alias = item.alias { return dialect.folded(alias) }
        if case .column(let column) = item.value { return dialect.folded(column.name) }
        return nil
    }

    /// True for `DATE(c)`, `CAST(c AS DATE)`, `c::date`, `DATE_TRUNC('day', c)`, and one in the other.
    private static func isTime(of column: String, _ value: Expression, _ dialect: SQLDialect) -> Bool {
        func inner(_ value: Expression) -> Bool {
            if case .column(let reference) = value { return dialect.folded(reference.name) == column }
            return isTime(of: column, value, dialect)
        }
        switch value {
        case .cast(let cast): return inner(cast.operand)
        case .function(let call):
            guard ["date", "date_trunc", "timestamp_trunc"].contains(call.name.name.lowercased()) else { return false }
            return call.arguments.contains { inner($0.value) }
        default: return false
        }
    }

    /// The column before `>= '{{ start_… }}'` or `BETWEEN '{{ start_… }}'`.
    private static func filteredColumn(_ nodes: [TemplateNode], in source: SourceFile) -> String? {
        var before: Range<Int>?
        for node in nodes {
            switch node {
            case .text(let range):
                before = range
                for start in MacroNames.starts(of: "start_", source, range) {
                    if let column = columnAtEnd(of: range.lowerBound..<start, in: source) { return column }
                }
            case .output(let expression, _):
                guard case .name(let name) = expression.kind, name.hasPrefix("start_") else { continue }
                if let range = before, let column = columnAtEnd(of: range, in: source) { return column }
            case .conditional(let branches):
                for branch in branches {
                    if let column = filteredColumn(branch.nodes, in: source) { return column }
                }
            default: break
            }
        }
        return nil
    }

    private static func columnAtEnd(of range: Range<Int>, in source: SourceFile) -> String? {
        var bytes = Array(source.text.utf8)[range]
        if bytes.last == UInt8(ascii: "'") { bytes = bytes.dropLast() }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let tokens = try? tokenize(text, dialect: .postgres).tokens.filter({ $0.kind != .endOfText }),
            tokens.count >= 2
        else { return nil }
        let comparison = tokens[tokens.count - 1]
        guard [.greaterOrEqual, .greater, .equal].contains(comparison.kind) || comparison.keyword == .between else {
            return nil
        }
        return StatementText.name(of: tokens[tokens.count - 2], in: text)
    }
}
