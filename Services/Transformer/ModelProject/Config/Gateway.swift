import Pipeline

extension ProjectConfig {
    /// Where models run.
    public struct Gateway: Sendable, Equatable {
        /// `postgres`, `duckdb` …, lower case.
        public var type = "postgres"
        /// The other keys of `connection` that have a value, such as `host`.
        public var connection: [String: String] = [:]
        /// Variables of this gateway; they win over the project's.
        public var variables: [String: VariableValue] = [:]
        /// Where `connection` stands in `config.yaml`; nil where the gateway has none.
        var place: Place?

        struct Place: Sendable, Equatable {
            var file: String
            var line: Int?
            var column: Int?
        }

        /// PostgreSQL, wherever the settings say.
        init() {}
    }
}

extension ProjectConfig.Gateway {
    /// What a gateway may say and what follows from nothing here.
    static let withoutEffect: [String: String] = [
        "state_connection": "the state lives in the database that POSTGRES_HOST and its kin name",
        "state_schema": "the state lives in the schema `transformer`",
        "test_connection": "unit tests run on the engine itself",
        "scheduler": "`transformer serve` and the scheduler run what is due",
        "model_defaults": "say them once, under model_defaults",
    ]

    /// - Parameter notices: Gets what is accepted and has no effect.
    init(_ value: YAMLValue, named name: String, _ notices: inout [ProjectNotice]) throws(PipelineError) {
        for (key, part) in try value.mapping() {
            switch key.text {
            case "connection": try readConnection(part)
            case "variables": variables = try part.variables()
            default:
                guard let why = Self.withoutEffect[key.text] else {
                    throw key.error(
                        "Unknown key `\(key.text)`. Known: connection, variables, "
                            + "\(Self.withoutEffect.keys.sorted().joined(separator: ", ")).")
                }
                notices.append(ProjectNotice(key, "`\(key.text)` of the gateway \(name) has no effect: \(why)."))
            }
        }
    }

    mutating func readConnection(_ value: YAMLValue) throws(PipelineError) {
        place = Place(file: value.file, line: value.node.mark?.line, column: value.node.mark?.column)
        for (key, setting) in try value.mapping() {
            if key.text == "type" {
                type = try setting.string().lowercased()
            } else if let scalar = setting.node.scalar, !setting.isNull {
                connection[key.text] = scalar.string
            }
        }
    }

    /// An error that points at the connection.
    func error(_ message: String) -> PipelineError {
        PipelineError(
            file: place?.file ?? "config.yaml", line: place?.line, column: place?.column, message: message)
    }
}

/// A database as settings name it.
public struct EngineAddress: Sendable, Equatable {
    public var host: String
    public var port: Int
    public var database: String

    /// A place.
    public init(host: String, port: Int, database: String) {
        self.host = host
        self.port = port
        self.database = database
    }
}

extension ProjectConfig {
    /// The gateway in use, if there is one.
    public var gateway: Gateway? { defaultGateway.flatMap { gateways[$0] } }

    /// Why models cannot run on the database at `engine` as the gateway in use has it; nil when they can.
    public func problem(runningOn engine: EngineAddress) -> PipelineError? {
        guard let gateway, let name = defaultGateway, !overridesEngine else { return nil }
        guard gateway.type == "postgres" else {
            let others = gateways.filter { $0.value.type == "postgres" }.keys.sorted()
            let hint = others.isEmpty ? "" : "choose another gateway with --gateway \(others[0]), or "
            return gateway.error(
                "The gateway \(name) is of the type \(gateway.type), and models run on PostgreSQL here: \(hint)say "
                    + "--dialect postgres to run the project on the database that POSTGRES_HOST and its kin name.")
        }
        func host(_ text: String) -> String { ["127.0.0.1", "::1"].contains(text) ? "localhost" : text.lowercased() }
        let stated = gateway.connection
        var wrong: [String] = []
        if let other = stated["host"], host(other) != host(engine.host) { wrong.append("POSTGRES_HOST=\(other)") }
        if let other = stated["port"], other != "\(engine.port)" { wrong.append("POSTGRES_PORT=\(other)") }
        if let other = stated["database"], other != engine.database { wrong.append("POSTGRES_DB=\(other)") }
        guard !wrong.isEmpty else { return nil }
        return gateway.error(
            "The gateway \(name) is another database than \(engine.database) on \(engine.host):\(engine.port), which the "
                + "settings name. Set \(wrong.joined(separator: " ")); or say --dialect postgres to run the project on "
                + "the database of the settings.")
    }
}
