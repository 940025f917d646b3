import Pipeline

/// Divides models into those that work here, and those that need what does not: Python, or kinds of other engines.
struct LeftOutModels {
    /// Those that work.
    private(set) var kept: [ModelDefinition]
    /// What is left out, each with its place and why.
    private(set) var reasons: [PipelineError] = []
    /// The names of models that are left out, those in Python too.
    private(set) var names: Set<ModelName> = []

    init(_ models: [ModelDefinition], python: [PythonFile], config: ProjectConfig, macros: MacroLibrary) {
        kept = models
        for file in python {
            for model in file.models {
                guard let name = ModelName(model.name) else { continue }
                names.insert(name)
                reasons.append(
                    PipelineError(file: file.path, line: model.line, message: "The model \(name) is written in Python.")
                )
            }
        }
        leaveOutUnsupported()
        leaveOutCallers(of: python)
        leaveOutReaders(config, macros)
    }

    private mutating func leaveOutUnsupported() {
        kept.removeAll { model in
            guard let reason = model.unsupported else { return false }
            names.insert(model.name)
            reasons.append(reason)
            return true
        }
    }

    /// Models that call a macro written in Python.
    private mutating func leaveOutCallers(of python: [PythonFile]) {
        var places: [String: String] = [:]
        for file in python { for macro in file.macros { places[macro.name] = "\(file.path):\(macro.line)" } }
        guard !places.isEmpty else { return }
        leaveOut { model in
            let templates = [model.query] + model.preStatements + model.postStatements
            let called = templates.reduce(into: Set<String>()) { $0.formUnion($1.names) }.intersection(places.keys)
            guard let macro = called.sorted().first, let place = places[macro] else { return nil }
            return "\(model.name) calls the macro @\(macro), which is written in Python (\(place))."
        }
    }

    /// Models that read one that is left out, directly or not.
    private mutating func leaveOutReaders(_ config: ProjectConfig, _ macros: MacroLibrary) {
        guard !names.isEmpty else { return }
        let index = ModelIndex(kept.map(\.name) + names)
        let reads = kept.reduce(into: [ModelName: Set<ModelName>]()) { reads, model in
            reads[model.name] = Self.parents(of: model, index, config, macros)
        }
        var before = -1
        while before != names.count {
            before = names.count
            let left = names
            leaveOut { model in
                reads[model.name]?.sorted().first(where: left.contains).map {
                    "\(model.name) reads \($0), which is left out."
                }
            }
        }
    }

    private mutating func leaveOut(_ reason: (ModelDefinition) -> String?) {
        kept.removeAll { model in
            guard let message = reason(model) else { return false }
            names.insert(model.name)
            reasons.append(model.source.error(at: model.query.firstCode, message))
            return true
        }
    }

    /// The models that a query names. One that cannot be read reads none here: its mistake is told when it is planned.
    private static func parents(
        of model: ModelDefinition, _ index: ModelIndex, _ config: ProjectConfig, _ macros: MacroLibrary
    ) -> Set<ModelName> {
        var context = RenderContext(
            thisModel: model.name.description, kindName: model.kind.name, dialect: model.dialect,
            gateway: config.defaultGateway ?? "", variables: config.variables, models: index)
        context.macros = macros
        context.blueprint = model.blueprint
        var tables = model.dependsOn
        // A text that cannot be read is told, with its place, when its snapshot is made.
        if let rendered = try? model.query.render(context),
            let query = try? ParsedQuery(rendered, dialect: model.dialect)
        {
            tables += query.tables
        }
        return Set(tables.compactMap { index.find($0) }).subtracting([model.name])
    }
}
