/// Exact percentiles. PostgreSQL has them of groups, GoogleSQL of windows; either way the sorted values can be had as an
/// array, of which percentiles are elements.
enum PercentileFunctions {
    static let toBigQuery: FunctionTable.Family = [
        ("percentile_cont", .written { (transpiler, call) throws(SQLError) in try ofGroup(&transpiler, call, true) }),
        ("percentile_disc", .written { (transpiler, call) throws(SQLError) in try ofGroup(&transpiler, call, false) }),
        ("mode", .refused("Write APPROX_TOP_COUNT(x, 1).")),
    ]

    static let toPostgres: FunctionTable.Family = [
        ("percentile_cont", .written { (transpiler, call) throws(SQLError) in try ofWindow(&transpiler, call, true) }),
        ("percentile_disc", .written { (transpiler, call) throws(SQLError) in try ofWindow(&transpiler, call, false) }),
    ]

    /// Sorted values, and how many there are.
    private struct Sorted {
        let array: Expression
        let count: Expression
        let dialect: SQLDialect

        /// The element of a number that is counted from 1.
        private func element(_ number: Expression) -> Expression {
            let position: SubscriptAccess.Position =
                dialect == .postgres ? .index(number) : .ordinal(number, safe: true)
            return .subscripted(SubscriptAccess(operand: array, position: position))
        }

        private func whole(_ number: Expression) -> Expression {
            .cast(number, to: dialect == .postgres ? .int32 : .int64)
        }

        /// The first value that no smaller share of all values than `fraction` reaches up to.
        func discrete(_ fraction: Expression) -> Expression {
            let number = whole(.call("CEIL", .binary(fraction, .multiply, count)))
            return element(.call("GREATEST", number, .integer(1)))
        }

        /// The value at `fraction` of the way from the first to the last, between two of them where it is between.
        func continuous(_ fraction: Expression) -> Expression {
            let place = Expression.binary(fraction, .multiply, .binary(count, .subtract, .integer(1)))
            let floor = Expression.call("FLOOR", place)
            let ceiling = Expression.call("CEIL", place)
            let rest = Expression.binary(place, .subtract, floor)
            let first = element(.binary(whole(floor), .add, .integer(1)))
            let second = element(.binary(whole(ceiling), .add, .integer(1)))
            let span = Expression.binary(second, .subtract, first)
            let between = Expression.binary(first, .add, .binary(rest, .multiply, span))
            // What is not between two values is not computed: the span of infinities is no number.
            let branch = Conditional.Branch(condition: .binary(floor, .equal, ceiling), result: first)
            return .conditional(Conditional(branches: [branch], otherwise: between))
        }
    }

    // MARK: To GoogleSQL

    /// `percentile_cont(0.5) WITHIN GROUP (ORDER BY x)`.
    private static func ofGroup(
        _ transpiler: inout Transpiler, _ call: FunctionCall, _ isContinuous: Bool
    ) throws(SQLError) -> Expression {
        let name = call.name.name.lowercased()
        guard call.arguments.count == 1, let key = call.modifiers?.withinGroup.first,
            call.modifiers?.withinGroup.count == 1
        else {
            try transpiler.refuse("this \(name)", "Write \(name)(0.5) WITHIN GROUP (ORDER BY x).", at: call.info.range)
            return .function(call)
        }
        let fraction = call.values[0]
        if transpiler.type(of: fraction)?.isArray ?? false {
            try transpiler.refuse("\(name) of an array", "Write a call for each fraction.", at: call.info.range)
            return .function(call)
        }
        guard let kind = try transpiler.type(ofSorted: key.value, isContinuous, name) else { return .function(call) }
        let value = isContinuous && kind != .float64 ? Expression.cast(key.value, to: .float64) : key.value
        var array = call.with([value], name: "ARRAY_AGG")
        array.modifiers = CallModifiers(
            nulls: .ignore, orderBy: [OrderItem(value: key.value, direction: key.direction?.plain)])
        let sorted = Sorted(array: .function(array), count: .call("COUNT", key.value), dialect: .bigQuery)
        return isContinuous ? sorted.continuous(fraction) : sorted.discrete(fraction)
    }

    // MARK: To PostgreSQL

    /// `PERCENTILE_CONT(x, 0.5) OVER (PARTITION BY k)`.
    private static func ofWindow(
        _ transpiler: inout Transpiler, _ call: FunctionCall, _ isContinuous: Bool
    ) throws(SQLError) -> Expression {
        let name = call.name.name.uppercased()
        guard call.arguments.count == 2, call.modifiers?.nulls != .respect else {
            let advice = "Write \(name)(x, 0.5), which ignores nulls."
            try transpiler.refuse("this \(name)", advice, at: call.info.range)
            return .function(call)
        }
        let (value, fraction) = (call.values[0], call.values[1])
        guard let kind = try transpiler.type(ofSorted: value, isContinuous, name) else { return .function(call) }
        let isExact = kind.isExactNumber
        guard let over = call.modifiers?.over else {
            // The rows are grouped already.
            var group = call.with([fraction], name: name.lowercased())
            group.modifiers = CallModifiers(withinGroup: [OrderItem(value: value)])
            return .function(group)
        }
        var window = WindowSpecification()
        switch over {
        case .name(let base): window.base = base
        case .specification(let specification): window = specification
        }
        guard window.orderBy.isEmpty, window.frame == nil else {
            try transpiler.refuse("\(name) over ordered rows", "Leave out ORDER BY.", at: call.info.range)
            return .function(call)
        }
        window.orderBy = [OrderItem(value: value)]
        window.frame = WindowFrame(unit: .rows, start: .unboundedPreceding, end: .unboundedFollowing)
        let element = isContinuous && !isExact && kind != .float64 ? Expression.cast(value, to: .float64) : value
        var array = call.with([element], name: "array_agg")
        array.modifiers = CallModifiers(filter: .isNotNull(value), over: .specification(window))
        var count = call.with([value], name: "count")
        count.modifiers = CallModifiers(over: over)
        let sorted = Sorted(array: .function(array), count: .function(count), dialect: .postgres)
        guard isContinuous else { return sorted.discrete(fraction) }
        // NUMERIC has nine digits behind the point.
        let result = sorted.continuous(fraction)
        return kind == .numeric ? .call("round", result, .integer(9)) : result
    }
}

extension OrderItem.Direction {
    /// The direction without the operator that says it.
    fileprivate var plain: OrderItem.Direction {
        switch self {
        case .using(let operation): operation == .greater || operation == .greaterOrEqual ? .descending : .ascending
        case .ascending, .descending: self
        }
    }
}

extension Transpiler {
    /// The type of values that a percentile is taken of; nil when that has been refused.
    fileprivate mutating func type(
        ofSorted value: Expression, _ isContinuous: Bool, _ name: String
    ) throws(SQLError) -> DataType.Kind? {
        guard let kind = type(of: value) else {
            try needType(of: value, for: name)
            return nil
        }
        if kind.isNumber || !(isContinuous || kind.isArray || kind == .json || kind == .jsonb) { return kind }
        try refuse("\(name) of \(DataType(kind: kind).sql(source))", at: value.info.range)
        return nil
    }
}
