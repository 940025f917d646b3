import Pipeline
import Planning

/// Makes the SQL that runs: templates expanded, model names replaced by the tables of this environment.
struct ModelSQL: Sendable {
    /// Every model of the environment, by name.
    let tables: [ModelName: RelationName]

    init(_ models: [PlannedModel]) {
        tables = Dictionary(uniqueKeysWithValues: models.map { ($0.name, RelationNames.table($0.id)) })
    }

    /// Everything that computing `interval` of `model` takes.
    /// - Parameter columns: The table's columns, to know the time column's type.
    func replacement(
        of model: PlannedModel, interval: Interval, execution: Moment, isIncremental: Bool, columns: [ColumnDescription]
    ) throws -> ModelTables.Replacement {
        let rendering = ModelRendering(model.snapshot)
        let context = rendering.context(for: interval, execution: execution, isIncremental: isIncremental)
        var statementContext = context
        statementContext.thisModel = Self.ownTable
        let statements = try rendering.statements(statementContext)
        let filter = try self.filter(of: model, interval, columns)
        let audits = try model.snapshot.audits.map {
            try audit($0, of: model, interval: interval, filter: filter, execution: execution)
        }
        return ModelTables.Replacement(
            table: RelationNames.table(model.id), filter: filter,
            query: replaced(try rendering.parsedQuery(context), for: model.snapshot),
            before: statements.before.map { statement($0, for: model) },
            after: statements.after.map { statement($0, for: model) }, audits: audits)
    }

    /// The model's query alone.
    func query(of model: PlannedModel, interval: Interval, execution: Moment, isIncremental: Bool) throws(PipelineError)
        -> String
    {
        let rendering = ModelRendering(model.snapshot)
        let context = rendering.context(for: interval, execution: execution, isIncremental: isIncremental)
        return replaced(try rendering.parsedQuery(context), for: model.snapshot)
    }

    /// An audit over the rows that `filter` lets through. Other models in it are those of the same environment.
    func audit(
        _ audit: BoundAudit, of model: PlannedModel, interval: Interval, filter: String?, execution: Moment
    ) throws(PipelineError) -> ModelTables.AuditQuery {
        let table = RelationNames.table(model.id).sql
        let condition = filter.map { " WHERE \($0)" } ?? ""
        let rows = "(SELECT * FROM \(table)\(condition)) AS \(SQLText.identifier(model.name.name))"
        switch audit.query {
        case .builtIn:
            let source = model.snapshot.definition.source
            let sql = try BuiltInAudits.query(audit.call, over: rows, in: source) ?? "SELECT 1 WHERE false"
            return ModelTables.AuditQuery(name: audit.name, sql: sql, style: .rows, isBlocking: audit.isBlocking)
        case .file(let definition):
            var context = ModelRendering(model.snapshot).context(
                for: interval, execution: execution, isIncremental: true)
            context.arguments = definition.defaults.reduce(into: [:]) { $0[$1.key] = $1.value }
            for (name, value) in audit.call.arguments { context.arguments[name] = value.values.joined(separator: ", ") }
            context.thisModel = Self.auditedRows
            let query = try ParsedQuery(
                try definition.query.render(context), dialect: model.snapshot.definition.dialect)
            let sql = query.replacingTables { name in
                name == Self.auditedRows ? "(SELECT * FROM \(table)\(condition))" : relation(name, for: model.snapshot)
            }
            return ModelTables.AuditQuery(
                name: audit.name, sql: sql, style: definition.style, isBlocking: audit.isBlocking)
        }
    }

    /// The condition on the model's time column; nil for models without one.
    func filter(of model: PlannedModel, _ interval: Interval, _ columns: [ColumnDescription]) throws -> String? {
        guard let options = model.snapshot.definition.kind.timeRange else { return nil }
        guard let column = columns.first(where: { $0.name == options.timeColumn }),
            let type = TimeFilter.ColumnType(postgres: column.type)
        else {
            throw TransformerError(
                .sqlError, "The table of \(model.name) has no time column \(options.timeColumn).", isRetriable: false)
        }
        return TimeFilter.condition(options.timeColumn, type, format: options.timeFormat, in: interval)
    }

    /// Names that stand for a table until its place is known.
    private static let auditedRows = "millrace_audited_rows"
    private static let ownTable = "millrace_own_table"

    private func replaced(_ query: ParsedQuery, for snapshot: ModelSnapshot) -> String {
        query.replacingTables { relation($0, for: snapshot) }
    }

    /// A pre- or post-statement: `@this_model` may stand anywhere in it, as in `CREATE INDEX ON @this_model (x)`.
    private func statement(_ sql: String, for model: PlannedModel) -> String {
        QueryOutline(sql).replacingTables { relation($0, for: model.snapshot) }.replacing(
            Self.ownTable, with: RelationNames.table(model.id).sql)
    }

    /// The table behind a model's name; nil for anything else.
    private func relation(_ name: String, for snapshot: ModelSnapshot) -> String? {
        ModelIndex(snapshot.bundle.models).find(name).flatMap { tables[$0]?.sql }
    }
}
