import ModelProject
import Pipeline

/// Makes SQL of a model's templates.
public struct ModelRendering: Sendable {
    private let model: ModelDefinition
    private let gateway: String
    private let variables: [String: VariableValue]
    private let models: ModelIndex
    private let macros: MacroLibrary
    private let columns: @Sendable (String) throws(PipelineError) -> [RelationColumn]?

    /// - Parameter columns: Of a model or table, by its name; nil when they are not known.
    init(
        _ model: ModelDefinition, config: ProjectConfig, models: ModelIndex, macros: MacroLibrary,
        columns: @escaping @Sendable (String) throws(PipelineError) -> [RelationColumn]?
    ) {
        self.macros = macros
        self.columns = columns
        self.model = model
        gateway = config.defaultGateway ?? ""
        variables = config.variables
        self.models = models
    }

    /// For a model of an environment, from what was kept of it.
    public init(_ snapshot: ModelSnapshot) {
        model = snapshot.definition
        gateway = snapshot.bundle.gateway
        variables = snapshot.bundle.variables
        models = snapshot.bundle.index
        macros = snapshot.macros
        columns = snapshot.bundle.columnLookup
    }

    /// What templates see when `interval` is computed. `@this_model` becomes the model's own name, to be replaced together
    /// with the names of its parents.
    public func context(
        for interval: Interval, execution: Moment, isIncremental: Bool, extra: [String: VariableValue] = [:],
        stage: RuntimeStage = .evaluating
    ) -> RenderContext {
        var context = RenderContext(
            start: interval.start, end: interval.end, execution: execution, isIncremental: isIncremental,
            thisModel: model.name.description, kindName: model.kind.name, dialect: model.dialect, gateway: gateway,
            variables: variables.merging(extra) { _, own in own }, models: models)
        context.stage = stage
        context.columns = columns
        context.macros = macros
        context.blueprint = model.blueprint
        return context
    }

    /// The model's query over `interval`; that of a seed has its rows in it, or the first of them.
    public func query(_ context: RenderContext, seedRowsMax: Int = .max) throws(PipelineError) -> RenderedText {
        try (model.kind.seedTable?.query(rowsMax: seedRowsMax) ?? model.query).render(context)
    }

    /// The model's query over `interval`, read; that of a seed is without its rows.
    public func parsedQuery(_ context: RenderContext) throws(PipelineError) -> ParsedQuery {
        try read(try model.query.render(context))
    }

    /// A query in the model's dialect; that of a seed is made here, in the engine's.
    public func read(_ rendered: RenderedText) throws(PipelineError) -> ParsedQuery {
        try ParsedQuery(rendered, dialect: model.kind.seedTable == nil ? model.dialect : SeedTable.dialect)
    }

    /// The query of a unit test: it is always `moment` where it asks for the time.
    public func parsedQuery(_ context: RenderContext, frozenAt moment: Moment) throws(PipelineError) -> ParsedQuery {
        try ParsedQuery(try query(context), frozenAt: moment, dialect: model.dialect)
    }

    /// The statements to run before and after the query; one that macros leave nothing of is empty.
    public func statements(_ context: RenderContext) throws(PipelineError) -> (before: [String], after: [String]) {
        var before: [String] = []
        var after: [String] = []
        for statement in model.preStatements { before.append(try text(of: statement, context)) }
        for statement in model.postStatements { after.append(try text(of: statement, context)) }
        return (before, after)
    }

    /// The statements for the view that has been pointed at the model's table.
    public func virtualUpdates(_ context: RenderContext) throws(PipelineError) -> [String] {
        var updates: [String] = []
        for statement in model.onVirtualUpdate { updates.append(try text(of: statement, context)) }
        return updates
    }

    private func text(of statement: Template, _ context: RenderContext) throws(PipelineError) -> String {
        try ModelDialect.statement(try statement.render(context), dialect: model.dialect)
    }

    /// The query as fingerprints see it: at a fixed time.
    func fingerprintQuery(isIncremental: Bool) throws(PipelineError) -> ParsedQuery {
        try parsedQuery(Self.fixed(self, isIncremental: isIncremental))
    }

    /// Pre- and post-statements as fingerprints see them.
    func fingerprintStatements() throws(PipelineError) -> [String] {
        let (before, after) = try statements(Self.fixed(self, isIncremental: false))
        func canonical(_ word: String, _ statements: [String]) -> [String] {
            statements.map { StatementText.canonical($0) }.filter { !$0.isEmpty }.map { "\(word) \($0)" }
        }
        return canonical("before", before) + canonical("after", after)
    }

    private static func fixed(_ rendering: ModelRendering, isIncremental: Bool) -> RenderContext {
        var context = RenderContext(
            start: .epoch, end: Moment(seconds: 86_400), execution: .epoch, isIncremental: isIncremental,
            thisModel: rendering.model.name.description, kindName: rendering.model.kind.name,
            dialect: rendering.model.dialect, gateway: rendering.gateway, variables: rendering.variables)
        context.models = rendering.models
        context.columns = rendering.columns
        context.macros = rendering.macros
        context.blueprint = rendering.model.blueprint
        return context
    }
}

/// Makes a snapshot again from what was kept of it.
public enum SnapshotRestore {
    /// - Parameters:
    ///   - bundle: The texts.
    ///   - hashes: As they were stored: an upgrade must not change them.
    public static func snapshot(
        of bundle: ModelBundle, fingerprint: String, dataHash: String, metadataHash: String
    ) throws(PipelineError) -> ModelSnapshot {
        let project = try Project.restored(
            model: bundle.source, seed: bundle.seed, audits: bundle.audits, defaults: bundle.defaults,
            variables: bundle.variables,
            gateway: bundle.gateway, tables: bundle.columns ?? [:], macros: bundle.macros ?? [], named: bundle.name)
        guard let model = project.models.first else {
            throw PipelineError(file: bundle.source.path, message: "The stored model is disabled.")
        }
        var reader = SnapshotReader(project: project, index: bundle.index, isStored: true)
        let alone = bundle.standaloneAudits ?? []
        reader.standalone[model.name] = project.audits.filter { alone.contains($0.name) }
        let read = try reader.snapshot(of: model)
        return ModelSnapshot(
            definition: read.definition, bundle: bundle, macros: read.macros, usesStar: read.usesStar,
            audits: read.audits,
            schedule: read.schedule,
            grid: read.grid, parents: read.parents, sources: read.sources, places: read.places, query: read.query,
            incrementalQuery: read.incrementalQuery, statements: read.statements,
            outputColumns: read.outputColumns, dataHash: dataHash,
            metadataHash: metadataHash, fingerprint: fingerprint)
    }
}
