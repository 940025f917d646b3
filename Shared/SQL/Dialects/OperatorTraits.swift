/// How tightly things bind; higher binds tighter. Both parser and generator go by it.
struct Precedence: Sendable {
    let or: Int8 = 1
    let and: Int8 = 2
    let not: Int8 = 3
    /// IS and its like.
    var isTest: Int8
    var comparison: Int8
    /// BETWEEN, IN, LIKE.
    var range: Int8
    /// Operators that the standard does not have.
    var other: Int8
    let atTimeZone: Int8 = 14
    let collate: Int8 = 15
    var unary: Int8
    /// `::`, `[…]` and `.field`.
    let access: Int8 = 17
    let primary: Int8 = 18
}

/// The operators of a dialect.
final class OperatorTraits: Sendable {
    struct Binary: Sendable {
        var operation: BinaryOperator
        var text: String
        var level: Int8
        /// `a < b < c` is an error.
        var chains: Bool
    }

    struct Unary: Sendable {
        var operation: UnaryOperator
        var text: String
        var level: Int8
    }

    let precedence: Precedence
    /// By the raw value of the token that spells the operator.
    private let binaryByToken: [Binary?]
    private let unaryByToken: [Unary?]
    /// By the raw value of the operator.
    private let binaryByOperation: [Binary?]
    private let unaryByOperation: [Unary?]

    init(
        precedence: Precedence, binary: [(TokenKind, BinaryOperator, String, Int8)],
        words: [(BinaryOperator, String, Int8)],
        unary: [(TokenKind, UnaryOperator, String, Int8)]
    ) {
        self.precedence = precedence
        var byToken = [Binary?](repeating: nil, count: Int(TokenKind.endOfText.rawValue) + 1)
        var byOperation = [Binary?](repeating: nil, count: BinaryOperator.allCases.count)
        for (token, operation, text, level) in binary {
            let entry = Binary(operation: operation, text: text, level: level, chains: level != precedence.comparison)
            byToken[Int(token.rawValue)] = entry
            byOperation[Int(operation.rawValue)] = entry
        }
        for (operation, text, level) in words {
            byOperation[Int(operation.rawValue)] = Binary(operation: operation, text: text, level: level, chains: false)
        }
        binaryByToken = byToken
        binaryByOperation = byOperation
        var unaryByToken = [Unary?](repeating: nil, count: Int(TokenKind.endOfText.rawValue) + 1)
        var unaryByOperation = [Unary?](repeating: nil, count: UnaryOperator.allCases.count)
        for (token, operation, text, level) in unary {
            let entry = Unary(operation: operation, text: text, level: level)
            unaryByToken[Int(token.rawValue)] = entry
            unaryByOperation[Int(operation.rawValue)] = entry
        }
        unaryByOperation[Int(UnaryOperator.not.rawValue)] = Unary(operation: .not, text: "NOT ", level: precedence.not)
        self.unaryByToken = unaryByToken
        self.unaryByOperation = unaryByOperation
    }

    @inline(__always) func binary(_ token: TokenKind) -> Binary? { binaryByToken[Int(token.rawValue)] }
    @inline(__always) func unary(_ token: TokenKind) -> Unary? { unaryByToken[Int(token.rawValue)] }
    /// Nil when the dialect has no such operator.
    func binary(_ operation: BinaryOperator) -> Binary? { binaryByOperation[Int(operation.rawValue)] }
    func unary(_ operation: UnaryOperator) -> Unary? { unaryByOperation[Int(operation.rawValue)] }
}

extension OperatorTraits {
    private static func comparisons(_ level: Int8) -> [(TokenKind, BinaryOperator, String, Int8)] {
        [
            (.equal, .equal, "=", level), (.notEqual, .notEqual, "<>", level), (.less, .less, "<", level),
            (.lessOrEqual, .lessOrEqual, "<=", level), (.greater, .greater, ">", level),
            (.greaterOrEqual, .greaterOrEqual, ">=", level),
        ]
    }

    static let postgres = OperatorTraits(
        precedence: Precedence(isTest: 4, comparison: 5, range: 6, other: 7, unary: 16),
        binary: comparisons(5) + [
            (.doubleBar, .concatenate, "||", 7), (.ampersand, .bitAnd, "&", 7), (.bar, .bitOr, "|", 7),
            (.hashSign, .bitXor, "#", 7), (.shiftLeft, .shiftLeft, "<<", 7), (.shiftRight, .shiftRight, ">>", 7),
            (.jsonField, .jsonField, "->", 7), (.jsonText, .jsonText, "->>", 7), (.jsonPath, .jsonPath, "#>", 7),
            (.jsonPathText, .jsonPathText, "#>>", 7), (.containsMark, .contains, "@>", 7),
            (.containedBy, .containedBy, "<@", 7), (.overlapMark, .overlaps, "&&", 7), (.question, .hasKey, "?", 7),
            (.hasAnyKey, .hasAnyKey, "?|", 7), (.hasAllKeys, .hasAllKeys, "?&", 7),
            (.deletePath, .deletePath, "#-", 7), (.pathExists, .pathExists, "@?", 7),
            (.pathMatches, .pathMatches, "@@", 7), (.tilde, .matches, "~", 7),
            (.matchesIgnoringCase, .matchesIgnoringCase, "~*", 7), (.notMatches, .notMatches, "!~", 7),
            (.notMatchesIgnoringCase, .notMatchesIgnoringCase, "!~*", 7), (.adjacent, .adjacent, "-|-", 7),
            (.distance, .distance, "<->", 7), (.startsWith, .startsWith, "^@", 7),
            (.notRightOf, .notRightOf, "&<", 7), (.notLeftOf, .notLeftOf, "&>", 7), (.plus, .add, "+", 8),
            (.minus, .subtract, "-", 8), (.star, .multiply, "*", 9), (.slash, .divide, "/", 9),
            (.percentSign, .modulo, "%", 9), (.caret, .power, "^", 10),
        ],
        words: [
            (.distinct, "IS DISTINCT FROM", 4), (.notDistinct, "IS NOT DISTINCT FROM", 4),
            (.periodOverlaps, "OVERLAPS", 7),
        ],
        unary: [
            (.minus, .minus, "-", 16), (.plus, .plus, "+", 16), (.tilde, .bitNot, "~", 7),
            (.squareRoot, .squareRoot, "|/", 7), (.cubeRoot, .cubeRoot, "||/", 7), (.atSign, .absolute, "@", 7),
        ])

    static let bigQuery = OperatorTraits(
        precedence: Precedence(isTest: 4, comparison: 4, range: 4, other: 11, unary: 12),
        binary: comparisons(4) + [
            (.bar, .bitOr, "|", 5), (.caret, .bitXor, "^", 6), (.ampersand, .bitAnd, "&", 7),
            (.shiftLeft, .shiftLeft, "<<", 8), (.shiftRight, .shiftRight, ">>", 8), (.plus, .add, "+", 9),
            (.minus, .subtract, "-", 9), (.star, .multiply, "*", 10), (.slash, .divide, "/", 10),
            (.doubleBar, .concatenate, "||", 10),
        ],
        words: [(.distinct, "IS DISTINCT FROM", 4), (.notDistinct, "IS NOT DISTINCT FROM", 4)],
        unary: [(.minus, .minus, "-", 12), (.plus, .plus, "+", 12), (.tilde, .bitNot, "~", 12)])
}
