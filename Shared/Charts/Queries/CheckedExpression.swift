import Pipeline
import SQL

/// Foundation has a type of that name too; in this module the word means SQL's.
typealias Expression = SQL.Expression

/// Reads the SQL that people write for metrics and dimensions, and refuses what is more than an expression over columns.
enum CheckedExpression {
    /// - Throws: ``PipelineError`` at `place`, with SQL's own words for what is wrong.
    static func parse(_ text: String, what: String, at place: DashboardPlace) throws(PipelineError) -> Expression {
        let expression: Expression
        do throws(SQLError) {
            expression = try parseExpression(text, dialect: .postgres, options: ParseOptions(comments: false))
        } catch {
            throw place.error("This \(what) is not an SQL expression: \(error.placed(in: text).message)")
        }
        if let reason = firstProblem(in: expression, what: what) {
            throw place.error("A \(what) \(reason)")
        }
        return expression
    }

    /// Why `expression` is not taken; nil when it is.
    private static func firstProblem(in expression: Expression, what: String) -> String? {
        switch expression {
        case .subquery, .exists: return "may not hold a query. Put it into a model."
        case .array(let array):
            if case .query = array.content { return "may not hold a query. Put it into a model." }
        case .membership(let membership):
            if case .query = membership.source { return "may not hold a query. Put it into a model." }
        case .parameter, .placeholder: return "takes no parameters."
        case .star: return "is not `*`. Name the columns, or write count(*)."
        case .function(let call):
            if call.modifiers?.over != nil { return "may not be a window function. Put it into a model." }
        default: break
        }
        for part in parts(of: expression) {
            if let reason = firstProblem(in: part, what: what) { return reason }
        }
        return nil
    }

    /// The expressions directly inside `expression`. The star of count(*) is not one.
    private static func parts(of expression: Expression) -> [Expression] {
        switch expression {
        case .column, .star, .literal, .typedLiteral, .parameter, .placeholder, .timePart: []
        case .interval(let interval): [interval.value]
        case .unary(let operation): [operation.operand]
        case .binary(let operation): [operation.left, operation.right]
        case .chain(let chain): chain.operands
        case .symbolic(let operation): [operation.left].compactMap { $0 } + [operation.right]
        case .logical(let operation): operation.operands
        case .isTest(let test): [test.operand]
        case .between(let between): [between.operand, between.lower, between.upper]
        case .membership(let membership): [membership.operand] + members(of: membership.source)
        case .match(let match): [match.operand, match.pattern] + [match.escape].compactMap { $0 }
        case .quantified(let comparison): [comparison.operand, comparison.set]
        case .conditional(let conditional):
            [conditional.operand, conditional.otherwise].compactMap { $0 }
                + conditional.branches.flatMap { [$0.condition, $0.result] }
        case .cast(let cast): [cast.operand] + [cast.format, cast.formatTimeZone].compactMap { $0 }
        case .function(let call): parts(of: call)
        case .subquery, .exists: []
        case .array(let array): if case .elements(let elements) = array.content { elements } else { [] }
        case .row(let row): row.fields.map(\.value)
        case .subscripted(let access): [access.operand] + positions(of: access.position)
        case .field(let access): [access.operand]
        case .atTimeZone(let conversion): [conversion.operand, conversion.zone]
        case .collated(let collated): [collated.operand]
        }
    }

    private static func members(of source: Membership.Source) -> [Expression] {
        switch source {
        case .list(let list): list
        case .unnest(let array): [array]
        case .query: []
        case .placeholder(let placeholder): [.placeholder(placeholder)]
        }
    }

    private static func positions(of position: SubscriptAccess.Position) -> [Expression] {
        switch position {
        case .index(let index), .offset(let index, _), .ordinal(let index, _), .key(let index, _): [index]
        case .slice(let from, let to): [from, to].compactMap { $0 }
        }
    }

    private static func parts(of call: FunctionCall) -> [Expression] {
        var parts = call.arguments.map(\.value)
        if parts.count == 1, case .star(let star) = parts[0], star == Star() { parts = [] }
        guard let modifiers = call.modifiers else { return parts }
        parts += (modifiers.orderBy + modifiers.withinGroup).map(\.value)
        parts += [modifiers.filter, modifiers.limit].compactMap { $0 }
        switch modifiers.having {
        case .maximum(let value), .minimum(let value): parts.append(value)
        case nil: break
        }
        return parts
    }
}
