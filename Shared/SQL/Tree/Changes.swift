/// `INSERT INTO t (a) SELECT …`.
public struct Insert: Sendable, Hashable {
    /// Where the new rows come from.
    public enum Source: Sendable, Hashable {
        case query(Query)
        case defaultValues
    }
    /// Whose values an identity column takes: `OVERRIDING SYSTEM VALUE`.
    public enum Overriding: Sendable, Hashable { case system, user }

    public var with: With? = nil
    public var table: QualifiedName
    public var alias: Identifier? = nil
    public var columns: [Identifier] = []
    public var overriding: Overriding? = nil
    public var source: Source
    public var onConflict: OnConflict? = nil
    public var returning: [SelectItem] = []
    public var info: NodeInfo = .none

    public init(
        with: With? = nil, table: QualifiedName, alias: Identifier? = nil, columns: [Identifier] = [],
        overriding: Overriding? = nil, source: Source, onConflict: OnConflict? = nil, returning: [SelectItem] = [],
        info: NodeInfo = .none
    ) {
        self.with = with
        self.table = table
        self.alias = alias
        self.columns = columns
        self.overriding = overriding
        self.source = source
        self.onConflict = onConflict
        self.returning = returning
        self.info = info
    }
}

/// What happens to a row that is there already.
public struct OnConflict: Sendable, Hashable {
    /// What the row collides with.
    public enum Target: Sendable, Hashable {
        case keys([IndexKey], condition: Expression?)
        case constraint(Identifier)
    }
    /// What is done with the row.
    public enum Action: Sendable, Hashable {
        case nothing
        case update([Assignment], condition: Expression?)
    }

    public var target: Target? = nil
    public var action: Action

    public init(target: Target? = nil, action: Action) {
        self.target = target
        self.action = action
    }
}

/// `a = 1`, `(a, b) = (1, 2)`, `a.b = 1`.
public struct Assignment: Sendable, Hashable {
    /// One, or those of a list in parentheses.
    public var targets: [QualifiedName]
    public var isList: Bool = false
    /// What of each target is set, `[1].x` of `a[1].x`; empty where all targets are whole columns.
    public var steps: [[AccessStep]] = []
    public var value: Expression

    public init(targets: [QualifiedName], isList: Bool = false, steps: [[AccessStep]] = [], value: Expression) {
        self.targets = targets
        self.isList = isList
        self.steps = steps
        self.value = value
    }
}

/// A step from a column to a part of it.
public enum AccessStep: Sendable, Hashable {
    case field(Identifier)
    case position(SubscriptAccess.Position)
}

/// `UPDATE t SET a = 1 FROM … WHERE …`.
public struct Update: Sendable, Hashable {
    public var with: With? = nil
    public var table: TableReference
    public var assignments: [Assignment]
    public var from: [FromItem] = []
    public var condition: Expression? = nil
    public var returning: [SelectItem] = []
    public var info: NodeInfo = .none

    public init(
        with: With? = nil, table: TableReference, assignments: [Assignment], from: [FromItem] = [],
        condition: Expression? = nil, returning: [SelectItem] = [], info: NodeInfo = .none
    ) {
        self.with = with
        self.table = table
        self.assignments = assignments
        self.from = from
        self.condition = condition
        self.returning = returning
        self.info = info
    }
}

/// `DELETE FROM t USING … WHERE …`.
public struct Delete: Sendable, Hashable {
    public var with: With? = nil
    public var table: TableReference
    public var using: [FromItem] = []
    public var condition: Expression? = nil
    public var returning: [SelectItem] = []
    public var info: NodeInfo = .none

    public init(
        with: With? = nil, table: TableReference, using: [FromItem] = [], condition: Expression? = nil,
        returning: [SelectItem] = [], info: NodeInfo = .none
    ) {
        self.with = with
        self.table = table
        self.using = using
        self.condition = condition
        self.returning = returning
        self.info = info
    }
}

/// `MERGE INTO t USING s ON … WHEN MATCHED THEN …`.
public struct Merge: Sendable, Hashable {
    /// Which rows a clause is for.
    public enum Match: Sendable, Hashable { case matched, notMatched, notMatchedBySource }
    /// What is done with the row.
    public enum Action: Sendable, Hashable {
        case nothing, delete
        case update([Assignment])
        case insert(columns: [Identifier], values: [Expression])
        /// PostgreSQL's `INSERT (a) OVERRIDING SYSTEM VALUE VALUES (1)`.
        case insertOverriding(Insert.Overriding, columns: [Identifier], values: [Expression])
        case insertDefaults
        /// GoogleSQL's `INSERT ROW`.
        case insertRow
    }
    /// One `WHEN … THEN …`; the first that fits a row is taken.
    public struct Clause: Sendable, Hashable {
        public var match: Match
        public var condition: Expression? = nil
        public var action: Action

        public init(match: Match, condition: Expression? = nil, action: Action) {
            self.match = match
            self.condition = condition
            self.action = action
        }
    }

    public var with: With? = nil
    public var table: TableReference
    public var source: Relation
    public var condition: Expression
    public var clauses: [Clause]
    public var returning: [SelectItem] = []
    public var info: NodeInfo = .none

    public init(
        with: With? = nil, table: TableReference, source: Relation, condition: Expression, clauses: [Clause],
        returning: [SelectItem] = [], info: NodeInfo = .none
    ) {
        self.returning = returning
        self.with = with
        self.table = table
        self.source = source
        self.condition = condition
        self.clauses = clauses
        self.info = info
    }
}

/// `TRUNCATE TABLE a, b`.
public struct Truncate: Sendable, Hashable {
    public var tables: [QualifiedName]
    /// Without the tables that inherit from these: `TRUNCATE ONLY t`.
    public var only: Bool = false
    public var restartsIdentity: Bool? = nil
    public var behavior: DropBehavior? = nil
    public var info: NodeInfo = .none

    public init(
        tables: [QualifiedName], only: Bool = false, restartsIdentity: Bool? = nil, behavior: DropBehavior? = nil,
        info: NodeInfo = .none
    ) {
        self.tables = tables
        self.only = only
        self.restartsIdentity = restartsIdentity
        self.behavior = behavior
        self.info = info
    }
}
