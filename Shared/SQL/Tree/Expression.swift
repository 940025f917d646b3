/// A scalar expression. Parentheses are not kept: the generator writes those that the tree needs.
public indirect enum Expression: Sendable, Hashable {
    /// `total`, `orders.total`, `shop.orders.total`, in GoogleSQL also fields of a struct: `event.page.url`.
    case column(ColumnReference)
    /// `*` and `orders.*`, in a select list or as the argument of COUNT.
    case star(Star)
    case literal(Literal)
    /// `DATE '2026-11-23'`, `JSON '{}'`: a type before a string.
    case typedLiteral(TypedLiteral)
    case interval(IntervalLiteral)
    /// `$1`, `?`, `@name`, `:name`.
    case parameter(Parameter)
    /// A hole that the template layer fills.
    case placeholder(Placeholder)
    case unary(UnaryOperation)
    case binary(BinaryOperation)
    /// Very many operands with operators of one level between them: `a + b - c + …`.
    case chain(OperatorChain)
    /// An operator that has no name here: `a ~<~ b`, `a OPERATOR(s.+) b`.
    case symbolic(SymbolicOperation)
    /// A chain of AND, or of OR.
    case logical(LogicalOperation)
    /// `IS NULL`, `IS NOT TRUE`, …
    case isTest(IsTest)
    case between(Between)
    /// `IN (1, 2)`, `IN (SELECT …)`, `IN UNNEST(…)`.
    case membership(Membership)
    /// LIKE, ILIKE and SIMILAR TO.
    case match(PatternMatch)
    /// `= ANY (…)`, `> ALL (…)`.
    case quantified(QuantifiedComparison)
    /// CASE.
    case conditional(Conditional)
    case cast(Cast)
    case function(FunctionCall)
    /// A part of a date as functions take it: `MONTH`, `WEEK(MONDAY)`.
    case timePart(TimePart)
    /// A query as a value.
    case subquery(Subquery)
    case exists(Subquery)
    case array(ArrayConstructor)
    /// `(a, b)`, `ROW(a, b)`, `STRUCT(a AS x)`.
    case row(RowConstructor)
    case subscripted(SubscriptAccess)
    case field(FieldAccess)
    case atTimeZone(AtTimeZone)
    case collated(Collated)
}

/// A column by its name.
public struct ColumnReference: Sendable, Hashable {
    /// What stands before the last dot, outermost first; usually empty or the table's name.
    public var qualifier: [Identifier]
    public var name: Identifier
    public var info: NodeInfo = .none

    public init(qualifier: [Identifier], name: Identifier, info: NodeInfo = .none) {
        self.qualifier = qualifier
        self.name = name
        self.info = info
    }

    /// All parts, outermost first.
    public var parts: [Identifier] { qualifier + [name] }
}

/// All columns: `*`, `t.*`.
public struct Star: Sendable, Hashable {
    /// The table of `orders.*`; empty for a bare star.
    public var qualifier: [Identifier] = []
    /// `* EXCEPT (a, b)`.
    public var except: [Identifier] = []
    /// `* REPLACE (a + 1 AS a)`.
    public var replace: [SelectItem] = []
    public var info: NodeInfo = .none

    public init(
        qualifier: [Identifier] = [], except: [Identifier] = [], replace: [SelectItem] = [], info: NodeInfo = .none
    ) {
        self.qualifier = qualifier
        self.except = except
        self.replace = replace
        self.info = info
    }
}

/// A value given beside the text.
public struct Parameter: Sendable, Hashable {
    /// How the parameter is named.
    public enum Kind: Sendable, Hashable {
        /// `$1`.
        case numbered(Int)
        /// `?`.
        case anonymous
        /// `@name`.
        case named(String)
        /// `@@name`, a variable of the system.
        case system(String)
    }

    public var kind: Kind
    public var info: NodeInfo = .none

    public init(kind: Kind, info: NodeInfo = .none) {
        self.kind = kind
        self.info = info
    }
}

/// A hole in the text that is filled before the SQL is run: `@start_ds`, `@{name}`, `@name(arguments)`.
public struct Placeholder: Sendable, Hashable {
    public var name: String
    /// The text between the parentheses, as written; nil without parentheses.
    public var arguments: String? = nil
    /// True for `@{name}`.
    public var braced: Bool = false
    public var info: NodeInfo = .none

    public init(name: String, arguments: String? = nil, braced: Bool = false, info: NodeInfo = .none) {
        self.name = name
        self.arguments = arguments
        self.braced = braced
        self.info = info
    }
}

/// A query in parentheses.
public struct Subquery: Sendable, Hashable {
    public var query: Query
    public var info: NodeInfo = .none

    public init(query: Query, info: NodeInfo = .none) {
        self.query = query
        self.info = info
    }
}

/// A part of a date or time, such as `MONTH`.
public struct TimePart: Sendable, Hashable {
    /// Upper case.
    public var name: String
    /// The first day of `WEEK(MONDAY)`, upper case.
    public var weekStart: String? = nil
    public var info: NodeInfo = .none

    public init(name: String, weekStart: String? = nil, info: NodeInfo = .none) {
        self.name = name
        self.weekStart = weekStart
        self.info = info
    }
}
