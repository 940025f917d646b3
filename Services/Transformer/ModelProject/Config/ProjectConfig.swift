import Pipeline

/// `config.yaml`: the part of SQLMesh's configuration that Millrace reads. What has no meaning here is accepted and noted;
/// what SQLMesh does not know either is an error, so that no setting is ignored in silence.
public struct ProjectConfig: Sendable, Equatable {
    /// A name for the project.
    public var project: String?
    /// Places where models can run, by name.
    public var gateways: [String: Gateway]
    /// The gateway in use: the one asked for, `default_gateway`, or the first.
    public var defaultGateway: String?
    /// What models are that do not say otherwise.
    public var modelDefaults: ModelDefaults
    /// Names are lower case.
    public var variables: [String: VariableValue]
    /// Models without a name are named after their folder and file.
    public var infersNames = false
    /// Files that are not read, as patterns.
    public var ignorePatterns: [String] = []
    /// SQL that runs before a plan or a run does anything.
    public var beforeAll: [SourceFile] = []
    /// SQL that runs when a plan or a run is done.
    public var afterAll: [SourceFile] = []
    /// The rules of `transformer lint`; nil: those of the command.
    public var linter: LinterSettings?
    /// What a plan does that is told nothing else.
    public var plan = PlanSettings()
    /// How long an environment other than production stays after its last promotion, in seconds: a week.
    public var environmentLifetime: Int64 = 7 * 86_400
    /// How long a table stays that nothing shows, and a promotion can be gone back to, in seconds: a week.
    public var tableLifetime: Int64 = 7 * 86_400
    /// Environments that stay until somebody removes them.
    public var pinnedEnvironments: Set<String> = []
    /// The environment that commands mean which name none; nil: production.
    public var targetEnvironment: String?
    /// What is accepted and has no effect, in the order of the file.
    public var notices: [ProjectNotice] = []
    /// Somebody said that the project is to run on the engine of the settings, whatever its gateway says.
    public var overridesEngine = false

    /// A configuration made by code.
    public init(
        project: String? = nil, gateways: [String: Gateway] = [:], defaultGateway: String? = nil,
        modelDefaults: ModelDefaults = ModelDefaults(), variables: [String: VariableValue] = [:]
    ) {
        self.project = project
        self.gateways = gateways
        self.defaultGateway = defaultGateway
        self.modelDefaults = modelDefaults
        self.variables = variables
    }
}
