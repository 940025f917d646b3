import Foundation
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
    /// What the files of macros/ define.
    public let macros: MacroLibrary
    /// What was left out because it is written in Python, or needs what is; each with its place and why.
    public let leftOut: [PipelineError]

    /// - Throws: ``PipelineError`` when two models, or two audits, have one name.
    public init(
        config: ProjectConfig, models: [ModelDefinition], audits: [AuditDefinition], tests: [ModelTest],
        tables: [String: [RelationColumn]] = [:], macros: MacroLibrary = .empty,
        leftOut: [PipelineError] = []
    ) throws(PipelineError) {
        self.config = config
        self.models = models
        self.audits = audits
        self.tests = tests
        self.tables = tables
        self.macros = macros
        self.leftOut = leftOut
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
        model source: SourceFile, seed: SourceFile? = nil, audits files: [SourceFile], defaults: ModelDefaults,
        variables: [String: VariableValue], gateway: String, tables: [String: [RelationColumn]] = [:],
        macros: [SourceFile] = [], named name: ModelName? = nil
    ) throws(PipelineError) -> Project {
        var audits: [AuditDefinition] = []
        for file in files { audits += try AuditDefinition.parse(file, isStored: true) }
        let config = ProjectConfig(
            gateways: [:], defaultGateway: gateway, modelDefaults: defaults, variables: variables)
        let models = try ModelParser.parse(source, config: config, isStored: true) { path throws(PipelineError) in
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

extension PipelineFolder {
    /// Reads configuration, models, audits and tests.
    /// - Parameters:
    ///   - environment: What `env_var()` in `config.yaml` sees.
    ///   - skipUnsupported: Leaves out what is written in Python, and models that need it, instead of refusing the folder.
    /// - Throws: ``PipelineError`` for the first mistake, at its place; and when the folder has neither `config.yaml` nor
    ///   models: it is another folder than was meant, and nothing would be made of it.
    public func project(
        environment: [String: String] = ProcessInfo.processInfo.environment, skipUnsupported: Bool = false
    ) throws(PipelineError) -> Project {
        var python: [PythonFile] = []
        for folder in ["models", "macros", "audits", "tests", "signals", "materializations"] {
            for path in files(in: folder, extensions: ["py"]) where !path.hasSuffix("__init__.py") {
                let file = PythonFile(path: path, text: try text(of: path))
                let hint = " With --skip-unsupported, what needs it is left out and the rest is loaded."
                if !skipUnsupported { throw file.refusal(in: folder, hint: hint) }
                python.append(file)
            }
        }
        let config = try ProjectConfig.read(self, environment: environment)
        var models: [ModelDefinition] = []
        for path in files(in: "models", extensions: ["sql"]) {
            let source = SourceFile(path: path, text: try text(of: path))
            models += try ModelParser.parse(source, config: config) { path throws(PipelineError) in
                SourceFile(path: path, text: try text(of: path))
            }
        }
        var audits: [AuditDefinition] = []
        for path in files(in: "audits", extensions: ["sql"]) {
            audits += try AuditDefinition.parse(SourceFile(path: path, text: try text(of: path)))
        }
        var tests: [ModelTest] = []
        for path in files(in: "tests", extensions: ["yaml", "yml"]) {
            tests += try ModelTest.parse(SourceFile(path: path, text: try text(of: path)))
        }
        if !hasConfig && files(in: "models", extensions: ["sql"]).isEmpty {
            throw PipelineError(
                file: path,
                message: "There is no config.yaml and no models here: this is not a pipeline folder. "
                    + "Set MILLRACE_PIPELINE to the folder that has config.yaml and models/.\(nearbyPipelines)")
        }
        let macros = try macroLibrary()
        let divided = LeftOutModels(models, python: python, config: config, macros: macros)
        let index = ModelIndex(divided.names)
        return try Project(
            config: config, models: divided.kept, audits: audits, tests: tests.filter { index.find($0.model) == nil },
            tables: models.contains(where: \.asksForColumns) ? contractTables : [:], macros: macros,
            leftOut: divided.reasons)
    }

    /// The files of macros/, read.
    private func macroLibrary() throws(PipelineError) -> MacroLibrary {
        var sources: [SourceFile] = []
        for path in files(in: "macros", extensions: ["sql", "jinja", "j2"]) {
            sources.append(SourceFile(path: path, text: try text(of: path)))
        }
        return try MacroLibrary(sources)
    }

    /// The tables of contracts with their columns; a contract that cannot be read is told by those who write its table.
    private var contractTables: [String: [RelationColumn]] {
        readContracts().contracts.reduce(into: [:]) { tables, contract in
            tables["\(contract.table)".lowercased()] = contract.columns.map { RelationColumn($0.name) }
        }
    }

    private var hasConfig: Bool { ["config.yaml", "config.yml", "config.py"].contains(where: contains) }

    /// The folders below, or the one above, that have a `config.yaml`.
    private var nearbyPipelines: String {
        let entries: [String]
        do { entries = try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch { entries = [] }
        var near = entries.filter { contains("\($0)/config.yaml") }.map { "\(path)/\($0)" }
        let above = (path as NSString).deletingLastPathComponent
        if FileManager.default.fileExists(atPath: "\(above)/config.yaml") { near.append(above) }
        return near.isEmpty ? "" : " Did you mean \(near.joined(separator: " or "))?"
    }
}
