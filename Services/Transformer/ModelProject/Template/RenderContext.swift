import Pipeline
import Spelling

/// What a template may ask for while it becomes SQL.
public struct RenderContext: Sendable {
    /// The interval to compute: `start` belongs to it, `end` does not. Templates see the last microsecond before
    /// `end`, as SQLMesh's end variables are inclusive.
    public var start: Moment
    /// See `start`.
    public var end: Moment
    /// When the run counts as taking place.
    public var execution: Moment
    /// What `is_incremental()` answers.
    public var isIncremental: Bool
    /// The text that `@this_model` and `{{ this }}` become.
    public var thisModel: String
    /// What `@model_kind_name` becomes.
    public var kindName: String
    /// The SQL that time variables are written in.
    public var dialect: String
    /// What `@gateway` becomes.
    public var gateway: String
    /// `variables` of the configuration.
    public var variables: [String: VariableValue]
    /// Further macro names and the SQL text each becomes: an audit's arguments.
    public var arguments: [String: String]
    /// The models that `ref()` can name.
    public var models: ModelIndex
    /// What the SQL is made for; `@runtime_stage`.
    public var stage = RuntimeStage.loading
    /// The table that the model's rows live in; nil while nothing runs.
    public var table: (schema: String, name: String)?
    /// What `@this_env` becomes; nil where there is no environment.
    public var environment: String?
    /// What `@schemas` becomes; nil where there is no environment.
    public var schemas: [String]?
    /// What `@views` becomes; nil where there is no environment.
    public var views: [String]?
    /// Variables of the model's blueprint: SQL texts by name, lower case.
    public var blueprint: [String: String] = [:]
    /// What the files of macros/ define.
    public var macros = MacroLibrary.empty
    /// The columns of a model or table by the name that a person writes; nil when they are not known.
    public var columns: @Sendable (String) throws(PipelineError) -> [RelationColumn]? = { _ throws(PipelineError) in nil
    }

    /// A context; what is left out is as for a first run at the epoch.
    public init(
        start: Moment = .epoch, end: Moment = Moment(seconds: 86_400), execution: Moment = .epoch,
        isIncremental: Bool = false, thisModel: String = "this_model", kindName: String = "",
        dialect: String = "postgres",
        gateway: String = "", variables: [String: VariableValue] = [:], arguments: [String: String] = [:],
        models: ModelIndex = ModelIndex([])
    ) {
        self.start = start
        self.end = end
        self.execution = execution
        self.isIncremental = isIncremental
        self.thisModel = thisModel
        self.kindName = kindName
        self.dialect = dialect
        self.gateway = gateway
        self.variables = variables
        self.arguments = arguments
        self.models = models
    }
}

/// What SQL is made for.
public enum RuntimeStage: String, Sendable {
    case loading, creating, evaluating, promoting, demoting, auditing, testing
    case beforeAll = "before_all"
    case afterAll = "after_all"
}

/// A column that a macro such as `@STAR` writes out.
public struct RelationColumn: Sendable, Hashable, Codable {
    /// As it is called.
    public var name: String
    /// As SQL of the dialect; nil when it is not known.
    public var type: String?

    /// A column and its type.
    public init(_ name: String, _ type: String? = nil) {
        self.name = name
        self.type = type
    }
}

/// Finds models by the name a person writes: `schema.name`, or `name` alone when only one model has it.
public struct ModelIndex: Sendable {
    private var byText: [String: ModelName] = [:]
    /// All of them, sorted.
    public let names: [ModelName]
    /// In SQL, a name without a schema is of the default schema, as everywhere else. False for what was promoted when any
    /// model of that name was meant.
    public let isExact: Bool

    /// An index of `names`.
    public init(_ names: some Sequence<ModelName>, isExact: Bool = true) {
        self.isExact = isExact
        self.names = names.sorted()
        for name in self.names {
            byText[name.description] = name
            // The first schema in order wins, but the default schema wins over all.
            if byText[name.name] == nil || name.schema == ModelName.defaultSchema { byText[name.name] = name }
        }
    }

    /// The model of that name, in any case, as a person means it: of any schema where none is said.
    public func find(_ text: String) -> ModelName? { byText[Self.withoutDatabase(text.lowercased())] }

    /// The model that a relation of that name is in SQL; nil for any other table.
    public func relation(_ text: String) -> ModelName? {
        let text = Self.withoutDatabase(text.lowercased())
        guard isExact, !text.contains(".") else { return byText[text] }
        return byText["\(ModelName.defaultSchema).\(text)"]
    }

    private static func withoutDatabase(_ text: String) -> String {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3 ? parts.dropFirst().joined(separator: ".") : text
    }

    /// The name nearest to `text`, for "did you mean".
    public func nearest(to text: String) -> ModelName? {
        KnownNames.nearest(to: text, in: byText.keys).flatMap { byText[$0] }
    }
}
