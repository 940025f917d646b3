/// A statement that neither reads nor changes rows by itself, or wraps others that do.
public indirect enum Utility: Sendable, Hashable {
    case transaction(Transaction)
    case set(SetVariable)
    case show(ShowVariable)
    case comment(CommentOn)
    case maintenance(Maintenance)
    case refresh(RefreshView)
    /// `CALL procedure(arguments)`.
    case call(ProcedureCall)
    /// `CREATE FUNCTION` and `CREATE PROCEDURE`.
    case createRoutine(CreateRoutine)
    /// GoogleSQL's DECLARE.
    case declare(Declaration)
    /// GoogleSQL's `BEGIN … END`.
    case block(Block)
    /// GoogleSQL's EXECUTE IMMEDIATE.
    case execute(ExecuteImmediate)

    /// Where the statement stands in its text, and the comments next to it.
    public var info: NodeInfo {
        switch self {
        case .transaction(let node): node.info
        case .set(let node): node.info
        case .show(let node): node.info
        case .comment(let node): node.info
        case .maintenance(let node): node.info
        case .refresh(let node): node.info
        case .call(let node): node.info
        case .createRoutine(let node): node.info
        case .declare(let node): node.info
        case .block(let node): node.info
        case .execute(let node): node.info
        }
    }
}

/// BEGIN, COMMIT, ROLLBACK and their like.
public struct Transaction: Sendable, Hashable {
    /// What happens to the transaction.
    public enum Action: Sendable, Hashable {
        case begin, commit, rollback
        case savepoint(Identifier)
        case release(Identifier)
        case rollbackTo(Identifier)
        /// `SET TRANSACTION …`.
        case characteristics
    }

    public var action: Action
    /// Upper case: `ISOLATION LEVEL SERIALIZABLE`, `READ ONLY`, `DEFERRABLE`.
    public var modes: [String] = []
    /// `AND CHAIN` (true), `AND NO CHAIN`.
    public var chains: Bool? = nil
    public var info: NodeInfo = .none

    public init(action: Action, modes: [String] = [], chains: Bool? = nil, info: NodeInfo = .none) {
        self.action = action
        self.modes = modes
        self.chains = chains
        self.info = info
    }
}

/// `SET name = value`, `RESET name`.
public struct SetVariable: Sendable, Hashable {
    /// How long the value lasts.
    public enum Scope: Sendable, Hashable { case session, local }
    /// What is set.
    public enum Target: Sendable, Hashable {
        case name(QualifiedName)
        /// GoogleSQL's `SET (a, b) = …`.
        case names([Identifier])
        /// GoogleSQL's `@@name`.
        case system(String)
        /// PostgreSQL's RESET ALL.
        case all
    }

    public var scope: Scope? = nil
    public var target: Target
    /// Empty for DEFAULT and RESET.
    public var values: [Expression] = []
    /// Written RESET.
    public var resets: Bool = false
    public var info: NodeInfo = .none

    public init(
        scope: Scope? = nil, target: Target, values: [Expression] = [], resets: Bool = false, info: NodeInfo = .none
    ) {
        self.scope = scope
        self.target = target
        self.values = values
        self.resets = resets
        self.info = info
    }
}

/// `SHOW name`.
public struct ShowVariable: Sendable, Hashable {
    /// Nil for ALL.
    public var name: QualifiedName?
    public var info: NodeInfo = .none

    public init(name: QualifiedName?, info: NodeInfo = .none) {
        self.name = name
        self.info = info
    }
}

/// `COMMENT ON TABLE t IS 'text'`.
public struct CommentOn: Sendable, Hashable {
    /// Upper case: TABLE, COLUMN, `MATERIALIZED VIEW`.
    public var kind: String
    public var name: QualifiedName
    /// The types of a function's arguments.
    public var signature: [DataType]? = nil
    /// The table that a constraint belongs to.
    public var table: QualifiedName? = nil
    /// Nil takes the comment away.
    public var text: String?
    public var info: NodeInfo = .none

    public init(
        kind: String, name: QualifiedName, signature: [DataType]? = nil, table: QualifiedName? = nil, text: String?,
        info: NodeInfo = .none
    ) {
        self.kind = kind
        self.name = name
        self.signature = signature
        self.table = table
        self.text = text
        self.info = info
    }
}

/// `VACUUM (ANALYZE) t`, `ANALYZE t (a)`.
public struct Maintenance: Sendable, Hashable {
    /// What is done.
    public enum Kind: Sendable, Hashable { case vacuum, analyze }
    /// A table, and those of its columns that are meant; empty for all.
    public struct Target: Sendable, Hashable {
        public var table: QualifiedName
        public var columns: [Identifier] = []

        public init(table: QualifiedName, columns: [Identifier] = []) {
            self.table = table
            self.columns = columns
        }
    }

    public var kind: Kind
    public var options: [Explain.Option] = []
    public var targets: [Target] = []
    public var info: NodeInfo = .none

    public init(kind: Kind, options: [Explain.Option] = [], targets: [Target] = [], info: NodeInfo = .none) {
        self.kind = kind
        self.options = options
        self.targets = targets
        self.info = info
    }
}

/// `REFRESH MATERIALIZED VIEW v`.
public struct RefreshView: Sendable, Hashable {
    public var concurrently: Bool = false
    public var name: QualifiedName
    public var withData: Bool? = nil
    public var info: NodeInfo = .none

    public init(concurrently: Bool = false, name: QualifiedName, withData: Bool? = nil, info: NodeInfo = .none) {
        self.concurrently = concurrently
        self.name = name
        self.withData = withData
        self.info = info
    }
}

/// `CALL s.p(1, 2)`.
public struct ProcedureCall: Sendable, Hashable {
    public var call: FunctionCall
    public var info: NodeInfo = .none

    public init(call: FunctionCall, info: NodeInfo = .none) {
        self.call = call
        self.info = info
    }
}

/// `DECLARE a, b INT64 DEFAULT 1`.
public struct Declaration: Sendable, Hashable {
    public var names: [Identifier]
    /// Nil where the value tells it.
    public var type: DataType? = nil
    public var value: Expression? = nil
    public var info: NodeInfo = .none

    public init(names: [Identifier], type: DataType? = nil, value: Expression? = nil, info: NodeInfo = .none) {
        self.names = names
        self.type = type
        self.value = value
        self.info = info
    }
}

/// `BEGIN … EXCEPTION WHEN ERROR THEN … END`.
public struct Block: Sendable, Hashable {
    public var statements: [Statement]
    /// What is done when one of them fails; nil without EXCEPTION.
    public var handler: [Statement]? = nil
    public var info: NodeInfo = .none

    public init(statements: [Statement], handler: [Statement]? = nil, info: NodeInfo = .none) {
        self.statements = statements
        self.handler = handler
        self.info = info
    }
}

/// `EXECUTE IMMEDIATE text INTO a USING b AS c`.
public struct ExecuteImmediate: Sendable, Hashable {
    public var text: Expression
    public var into: [Identifier] = []
    public var using: [SelectItem] = []
    public var info: NodeInfo = .none

    public init(text: Expression, into: [Identifier] = [], using: [SelectItem] = [], info: NodeInfo = .none) {
        self.text = text
        self.into = into
        self.using = using
        self.info = info
    }
}
