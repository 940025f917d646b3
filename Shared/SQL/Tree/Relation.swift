/// One item of FROM: a relation and what is joined to it, in order.
public struct FromItem: Sendable, Hashable {
    public var relation: Relation
    public var joins: [Join] = []

    public init(relation: Relation, joins: [Join] = []) {
        self.relation = relation
        self.joins = joins
    }
}

/// A relation joined to those before it.
public struct Join: Sendable, Hashable {
    /// What becomes of rows without a partner.
    public enum Kind: Sendable, Hashable { case inner, left, right, full, cross }
    /// Which rows are partners.
    public enum Condition: Sendable, Hashable {
        case on(Expression)
        case using([Identifier], alias: Identifier?)
    }

    public var kind: Kind
    public var natural: Bool = false
    public var relation: Relation
    public var condition: Condition? = nil
    public var info: NodeInfo = .none

    public init(
        kind: Kind, natural: Bool = false, relation: Relation, condition: Condition? = nil, info: NodeInfo = .none
    ) {
        self.kind = kind
        self.natural = natural
        self.relation = relation
        self.condition = condition
        self.info = info
    }
}

/// What rows can be read from.
public indirect enum Relation: Sendable, Hashable {
    case table(TableReference)
    case subquery(DerivedTable)
    case function(TableFunction)
    case unnest(Unnest)
    /// A join in parentheses.
    case join(JoinedTable)
    /// A relation that the template layer fills in.
    case placeholder(RelationPlaceholder)
}

/// The name that a relation goes by in its query.
public struct TableAlias: Sendable, Hashable {
    /// What PostgreSQL wants said of the columns of a function that returns records.
    public struct Column: Sendable, Hashable {
        public var name: Identifier
        public var type: DataType? = nil

        public init(name: Identifier, type: DataType? = nil) {
            self.name = name
            self.type = type
        }
    }

    /// Nil only for a column list without a name: `AS (a int, b text)`.
    public var name: Identifier?
    public var columns: [Column] = []

    public init(name: Identifier?, columns: [Column] = []) {
        self.name = name
        self.columns = columns
    }
}

/// A table by its name.
public struct TableReference: Sendable, Hashable {
    public var name: QualifiedName
    /// PostgreSQL's `ONLY t`: without the tables that inherit from it.
    public var only: Bool = false
    /// `FOR SYSTEM_TIME AS OF …`.
    public var systemTime: Expression? = nil
    public var alias: TableAlias? = nil
    public var suffixes: [RelationSuffix] = []
    public var info: NodeInfo = .none

    public init(
        name: QualifiedName, only: Bool = false, systemTime: Expression? = nil, alias: TableAlias? = nil,
        suffixes: [RelationSuffix] = [], info: NodeInfo = .none
    ) {
        self.name = name
        self.only = only
        self.systemTime = systemTime
        self.alias = alias
        self.suffixes = suffixes
        self.info = info
    }
}

/// A query in FROM.
public struct DerivedTable: Sendable, Hashable {
    public var lateral: Bool = false
    public var query: Query
    public var alias: TableAlias? = nil
    public var suffixes: [RelationSuffix] = []
    public var info: NodeInfo = .none

    public init(
        lateral: Bool = false, query: Query, alias: TableAlias? = nil, suffixes: [RelationSuffix] = [],
        info: NodeInfo = .none
    ) {
        self.lateral = lateral
        self.query = query
        self.alias = alias
        self.suffixes = suffixes
        self.info = info
    }
}

/// A function in FROM; several with `ROWS FROM`.
public struct TableFunction: Sendable, Hashable {
    /// One function and, for one that returns records, its columns.
    public struct Call: Sendable, Hashable {
        public var call: Expression
        public var columns: [TableAlias.Column] = []

        public init(call: Expression, columns: [TableAlias.Column] = []) {
            self.call = call
            self.columns = columns
        }
    }

    public var lateral: Bool = false
    public var calls: [Call]
    public var ordinality: Bool = false
    public var alias: TableAlias? = nil
    public var suffixes: [RelationSuffix] = []
    public var info: NodeInfo = .none

    public init(
        lateral: Bool = false, calls: [Call], ordinality: Bool = false, alias: TableAlias? = nil,
        suffixes: [RelationSuffix] = [], info: NodeInfo = .none
    ) {
        self.lateral = lateral
        self.calls = calls
        self.ordinality = ordinality
        self.alias = alias
        self.suffixes = suffixes
        self.info = info
    }
}

/// `UNNEST(array) AS x WITH OFFSET AS i`, `UNNEST(a, b) WITH ORDINALITY AS t(x, y, n)`; in GoogleSQL also the array
/// path of a correlated join.
public struct Unnest: Sendable, Hashable {
    public var lateral: Bool = false
    public var arrays: [Argument]
    /// GoogleSQL's `WITH OFFSET [AS i]`.
    public var offset: Offset? = nil
    /// PostgreSQL's `WITH ORDINALITY`.
    public var ordinality: Bool = false
    public var alias: TableAlias? = nil
    public var suffixes: [RelationSuffix] = []
    public var info: NodeInfo = .none

    public init(
        lateral: Bool = false, arrays: [Argument], offset: Offset? = nil, ordinality: Bool = false,
        alias: TableAlias? = nil, suffixes: [RelationSuffix] = [], info: NodeInfo = .none
    ) {
        self.lateral = lateral
        self.arrays = arrays
        self.offset = offset
        self.ordinality = ordinality
        self.alias = alias
        self.suffixes = suffixes
        self.info = info
    }

    /// The column of positions, from 0.
    public struct Offset: Sendable, Hashable {
        /// Nil for GoogleSQL's own name, `offset`.
        public var name: Identifier?

        public init(name: Identifier?) {
            self.name = name
        }
    }
}

/// A join in parentheses.
public struct JoinedTable: Sendable, Hashable {
    public var item: FromItem
    public var alias: TableAlias? = nil
    public var suffixes: [RelationSuffix] = []
    public var info: NodeInfo = .none

    public init(item: FromItem, alias: TableAlias? = nil, suffixes: [RelationSuffix] = [], info: NodeInfo = .none) {
        self.item = item
        self.alias = alias
        self.suffixes = suffixes
        self.info = info
    }
}

/// A hole where a relation stands.
public struct RelationPlaceholder: Sendable, Hashable {
    public var placeholder: Placeholder
    public var alias: TableAlias? = nil
    public var info: NodeInfo = .none

    public init(placeholder: Placeholder, alias: TableAlias? = nil, info: NodeInfo = .none) {
        self.placeholder = placeholder
        self.alias = alias
        self.info = info
    }
}

/// What may follow a relation.
public indirect enum RelationSuffix: Sendable, Hashable {
    case sample(TableSample)
    case pivot(Pivot)
    case unpivot(Unpivot)
}

/// `TABLESAMPLE SYSTEM (10)`.
public struct TableSample: Sendable, Hashable {
    /// BERNOULLI, SYSTEM, RESERVOIR.
    public var method: Identifier
    public var arguments: [Expression]
    /// GoogleSQL's PERCENT or ROWS.
    public var unit: String? = nil
    /// REPEATABLE.
    public var seed: Expression? = nil

    public init(method: Identifier, arguments: [Expression], unit: String? = nil, seed: Expression? = nil) {
        self.method = method
        self.arguments = arguments
        self.unit = unit
        self.seed = seed
    }
}

/// `PIVOT(SUM(x) AS s FOR quarter IN ('Q1' AS q1, 'Q2'))`.
public struct Pivot: Sendable, Hashable {
    public var aggregates: [SelectItem]
    public var input: Expression
    public var values: [SelectItem]
    public var alias: Identifier? = nil

    public init(aggregates: [SelectItem], input: Expression, values: [SelectItem], alias: Identifier? = nil) {
        self.aggregates = aggregates
        self.input = input
        self.values = values
        self.alias = alias
    }
}

/// `UNPIVOT(sales FOR quarter IN (q1, q2 AS 'second'))`.
public struct Unpivot: Sendable, Hashable {
    /// Columns that become one row, and what the row is labelled.
    public struct Column: Sendable, Hashable {
        /// More than one for a multi-column UNPIVOT.
        public var columns: [ColumnReference]
        public var label: Expression? = nil

        public init(columns: [ColumnReference], label: Expression? = nil) {
            self.columns = columns
            self.label = label
        }
    }

    public var includesNulls: Bool? = nil
    public var values: [Identifier]
    public var name: Identifier
    public var columns: [Column]
    public var alias: Identifier? = nil

    public init(
        includesNulls: Bool? = nil, values: [Identifier], name: Identifier, columns: [Column], alias: Identifier? = nil
    ) {
        self.includesNulls = includesNulls
        self.values = values
        self.name = name
        self.columns = columns
        self.alias = alias
    }
}
