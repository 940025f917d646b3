/// A call: `SUM(x)`, `pg_catalog.lower(s)`, `EXTRACT(YEAR FROM t)`, `ROW_NUMBER() OVER (…)`.
public struct FunctionCall: Sendable, Hashable {
    /// Schemas before the name; usually empty.
    public var qualifier: [Identifier] = []
    public var name: Identifier
    public var arguments: [Argument] = []
    /// False for those called without parentheses, such as CURRENT_DATE.
    public var hasParentheses: Bool = true
    var modifierBox: Boxed<CallModifiers>? = nil
    public var info: NodeInfo = .none

    public init(
        qualifier: [Identifier] = [], name: Identifier, arguments: [Argument] = [], hasParentheses: Bool = true,
        info: NodeInfo = .none
    ) {
        self.qualifier = qualifier
        self.name = name
        self.arguments = arguments
        self.hasParentheses = hasParentheses
        self.info = info
    }

    /// What stands around the arguments: DISTINCT, ORDER BY, FILTER, OVER, …
    public var modifiers: CallModifiers? {
        get { modifierBox?.value }
        set { modifierBox = newValue.map { Boxed($0) } }
    }
}

/// One argument of a call.
public struct Argument: Sendable, Hashable {
    /// What stands before the value.
    public enum Label: Sendable, Hashable {
        /// `name => value`.
        case name(Identifier)
        /// Words between arguments: `SUBSTRING(s FROM 2 FOR 3)`, `POSITION(a IN b)`, `TRIM(BOTH 'x' FROM s)`.
        case from, `for`, `in`, placing, both, leading, trailing, bothFrom, leadingFrom, trailingFrom
        /// `VARIADIC array`.
        case variadic
        /// `f(TABLE t)`, `f(MODEL m)`: upper case.
        case word(String)
        /// The value of the key before it: `JSON_OBJECT('a' VALUE 1)`.
        case value
        /// `name AS value`: what GoogleSQL's `WITH(…)` names for its result.
        case variable(Identifier)
        /// `SUBSTRING(s SIMILAR pattern ESCAPE mark)`.
        case similar, escape
    }

    public var label: Label? = nil
    public var value: Expression
    /// `x AS name`, as in GoogleSQL's arguments that are named by alias.
    public var alias: Identifier? = nil

    public init(_ value: Expression) { self.value = value }
}

/// What stands around the arguments of a call.
public struct CallModifiers: Sendable, Hashable {
    /// `IGNORE NULLS` and `RESPECT NULLS`.
    public enum NullTreatment: Sendable, Hashable { case ignore, respect }
    /// The row whose value is taken: that of the largest or smallest.
    public enum Extreme: Sendable, Hashable {
        case maximum(Expression)
        case minimum(Expression)
    }

    public var distinct: Bool = false
    public var nulls: NullTreatment? = nil
    /// `ANY_VALUE(x HAVING MAX y)`.
    public var having: Extreme? = nil
    public var orderBy: [OrderItem] = []
    public var limit: Expression? = nil
    /// `WITHIN GROUP (ORDER BY …)`.
    public var withinGroup: [OrderItem] = []
    /// `FILTER (WHERE …)`.
    public var filter: Expression? = nil
    public var over: Window? = nil
    /// `IGNORE NULLS` behind the parentheses rather than within.
    public var nullsOutside: Spelling<Bool> = Spelling(false)
    /// What SQL/JSON's constructors say of their result.
    public var json: JSONClauses? = nil

    /// `NULL ON NULL WITH UNIQUE KEYS RETURNING jsonb`.
    public struct JSONClauses: Sendable, Hashable {
        /// `NULL ON NULL` (true) or `ABSENT ON NULL`.
        public var keepsNulls: Bool? = nil
        /// `WITH UNIQUE KEYS` (true) or `WITHOUT`.
        public var uniqueKeys: Bool? = nil
        public var returning: DataType? = nil

        public init(keepsNulls: Bool? = nil, uniqueKeys: Bool? = nil, returning: DataType? = nil) {
            self.keepsNulls = keepsNulls
            self.uniqueKeys = uniqueKeys
            self.returning = returning
        }
    }

    public init(
        distinct: Bool = false, nulls: NullTreatment? = nil, having: Extreme? = nil, orderBy: [OrderItem] = [],
        limit: Expression? = nil, withinGroup: [OrderItem] = [], filter: Expression? = nil, over: Window? = nil,
        nullsOutside: Spelling<Bool> = Spelling(false)
    ) {
        self.distinct = distinct
        self.nulls = nulls
        self.having = having
        self.orderBy = orderBy
        self.limit = limit
        self.withinGroup = withinGroup
        self.filter = filter
        self.over = over
        self.nullsOutside = nullsOutside
    }
}

/// `OVER name`, `OVER (…)`.
public enum Window: Sendable, Hashable {
    case name(Identifier)
    case specification(WindowSpecification)
}

/// What stands in the parentheses of OVER.
public struct WindowSpecification: Sendable, Hashable {
    /// The named window that this one continues.
    public var base: Identifier? = nil
    public var partitionBy: [Expression] = []
    public var orderBy: [OrderItem] = []
    public var frame: WindowFrame? = nil
    public var info: NodeInfo = .none

    public init(
        base: Identifier? = nil, partitionBy: [Expression] = [], orderBy: [OrderItem] = [], frame: WindowFrame? = nil,
        info: NodeInfo = .none
    ) {
        self.base = base
        self.partitionBy = partitionBy
        self.orderBy = orderBy
        self.frame = frame
        self.info = info
    }
}

/// `ROWS BETWEEN … AND …`.
public struct WindowFrame: Sendable, Hashable {
    /// What distances are counted in.
    public enum Unit: Sendable, Hashable { case rows, range, groups }
    /// Where a frame begins or ends.
    public enum Bound: Sendable, Hashable {
        case unboundedPreceding
        case preceding(Expression)
        case currentRow
        case following(Expression)
        case unboundedFollowing
    }
    /// Rows near the current one that are left out.
    public enum Exclusion: Sendable, Hashable { case currentRow, group, ties, noOthers }

    public var unit: Unit
    public var start: Bound
    /// Nil: up to the current row, and BETWEEN is not written.
    public var end: Bound? = nil
    public var exclusion: Exclusion? = nil

    public init(unit: Unit, start: Bound, end: Bound? = nil, exclusion: Exclusion? = nil) {
        self.unit = unit
        self.start = start
        self.end = end
        self.exclusion = exclusion
    }
}

/// One key of ORDER BY.
public struct OrderItem: Sendable, Hashable {
    /// Which values come first.
    public enum Direction: Sendable, Hashable {
        case ascending, descending
        /// PostgreSQL's `USING <`.
        case using(BinaryOperator)
    }
    /// Where nulls stand.
    public enum Nulls: Sendable, Hashable { case first, last }

    public var value: Expression
    /// Nil when the text does not say: ascending.
    public var direction: Direction? = nil
    /// Nil when the text does not say: the dialect's default.
    public var nulls: Nulls? = nil
    public var info: NodeInfo = .none

    public init(value: Expression, direction: Direction? = nil, nulls: Nulls? = nil, info: NodeInfo = .none) {
        self.value = value
        self.direction = direction
        self.nulls = nulls
        self.info = info
    }
}
