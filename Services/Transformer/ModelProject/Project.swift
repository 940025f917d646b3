import Pipeline

/// What a pipeline folder says about transformation: configuration, models, audits and unit tests.
public struct Project: Sendable {
    /// `config.yaml`.
    public let config: ProjectConfig
    /// In the order of their files.
    public let models: [ModelDefinition]
    /// The audits of files, in the order of the files.
    public let audits: [AuditDefinition]
    /// Unit tests, in the order of their files.
    public let tests: [ModelTest]
    /// Every model by the names people write.
    public let index: ModelIndex
    /// The columns of tables that are no models, by the table's name in lower case: those that contracts promise.
    public let tables: [String: [RelationColumn]]
    /// The raw tables that contracts promise, with their schemas in lower case; empty where no model waits for any.
    public let landingTables: Set<String>
    /// The tables that are declared as others', sorted by name.
    public let externals: [ExternalModel]
    /// What the files of macros/ define.
    public let macros: MacroLibrary
    /// What was left out because it is written in Python, or needs what is; each with its place and why.
    public let leftOut: [PipelineError]

    /// What the first of three parts of a name may be: the database that models run in. Empty: anything.
    public let databases: Set<String>
    /// What is run before and after everything else.
    public let statements: EnvironmentStatements

    /// - Throws: ``PipelineError`` when two models, or two audits, have one name; it carries all such mistakes.
    public init(
        config: ProjectConfig, models: [ModelDefinition], audits: [AuditDefinition], tests: [ModelTest],
        tables: [String: [RelationColumn]] = [:], externals: [ExternalModel] = [], macros: MacroLibrary = .empty,
        databases: Set<String> = [], landingTables: Set<String> = [], leftOut: [PipelineError] = []
    ) throws(PipelineError) {
        self.config = config
        self.databases = databases
        self.landingTables = landingTables
        self.models = models
        self.audits = audits
        self.tests = tests
        self.tables = tables
        self.externals = externals
        self.macros = macros
        self.leftOut = leftOut
        statements = try EnvironmentStatements(config, macros)
        index = ModelIndex(models.map(\.name))
        var errors: [PipelineError] = []
        var seen: [ModelName: String] = [:]
        for model in models {
            if let other = seen.updateValue(model.source.path, forKey: model.name) {
                errors.append(model.source.error(at: 0, "The model \(model.name) is also in \(other)."))
            }
        }
        for table in externals {
            guard let model = ModelName(table.name).flatMap({ seen[$0] }), table.name.contains(".") else { continue }
            errors.append(
                PipelineError(
                    file: table.file, line: table.line,
                    message: "\(table.name) is a model, of \(model): a table that others fill has another name."))
        }
        var audited: [String: String] = [:]
        for audit in audits {
            if let other = audited.updateValue(audit.source.path, forKey: audit.name) {
                errors.append(audit.source.error(at: 0, "The audit \(audit.name) is also in \(other)."))
            }
        }
        if let error = PipelineError(all: errors) { throw error }
    }

    /// What the project says and nothing follows from, each told once.
    public var notices: [ProjectNotice] {
        var found = config.notices
        for model in models {
            let named = Set(model.audits.map(\.name))
            for audit in model.inlineAudits where !named.contains(audit.name) {
                let line = audit.source.place(at: audit.query.firstCode).line
                found.append(
                    ProjectNotice(
                        file: audit.source.path, line: line,
                        message: "`\(audit.name)` has no effect: the `audits` of \(model.name) do not name it."))
            }
        }
        let properties = Set(models.flatMap(\.withoutEffect.keys)).sorted()
        for property in properties {
            let users = models.filter { $0.withoutEffect[property] != nil }
            guard let first = users.first, let offset = first.withoutEffect[property],
                let why = ModelProperties.reason(property)
            else { continue }
            let count = users.count > 1 ? " It stands in \(users.count) models." : ""
            found.append(
                ProjectNotice(
                    file: first.source.path, line: first.source.place(at: offset).line,
                    message: "`\(property)` has no effect: \(why).\(count)"))
        }
        return found
    }

    /// One model with its audits, from texts that were kept.
    public static func restored(
        model source: SourceFile, seed: SourceFile? = nil, audits files: [SourceFile], defaults: ModelDefaults,
        variables: [String: VariableValue], gateway: String, tables: [String: [RelationColumn]] = [:],
        macros: [SourceFile] = [], named name: ModelName? = nil
    ) throws(PipelineError) -> Project {
        var audits: [AuditDefinition] = []
        for file in files {
            audits += try AuditDefinition.parse(file, dialect: defaults.dialectOverride, isStored: true)
        }
        var config = ProjectConfig(
            gateways: [:], defaultGateway: gateway, modelDefaults: defaults, variables: variables)
        // A text without a name got that of its folder when it was promoted.
        config.infersNames = true
        let scope = ModelScope(config: config, isStored: true)
        let models = try ModelParser.parse(source, scope) { path throws(PipelineError) in
            guard let seed else { throw PipelineError(file: path, message: "It was not kept with the model.") }
            return seed
        }
        return try Project(
            config: config, models: models.filter { name == nil || $0.name == name }, audits: audits, tests: [],
            tables: tables, macros: try MacroLibrary(macros))
    }

    /// The model of that name, if there is one.
    public func model(_ name: ModelName) -> ModelDefinition? { models.first { $0.name == name } }
}
