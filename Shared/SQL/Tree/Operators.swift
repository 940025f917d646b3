/// What a binary operator does, under one name for both dialects. A dialect's table says how it is written and how
/// tightly it binds.
public enum BinaryOperator: UInt8, Sendable, Hashable, CaseIterable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    /// `IS DISTINCT FROM` and its opposite.
    case distinct, notDistinct
    case add, subtract, multiply, divide, modulo, power
    case concatenate
    case bitAnd, bitOr, bitXor, shiftLeft, shiftRight
    /// `->` and `->>`; `#>` and `#>>` take a path.
    case jsonField, jsonText, jsonPath, jsonPathText
    /// `@>`, `<@`, `&&`, `?`, `?|`, `?&`, `#-`, `@?`, `@@`.
    case contains, containedBy, overlaps, hasKey, hasAnyKey, hasAllKeys, deletePath, pathExists, pathMatches
    /// `~`, `~*`, `!~`, `!~*`.
    case matches, matchesIgnoringCase, notMatches, notMatchesIgnoringCase
    /// `OVERLAPS` of two periods.
    case periodOverlaps
    /// `-|-`, `<->`: ranges and geometry; `^@`: begins with.
    case adjacent, distance, startsWith
    /// `&<`, `&>`: ranges that do not reach beyond each other.
    case notRightOf, notLeftOf
}

/// An operator with one operand.
public enum UnaryOperator: UInt8, Sendable, Hashable, CaseIterable {
    case not, minus, plus, bitNot
    /// PostgreSQL's `|/`, `||/` and `@`.
    case squareRoot, cubeRoot, absolute
}
