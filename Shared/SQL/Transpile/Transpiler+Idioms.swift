// What the other direction writes for want of a shorter form is read back as that form, so that a query that goes to
// the other dialect and comes back is the same. Each idiom means the same as its short form for every value.

extension Transpiler {
    /// The short form of an expression of the source, before anything below it is rewritten.
    func idiom(_ expression: Expression) -> Expression? {
        direction == .toPostgres ? idiomOfBigQuery(expression) : idiomOfPostgres(expression)
    }

    private func idiomOfBigQuery(_ expression: Expression) -> Expression? {
        switch expression {
        case .function(var call):
            // CONCAT(IFNULL(x, ''), y)
            if let concatenation = Concatenation.withoutNulls(call) { return .function(concatenation) }
            // SUM(IF(c, x, NULL))
            guard Self.skippingNulls.contains(call.name.name.lowercased()), call.modifiers?.distinct != true,
                case .function(let inner)? = call.values.first, inner.name.name.uppercased() == "IF",
                inner.arguments.count == 3, inner.values[2].isNullLiteral
            else { return nil }
            call.arguments[0].value = inner.values[1]
            var modifiers = call.modifiers ?? CallModifiers()
            modifiers.filter = inner.values[0]
            call.modifiers = modifiers
            return .function(call)
        case .binary(let node):
            // EXTRACT(DAYOFWEEK FROM x) - 1
            if node.operation == .subtract, node.right.integerLiteral == 1, case .function(var call) = node.left,
                call.name.name.uppercased() == "EXTRACT", case .timePart(var part)? = call.values.first,
                part.name == "DAYOFWEEK"
            {
                part.name = "DOW"
                call.arguments[0].value = .timePart(part)
                return .function(call)
            }
            // TIMESTAMP_DIFF(a, b, MICROSECOND) / 1000000
            if node.operation == .divide, node.right.integerLiteral == 1_000_000, case .function(let call) = node.left,
                ["TIMESTAMP_DIFF", "DATETIME_DIFF"].contains(call.name.name.uppercased()), call.arguments.count == 3,
                case .timePart(let part) = call.values[2], part.name == "MICROSECOND"
            {
                let difference = Expression.binary(call.values[0], .subtract, call.values[1])
                return .extract("EPOCH", from: difference)
            }
            return nil
        case .cast(let cast): return monthsAdded(cast)
        case .array(var array):
            // ARRAY(SELECT AS STRUCT a, b)
            guard case .query(var query) = array.content, case .select(var select) = query.body,
                select.shape == .structure
            else { return nil }
            select.shape = nil
            select.items = [SelectItem(.row(RowConstructor(kind: .row, fields: select.items)))]
            query.body = .select(select)
            array.content = .query(query)
            return .array(array)
        case .membership(var membership):
            // (a, b) IN (SELECT AS STRUCT a, b)
            guard case .row = membership.operand, case .query(var query) = membership.source,
                case .select(var select) = query.body, select.shape == .structure
            else { return nil }
            select.shape = nil
            query.body = .select(select)
            membership.source = .query(query)
            return .membership(membership)
        default: return nil
        }
    }

    private func idiomOfPostgres(_ expression: Expression) -> Expression? {
        switch expression {
        case .binary(let node):
            // EXTRACT(DOW FROM x) + 1
            guard node.operation == .add, node.right.integerLiteral == 1, case .function(var call) = node.left,
                call.name.name.uppercased() == "EXTRACT", case .timePart(var part)? = call.values.first,
                part.name == "DOW"
            else { return nil }
            part.name = "DAYOFWEEK"
            call.arguments[0].value = .timePart(part)
            return .function(call)
        default: return nil
        }
    }

    /// CAST(CAST(t AS DATETIME) + INTERVAL 1 MONTH AS TIMESTAMP): t, a month later.
    private func monthsAdded(_ cast: Cast) -> Expression? {
        guard cast.type.kind == .timestampTZ, !cast.safe, cast.format == nil, case .binary(var sum) = cast.operand,
            sum.operation == .add || sum.operation == .subtract, case .interval = sum.right,
            case .cast(let inner) = sum.left, inner.type.kind == .timestamp, inner.format == nil,
            type(of: inner.operand) == .timestampTZ
        else { return nil }
        sum.left = inner.operand
        return .binary(sum)
    }
}
