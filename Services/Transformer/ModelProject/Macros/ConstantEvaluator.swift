import SQL

/// A value that is known before the SQL runs.
enum ConstantValue: Equatable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case list([ConstantValue])
    /// SQL that stands for itself: a column, or an expression with columns in it.
    case symbol(String)

    /// What SQLMesh's conditions take as true.
    var isTrue: Bool {
        switch self {
        case .null: false
        case .boolean(let value): value
        case .integer(let value): value != 0
        case .number(let value): value != 0
        case .string(let text): !text.isEmpty
        case .list(let values): !values.isEmpty
        case .symbol: true
        }
    }

    /// As a macro's value: a string is SQL, NULL is nothing.
    var value: MacroValue {
        switch self {
        case .null: .nothing
        case .boolean(let value): .sql(value ? "TRUE" : "FALSE")
        case .integer(let value): .sql(String(value))
        case .number(let value): .sql(String(value))
        case .string(let text), .symbol(let text): .sql(text)
        case .list(let values): .list(values.compactMap(\.value.text))
        }
    }

    /// As a number; nil for anything else.
    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    fileprivate var plain: String {
        if case .string(let text) = self { return text }
        return value.text ?? ""
    }

    static func == (left: ConstantValue, right: ConstantValue) -> Bool {
        if let left = left.number, let right = right.number { return left == right }
        return switch (left, right) {
        case (.null, .null): true
        case (.boolean(let left), .boolean(let right)): left == right
        case (.string(let left), .string(let right)): left == right
        case (.symbol(let left), .symbol(let right)): left == right
        case (.list(let left), .list(let right)): left == right
        default: false
        }
    }
}

/// Works out expressions without a database: the conditions of `@IF` and its kin, and `@EVAL`.
struct ConstantEvaluator {
    /// What cannot be worked out, and why.
    struct Failure: Error { let message: String }

    let dialect: SQLDialect

    func evaluate(_ expression: Expression) throws(Failure) -> ConstantValue {
        switch expression {
        case .literal(let literal): return try value(of: literal)
        case .typedLiteral(let literal): return .string(literal.text)
        case .column: return .symbol(expression.sql(dialect, style: .canonical))
        case .unary(let operation): return try unary(operation, expression)
        case .binary(let operation):
            let (left, right) = (try evaluate(operation.left), try evaluate(operation.right))
            return try binary(operation.operation, left, right, expression)
        case .chain(let chain):
            var result = try evaluate(chain.first)
            for link in chain.links {
                result = try binary(link.operation, result, try evaluate(link.operand), expression)
            }
            return result
        case .logical(let operation):
            var result = ConstantValue.boolean(operation.connective == .and)
            for operand in operation.operands {
                result = .boolean(try evaluate(operand).isTrue)
                if result.isTrue == (operation.connective == .or) { break }
            }
            return result
        case .isTest(let test): return .boolean(try holds(test) != test.negated)
        case .between(let between):
            let value = try evaluate(between.operand)
            let fromLower = try order(value, try evaluate(between.lower))
            let fromUpper = try order(value, try evaluate(between.upper))
            return .boolean((fromLower >= 0 && fromUpper <= 0) != between.negated)
        case .membership(let membership): return .boolean(try isMember(membership) != membership.negated)
        case .match(let match): return .boolean(try matches(match) != match.negated)
        case .conditional(let conditional): return try evaluate(conditional)
        case .cast(let cast): return try evaluate(cast)
        case .function(let call): return try ConstantFunctions.call(call, try arguments(of: call))
        case .array(let array):
            guard case .elements(let elements) = array.content else { break }
            return .list(try values(of: elements))
        case .row(let row): return .list(try values(of: row.fields.map(\.value)))
        default: break
        }
        throw Failure(message: "`\(expression.sql(dialect))` is known only to the database.")
    }

    private func values(of expressions: [Expression]) throws(Failure) -> [ConstantValue] {
        var values: [ConstantValue] = []
        for expression in expressions { values.append(try evaluate(expression)) }
        return values
    }

    private func arguments(of call: FunctionCall) throws(Failure) -> [ConstantValue] {
        try values(of: call.arguments.map(\.value))
    }

    private func value(of literal: Literal) throws(Failure) -> ConstantValue {
        switch literal.value {
        case .null: return .null
        case .boolean(let value): return .boolean(value)
        case .string(let text): return .string(text)
        case .integer(let digits):
            if let value = Int(digits) { return .integer(value) }
        case .decimal(let digits):
            if let value = Double(digits) { return .number(value) }
        default: break
        }
        throw Failure(message: "`\(Expression.literal(literal).sql(dialect))` cannot be worked out.")
    }

    private func unary(_ operation: UnaryOperation, _ whole: Expression) throws(Failure) -> ConstantValue {
        let operand = try evaluate(operation.operand)
        switch (operation.operation, operand) {
        case (.not, _): return .boolean(!operand.isTrue)
        case (.plus, _): return operand
        case (.minus, .integer(let value)): return .integer(-value)
        case (.minus, .number(let value)): return .number(-value)
        case (_, .symbol): return .symbol(whole.sql(dialect))
        default: throw Failure(message: "`\(whole.sql(dialect))` cannot be worked out.")
        }
    }

    private func binary(
        _ operation: BinaryOperator, _ left: ConstantValue, _ right: ConstantValue, _ whole: Expression
    ) throws(Failure) -> ConstantValue {
        switch operation {
        case .equal, .notDistinct: return .boolean(left == right)
        case .notEqual, .distinct: return .boolean(left != right)
        case .less: return .boolean(try order(left, right) < 0)
        case .lessOrEqual: return .boolean(try order(left, right) <= 0)
        case .greater: return .boolean(try order(left, right) > 0)
        case .greaterOrEqual: return .boolean(try order(left, right) >= 0)
        case .concatenate where left != .null && right != .null: return .string(left.plain + right.plain)
        default: break
        }
        if let result = try arithmetic(operation, left, right) { return result }
        if case .symbol = left { return .symbol(whole.sql(dialect)) }
        if case .symbol = right { return .symbol(whole.sql(dialect)) }
        throw Failure(message: "`\(whole.sql(dialect))` cannot be worked out.")
    }

    private func arithmetic(
        _ operation: BinaryOperator, _ left: ConstantValue, _ right: ConstantValue
    ) throws(Failure) -> ConstantValue? {
        if case .integer(let left) = left, case .integer(let right) = right {
            let result: (partialValue: Int, overflow: Bool)
            switch operation {
            case .add: result = left.addingReportingOverflow(right)
            case .subtract: result = left.subtractingReportingOverflow(right)
            case .multiply: result = left.multipliedReportingOverflow(by: right)
            case .divide, .modulo:
                guard right != 0 else { throw Failure(message: "A division by zero.") }
                result =
                    operation == .divide
                    ? left.dividedReportingOverflow(by: right) : left.remainderReportingOverflow(dividingBy: right)
            default: return nil
            }
            guard !result.overflow else { throw Failure(message: "A number that is too large.") }
            return .integer(result.partialValue)
        }
        guard let left = left.number, let right = right.number else { return nil }
        switch operation {
        case .add: return .number(left + right)
        case .subtract: return .number(left - right)
        case .multiply: return .number(left * right)
        case .divide where right != 0: return .number(left / right)
        default: return nil
        }
    }

    /// Negative, zero or positive.
    private func order(_ left: ConstantValue, _ right: ConstantValue) throws(Failure) -> Int {
        if let left = left.number, let right = right.number { return left < right ? -1 : left == right ? 0 : 1 }
        if case .string(let left) = left, case .string(let right) = right {
            return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : left == right ? 0 : 1
        }
        throw Failure(message: "`\(left.plain)` and `\(right.plain)` cannot be put in order.")
    }

    private func holds(_ test: IsTest) throws(Failure) -> Bool {
        let value = try evaluate(test.operand)
        switch test.property {
        case .null, .unknown: return value == .null
        case .isTrue: return value == .boolean(true)
        case .isFalse: return value == .boolean(false)
        default: throw Failure(message: "`\(Expression.isTest(test).sql(dialect))` is known only to the database.")
        }
    }

    private func isMember(_ membership: Membership) throws(Failure) -> Bool {
        guard case .list(let elements) = membership.source else {
            throw Failure(message: "`\(Expression.membership(membership).sql(dialect))` is known only to the database.")
        }
        let value = try evaluate(membership.operand)
        for element in elements {
            let candidate = try evaluate(element)
            if candidate == value { return true }
            if case .list(let values) = candidate, values.contains(value) { return true }
        }
        return false
    }

    private func matches(_ match: PatternMatch) throws(Failure) -> Bool {
        guard match.kind != .similar, match.quantifier == nil, match.escape == nil,
            case .string(let text) = try evaluate(match.operand),
            case .string(let pattern) = try evaluate(match.pattern)
        else { throw Failure(message: "`\(Expression.match(match).sql(dialect))` is known only to the database.") }
        let ignoresCase = match.kind == .ilike
        return LikePattern(ignoresCase ? pattern.lowercased() : pattern).matches(ignoresCase ? text.lowercased() : text)
    }

    private func evaluate(_ conditional: Conditional) throws(Failure) -> ConstantValue {
        var operand: ConstantValue?
        if let expression = conditional.operand { operand = try evaluate(expression) }
        for branch in conditional.branches {
            let condition = try evaluate(branch.condition)
            if operand.map({ $0 == condition }) ?? condition.isTrue { return try evaluate(branch.result) }
        }
        if let otherwise = conditional.otherwise { return try evaluate(otherwise) }
        return .null
    }

    private func evaluate(_ cast: Cast) throws(Failure) -> ConstantValue {
        let value = try evaluate(cast.operand)
        switch (cast.type.kind, value) {
        case (_, .null): return .null
        case (.int16, _), (.int32, _), (.int64, _):
            if let number = value.number ?? Double(value.plain), let integer = Int(exactly: number.rounded()) {
                return .integer(integer)
            }
        case (.float32, _), (.float64, _), (.numeric, _):
            if let number = value.number ?? Double(value.plain) { return .number(number) }
        case (.text, _), (.varchar, _), (.char, _): return .string(value.plain)
        case (.date, .string(let text)): return .string(String(text.prefix(10)))
        case (.timestamp, .string), (.timestampTZ, .string): return value
        case (.boolean, .boolean): return value
        default: break
        }
        throw Failure(message: "`\(Expression.cast(cast).sql(dialect))` cannot be worked out.")
    }
}

/// The pattern of LIKE.
struct LikePattern {
    private let pattern: [Character]

    init(_ pattern: String) { self.pattern = Array(pattern) }

    /// Takes time in proportion to the lengths multiplied.
    func matches(_ text: String) -> Bool {
        let text = Array(text)
        var (index, place) = (0, 0)
        var star: (index: Int, place: Int)?
        while place < text.count {
            if index < pattern.count, pattern[index] == "%" {
                star = (index, place)
                index += 1
            } else if index < pattern.count, pattern[index] == "_" || pattern[index] == text[place] {
                index += 1
                place += 1
            } else if let last = star {
                star = (last.index, last.place + 1)
                (index, place) = (last.index + 1, last.place + 1)
            } else {
                return false
            }
        }
        return pattern[index...].allSatisfy { $0 == "%" }
    }
}
