import Foundation

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

    /// - Throws: ``PipelineError`` when two models, or two audits, have one name.
    public init(
        config: ProjectConfig, models: [ModelDefinition], audits: [AuditDefinition], tests: [ModelTest]
    ) throws(PipelineError) {
        self.config = config
        self.models = models
        self.audits = audits
        self.tests = tests
        index = ModelIndex(models.map(\.name))
        var seen: [ModelName: String] = [:]
        for model in models {
            if let other = seen.updateValue(model.source.path, forKey: model.name) {
                throw PipelineError(
                    file: model.source.path, line: 1, column: 1, message: "The model \(model.name) is also in \(other)."
                )
            }
        }
        var audited: [String: String] = [:]
        for audit in audits {
            if let other = audited.updateValue(audit.source.path, forKey: audit.name) {
                throw PipelineError(
                    file: audit.source.path, line: 1, column: 1, message: "The audit \(audit.name) is also in \(other)."
                )
            }
        }
    }

    /// One model with its audits, from texts that were kept.
    public static func restored(
        model source: SourceFile, audits files: [SourceFile], defaults: ModelDefaults,
        variables: [String: VariableValue], gateway: String
    ) throws(PipelineError) -> Project {
        var audits: [AuditDefinition] = []
        for file in files { audits += try AuditDefinition.parse(file) }
        let model = try ModelParser.parse(source, defaults: defaults)
        let config = ProjectConfig(
            gateways: [:], defaultGateway: gateway, modelDefaults: defaults, variables: variables)
        return try Project(config: config, models: model.map { [$0] } ?? [], audits: audits, tests: [])
    }

    /// The model of that name, if there is one.
    public func model(_ name: ModelName) -> ModelDefinition? { models.first { $0.name == name } }
}

extension PipelineFolder {
    /// Reads configuration, models, audits and tests.
    /// - Parameter environment: What `env_var()` in `config.yaml` sees.
    /// - Throws: ``PipelineError`` for the first mistake, at its place.
    public func project(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(PipelineError) -> Project {
        for folder in ["models", "macros", "audits", "tests", "signals", "materializations"] {
            for path in files(in: folder, extensions: ["py"]) where !path.hasSuffix("__init__.py") {
                throw PipelineError(
                    file: path, line: 1, column: 1,
                    message: "Python is not supported. \(Self.insteadOfPython[folder] ?? "Write it in SQL.")")
            }
        }
        let config = try ProjectConfig.read(self, environment: environment)
        var models: [ModelDefinition] = []
        for path in files(in: "models", extensions: ["sql"]) {
            let source = SourceFile(path: path, text: try text(of: path))
            if let model = try ModelParser.parse(source, defaults: config.modelDefaults) { models.append(model) }
        }
        var audits: [AuditDefinition] = []
        for path in files(in: "audits", extensions: ["sql"]) {
            audits += try AuditDefinition.parse(SourceFile(path: path, text: try text(of: path)))
        }
        var tests: [ModelTest] = []
        for path in files(in: "tests", extensions: ["yaml", "yml"]) {
            tests += try ModelTest.parse(SourceFile(path: path, text: try text(of: path)))
        }
        return try Project(config: config, models: models, audits: audits, tests: tests)
    }

    private static let insteadOfPython = [
        "models": "Write the model as SQL.",
        "macros": "Write the macro's SQL into the models.",
        "tests": "Write the test as YAML: inputs, outputs, and `assert: min(events) >= 0` for conditions.",
    ]
}
