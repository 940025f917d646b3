/// One statement of a script.
public indirect enum Statement: Sendable, Hashable {
    case query(Query)
    case insert(Insert)
    case update(Update)
    case delete(Delete)
    case merge(Merge)
    case truncate(Truncate)
    case createTable(CreateTable)
    case createView(CreateView)
    case createSchema(CreateSchema)
    case createIndex(CreateIndex)
    case drop(Drop)
    case alterTable(AlterTable)
    case grant(Grant)
    case explain(Explain)
    /// Everything else that a pipeline runs beside its queries.
    case utility(Utility)
}

extension Statement {
    /// Where the statement stands in its text, without the semicolon.
    public var range: SourceRange {
        switch self {
        case .query(let node): node.info.range
        case .insert(let node): node.info.range
        case .update(let node): node.info.range
        case .delete(let node): node.info.range
        case .merge(let node): node.info.range
        case .truncate(let node): node.info.range
        case .createTable(let node): node.info.range
        case .createView(let node): node.info.range
        case .createSchema(let node): node.info.range
        case .createIndex(let node): node.info.range
        case .drop(let node): node.info.range
        case .alterTable(let node): node.info.range
        case .grant(let node): node.info.range
        case .explain(let node): node.info.range
        case .utility(let node): node.info.range
        }
    }
}

/// Whether what depends on a thing goes with it.
public enum DropBehavior: Sendable, Hashable { case cascade, restrict }

/// `GRANT … ON … TO …`, `REVOKE … ON … FROM …`.
public struct Grant: Sendable, Hashable {
    /// What is allowed.
    public struct Privilege: Sendable, Hashable {
        /// Upper case, or in GoogleSQL the name of a role.
        public var name: String
        public var isRole: Bool = false
        public var columns: [Identifier] = []

        public init(name: String, isRole: Bool = false, columns: [Identifier] = []) {
            self.name = name
            self.isRole = isRole
            self.columns = columns
        }
    }
    /// Who is allowed.
    public enum Grantee: Sendable, Hashable {
        case role(Identifier)
        /// GoogleSQL's `"user:someone@example.com"`.
        case member(String)
    }

    /// What may be passed on: privileges, or roles.
    public enum Option: String, Sendable, Hashable, CaseIterable {
        case grant = "GRANT OPTION"
        case admin = "ADMIN OPTION"
    }

    public var revokes: Bool = false
    public var privileges: [Privilege]
    /// Upper case: TABLE, SCHEMA, `ALL TABLES IN SCHEMA`, …; nil when the text does not say.
    public var kind: String? = nil
    /// Empty where roles are granted rather than privileges on things.
    public var names: [QualifiedName]
    /// The types of a function's arguments; only with one name.
    public var signature: [DataType]? = nil
    public var grantees: [Grantee]
    /// `WITH GRANT OPTION`; of REVOKE `GRANT OPTION FOR`, which takes no more than that.
    public var option: Option? = nil
    public var behavior: DropBehavior? = nil
    public var info: NodeInfo = .none

    public init(
        revokes: Bool = false, privileges: [Privilege], kind: String? = nil, names: [QualifiedName],
        signature: [DataType]? = nil, grantees: [Grantee], option: Option? = nil, behavior: DropBehavior? = nil,
        info: NodeInfo = .none
    ) {
        self.revokes = revokes
        self.privileges = privileges
        self.kind = kind
        self.names = names
        self.grantees = grantees
        self.signature = signature
        self.option = option
        self.behavior = behavior
        self.info = info
    }
}

/// `EXPLAIN (ANALYZE) SELECT …`.
public struct Explain: Sendable, Hashable {
    /// Upper case, with what follows the name.
    public struct Option: Sendable, Hashable {
        public var name: String
        public var value: String? = nil

        public init(name: String, value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    public var options: [Option] = []
    public var statement: Statement
    public var info: NodeInfo = .none

    public init(options: [Option] = [], statement: Statement, info: NodeInfo = .none) {
        self.options = options
        self.statement = statement
        self.info = info
    }
}
