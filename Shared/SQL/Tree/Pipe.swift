/// GoogleSQL's pipe syntax: a source and the operators that its rows go through.
public struct Pipe: Sendable, Hashable {
    /// What the first operator reads.
    public indirect enum Source: Sendable, Hashable {
        case from([FromItem])
        case query(QueryBody)
    }

    public var source: Source
    public var operators: [PipeOperator]
    public var info: NodeInfo = .none

    public init(source: Source, operators: [PipeOperator], info: NodeInfo = .none) {
        self.source = source
        self.operators = operators
        self.info = info
    }
}

/// What follows a `|>`.
public indirect enum PipeOperator: Sendable, Hashable {
    case select(Select)
    case extend([SelectItem])
    case set([SelectItem])
    case drop([Identifier])
    case rename([SelectItem])
    case alias(Identifier)
    case condition(Expression)
    case limit(Limit, offset: Expression?)
    case aggregate([AggregateItem], groupBy: [GroupingItem], andOrderBy: Bool)
    case distinct
    case orderBy([OrderItem])
    case join(Join)
    case call(TableFunction)
    case suffix(RelationSuffix)
    case setOperation(SetOperation.Kind, all: Bool, matching: SetOperation.Matching?, [Query])
    case window([SelectItem])
    case with([CommonTable])

    /// An item of AGGREGATE's GROUP BY.
    public enum GroupingItem: Sendable, Hashable {
        case key(AggregateItem)
        /// ROLLUP, CUBE and GROUPING SETS: each expression in them is a column, once.
        case sets(GroupBy.Element)
    }

    /// An item of AGGREGATE or a key of its GROUP BY, which may say how its rows are ordered.
    public struct AggregateItem: Sendable, Hashable {
        public var item: SelectItem
        public var order: OrderItem.Direction? = nil
        public var nulls: OrderItem.Nulls? = nil

        public init(item: SelectItem, order: OrderItem.Direction? = nil, nulls: OrderItem.Nulls? = nil) {
            self.item = item
            self.order = order
            self.nulls = nulls
        }
    }
}
