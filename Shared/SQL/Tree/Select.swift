/// `SELECT … FROM … WHERE … GROUP BY …`.
public struct Select: Sendable, Hashable {
    /// Which rows count as the same.
    public enum Distinctness: Sendable, Hashable {
        case distinct
        /// PostgreSQL's `DISTINCT ON (…)`.
        case on([Expression])
    }
    /// GoogleSQL's `SELECT AS STRUCT` and `SELECT AS VALUE`.
    public enum Shape: Sendable, Hashable {
        case structure, value
        case named(QualifiedName)
    }

    public var distinct: Distinctness? = nil
    public var shape: Shape? = nil
    public var items: [SelectItem]
    /// The comma-separated items of FROM.
    public var from: [FromItem] = []
    public var condition: Expression? = nil
    public var groupBy: GroupBy? = nil
    public var having: Expression? = nil
    public var qualify: Expression? = nil
    public var windows: [NamedWindow] = []
    public var info: NodeInfo = .none

    public init(
        distinct: Distinctness? = nil, shape: Shape? = nil, items: [SelectItem], from: [FromItem] = [],
        condition: Expression? = nil, groupBy: GroupBy? = nil, having: Expression? = nil, qualify: Expression? = nil,
        windows: [NamedWindow] = [], info: NodeInfo = .none
    ) {
        self.distinct = distinct
        self.shape = shape
        self.items = items
        self.from = from
        self.condition = condition
        self.groupBy = groupBy
        self.having = having
        self.qualify = qualify
        self.windows = windows
        self.info = info
    }
}

/// One item of a select list.
public struct SelectItem: Sendable, Hashable {
    public var value: Expression
    public var alias: Identifier? = nil
    public var info: NodeInfo = .none

    public init(value: Expression, alias: Identifier? = nil, info: NodeInfo = .none) {
        self.value = value
        self.alias = alias
        self.info = info
    }
}

/// `GROUP BY a, ROLLUP (b)`.
public struct GroupBy: Sendable, Hashable {
    /// One element of the list.
    public enum Element: Sendable, Hashable {
        case expression(Expression)
        /// Each set is the keys it groups by, in parentheses.
        case rollup([[Expression]])
        case cube([[Expression]])
        case groupingSets([Element])
        /// `()`.
        case empty
        /// `(a, b)` within GROUPING SETS.
        case set([Expression])

        /// What is grouped by, in the order of the text.
        public var keys: [Expression] {
            switch self {
            case .expression(let value): [value]
            case .rollup(let sets), .cube(let sets): sets.flatMap { $0 }
            case .groupingSets(let elements): elements.flatMap(\.keys)
            case .empty: []
            case .set(let keys): keys
            }
        }
    }

    public var elements: [Element]
    /// `GROUP BY ALL`: by every item that aggregates nothing.
    public var all: Bool = false
    /// PostgreSQL's `GROUP BY DISTINCT`.
    public var distinct: Bool = false
    public var info: NodeInfo = .none

    public init(elements: [Element], all: Bool = false, distinct: Bool = false, info: NodeInfo = .none) {
        self.elements = elements
        self.all = all
        self.distinct = distinct
        self.info = info
    }
}

/// `WINDOW w AS (…)`.
public struct NamedWindow: Sendable, Hashable {
    public var name: Identifier
    public var window: Window
    public var info: NodeInfo = .none

    public init(name: Identifier, window: Window, info: NodeInfo = .none) {
        self.name = name
        self.window = window
        self.info = info
    }
}
