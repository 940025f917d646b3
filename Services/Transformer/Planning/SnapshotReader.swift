import CivilTime
import Pipeline

/// Makes snapshots of a project's models: renders, reads the query, binds the audits, hashes.
struct SnapshotReader {
    let project: Project
    /// The models that `ref()` and FROM can name.
    let index: ModelIndex

    func snapshot(of model: ModelDefinition) throws(PipelineError) -> ModelSnapshot {
        let rendering = ModelRendering(model, config: project.config, models: index)
        let first = try rendering.fingerprintQuery(isIncremental: false)
        var queries = [first.canonical]
        var tables = first.tables
        if model.query.asksIsIncremental {
            let incremental = try rendering.fingerprintQuery(isIncremental: true)
            queries.append(incremental.canonical)
            tables += incremental.tables
        }
        let statements = try rendering.fingerprintStatements()
        let (parents, sources) = dependencies(of: model, tables: tables)
        let audits = try boundAudits(of: model, shape: first)
        let schedule = try schedule(of: model)
        return ModelSnapshot(
            definition: model, bundle: bundle(of: model, audits: audits), shape: first, audits: audits,
            schedule: schedule,
            grid: IntervalGrid(model.intervalUnit ?? schedule.intervalUnit), parents: parents, sources: sources,
            dataHash: ModelHashes.data(model, queries: queries, statements: statements),
            metadataHash: ModelHashes.metadata(model, audits: audits))
    }

    private func dependencies(of model: ModelDefinition, tables: [String]) -> (parents: [ModelName], sources: [String])
    {
        var parents: Set<ModelName> = []
        var sources: Set<String> = []
        for table in tables + model.dependsOn.map({ $0.lowercased() }) {
            if let parent = index.find(table) {
                if parent != model.name { parents.insert(parent) }
            } else {
                sources.insert(table)
            }
        }
        return (parents.sorted(), sources.sorted())
    }

    private func schedule(of model: ModelDefinition) throws(PipelineError) -> CronSchedule {
        do throws(CronError) {
            return try CronSchedule(model.cron, zone: model.cronTimeZone)
        } catch {
            throw model.source.error(at: 0, "\(model.name): \(error)")
        }
    }

    private func boundAudits(of model: ModelDefinition, shape: QueryShape) throws(PipelineError) -> [BoundAudit] {
        var bound: [BoundAudit] = []
        for call in model.audits {
            if BuiltInAudits.names.contains(call.name) {
                _ = try BuiltInAudits.query(call, over: "x", in: model.source)
                bound.append(BoundAudit(call: call, query: .builtIn, isBlocking: call.blocking ?? true))
            } else if let definition = project.audits.first(where: { $0.name == call.name }) {
                let blocking = call.blocking ?? definition.blocking
                try check(definition, call, of: model)
                bound.append(BoundAudit(call: call, query: .file(definition), isBlocking: blocking))
            } else {
                let known = (BuiltInAudits.names + project.audits.map(\.name)).joined(separator: ", ")
                throw model.source.error(at: call.offset, "There is no audit \(call.name). Known: \(known).")
            }
        }
        return bound + bareAudits(of: model, shape: shape, besides: Set(bound.map(\.name)))
    }

    /// Reads the audit's query, so that a mistake in it is found before anything is computed.
    private func check(_ audit: AuditDefinition, _ call: AuditCall, of model: ModelDefinition) throws(PipelineError) {
        var arguments: [String: String] = [:]
        for (name, text) in audit.defaults { arguments[name] = text }
        for (name, value) in call.arguments { arguments[name] = value.values.joined(separator: ", ") }
        let context = RenderContext(
            thisModel: "audited_rows", kindName: model.kind.name, dialect: model.dialect,
            variables: project.config.variables, arguments: arguments, models: index)
        _ = try ParsedQuery(try audit.query.render(context), dialect: model.dialect)
    }

    /// Audits without AUDIT block hold for models without MODEL block, where the model has the columns they name.
    private func bareAudits(of model: ModelDefinition, shape: QueryShape, besides named: Set<String>) -> [BoundAudit] {
        guard model.isBare else { return [] }
        let outputs = Set(shape.outputNames.compactMap { $0?.lowercased() })
        return project.audits.filter { $0.isBare && !named.contains($0.name) }.compactMap { audit in
            let columns = QueryReader.columnNames(ofAudit: audit)
            guard shape.usesStar || columns.isSubset(of: outputs) else { return nil }
            let call = AuditCall(name: audit.name, arguments: [:], blocking: nil, offset: 0)
            return BoundAudit(call: call, query: .file(audit), isBlocking: audit.blocking)
        }
    }

    private func bundle(of model: ModelDefinition, audits: [BoundAudit]) -> ModelBundle {
        var files: [SourceFile] = []
        for case .file(let definition) in audits.map(\.query) where !files.contains(definition.source) {
            files.append(definition.source)
        }
        return ModelBundle(
            source: model.source, audits: files, defaults: project.config.modelDefaults,
            variables: project.config.variables, gateway: project.config.defaultGateway ?? "", models: index.names)
    }
}
