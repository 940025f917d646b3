import OrderedCollections
import Pipeline

/// A model as its file describes it. The statements are still templates: `ModelRenderer` makes SQL of them.
public struct ModelDefinition: Sendable, Equatable {
    /// What it is called.
    public var name: ModelName
    /// The file the model came from, relative to the pipeline folder, with its text.
    public var source: SourceFile
    /// How its rows come to be.
    public var kind: ModelKind
    /// The SQL it is written in: `postgres` or `bigquery`.
    public var dialect: String
    /// A preset such as `@daily` or a five-field expression.
    public var cron: String
    /// IANA name of the zone in which `cron` is read.
    public var cronTimeZone: String
    /// The first moment the model has data for; nil: as far back as there is data.
    public var start: Moment?
    /// `start` as it was written where that counts from now: `1 week ago`.
    public var relativeStart: String?
    /// The first moment that the model is not computed for any more; nil: it goes on.
    public var end: Moment?
    /// `end` as it was written where that counts from now.
    public var relativeEnd: String?
    /// Nil: follows from `cron`.
    public var intervalUnit: IntervalUnit?
    /// True when an interval may be computed before it is over.
    public var allowPartials: Bool
    /// Who answers for it.
    public var owner: String?
    /// Words to find it by.
    public var tags: [String]
    public var description: String?
    /// What columns mean, by name.
    public var columnDescriptions: OrderedDictionary<String, String>
    /// The columns that tell its rows apart.
    public var grain: [String]
    /// SQL expressions whose values tell its partitions apart, as written.
    public var partitionedBy: [String] = []
    /// What its rows are checked by.
    public var audits: [AuditCall]
    /// Declared output columns and their types; empty when the engine infers them.
    public var columns: OrderedDictionary<String, String>
    /// Dependencies that the query does not show; added to those it does.
    public var dependsOn: [String]
    /// Run before the query, in its transaction.
    public var preStatements: [Template]
    /// The query.
    public var query: Template
    /// Run after the query, in its transaction.
    public var postStatements: [Template]
    /// Run on the view when it has been pointed at the model's table; `@this_model` is the view.
    public var onVirtualUpdate: [Template] = []
    /// What it waits for before an interval is computed; nil: nothing.
    public var signal: DataSignal?
    /// Why it cannot be computed here, whatever else is right about it: a kind or a signal in Python, or of another engine.
    public var unsupported: PipelineError?
    /// A word that makes another version of the model, and nothing else.
    public var stamp: String?
    /// Settings of the engine while the model is computed, in the order of their names; SQL as written.
    public var sessionProperties: [String: String] = [:]
    /// Rules of the linter that do not count for it, lower case.
    public var ignoredRules: [String] = []
    /// The gateway that it names.
    public var gateway: String?
    /// Where properties that nothing follows from stand in the file, by name.
    public var withoutEffect: [String: Int] = [:]
    /// Audits that stand in its file; they are run where `audits` names them.
    public var inlineAudits: [AuditDefinition] = []
    /// True for a file without MODEL block, the article's style.
    public var isBare: Bool
    /// Where the values of the MODEL block's properties stand in the file, by the property's name.
    public var offsets: [String: Int] = [:]
    /// The variables of the blueprint that it was made by, SQL texts by name; empty for a file without blueprints.
    public var blueprint: [String: String] = [:]
}

extension ModelDefinition {
    /// True when macros in its query write out columns of what it reads.
    public var asksForColumns: Bool { !query.names.isDisjoint(with: ["star", "union"]) }

    /// An error that points at `property` in the model's file, or at its query where the file has no such property.
    public func error(_ property: String, _ message: String) -> PipelineError {
        source.error(at: offsets[property] ?? query.firstCode, message)
    }
}

/// An audit that a model asks for: a built-in's or a file's name, with arguments.
public struct AuditCall: Sendable, Equatable {
    /// The audit, lower case.
    public var name: String
    /// Argument texts by name, SQL as written.
    public var arguments: OrderedDictionary<String, AuditArgument>
    /// Overrides what the audit says of itself; nil: as the audit says, which is blocking unless told otherwise.
    public var blocking: Bool?
    /// Where in the model's file, for errors.
    public var offset: Int

    /// A call made by code.
    public init(
        name: String, arguments: OrderedDictionary<String, AuditArgument> = [:], blocking: Bool? = nil, offset: Int = 0
    ) {
        self.name = name
        self.arguments = arguments
        self.blocking = blocking
        self.offset = offset
    }
}

extension AuditCall: CustomStringConvertible {
    /// As it would be written: `not_null(columns := (user_id, day))`.
    public var description: String {
        guard !arguments.isEmpty else { return name }
        let list = arguments.map { name, value in
            switch value {
            case .expression(let text): "\(name) := \(text)"
            case .list(let texts): "\(name) := (\(texts.joined(separator: ", ")))"
            }
        }
        return "\(name)(\(list.joined(separator: ", ")))"
    }
}

/// The value of an audit's argument.
public enum AuditArgument: Sendable, Equatable {
    /// One SQL expression, as written.
    case expression(String)
    /// `(a, b, c)`
    case list([String])

    /// The expressions; one when it is not a list.
    public var values: [String] {
        switch self {
        case .expression(let text): [text]
        case .list(let texts): texts
        }
    }
}
