import Pipeline

/// Macros that make queries, or columns by counting: `@DEDUPLICATE`, `@DATE_SPINE`, `@PIVOT`.
extension MacroExpander {
    /// `@DEDUPLICATE(relation, [partition columns], ['column desc', …])`: the first row of each partition.
    ///
    /// SQLMesh's query for PostgreSQL also returns the row's number as `_w`; this one does not.
    func deduplicate(_ arguments: MacroArguments) throws(PipelineError) -> MacroValue {
        let call = arguments.call
        let bound = try arguments.bound(to: ["relation", "partition_by", "order_by"], required: 3)
        let relation = bound["relation"]?.text ?? ""
        let columns = list(bound["partition_by"] ?? .nothing).joined(separator: ", ")
        var order: [String] = []
        for text in list(bound["order_by"] ?? .nothing) {
            guard let item = SQLPiece(text).string else {
                throw call.error(
                    "order_by of @DEDUPLICATE is a list of strings, such as ['updated_at desc nulls last'].")
            }
            order.append(item)
        }
        guard !columns.isEmpty, !order.isEmpty else {
            throw call.error("@DEDUPLICATE needs columns to partition by and strings to order by, each in [ ].")
        }
        if context.dialect == "bigquery" {
            let window = "PARTITION BY \(columns) ORDER BY \(order.joined(separator: ", "))"
            return .sql("SELECT * FROM \(relation) WHERE TRUE QUALIFY ROW_NUMBER() OVER (\(window)) = 1")
        }
        return .sql(
            "SELECT DISTINCT ON (\(columns)) * FROM \(relation) ORDER BY \(columns), \(order.joined(separator: ", "))")
    }

    /// `@DATE_SPINE('day', start, end)`: a row for each day, week, month, quarter or year.
    func dateSpine(_ arguments: MacroArguments) throws(PipelineError) -> MacroValue {
        let call = arguments.call
        let bound = try arguments.bound(to: ["datepart", "start_date", "end_date"], required: 3)
        let part = bound["datepart"]?.embedded.lowercased() ?? ""
        guard ["day", "week", "month", "quarter", "year"].contains(part) else {
            throw call.error("`\(part)` is not a step of @DATE_SPINE. Known: day, week, month, quarter, year.")
        }
        var limits: [(text: String, date: Moment?)] = []
        for name in ["start_date", "end_date"] {
            let value = bound[name] ?? .nothing
            guard let day = value.string else {
                limits.append((value.text ?? "NULL", nil))
                continue
            }
            guard day.utf8.count == 10, let moment = Moment(day) else {
                throw call.error("`\(day)` is not a date. Write it as '2025-01-31'.")
            }
            limits.append(("CAST('\(day)' AS DATE)", moment))
        }
        if let first = limits[0].date, let last = limits[1].date, first > last {
            throw call.error("The start of @DATE_SPINE is after its end.")
        }
        let (start, end) = (limits[0].text, limits[1].text)
        let column = "date_\(part)"
        if context.dialect == "bigquery" {
            let step = "INTERVAL 1 \(part.uppercased())"
            return .sql("SELECT \(column) FROM UNNEST(GENERATE_DATE_ARRAY(\(start), \(end), \(step))) AS \(column)")
        }
        let step = part == "quarter" ? "3 MONTH" : "1 \(part.uppercased())"
        let series = "GENERATE_SERIES(\(start), \(end), INTERVAL '\(step)') AS _t(value)"
        return .sql("SELECT \(column) FROM (SELECT CAST(value AS DATE) FROM \(series)) AS _exploded(\(column))")
    }

    /// `@PIVOT(column, [values])`: a column for each value, with the number of rows that have it.
    func pivot(_ arguments: MacroArguments) throws(PipelineError) -> MacroValue {
        let call = arguments.call
        let bound = try arguments.bound(
            to: [
                "column", "values", "alias", "agg", "cmp", "prefix", "suffix", "then_value", "else_value", "quote",
                "distinct",
            ], required: 2)
        func flag(_ name: String, _ otherwise: Bool) throws(PipelineError) -> Bool {
            try bound[name].map { value throws(PipelineError) in try isTrue(value, at: call) } ?? otherwise
        }
        func word(_ name: String, _ otherwise: String) -> String { bound[name]?.embedded ?? otherwise }
        let (hasAlias, isQuoted) = (try flag("alias", true), try flag("quote", true))
        let distinct = try flag("distinct", false) ? "DISTINCT " : ""
        let column = bound["column"]?.string ?? bound["column"]?.text ?? ""
        let then = bound["then_value"]?.text ?? "1"
        let otherwise = bound["else_value"].map { $0.text ?? "NULL" } ?? "0"
        return .list(
            list(bound["values"] ?? .nothing).map { value in
                let condition = "\(column) \(word("cmp", "=")) \(value)"
                let sum =
                    "\(word("agg", "SUM"))(\(distinct)CASE WHEN \(condition) THEN \(then) ELSE \(otherwise) END)"
                guard hasAlias else { return sum }
                let name = word("prefix", "") + SQLPiece(value).embedded + word("suffix", "")
                let alias =
                    isQuoted
                    ? SQLText.quotedName(name, dialect: context.dialect) : SQLText.name(name, dialect: context.dialect)
                return "\(sum) AS \(alias)"
            })
    }

    /// `@RESOLVE_TEMPLATE('…@{schema_name}…@{table_name}…', mode := 'literal' or 'table')`: the names of the model's table
    /// put into a text. While nothing runs there is no table, and the text stays.
    func resolveTemplate(_ arguments: MacroArguments) throws(PipelineError) -> MacroValue {
        let call = arguments.call
        let bound = try arguments.bound(to: ["template", "mode"], required: 1)
        guard let template = bound["template"]?.string else {
            throw call.error("@RESOLVE_TEMPLATE takes a string with @{schema_name} or @{table_name} in it.")
        }
        let mode = bound["mode"]?.embedded.lowercased() ?? "literal"
        guard mode == "literal" || mode == "table" else {
            throw call.error("`\(mode)` is not a mode of @RESOLVE_TEMPLATE. Known: literal, table.")
        }
        guard !template.contains("@{catalog_name}") else {
            throw call.error("@{catalog_name} is not supported: a table's name has two parts here, schema and table.")
        }
        guard let table = context.table else { return .sql(SQLText.literal(template)) }
        let text = template.replacing("@{schema_name}", with: table.schema).replacing("@{table_name}", with: table.name)
        return .sql(mode == "table" ? text : SQLText.literal(text))
    }
}
