import Foundation
import Pipeline
import Spelling

extension ProjectConfig {
    /// Reads `config.yaml` (or `config.yml`); a folder without one has the defaults.
    static func read(_ folder: PipelineFolder, _ options: ProjectOptions) throws(PipelineError) -> ProjectConfig {
        var config = ProjectConfig()
        if let path = ["config.yaml", "config.yml"].first(where: folder.contains) {
            let written = SourceFile(path: path, text: try folder.text(of: path))
            let environment = try EnvironmentFile.read(folder, over: options.environment)
            let expanded = try ConfigTemplate.expand(written, environment: environment)
            config = try ProjectConfig(parsing: expanded, written: written, gateway: options.gateway)
        } else if folder.contains("config.py") {
            throw PipelineError(
                file: "config.py", message: "Python configuration is not supported. Write it as config.yaml.")
        } else if let name = options.gateway {
            throw PipelineError(file: folder.path, message: "There is no config.yaml, and so no gateway \(name).")
        }
        if let dialect = options.dialect {
            config.modelDefaults.dialectOverride = dialect
            config.overridesEngine = dialect == "postgres"
        }
        return config
    }

    /// Parses a `config.yaml` whose Jinja is expanded.
    /// - Parameters:
    ///   - written: The file as it was before.
    ///   - chosen: The gateway that somebody asked for; nil: as the file says.
    init(parsing source: SourceFile, written: SourceFile, gateway chosen: String? = nil) throws(PipelineError) {
        self.init()
        let root = try YAMLReader.parse(source)
        let pairs = try root.mapping()
        try readGateways(pairs)
        try choose(chosen, pairs, root)
        for (key, value) in pairs where key.text != "gateways" && key.text != "gateway" {
            if let error = Self.unset(in: value, of: written) { throw error }
            try read(key, value)
        }
        if let gateway = defaultGateway {
            for (key, value) in pairs where key.text == "gateways" || key.text == "gateway" {
                for (name, part) in try value.mapping() where name.text == gateway || key.text == "gateway" {
                    if let error = Self.unset(in: part, of: written) { throw error }
                }
            }
        }
        if let gateway { variables.merge(gateway.variables) { _, own in own } }
    }

    private mutating func readGateways(_ pairs: [(key: YAMLValue, value: YAMLValue)]) throws(PipelineError) {
        var names: [String] = []
        for (key, value) in pairs {
            switch key.text {
            case "gateways":
                for (name, gateway) in try value.mapping() {
                    gateways[name.text] = try Gateway(gateway, named: name.text, &notices)
                    names.append(name.text)
                }
            case "gateway": gateways[""] = try Gateway(value, named: "of the project", &notices)
            default: break
            }
        }
        defaultGateway = names.first ?? gateways.keys.first
        for (key, value) in pairs where key.text == "default_connection" {
            // It holds for gateways that name none.
            if gateways.isEmpty {
                gateways[""] = Gateway()
                defaultGateway = ""
            }
            for name in gateways.keys where gateways[name]?.place == nil {
                try gateways[name]?.readConnection(value)
            }
        }
    }

    private mutating func choose(
        _ chosen: String?, _ pairs: [(key: YAMLValue, value: YAMLValue)], _ root: YAMLValue
    ) throws(PipelineError) {
        if let chosen {
            guard gateways[chosen] != nil else {
                let hint = KnownNames.nearest(to: chosen, in: gateways.keys).map { " Did you mean \($0)?" } ?? ""
                throw root.error("There is no gateway \(chosen) under gateways.\(hint)")
            }
            defaultGateway = chosen
            return
        }
        for (key, value) in pairs where key.text == "default_gateway" && !value.isNull {
            let name = try value.string()
            guard gateways[name] != nil || name.isEmpty else {
                throw value.error("default_gateway names \(name), which is not under gateways.")
            }
            if !name.isEmpty { defaultGateway = name }
        }
    }

    /// The first variable below `value` that is not set.
    private static func unset(in value: YAMLValue, of written: SourceFile) -> PipelineError? {
        if let text = value.node.scalar?.string { return UnsetVariables.error(in: text, of: written) }
        let inner = value.node.sequence.map { Array($0) } ?? value.node.mapping.map { $0.map(\.value) } ?? []
        for node in inner {
            if let error = unset(in: YAMLValue(node: node, file: value.file), of: written) { return error }
        }
        return nil
    }

    private mutating func read(_ key: YAMLValue, _ value: YAMLValue) throws(PipelineError) {
        switch key.text {
        case "project": project = value.isNull ? nil : try value.string()
        case "default_gateway", "default_connection": break
        case "model_defaults": modelDefaults = try ModelDefaults(value, &notices)
        case "variables": variables = try value.variables()
        case "model_naming":
            for (name, setting) in try value.mapping() {
                guard name.text == "infer_names" else {
                    throw name.error("Unknown key `\(name.text)`. Known: infer_names.")
                }
                infersNames = try setting.boolean()
            }
        case "linter": linter = value.isNull ? nil : try LinterSettings(value)
        case "plan": if !value.isNull { plan = try PlanSettings(value, &notices) }
        case "default_target_environment": targetEnvironment = value.isNull ? nil : try value.string().lowercased()
        case "environment_ttl": environmentLifetime = try Self.lifetime(value)
        case "snapshot_ttl": tableLifetime = try Self.lifetime(value)
        case "pinned_environments": pinnedEnvironments = Set(try value.strings().map { $0.lowercased() })
        case "ignore_patterns": ignorePatterns = try value.strings()
        case "before_all": beforeAll = try value.placedStrings()
        case "after_all": afterAll = try value.placedStrings()
        case "time_column_format":
            modelDefaults.timeColumnFormat = try value.string()
        default:
            guard let why = Self.withoutEffect[key.text] else {
                let known = Self.known + Self.withoutEffect.keys
                let hint = KnownNames.nearest(to: key.text, in: known).map { " Did you mean `\($0)`?" } ?? ""
                throw key.error(
                    "Unknown key `\(key.text)`.\(hint) Known: \(known.sorted().joined(separator: ", ")).")
            }
            if !value.isNull { notices.append(ProjectNotice(key, "`\(key.text)` has no effect: \(why).")) }
        }
    }

    private static func lifetime(_ value: YAMLValue) throws(PipelineError) -> Int64 {
        guard let lifetime = Lifetime.seconds(of: try value.string()) else {
            throw value.error("`\(try value.string())` is no length of time. Write it as 'in 1 week'.")
        }
        return lifetime
    }

    private static let known = [
        "project", "gateways", "default_gateway", "default_connection", "model_defaults", "variables", "model_naming",
        "ignore_patterns", "linter", "before_all", "after_all", "time_column_format", "environment_ttl",
        "pinned_environments", "snapshot_ttl", "plan", "default_target_environment",
    ]

    /// Keys of SQLMesh's configuration that nothing follows from here, and why.
    private static let withoutEffect = [
        "default_test_connection": "unit tests run on the engine itself",
        "default_scheduler": "`transformer serve` and the scheduler run what is due",
        "notification_targets": "failures are messages on Kafka and in the log",
        "users": "nobody is notified by name",
        "username": "nobody is notified by name",
        "janitor": "`transformer serve` cleans up every hour, `transformer janitor` at once",
        "loader": "there is one loader",
        "loader_kwargs": "there is one loader",
        "env_vars": "variables of the environment come from the process and from `.env`",
        "physical_schema_mapping": "tables lie in schemas of their own, `millrace__<schema>`",
        "physical_schema_override": "tables lie in schemas of their own, `millrace__<schema>`",
        "physical_table_naming_convention": "tables are named by model and version",
        "environment_suffix_target": "an environment's views lie in schemas of their own, `<schema>__<environment>`",
        "environment_catalog_mapping": "all environments lie in one database",
        "virtual_environment_mode": "all environments are views over versioned tables",
        "gateway_managed_virtual_layer": "all models are in one database",
        "infer_python_dependencies": "no Python is run",
        "log_limit": "logs go to the standard error",
        "cicd_bot": "there is no bot",
        "run": "what is due is run by the scheduler",
        "format": "`transformer format` has one style",
        "ui": "the page is served by `transformer serve`",
        "migration": "the state migrates by itself",
        "disable_anonymized_analytics": "nothing is ever sent",
        "cache_dir": "nothing is cached on disk",
        "dbt": "dbt projects are not read",
    ]
}

extension YAMLValue {
    /// A list of texts, or one, each on the line that it has in the file.
    func placedStrings() throws(PipelineError) -> [SourceFile] {
        if isNull { return [] }
        var texts: [SourceFile] = []
        for element in node.sequence == nil ? [self] : try sequence() {
            let isBlock = element.node.scalar.map { [.literal, .folded].contains($0.style) } ?? false
            let lines = (element.node.mark?.line ?? 1) - (isBlock ? 0 : 1)
            texts.append(
                SourceFile(path: file, text: String(repeating: "\n", count: lines) + (try element.string())))
        }
        return texts
    }

    /// A list of texts, or one.
    func strings() throws(PipelineError) -> [String] {
        if isNull { return [] }
        guard node.sequence != nil else { return [try string()] }
        var texts: [String] = []
        for element in try sequence() { texts.append(try element.string()) }
        return texts
    }
}
