import Foundation
import Pipeline

extension PipelineFolder {
    /// Reads configuration, models, audits and tests.
    /// - Parameter memory: What an earlier reading found, so that only what has changed since is read; nil: nothing is known.
    /// - Throws: ``PipelineError`` with every mistake that can be told from the others, each at its place; and when the folder
    ///   has neither `config.yaml` nor models: it is another folder than was meant, and nothing would be made of it.
    public func project(
        _ options: ProjectOptions = ProjectOptions(), memory: ProjectMemory? = nil
    ) throws(PipelineError) -> Project {
        let config = try ProjectConfig.read(self, options)
        var reader = ProjectReader(folder: self, config: config, options: options)
        reader.read(memory)
        if let error = PipelineError(all: reader.errors) { throw error }
        if !hasConfig && files(in: "models", extensions: ["sql"]).isEmpty {
            throw PipelineError(
                file: path,
                message: "There is no config.yaml and no models here: this is not a pipeline folder. "
                    + "Set MILLRACE_PIPELINE to the folder that has config.yaml and models/.\(nearbyPipelines)")
        }
        let divided = LeftOutModels(reader.models, python: reader.python, config: config, macros: reader.macros)
        let leftOut = ModelIndex(divided.names)
        return try Project(
            config: config, models: divided.kept, audits: reader.audits,
            tests: reader.tests.filter { leftOut.find($0.model) == nil },
            tables: reader.models.contains(where: \.asksForColumns) ? tables(besides: reader.externals) : [:],
            externals: reader.externals,
            macros: reader.macros, databases: reader.scope.databases,
            landingTables: divided.kept.contains { $0.signal != nil } ? landingTables : [], leftOut: divided.reasons)
    }

    /// The environment that those mean who name none: config.yaml's `default_target_environment`; nil where it says nothing.
    /// - Throws: ``PipelineError`` for a `config.yaml` that cannot be read.
    public func targetEnvironment(_ options: ProjectOptions) throws(PipelineError) -> String? {
        try ProjectConfig.read(self, options).targetEnvironment
    }

    /// The tables of contracts, and those that are declared, with their columns; a contract that cannot be read is told by those who write its table.
    private func tables(besides externals: [ExternalModel]) -> [String: [RelationColumn]] {
        let declared = externals.filter { !$0.columns.isEmpty }.map { ($0.name, $0.columns) }
        // What a contract promises comes first: declaring its table as well changes no model.
        return readContracts().contracts.reduce(into: Dictionary(uniqueKeysWithValues: declared)) { tables, contract in
            tables["\(contract.table)".lowercased()] = contract.columns.map { RelationColumn($0.name) }
        }
    }

    private var landingTables: Set<String> { Set(readContracts().contracts.map { "\($0.table)".lowercased() }) }

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

/// Reads the files of a project one after the other, and goes on behind mistakes.
private struct ProjectReader {
    let folder: PipelineFolder
    let config: ProjectConfig
    let scope: ModelScope
    var models: [ModelDefinition] = []
    var audits: [AuditDefinition] = []
    var tests: [ModelTest] = []
    var externals: [ExternalModel] = []
    var macros = MacroLibrary.empty
    /// What was found in Python, where it is to be left out.
    var python: [PythonFile] = []
    private let skipsUnsupported: Bool
    /// In the order in which they were found.
    var errors: [PipelineError] = []

    init(folder: PipelineFolder, config: ProjectConfig, options: ProjectOptions) {
        self.folder = folder
        self.config = config
        skipsUnsupported = options.skipsUnsupported
        var databases = Set([options.database, config.gateway?.connection["database"]].compactMap(\.self))
        if config.overridesEngine { databases = [] }
        scope = ModelScope(config: config, databases: databases, now: options.now)
    }

    mutating func read(_ memory: ProjectMemory?) {
        readPython()
        let files = sources(in: "macros", extensions: ["sql", "jinja", "j2"])
        macros = collect { () throws(PipelineError) in try MacroLibrary(files) } ?? .empty
        readModels(memory)
        let folder = folder
        var declared: [ExternalModel] = []
        for path in folder.externalModelFiles where !isIgnored(path) {
            let databases = scope.databases
            declared +=
                collect { () throws(PipelineError) in
                    try ExternalModel.parse(SourceFile(path: path, text: try folder.text(of: path)), in: databases)
                } ?? []
        }
        let (all, gateway) = (declared, config.defaultGateway)
        externals = collect { () throws(PipelineError) in try all.chosen(for: gateway) } ?? []
        let dialect = config.modelDefaults.dialectOverride
        for source in sources(in: "audits", extensions: ["sql"]) {
            audits += collect { () throws(PipelineError) in try AuditDefinition.parse(source, dialect: dialect) } ?? []
        }
        readTests()
    }

    private mutating func readModels(_ memory: ProjectMemory?) {
        let (folder, scope, config) = (self.folder, self.scope, self.config)
        let known = memory?.entries(in: scope) ?? [:]
        let files = paths(in: "models", extensions: ["sql"])
        let found = files.concurrentMap { path in
            known[path].flatMap { $0.holds(in: folder) ? ReadModels(entry: $0, isKnown: true) : nil }
                ?? ReadModels(path, in: folder, scope)
        }
        var entries: [String: ProjectMemory.Entry] = [:]
        for (path, read) in zip(files, found) {
            entries[path] = read.entry
            for model in collect(read.models.get) ?? [] {
                if let refusal = model.unsupported, !skipsUnsupported {
                    errors.append(refusal.adding(Self.skippingHint))
                } else {
                    collect { () throws(PipelineError) in try Self.check(gatewayOf: model, config) }
                    models.append(model)
                }
            }
        }
        memory?.keep(entries, in: scope, parsed: found.count { !$0.isKnown })
    }

    /// Files of rows that tests name may lie among those of tests.
    private mutating func readTests() {
        let folder = folder
        var named: Set<String> = []
        var found: [(path: String, tests: [ModelTest])] = []
        var mistakes: [(path: String, error: PipelineError)] = []
        for source in sources(in: "tests", extensions: ["yaml", "yml"]) {
            do throws(PipelineError) {
                let tests = try ModelTest.parse(source) { path throws(PipelineError) in
                    named.insert(path)
                    return SourceFile(path: path, text: try folder.text(of: path))
                }
                found.append((source.path, tests))
            } catch { mistakes.append((source.path, error)) }
        }
        tests = found.filter { !named.contains($0.path) }.flatMap(\.tests)
        errors += mistakes.filter { !named.contains($0.path) }.map(\.error)
    }

    @discardableResult
    private mutating func collect<Value>(_ body: () throws(PipelineError) -> Value) -> Value? {
        do throws(PipelineError) { return try body() } catch {
            errors.append(error)
            return nil
        }
    }

    private mutating func sources(in subfolder: String, extensions: Set<String>) -> [SourceFile] {
        let folder = folder
        return paths(in: subfolder, extensions: extensions).compactMap { path in
            collect { () throws(PipelineError) in SourceFile(path: path, text: try folder.text(of: path)) }
        }
    }

    private func paths(in subfolder: String, extensions: Set<String>) -> [String] {
        folder.files(in: subfolder, extensions: extensions).filter { !isIgnored($0) }
    }

    private func isIgnored(_ path: String) -> Bool { config.ignorePatterns.contains { fnmatch($0, path, 0) == 0 } }

    private static let skippingHint = " With --skip-unsupported, what needs it is left out and the rest is loaded."

    private mutating func readPython() {
        let folder = folder
        for subfolder in ["models", "macros", "audits", "tests", "signals", "materializations"] {
            for path in paths(in: subfolder, extensions: ["py"]) {
                guard let text = collect({ () throws(PipelineError) in try folder.text(of: path) }) else { continue }
                let file = PythonFile(path: path, text: text)
                // It makes a package of the folder, and mostly says nothing.
                if path.hasSuffix("__init__.py"), file.models.isEmpty, file.macros.isEmpty { continue }
                if skipsUnsupported {
                    python.append(file)
                } else {
                    errors.append(file.refusal(in: subfolder, hint: Self.skippingHint))
                }
            }
        }
    }

    /// All models run in one place: that of the gateway in use.
    private static func check(gatewayOf model: ModelDefinition, _ config: ProjectConfig) throws(PipelineError) {
        guard let name = model.gateway, name != config.defaultGateway, !config.overridesEngine else { return }
        guard let gateway = config.gateways[name] else {
            throw model.error("gateway", "There is no gateway \(name) under gateways in config.yaml.")
        }
        let used = config.gateway
        guard gateway.type == used?.type, gateway.connection == used?.connection else {
            throw model.error(
                "gateway",
                "All models run where the gateway \(config.defaultGateway ?? "") is, and \(name) is another place. Take "
                    + "the model's gateway out, or choose \(name) for all with --gateway \(name).")
        }
    }
}

/// The models of one file.
private struct ReadModels: Sendable {
    let models: Result<[ModelDefinition], PipelineError>
    /// What the next reading may take for read; nil: it has to look again.
    let entry: ProjectMemory.Entry?
    let isKnown: Bool

    init(entry: ProjectMemory.Entry, isKnown: Bool) {
        models = .success(entry.models)
        self.entry = entry
        self.isKnown = isKnown
    }

    init(_ path: String, in folder: PipelineFolder, _ scope: ModelScope) {
        let readAt = FileStamp.Time.now
        // Before the text: what is written in between is then seen as a change.
        var stamps = [path: folder.stamp(of: path)]
        models = Result { () throws(PipelineError) in
            try ModelParser.parse(SourceFile(path: path, text: try folder.text(of: path)), scope) {
                named throws(PipelineError) in
                stamps[named] = folder.stamp(of: named)
                return SourceFile(path: named, text: try folder.text(of: named))
            }
        }
        entry = (try? models.get()).flatMap { ProjectMemory.Entry($0, stamps: stamps, readAt: readAt) }
        isKnown = false
    }
}
