/// A query: what stands between `WITH` and `LIMIT`.
public struct Query: Sendable, Hashable {
    public var with: With? = nil
    public var body: QueryBody
    public var orderBy: [OrderItem] = []
    public var limit: Limit? = nil
    public var offset: Expression? = nil
    /// `FOR UPDATE OF t SKIP LOCKED` and the like.
    public var locking: [Locking] = []
    public var info: NodeInfo = .none

    public init(
        with: With? = nil, body: QueryBody, orderBy: [OrderItem] = [], limit: Limit? = nil, offset: Expression? = nil,
        locking: [Locking] = [], info: NodeInfo = .none
    ) {
        self.with = with
        self.body = body
        self.orderBy = orderBy
        self.limit = limit
        self.offset = offset
        self.locking = locking
        self.info = info
    }
}

/// What a query computes, before ordering and limits.
public indirect enum QueryBody: Sendable, Hashable {
    case select(Select)
    case setOperation(SetOperation)
    case values(Values)
    /// A query in parentheses, as an operand of a set operation or on its own.
    case query(Query)
    /// `TABLE t`.
    case table(QualifiedName)
    /// GoogleSQL's pipe syntax: `FROM t |> WHERE … |> SELECT …`.
    case pipe(Pipe)
    /// A query that the template layer fills in.
    case placeholder(Placeholder)
}

/// `WITH a AS (…), b AS (…)`.
public struct With: Sendable, Hashable {
    public var recursive: Bool = false
    public var tables: [CommonTable]
    public var info: NodeInfo = .none

    public init(recursive: Bool = false, tables: [CommonTable], info: NodeInfo = .none) {
        self.recursive = recursive
        self.tables = tables
        self.info = info
    }
}

/// One table of a WITH clause.
public struct CommonTable: Sendable, Hashable {
    public var name: Identifier
    public var columns: [Identifier] = []
    /// PostgreSQL's MATERIALIZED (true) and NOT MATERIALIZED (false).
    public var materialized: Bool? = nil
    /// A query, or in PostgreSQL a changing statement with RETURNING.
    public var statement: Statement
    /// In which order a recursive table finds its rows: PostgreSQL's SEARCH.
    public var search: Search? = nil
    /// How a recursive table ends where its rows lead back: PostgreSQL's CYCLE.
    public var cycle: Cycle? = nil
    public var info: NodeInfo = .none

    public init(
        name: Identifier, columns: [Identifier] = [], materialized: Bool? = nil, statement: Statement,
        search: Search? = nil, cycle: Cycle? = nil, info: NodeInfo = .none
    ) {
        self.name = name
        self.columns = columns
        self.materialized = materialized
        self.statement = statement
        self.search = search
        self.cycle = cycle
        self.info = info
    }

    /// `SEARCH DEPTH FIRST BY a, b SET place`.
    public struct Search: Sendable, Hashable {
        /// Children before siblings; otherwise BREADTH FIRST.
        public var depthFirst: Bool
        public var columns: [Identifier]
        /// The column that rows can be ordered by.
        public var place: Identifier

        public init(depthFirst: Bool, columns: [Identifier], place: Identifier) {
            self.depthFirst = depthFirst
            self.columns = columns
            self.place = place
        }
    }

    /// `CYCLE a, b SET mark TO 'Y' DEFAULT 'N' USING path`.
    public struct Cycle: Sendable, Hashable {
        public var columns: [Identifier]
        /// The column that says whether a row closes a cycle.
        public var mark: Identifier
        /// What `mark` is for a row that does; nil with `otherwise`: TRUE and FALSE.
        public var value: Expression? = nil
        public var otherwise: Expression? = nil
        /// The column of the rows that led to this one.
        public var path: Identifier

        public init(
            columns: [Identifier], mark: Identifier, value: Expression? = nil, otherwise: Expression? = nil,
            path: Identifier
        ) {
            self.columns = columns
            self.mark = mark
            self.value = value
            self.otherwise = otherwise
            self.path = path
        }
    }

    /// The query, unless the table is filled by a changing statement.
    public var query: Query? { if case .query(let query) = statement { query } else { nil } }
}

/// `UNION`, `INTERSECT`, `EXCEPT` of queries.
public struct SetOperation: Sendable, Hashable {
    /// Which rows are in the result.
    public enum Kind: Sendable, Hashable { case union, intersect, except }
    /// How columns are matched where not by position.
    public struct Matching: Sendable, Hashable {
        /// The words that ask for it.
        public enum Mode: Sendable, Hashable { case byName, corresponding }
        /// Which columns are kept that are not in every operand.
        public enum Outer: Sendable, Hashable { case full, left, inner, strict }

        public var mode: Mode
        public var outer: Outer? = nil
        public var columns: [Identifier] = []

        public init(mode: Mode, outer: Outer? = nil, columns: [Identifier] = []) {
            self.mode = mode
            self.outer = outer
            self.columns = columns
        }
    }

    public var kind: Kind
    /// ALL; otherwise duplicates go.
    public var all: Bool
    public var matching: Matching? = nil
    /// Two or more, combined from the left.
    public var operands: [QueryBody]
    public var info: NodeInfo = .none

    public init(kind: Kind, all: Bool, matching: Matching? = nil, operands: [QueryBody], info: NodeInfo = .none) {
        self.kind = kind
        self.all = all
        self.matching = matching
        self.operands = operands
        self.info = info
    }
}

/// `VALUES (1, 2), (3, 4)`.
public struct Values: Sendable, Hashable {
    public var rows: [[Expression]]
    public var info: NodeInfo = .none

    public init(rows: [[Expression]], info: NodeInfo = .none) {
        self.rows = rows
        self.info = info
    }
}

/// `LIMIT 10`, `FETCH FIRST 10 ROWS ONLY`.
public struct Limit: Sendable, Hashable {
    /// Nil for `LIMIT ALL`.
    public var count: Expression?
    /// `FETCH FIRST … ROWS WITH TIES`.
    public var withTies: Bool = false
    /// Written as FETCH FIRST.
    public var isFetch: Spelling<Bool> = Spelling(false)
    public var info: NodeInfo = .none

    public init(
        count: Expression?, withTies: Bool = false, isFetch: Spelling<Bool> = Spelling(false), info: NodeInfo = .none
    ) {
        self.count = count
        self.withTies = withTies
        self.isFetch = isFetch
        self.info = info
    }
}

/// A locking clause of a query.
public struct Locking: Sendable, Hashable {
    /// What others may not do to the rows meanwhile.
    public enum Strength: Sendable, Hashable { case update, noKeyUpdate, share, keyShare }
    /// What happens to rows that others have locked.
    public enum Waiting: Sendable, Hashable { case noWait, skipLocked }

    public var strength: Strength
    public var tables: [QualifiedName] = []
    public var waiting: Waiting? = nil

    public init(strength: Strength, tables: [QualifiedName] = [], waiting: Waiting? = nil) {
        self.strength = strength
        self.tables = tables
        self.waiting = waiting
    }
}
