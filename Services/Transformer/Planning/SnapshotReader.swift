import CivilTime
import ModelProject
import Pipeline
import SQL

/// Makes snapshots of a project's models: renders, reads the query, binds the audits, hashes.
struct SnapshotReader {
    let project: Project
    /// The models that `ref()` and FROM can name.
    let index: ModelIndex
    /// True for texts that were kept when they were promoted: what later versions came to refuse runs on as it did. Their
    /// snapshots are without hashes, which were kept with them.
    let isStored: Bool
    /// The audits that stand alone, by the model that each is run with.
    var standalone: [ModelName: [AuditDefinition]] = [:]
    private let columns: ModelColumns
    /// That of models which say nothing of it: most, and there may be thousands.
    private let usual: CronSchedule?

    init(project: Project, index: ModelIndex, isStored: Bool = false) {
        self.project = project
        self.index = index
        self.isStored = isStored
        columns = ModelColumns(project, index: index)
        let defaults = project.config.modelDefaults
        // One that cannot be read is told where it is written.
        usual = try? CronSchedule(defaults.cron, zone: defaults.cronTimeZone)
    }

    func snapshot(of model: ModelDefinition) throws(PipelineError) -> ModelSnapshot {
        if !isStored, let refusal = KindCheck.refusal(of: model) { throw refusal }
        let rendering = ModelRendering(
            model, config: project.config, models: index, macros: project.macros, columns: columns.columns)
        let first = try rendering.fingerprintQuery(isIncremental: false)
        // Hashes of what is kept are kept as well.
        var queries = isStored ? [] : [try canonical(first, of: model)]
        var tables = first.tables
        var places = first.places
        let later = model.query.asksIsIncremental ? try rendering.fingerprintQuery(isIncremental: true) : nil
        if let incremental = later {
            if !isStored { queries.append(incremental.canonical) }
            tables += incremental.tables
            places.merge(incremental.places) { first, _ in first }
        }
        if !isStored { try check(databases: first.databases, of: model) }
        let statements = try rendering.fingerprintStatements()
        let (parents, sources) = dependencies(of: model, tables: tables)
        if !isStored { try check(model.signal, of: model, sources: sources) }
        let returned = first.columns
        var audits = try boundAudits(of: model, columns: returned)
        for audit in standalone[model.name] ?? [] {
            let call = AuditCall(name: audit.name)
            let places = try check(audit, call, of: model).places
            audits.append(BoundAudit(call: call, query: .file(audit), isBlocking: audit.blocking, places: places))
        }
        let schedule = try schedule(of: model)
        var bundle = bundle(of: model, audits: audits, parents: parents)
        let written = first.relationsRead.merging(later?.relationsRead ?? [:]) { first, _ in first }
        if !written.isEmpty { bundle.columns = written }
        let files = project.macros.files(for: names(of: model, audits))
        if !files.isEmpty { bundle.macros = files }
        let alone = audits.filter(\.isStandalone).map(\.name)
        if !alone.isEmpty { bundle.standaloneAudits = alone }
        if !model.blueprint.isEmpty { bundle.name = model.name }
        return ModelSnapshot(
            definition: model, bundle: bundle, macros: project.macros,
            usesStar: first.query.hasStar, audits: audits,
            schedule: schedule,
            grid: IntervalGrid(model.intervalUnit ?? schedule.intervalUnit), parents: parents, sources: sources,
            places: places, query: first, incrementalQuery: later, statements: statements,
            outputColumns: Self.outputColumns(of: model, query: returned),
            dataHash: isStored ? "" : ModelHashes.data(model, queries: queries, statements: statements),
            metadataHash: isStored ? "" : ModelHashes.metadata(model, audits: audits))
    }

    /// What decides the rows of `model`: for a seed, all of them.
    private func canonical(_ query: ParsedQuery, of model: ModelDefinition) throws(PipelineError) -> String {
        guard let table = model.kind.seedTable else { return query.canonical }
        return try table.canonical(query)
    }

    private static func outputColumns(of model: ModelDefinition, query columns: [String]?) -> [String]? {
        let own = model.columns.isEmpty ? columns : Array(model.columns.keys)
        return own.map { own in own + model.kind.options.addedColumns.filter { !own.contains($0) } }
    }

    /// What the model's templates, and those of its audits, ask for by name.
    private func names(of model: ModelDefinition, _ audits: [BoundAudit]) -> Set<String> {
        if project.macros.isEmpty { return [] }
        var names = model.query.names
        for statement in model.preStatements + model.postStatements { names.formUnion(statement.names) }
        for case .file(let audit) in audits.map(\.query) { names.formUnion(audit.query.names) }
        return names
    }

    /// A name of three parts says the database first, and there is one only.
    private func check(
        databases: [(name: String, offset: Int)], of model: ModelDefinition
    ) throws(PipelineError) {
        guard !project.databases.isEmpty else { return }
        for (name, offset) in databases where !project.databases.contains(name) {
            throw model.source.error(
                at: offset,
                "This is a table of the database \(name), and models run in \(project.databases.sorted().joined(separator: ", ")): "
                    + "a query cannot read another database. Leave the first part out, or bring the rows here.")
        }
    }

    /// Only of tables that contracts promise anybody says how far they have come.
    private func check(
        _ signal: DataSignal?, of model: ModelDefinition, sources: [String]
    ) throws(PipelineError) {
        guard let signal else { return }
        let awaited = signal.tables.isEmpty ? sources : signal.tables
        if awaited.isEmpty {
            throw model.error(
                "signals",
                "\(model.name) reads no raw table. It waits for what the models wait for that it reads: leave `signals` out, or "
                    + "name tables, as in data_landed(tables := (raw.events)).")
        }
        if let unknown = awaited.first(where: { !project.landingTables.contains($0) }) {
            throw model.error(
                "signals",
                "No contract that can be read promises \(unknown), and so nothing tells how far it has come. Name the tables to wait for, as in "
                    + "data_landed(tables := (raw.events)).")
        }
    }

    private func dependencies(of model: ModelDefinition, tables: [String]) -> (parents: [ModelName], sources: [String])
    {
        var parents: Set<ModelName> = []
        var sources: Set<String> = []
        for table in tables + model.dependsOn.map({ $0.lowercased() }) {
            if let parent = index.relation(table) {
                if parent != model.name { parents.insert(parent) }
            } else {
                sources.insert(table)
            }
        }
        return (parents.sorted(), sources.sorted())
    }

    private func schedule(of model: ModelDefinition) throws(PipelineError) -> CronSchedule {
        if model.cron == usual?.text, model.cronTimeZone == usual?.zoneName, let usual { return usual }
        do throws(CronError) {
            return try CronSchedule(model.cron, zone: model.cronTimeZone)
        } catch {
            throw model.error(model.offsets["cron"] == nil ? "cron_tz" : "cron", "\(model.name): \(error)")
        }
    }

    private func boundAudits(of model: ModelDefinition, columns: [String]?) throws(PipelineError) -> [BoundAudit] {
        var bound: [BoundAudit] = []
        for call in model.audits {
            // The project's own come first: a name that becomes a built-in's later goes on meaning what it meant.
            if let definition = (model.inlineAudits + project.audits).first(where: { $0.name == call.name }) {
                if definition.isStandalone {
                    throw model.source.error(
                        at: call.offset, "The audit \(call.name) stands alone: no model names it. Take it out here.")
                }
                let blocking = call.blocking ?? definition.blocking
                let places = try check(definition, call, of: model).places
                if definition.isSkipped { continue }
                bound.append(BoundAudit(call: call, query: .file(definition), isBlocking: blocking, places: places))
            } else if BuiltInAudits.names.contains(call.name) {
                let places = try checkBuiltIn(call, of: model)
                bound.append(
                    BoundAudit(call: call, query: .builtIn, isBlocking: call.blocking ?? true, places: places))
            } else {
                throw BuiltInAudits.unknown(call, besides: project.audits.map(\.name), in: model.source)
            }
        }
        return try bound + bareAudits(of: model, columns: columns, besides: Set(bound.map(\.name)))
    }

    /// - Returns: Where the other model is named that the audit compares with, if it does.
    private func checkBuiltIn(
        _ call: AuditCall, of model: ModelDefinition
    ) throws(PipelineError) -> [String: Int] {
        var context = RenderContext(
            kindName: model.kind.name, dialect: model.dialect, gateway: project.config.defaultGateway ?? "",
            variables: project.config.variables, models: index)
        context.macros = project.macros
        context.blueprint = model.blueprint
        let call = try call.resolved(context, in: model.source)
        _ = try BuiltInAudits.query(call, over: "x", as: "x", in: model.source)
        if !isStored { try BuiltInAudits.check(call, in: model.source) }
        guard let other = BuiltInAudits.otherModel(of: call)?.lowercased() else { return [:] }
        // A name in a schema that no model has is a table's, as in FROM.
        let isTable = ModelName(other).map { name in
            other.contains(".") && !index.names.contains { $0.schema == name.schema }
        }
        if !isStored, index.relation(other) == nil, isTable != true {
            let meant = index.nearest(to: other).map { " Did you mean \($0)?" } ?? ""
            throw model.source.error(at: call.offset, "\(call.name) compares with \(other), which is no model.\(meant)")
        }
        return [other: call.offset]
    }

    /// Reads the audit's query, so that a mistake in it is found before anything is computed.
    private func check(
        _ audit: AuditDefinition, _ call: AuditCall, of model: ModelDefinition
    ) throws(PipelineError) -> ParsedQuery {
        if !isStored, let unknown = call.arguments.keys.first(where: { !audit.query.names.contains($0) }) {
            throw model.source.error(at: call.offset, "The audit \(audit.name) does not use @\(unknown).")
        }
        let query = try query(of: audit, call, for: model)
        if !isStored, audit.style(of: query) == .rows, query.query.hasFixedRowCount(query.dialect) {
            throw audit.error(
                "The query of the audit \(audit.name) gives the same number of rows whatever it finds, so it cannot tell "
                    + "right from wrong. Select the rows that are wrong\(audit.isBare ? ", or COUNT them" : ""), or say "
                    + "with HAVING when the one row is wrong.")
        }
        if !isStored, audit.isStandalone, query.tables.contains(Self.auditedRows) {
            throw audit.error("The audit \(audit.name) stands alone and has no @this_model. Name the model.")
        }
        return query
    }

    /// The query of an audit that stands alone, as it is read for `model`.
    func query(of audit: AuditDefinition, for model: ModelDefinition) throws(PipelineError) -> ParsedQuery {
        try query(of: audit, AuditCall(name: audit.name), for: model)
    }

    private func query(
        of audit: AuditDefinition, _ call: AuditCall, for model: ModelDefinition
    ) throws(PipelineError) -> ParsedQuery {
        var arguments: [String: String] = [:]
        for (name, text) in audit.defaults { arguments[name] = text }
        for (name, value) in call.arguments { arguments[name] = value.values.joined(separator: ", ") }
        var context = RenderContext(
            thisModel: Self.auditedRows, kindName: model.kind.name, dialect: model.dialect,
            variables: project.config.variables, arguments: arguments, models: index)
        context.macros = project.macros
        context.blueprint = model.blueprint
        return try ParsedQuery(
            try audit.query.render(context), dialect: audit.dialect(for: model, project.config.modelDefaults))
    }

    /// What stands for the audited rows while an audit is read.
    private static let auditedRows = "audited_rows"

    /// Audits without AUDIT block hold for models without MODEL block, where the model has the columns they name.
    /// - Parameter columns: Those of the model; nil when they cannot be known.
    private func bareAudits(
        of model: ModelDefinition, columns: [String]?, besides named: Set<String>
    ) throws(PipelineError) -> [BoundAudit] {
        guard model.isBare else { return [] }
        var bound: [BoundAudit] = []
        for audit in project.audits where audit.isBare && !named.contains(audit.name) {
            let call = AuditCall(name: audit.name, arguments: [:], blocking: nil, offset: 0)
            let query = try check(audit, call, of: model)
            guard columns.map({ Self.names(of: query, areAmong: $0) }) ?? true else { continue }
            bound.append(BoundAudit(call: call, query: .file(audit), isBlocking: audit.blocking, places: query.places))
        }
        return bound
    }

    /// True when every column that the audit takes from the audited rows is one of `columns`.
    private static func names(of query: ParsedQuery, areAmong columns: [String]) -> Bool {
        var catalog = SchemaCatalog(dialect: query.dialect)
        catalog.add(QualifiedName(auditedRows), columns: columns.map { .init($0) })
        return !query.query.nameErrors(in: catalog).contains { $0.code == .unknownColumn }
    }

    private func bundle(
        of model: ModelDefinition, audits: [BoundAudit], parents: [ModelName]
    ) -> ModelBundle {
        var files: [SourceFile] = []
        // Those in the model's own file come with it.
        let others = audits.map(\.query).filter {
            if case .file(let file) = $0 { file.source != model.source } else { false }
        }
        for case .file(let definition) in others where !files.contains(definition.source) {
            files.append(definition.source)
        }
        var seed: SourceFile?
        if case .seed(let options) = model.kind { seed = options.content }
        // Those that it names are enough: a list of all models with each of them would grow with their square.
        let named = Set(parents + [model.name] + audits.flatMap { $0.places.keys }.compactMap { index.relation($0) })
        return ModelBundle(
            source: model.source, seed: seed, audits: files, defaults: project.config.modelDefaults,
            variables: project.config.variables, gateway: project.config.defaultGateway ?? "", models: named.sorted(),
            namesAreExact: index.isExact ? true : nil)
    }
}
