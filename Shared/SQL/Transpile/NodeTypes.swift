// How the transpiler knows the type of every expression of the source.
//
// Before anything is changed, each expression gets a number, which stands where its range was. The resolver then walks
// over a copy of the tree, which it may fill with names as it likes, and notes types by number. While the tree is
// rewritten, what takes an expression's place keeps its number: whoever holds an operand can ask what type it had in
// the source. At the end the numbers make room for the ranges again.

/// The types of the expressions of one tree, by their numbers: one table for the resolver that fills it and the
/// transpiler that reads it.
final class NodeTypes {
    /// The end of a range that is a number.
    private static let mark: UInt32 = .max - 1

    private(set) var ranges: [SourceRange] = []
    private var types: [DataType.Kind?] = []
    /// What stars stand for, by the star's number.
    private var stars: [UInt32: [StarItem]] = [:]

    /// The tables of columns that name none, by the column's number.
    private var tables: [UInt32: Identifier] = [:]

    /// The columns that a NATURAL JOIN compares, by the join's number.
    private var naturals: [UInt32: [Identifier]] = [:]

    /// What set operations match by name, by the operation's number.
    private var matches: [UInt32: MatchedColumns] = [:]

    /// The columns of a set operation BY NAME.
    struct MatchedColumns {
        /// Those of each operand, in order.
        var operands: [[Identifier]]
        /// Those of the result.
        var result: [(name: Identifier, type: DataType.Kind?)]
    }

    /// An item that a star stands for.
    struct StarItem {
        var item: SelectItem
        var type: DataType.Kind?
    }

    /// A new number for an expression that stood at `range`.
    func number(_ range: SourceRange, type: DataType.Kind? = nil) -> SourceRange {
        if range.end == Self.mark { return range }
        ranges.append(range)
        types.append(type)
        return SourceRange(start: UInt32(ranges.count - 1), end: Self.mark)
    }

    func isNumber(_ range: SourceRange) -> Bool { range.end == Self.mark && range.start < UInt32(ranges.count) }

    /// Where the expression of a number stood; any other range is what it is.
    func range(_ number: SourceRange) -> SourceRange { isNumber(number) ? ranges[Int(number.start)] : number }

    func record(_ type: DataType.Kind?, of number: SourceRange) {
        guard let type, isNumber(number) else { return }
        types[Int(number.start)] = type
    }

    func record(_ items: [StarItem], of number: SourceRange) {
        if isNumber(number) { stars[number.start] = items }
    }

    func record(natural columns: [Identifier], of number: SourceRange) {
        if isNumber(number) { naturals[number.start] = columns }
    }

    func record(_ columns: MatchedColumns, of number: SourceRange) {
        if isNumber(number) { matches[number.start] = columns }
    }

    func record(table: Identifier, of number: SourceRange) {
        if isNumber(number) { tables[number.start] = table }
    }

    /// The name that the table goes by which a column is of; nil when it is of none, or not known.
    func table(_ number: SourceRange) -> Identifier? { isNumber(number) ? tables[number.start] : nil }

    func type(_ number: SourceRange) -> DataType.Kind? { isNumber(number) ? types[Int(number.start)] : nil }

    /// The columns that a NATURAL JOIN compares; nil when those of the tables are not known.
    func natural(_ join: SourceRange) -> [Identifier]? { isNumber(join) ? naturals[join.start] : nil }

    /// Nil when the columns of the operands are not known.
    func matched(_ operation: SourceRange) -> MatchedColumns? {
        isNumber(operation) ? matches[operation.start] : nil
    }

    func items(of star: SourceRange) -> [StarItem]? { isNumber(star) ? stars[star.start] : nil }
}

/// Puts numbers in the place of the ranges of expressions, joins and set operations.
struct NodeNumbering: TreeRewriter {
    let types: NodeTypes

    mutating func rewrite(_ join: inout Join) throws(SQLError) {
        if join.natural { join.info.range = types.number(join.info.range) }
        try descend(&join)
    }

    mutating func rewrite(_ body: inout QueryBody) throws(SQLError) {
        try descend(&body)
        guard case .setOperation(var operation) = body, operation.matching != nil else { return }
        operation.info.range = types.number(operation.info.range)
        body = .setOperation(operation)
    }

    mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
        try descend(&expression)
        expression.info.range = types.number(expression.info.range)
    }
}

/// Puts ranges in the place of numbers.
struct NodeRanges: TreeRewriter {
    let types: NodeTypes

    mutating func rewrite(_ join: inout Join) throws(SQLError) {
        join.info.range = types.range(join.info.range)
        try descend(&join)
    }

    mutating func rewrite(_ body: inout QueryBody) throws(SQLError) {
        try descend(&body)
        guard case .setOperation(var operation) = body, types.isNumber(operation.info.range) else { return }
        operation.info.range = types.range(operation.info.range)
        body = .setOperation(operation)
    }

    mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
        try descend(&expression)
        let range = expression.info.range
        if types.isNumber(range) { expression.info.range = types.range(range) }
    }
}
