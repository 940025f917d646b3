/// `CREATE FUNCTION f(a INT64) RETURNS INT64 AS (a + 1)`, `CREATE PROCEDURE …`.
public struct CreateRoutine: Sendable, Hashable {
    /// Which sort of routine it is.
    public enum Kind: Sendable, Hashable {
        case function, procedure
        /// GoogleSQL's TABLE FUNCTION.
        case tableFunction
    }
    /// One argument.
    public struct Parameter: Sendable, Hashable {
        /// Upper case: IN, OUT, INOUT, VARIADIC.
        public var mode: String? = nil
        public var name: Identifier? = nil
        /// Nil for GoogleSQL's ANY TYPE.
        public var type: DataType?
        public var defaultValue: Expression? = nil

        public init(mode: String? = nil, name: Identifier? = nil, type: DataType?, defaultValue: Expression? = nil) {
            self.mode = mode
            self.name = name
            self.type = type
            self.defaultValue = defaultValue
        }
    }
    /// What the routine gives back.
    public enum Result: Sendable, Hashable {
        case type(DataType)
        case setOf(DataType)
        case table([TableAlias.Column])
    }
    /// What the routine does.
    public enum Body: Sendable, Hashable {
        /// `AS (expression)`, in PostgreSQL `RETURN expression`.
        case expression(Expression)
        /// `AS (SELECT …)` of a table function.
        case query(Query)
        /// Text in the routine's language.
        case text(String)
        /// GoogleSQL's `BEGIN … END`.
        case block(Block)
    }

    public var kind: Kind
    public var orReplace: Bool = false
    public var temporary: Bool = false
    public var ifNotExists: Bool = false
    public var name: QualifiedName
    public var parameters: [Parameter] = []
    public var result: Result? = nil
    /// As written.
    public var language: String? = nil
    /// Upper case, in order: IMMUTABLE, STRICT, DETERMINISTIC, `PARALLEL SAFE`.
    public var attributes: [String] = []
    public var options: [DefinitionOption] = []
    public var body: Body
    public var info: NodeInfo = .none

    public init(
        kind: Kind, orReplace: Bool = false, temporary: Bool = false, ifNotExists: Bool = false, name: QualifiedName,
        parameters: [Parameter] = [], result: Result? = nil, language: String? = nil, attributes: [String] = [],
        options: [DefinitionOption] = [], body: Body, info: NodeInfo = .none
    ) {
        self.kind = kind
        self.orReplace = orReplace
        self.temporary = temporary
        self.ifNotExists = ifNotExists
        self.name = name
        self.parameters = parameters
        self.result = result
        self.language = language
        self.attributes = attributes
        self.options = options
        self.body = body
        self.info = info
    }
}
