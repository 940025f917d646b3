import ModelProject
import Pipeline
import Planning
import SQL
import Warehouse

/// What stands for the models of an environment where SQL names them.
struct RelationsOfModels: Sendable {
    let tables: [ModelName: RelationPath]
    /// The models that stand, as subqueries, in what reads them.
    let embedded: [ModelName: PlannedModel]

    /// The models of a plan.
    init(_ models: [PlannedModel]) {
        self.init(
            models.filter(\.hasRelation).map(\.id), embedded: models.filter { !$0.hasRelation })
    }

    /// - Parameter tables: Those of the other models.
    init(_ tables: [VersionID], embedded: [PlannedModel]) {
        self.tables = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, RelationNames.table($0)) })
        self.embedded = Dictionary(uniqueKeysWithValues: embedded.map { ($0.name, $0) })
    }
}

/// Makes the SQL that runs: templates expanded, model names replaced by the tables of this environment.
struct ModelSQL: Sendable {
    private let models: RelationsOfModels

    init(_ models: RelationsOfModels) { self.models = models }

    /// Everything that computing `interval` of `model` takes.
    /// - Parameters:
    ///   - isLast: Nothing of the model is missing afterwards: audits that stand alone find everything there.
    ///   - columns: The table's columns, to know the time column's type.
    func replacement(
        of model: PlannedModel, interval: Interval, execution: Moment, isIncremental: Bool, isLast: Bool,
        columns: [StoredColumn]
    ) throws -> ModelTables.Replacement {
        let filter = try self.filter(of: model, interval, columns)
        let audits = try model.snapshot.audits.filter { isLast || !$0.isStandalone }.map {
            try audit($0, of: model, interval: interval, filter: filter, execution: execution)
        }
        let options = model.snapshot.definition.kind.options
        let context = ModelRendering(model.snapshot).context(
            for: interval, execution: execution, isIncremental: isIncremental)
        let given = model.snapshot.outputColumns.map { Set($0.map { $0.lowercased() }) }
        var replacement = ModelTables.Replacement(
            model: model.name, table: RelationNames.table(model.id),
            write: try write(of: model, filter: filter, context), once: options.isComputedOnce ? interval : nil,
            statements: try statements(
                of: model, interval: interval, execution: execution, isIncremental: isIncremental, seedRows: .given),
            audits: audits)
        replacement.given = model.snapshot.definition.kind.seedTable.map { table in
            GivenRows(columns: table.columns, rows: table.rows)
        }
        replacement.order = (model.snapshot.definition.kind.timeRange?.timeColumn).map { [$0] } ?? []
        if let given {
            replacement.omitted = columns.map(\.name).filter { !given.contains($0.lowercased()) }
        }
        return replacement
    }

    /// Where the query of a seed takes its rows from.
    enum SeedRows {
        /// It has none: only its columns count.
        case none
        /// The batch brings them.
        case given
        /// The first ones stand in it.
        case first(Int)
    }

    /// The model's query with what is to run before and after it.
    /// - Parameter isCreating: The model's table or view is made by it.
    func statements(
        of model: PlannedModel, interval: Interval, execution: Moment, isIncremental: Bool,
        seedRows: SeedRows = .none, isCreating: Bool = false
    ) throws(PipelineError) -> ModelTables.Statements {
        let definition = model.snapshot.definition
        let rendering = ModelRendering(model.snapshot)
        var context = rendering.context(for: interval, execution: execution, isIncremental: isIncremental)
        let table = RelationNames.table(model.id)
        context.table = (table.schema, table.name)
        let isView = definition.kind.isView || definition.kind.isMaterializedView
        // The query of a view is what it shows from then on.
        if isCreating, !isView { context.stage = .creating }
        let relations = try relations(of: model.snapshot, context)
        let query = try self.query(rendering, of: definition, seedRows, context, relations)
        context.thisModel = Self.ownTable
        context.stage = .evaluating
        let texts =
            try isCreating ? Self.creating(isView: isView, rendering, context) : [try rendering.statements(context)]
        return ModelTables.Statements(
            before: settings(of: definition)
                + texts.flatMap { statements($0.before, from: definition.preStatements, for: model, relations) },
            query: query,
            after: texts.flatMap { statements($0.after, from: definition.postStatements, for: model, relations) })
    }

    /// What runs before and after the query that makes a table or a view; what is not to run is empty. The query of a view
    /// is both made and evaluated then. Behind that of a table runs only what asks for the stage: the rest does with the
    /// rows.
    private static func creating(
        isView: Bool, _ rendering: ModelRendering, _ context: RenderContext
    ) throws(PipelineError) -> [(before: [String], after: [String])] {
        var creating = context
        creating.stage = .creating
        let (made, evaluated) = (try rendering.statements(creating), try rendering.statements(context))
        func others(_ texts: [String], than same: [String]) -> [String] {
            zip(texts, same).map { $0 == $1 ? "" : $0 }
        }
        guard isView else { return [(made.before, others(made.after, than: evaluated.after))] }
        return [
            made, (others(evaluated.before, than: made.before), others(evaluated.after, than: made.after)),
        ]
    }

    private func query(
        _ rendering: ModelRendering, of definition: ModelDefinition, _ rows: SeedRows, _ context: RenderContext,
        _ relations: Relations
    ) throws(PipelineError) -> PlacedSQL {
        let start = definition.query.firstCode
        guard let table = definition.kind.seedTable else {
            return try rendering.parsedQuery(context).placed(at: start) { relations[$0] }
        }
        switch rows {
        case .none: return try rendering.parsedQuery(context).placed(at: start) { _ in nil }
        case .given:
            let query = try rendering.read(try table.reading.render(context))
            return query.placed(at: start) { $0 == SeedTable.relation ? PostgresEngine.givenRows : nil }
        case .first(let count):
            let query = try rendering.read(try rendering.query(context, seedRowsMax: count))
            return query.placed(at: start) { _ in nil }
        }
    }

    /// `session_properties`: they hold for the transaction of the model alone.
    private func settings(of model: ModelDefinition) -> [PlacedSQL] {
        model.sessionProperties.sorted { $0.key < $1.key }.map { name, value in
            let parts = name.split(separator: ".").map { SQLText.identifier(String($0)) }
            return PlacedSQL(
                "SET LOCAL \(parts.joined(separator: ".")) = \(value)", from: model.source,
                at: model.offsets["session_properties"] ?? 0)
        }
    }

    /// An audit over the rows that `filter` lets through. Other models in it are those of the same environment.
    func audit(
        _ audit: BoundAudit, of model: PlannedModel, interval: Interval, filter: String?, execution: Moment
    ) throws(PipelineError) -> ModelTables.AuditQuery {
        let table = RelationNames.table(model.id).quoted(in: .postgres)
        let condition = filter.map { " WHERE \($0)" } ?? ""
        let rows = "(SELECT * FROM \(table)\(condition))"
        var context = ModelRendering(model.snapshot).context(
            for: interval, execution: execution, isIncremental: true, stage: .auditing)
        let relations = try relations(of: model.snapshot, context, besides: audit.places.keys)
        let sql: PlacedSQL
        let style: AuditDefinition.Style
        switch audit.query {
        case .builtIn:
            let source = model.snapshot.definition.source
            let call = try audit.call.resolved(context, in: source)
            sql = PlacedSQL(
                try BuiltInAudits.query(
                    call, over: rows, as: SQLText.identifier(model.name.name), in: source
                ) { relations[$0] ?? $0 },
                from: source, at: audit.call.offset)
            style = .rows
        case .file(let definition):
            context.arguments = definition.defaults.reduce(into: [:]) { $0[$1.key] = $1.value }
            for (name, value) in audit.call.arguments { context.arguments[name] = value.values.joined(separator: ", ") }
            context.thisModel = Self.auditedRows
            let query = try ParsedQuery(
                try definition.query.render(context),
                dialect: definition.dialect(for: model.snapshot.definition, model.snapshot.bundle.defaults))
            sql = query.placed(at: definition.query.firstCode) { name in
                name == Self.auditedRows ? rows : relations[name]
            }
            style = definition.style(of: query)
        }
        return ModelTables.AuditQuery(
            model: model.name, name: audit.name, call: audit.call.description, sql: sql, style: style,
            isBlocking: audit.isBlocking)
    }

    /// The condition on the model's time column; nil for models without one.
    func filter(of model: PlannedModel, _ interval: Interval, _ columns: [StoredColumn]) throws -> String? {
        guard let options = model.snapshot.definition.kind.timeRange else { return nil }
        let type = try Self.timeType(of: model.snapshot, columns)
        return TimeFilter.condition(options.timeColumn, type, format: options.timeFormat, in: interval)
    }

    /// What kind of time the model's time column holds.
    static func timeType(
        of snapshot: ModelSnapshot, _ columns: [StoredColumn]
    ) throws(PipelineError) -> TimeFilter.ColumnType {
        let name = snapshot.definition.kind.timeRange?.timeColumn ?? ""
        guard let column = columns.first(where: { $0.name == name }) else {
            throw snapshot.definition.error(
                "kind",
                "\(snapshot.name) has no column \(name) to be its time column: "
                    + "\(columns.map(\.name).joined(separator: ", ")).")
        }
        guard let type = TimeFilter.ColumnType(postgres: column.type) else {
            throw snapshot.definition.error(
                "kind", "The time column \(name) of \(snapshot.name) is of type \(column.type), which is not a time.")
        }
        return type
    }

    /// Names that stand for a table until its place is known.
    private static let auditedRows = "millrace_audited_rows"
    private static let ownTable = "millrace_own_table"

    /// Those that macros left something of.
    private func statements(
        _ texts: [String], from templates: [Template], for model: PlannedModel, _ relations: Relations
    ) -> [PlacedSQL] {
        zip(templates, texts).filter { !$1.allSatisfy(\.isWhitespace) }
            .map { statement($1, from: $0, for: model, relations) }
    }

    /// A pre- or post-statement: `@this_model` may stand anywhere in it, as in `CREATE INDEX ON @this_model (x)`.
    private func statement(
        _ sql: String, from template: Template, for model: PlannedModel, _ relations: Relations
    ) -> PlacedSQL {
        let text = StatementText.replacingTables(sql) { relations[$0] }.replacing(
            Self.ownTable, with: RelationNames.table(model.id).quoted(in: .postgres))
        return PlacedSQL(StatementText.settingLocally(text), from: template.source, at: template.firstCode)
    }

    /// What stands for the models that a text names.
    private struct Relations {
        let index: ModelIndex
        let tables: [ModelName: RelationPath]
        let embedded: [ModelName: String]

        /// SQL for FROM; nil for what is no model.
        subscript(_ name: String) -> String? {
            index.relation(name).flatMap { tables[$0]?.quoted(in: .postgres) ?? embedded[$0] }
        }
    }

    /// - Parameters:
    ///   - context: Of the reader: an embedded query is of the same interval.
    ///   - names: What else than its query the text may name.
    private func relations(
        of snapshot: ModelSnapshot, _ context: RenderContext, besides names: some Sequence<String> = []
    ) throws(PipelineError) -> Relations {
        let index = snapshot.bundle.index
        var queries: [ModelName: String] = [:]
        for name in snapshot.parents + names.compactMap({ index.relation($0) }) {
            guard queries[name] == nil, let model = models.embedded[name] else { continue }
            let rendering = ModelRendering(model.snapshot)
            guard let interval = Interval(from: context.start, to: context.end) else { continue }
            let own = rendering.context(
                for: interval, execution: context.execution, isIncremental: context.isIncremental)
            let inner = try relations(of: model.snapshot, own)
            let query = try rendering.parsedQuery(own).placed(at: 0) { inner[$0] }
            queries[name] = "(\(query.text)\n)"
        }
        return Relations(index: index, tables: models.tables, embedded: queries)
    }
}
