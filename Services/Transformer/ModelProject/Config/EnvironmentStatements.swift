import Pipeline

/// `before_all` and `after_all` of `config.yaml`, with all that their SQL is made from. An environment keeps those of its last
/// promotion, so that a run does what was promoted.
public struct EnvironmentStatements: Sendable, Equatable, Codable {
    /// One statement each. A text stands on the line that it has in `config.yaml`.
    public var beforeAll: [SourceFile]
    /// The same.
    public var afterAll: [SourceFile]
    public var dialect: String
    public var variables: [String: VariableValue]
    public var gateway: String
    /// The files of macros that they use.
    public var macros: [SourceFile]

    public var isEmpty: Bool { beforeAll.isEmpty && afterAll.isEmpty }

    init(_ config: ProjectConfig, _ library: MacroLibrary) throws(PipelineError) {
        beforeAll = config.beforeAll
        afterAll = config.afterAll
        dialect = config.modelDefaults.dialectOverride ?? config.modelDefaults.dialect
        gateway = config.defaultGateway ?? ""
        var names: Set<String> = []
        for text in beforeAll + afterAll { names.formUnion(try Template(text).names) }
        macros = library.files(for: names)
        variables = beforeAll.isEmpty && afterAll.isEmpty ? [:] : config.variables
    }

    /// The statements of a stage as SQL of the engine; those that macros leave nothing of are left out.
    /// - Parameters:
    ///   - stage: ``RuntimeStage/beforeAll`` or ``RuntimeStage/afterAll``.
    ///   - context: What templates may ask for besides variables and macros, which are taken from here.
    /// - Throws: ``PipelineError`` at the place in `config.yaml`.
    public func sql(_ stage: RuntimeStage, _ context: RenderContext) throws(PipelineError) -> [PlacedSQL] {
        var context = context
        context.stage = stage
        context.dialect = dialect
        context.variables = variables
        context.gateway = gateway
        context.macros = try MacroLibrary(macros)
        var found: [PlacedSQL] = []
        for text in stage == .beforeAll ? beforeAll : afterAll {
            let template = try Template(text)
            let sql = try ModelDialect.statement(try template.render(context), dialect: dialect)
            guard sql.contains(where: { !$0.isWhitespace && $0 != ";" }) else { continue }
            found.append(PlacedSQL(StatementText.settingLocally(sql), from: text, at: template.firstCode))
        }
        return found
    }
}
