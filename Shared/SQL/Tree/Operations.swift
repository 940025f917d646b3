/// An operator before or behind its operand.
public struct UnaryOperation: Sendable, Hashable {
    public var operation: UnaryOperator
    public var operand: Expression
    public var info: NodeInfo = .none

    public init(operation: UnaryOperator, operand: Expression, info: NodeInfo = .none) {
        self.operation = operation
        self.operand = operand
        self.info = info
    }
}

/// An operator between two operands.
public struct BinaryOperation: Sendable, Hashable {
    public var operation: BinaryOperator
    public var left: Expression
    public var right: Expression
    public var info: NodeInfo = .none

    public init(operation: BinaryOperator, left: Expression, right: Expression, info: NodeInfo = .none) {
        self.operation = operation
        self.left = left
        self.right = right
        self.info = info
    }
}

/// A sum, product or the like of very many operands, combined from the left.
///
/// It stands for the same as `BinaryOperation`s in each other's left operand, which a tree could not hold in any number
/// without being too deep to walk over. The parser makes one when more than `lengthMin` operators of one level follow
/// each other.
public struct OperatorChain: Sendable, Hashable {
    /// An operator and its right operand.
    public struct Link: Sendable, Hashable {
        public var operation: BinaryOperator
        public var operand: Expression

        public init(operation: BinaryOperator, operand: Expression) {
            self.operation = operation
            self.operand = operand
        }
    }

    /// Fewer operators than these are `BinaryOperation`s.
    public static let lengthMin = 64

    public var first: Expression
    public var links: [Link]
    public var info: NodeInfo = .none

    public init(first: Expression, links: [Link], info: NodeInfo = .none) {
        self.first = first
        self.links = links
        self.info = info
    }

    /// The operands in the order of the text.
    public var operands: [Expression] { [first] + links.map(\.operand) }
}

/// An operator by its symbol: one that a schema defines, or that is named with its schema. PostgreSQL only.
public struct SymbolicOperation: Sendable, Hashable {
    /// The schema in `OPERATOR(schema.+)`; empty where the symbol stands alone.
    public var qualifier: [Identifier] = []
    public var symbol: String
    /// Nil for an operator before its operand.
    public var left: Expression? = nil
    /// `x ~~ ANY (…)`: the right side is a subquery, or an expression that is an array.
    public var quantifier: Quantifier? = nil
    public var right: Expression
    public var info: NodeInfo = .none

    public init(
        qualifier: [Identifier] = [], symbol: String, left: Expression? = nil, quantifier: Quantifier? = nil,
        right: Expression, info: NodeInfo = .none
    ) {
        self.quantifier = quantifier
        self.qualifier = qualifier
        self.symbol = symbol
        self.left = left
        self.right = right
        self.info = info
    }
}

/// Two or more conditions, joined by AND or by OR.
public struct LogicalOperation: Sendable, Hashable {
    /// The word between the conditions.
    public enum Connective: Sendable, Hashable { case and, or }

    public var connective: Connective
    public var operands: [Expression]
    public var info: NodeInfo = .none

    public init(connective: Connective, operands: [Expression], info: NodeInfo = .none) {
        self.connective = connective
        self.operands = operands
        self.info = info
    }
}

/// `x IS [NOT] NULL`, `TRUE`, `FALSE`, `UNKNOWN`.
public struct IsTest: Sendable, Hashable {
    /// What the operand is tested for.
    public enum Property: Sendable, Hashable {
        case null, isTrue, isFalse, unknown
        /// PostgreSQL's `IS NFC NORMALIZED`; the form is upper case, nil for NFC unsaid.
        case normalized(form: String?)
        /// `IS JSON OBJECT WITH UNIQUE KEYS`; the kind is upper case, nil for any.
        case json(kind: String?, uniqueKeys: Bool)
        /// `IS DOCUMENT`, of XML.
        case document
    }

    public var operand: Expression
    public var property: Property
    public var negated: Bool = false
    public var info: NodeInfo = .none

    public init(operand: Expression, property: Property, negated: Bool = false, info: NodeInfo = .none) {
        self.operand = operand
        self.property = property
        self.negated = negated
        self.info = info
    }
}

/// `x BETWEEN lower AND upper`.
public struct Between: Sendable, Hashable {
    public var operand: Expression
    public var lower: Expression
    public var upper: Expression
    public var negated: Bool = false
    /// `BETWEEN SYMMETRIC`: the bounds may be swapped.
    public var symmetric: Bool = false
    public var info: NodeInfo = .none

    public init(
        operand: Expression, lower: Expression, upper: Expression, negated: Bool = false, symmetric: Bool = false,
        info: NodeInfo = .none
    ) {
        self.operand = operand
        self.lower = lower
        self.upper = upper
        self.negated = negated
        self.symmetric = symmetric
        self.info = info
    }
}

/// `x IN (…)`.
public struct Membership: Sendable, Hashable {
    /// What the operand is looked for in.
    public enum Source: Sendable, Hashable {
        case list([Expression])
        case query(Query)
        /// `IN UNNEST(array)`.
        case unnest(Expression)
        /// `IN @macro`: the list comes from the template.
        case placeholder(Placeholder)
    }

    public var operand: Expression
    public var source: Source
    public var negated: Bool = false
    public var info: NodeInfo = .none

    public init(operand: Expression, source: Source, negated: Bool = false, info: NodeInfo = .none) {
        self.operand = operand
        self.source = source
        self.negated = negated
        self.info = info
    }
}

/// `x LIKE 'a%'`.
public struct PatternMatch: Sendable, Hashable {
    /// The language of the pattern.
    public enum Kind: Sendable, Hashable { case like, ilike, similar }

    public var kind: Kind
    public var operand: Expression
    public var pattern: Expression
    public var escape: Expression? = nil
    /// `LIKE ANY (…)`: the pattern is then a list, a query or an array.
    public var quantifier: Quantifier? = nil
    public var negated: Bool = false
    public var info: NodeInfo = .none

    public init(
        kind: Kind, operand: Expression, pattern: Expression, escape: Expression? = nil, quantifier: Quantifier? = nil,
        negated: Bool = false, info: NodeInfo = .none
    ) {
        self.kind = kind
        self.operand = operand
        self.pattern = pattern
        self.escape = escape
        self.quantifier = quantifier
        self.negated = negated
        self.info = info
    }
}

/// How many members of a set a comparison must hold for. SOME is ANY.
public enum Quantifier: Sendable, Hashable { case any, all }

/// `x = ANY (array or query)`.
public struct QuantifiedComparison: Sendable, Hashable {
    public var operand: Expression
    public var operation: BinaryOperator
    public var quantifier: Quantifier
    /// A subquery, or an expression that is an array.
    public var set: Expression
    public var info: NodeInfo = .none

    public init(
        operand: Expression, operation: BinaryOperator, quantifier: Quantifier, set: Expression, info: NodeInfo = .none
    ) {
        self.operand = operand
        self.operation = operation
        self.quantifier = quantifier
        self.set = set
        self.info = info
    }
}

/// `CASE [operand] WHEN … THEN … ELSE … END`.
public struct Conditional: Sendable, Hashable {
    /// `WHEN condition THEN result`.
    public struct Branch: Sendable, Hashable {
        public var condition: Expression
        public var result: Expression
        public var info: NodeInfo = .none

        public init(condition: Expression, result: Expression, info: NodeInfo = .none) {
            self.condition = condition
            self.result = result
            self.info = info
        }
    }

    public var operand: Expression? = nil
    public var branches: [Branch]
    public var otherwise: Expression? = nil
    public var info: NodeInfo = .none

    public init(operand: Expression? = nil, branches: [Branch], otherwise: Expression? = nil, info: NodeInfo = .none) {
        self.operand = operand
        self.branches = branches
        self.otherwise = otherwise
        self.info = info
    }
}

/// `CAST(x AS t)`, `SAFE_CAST(x AS t)`, `x::t`.
public struct Cast: Sendable, Hashable {
    /// How a cast is written.
    public enum Notation: Sendable, Hashable { case function, doubleColon }

    public var operand: Expression
    public var type: DataType
    /// Null instead of an error: SAFE_CAST.
    public var safe: Bool = false
    /// `CAST(x AS STRING FORMAT 'YYYY')`.
    public var format: Expression? = nil
    /// `CAST(x AS TIMESTAMP FORMAT 'YYYY' AT TIME ZONE 'UTC')`.
    public var formatTimeZone: Expression? = nil
    public var notation: Spelling<Notation> = Spelling(.function)
    public var info: NodeInfo = .none

    public init(
        operand: Expression, type: DataType, safe: Bool = false, format: Expression? = nil,
        formatTimeZone: Expression? = nil, notation: Spelling<Notation> = Spelling(.function), info: NodeInfo = .none
    ) {
        self.operand = operand
        self.type = type
        self.safe = safe
        self.format = format
        self.formatTimeZone = formatTimeZone
        self.notation = notation
        self.info = info
    }
}

/// `x[1]`, `x[OFFSET(0)]`, `x[1:2]`.
public struct SubscriptAccess: Sendable, Hashable {
    /// What stands between the brackets.
    public enum Position: Sendable, Hashable {
        /// `x[i]`.
        case index(Expression)
        /// `x[a:b]`, of which either end may lack.
        case slice(Expression?, Expression?)
        /// `x[OFFSET(i)]`: from 0.
        case offset(Expression, safe: Bool)
        /// `x[ORDINAL(i)]`: from 1.
        case ordinal(Expression, safe: Bool)
        /// `x[KEY('k')]`.
        case key(Expression, safe: Bool)
    }

    public var operand: Expression
    public var position: Position
    /// The operand is a subscript of its own: `(x[1])[2]`. PostgreSQL reads `x[1][2]` as one access of two dimensions.
    public var standsAlone: Bool = false
    public var info: NodeInfo = .none

    public init(operand: Expression, position: Position, standsAlone: Bool = false, info: NodeInfo = .none) {
        self.operand = operand
        self.position = position
        self.standsAlone = standsAlone
        self.info = info
    }
}

/// A field of a struct that is not simply named: `f(x).a`, `(row).a`, `x[0].a`. The field `*` is a star.
public struct FieldAccess: Sendable, Hashable {
    public var operand: Expression
    public var field: Identifier
    public var info: NodeInfo = .none

    public init(operand: Expression, field: Identifier, info: NodeInfo = .none) {
        self.operand = operand
        self.field = field
        self.info = info
    }
}

/// `x AT TIME ZONE zone`.
public struct AtTimeZone: Sendable, Hashable {
    public var operand: Expression
    public var zone: Expression
    public var info: NodeInfo = .none

    public init(operand: Expression, zone: Expression, info: NodeInfo = .none) {
        self.operand = operand
        self.zone = zone
        self.info = info
    }
}

/// `x COLLATE collation`.
public struct Collated: Sendable, Hashable {
    public var operand: Expression
    public var collation: QualifiedName
    public var info: NodeInfo = .none

    public init(operand: Expression, collation: QualifiedName, info: NodeInfo = .none) {
        self.operand = operand
        self.collation = collation
        self.info = info
    }
}
