// Calls, and what stands around their arguments. What becomes of a function itself is in Functions/.

extension Transpiler {
    mutating func call(_ call: FunctionCall) throws(SQLError) -> Expression {
        var call = call
        if let modifiers = call.modifiers {
            call.modifiers = try self.modifiers(modifiers, of: call)
        }
        if direction == .toBigQuery, let filter = call.modifiers?.filter { call = try filtered(call, filter) }
        if direction == .toBigQuery, call.name.name == "COUNTIF" { return .function(call) }
        if let prefix = call.qualifier.first {
            guard call.qualifier.count == 1, try isFunctionPrefix(prefix, call) else {
                try unknownFunction(call)
                return .function(call)
            }
            call.qualifier = []
        }
        if direction == .toBigQuery, source.traits.functions.setReturning.contains(call.name.name.lowercased()),
            !isInFrom
        {
            try refuse("\(call.name.name)() outside of FROM", "Write it in FROM.", at: call.info.range)
            return .function(call)
        }
        guard let rule = functions.rule(for: call) else {
            if !isInFrom { try unknownFunction(call) }
            return .function(call)
        }
        return try apply(rule, to: call)
    }

    /// True for a prefix that can go: `pg_catalog.lower(s)`. GoogleSQL's own are refused, all others are schemas.
    private mutating func isFunctionPrefix(_ prefix: Identifier, _ call: FunctionCall) throws(SQLError) -> Bool {
        let name = prefix.name.lowercased()
        guard direction == .toPostgres else { return name == "pg_catalog" }
        if name == "safe" {
            let advice = "An error ends a query there: write CASE WHEN, with a condition on the arguments."
            try refuse("SAFE.\(call.name.name)", advice, at: call.info.range)
        } else if ["net", "hll_count", "kll_quantiles", "keys", "aead", "obj", "ml", "ai"].contains(name) {
            try refuse("\(prefix.name).\(call.name.name)", at: call.info.range)
        }
        return false
    }

    // MARK: FILTER

    /// Aggregates that take no notice of nulls, so that rows are left out by making their values null.
    static let skippingNulls: Set<String> = [
        "count", "sum", "avg", "min", "max", "bool_and", "bool_or", "every", "string_agg", "stddev", "stddev_pop",
        "stddev_samp", "variance", "var_pop", "var_samp", "bit_and", "bit_or", "bit_xor", "any_value", "logical_and",
        "logical_or",
    ]

    /// `SUM(x) FILTER (WHERE c)` is `SUM(IF(c, x, NULL))`, `COUNT(*) FILTER (WHERE c)` is `COUNTIF(c)`.
    private mutating func filtered(_ call: FunctionCall, _ filter: Expression) throws(SQLError) -> FunctionCall {
        var result = call
        result.modifiers?.filter = nil
        let name = call.name.name.lowercased()
        if name == "count", case .star? = call.values.first {
            result = result.with([filter], name: "COUNTIF")
        } else if Self.skippingNulls.contains(name), let first = call.values.first {
            // A constant separator of STRING_AGG must stay constant: only the first argument counts.
            var value = Expression.call("IF", filter, first, .null)
            value.info.range = first.info.range
            result.arguments[0].value = value
        } else if name == "array_agg", filter == call.values.first.map({ .isNotNull($0) }) {
            result.modifiers?.nulls = .ignore
        } else if name.hasPrefix("percentile_"), let key = call.modifiers?.withinGroup.first {
            var value = Expression.call("IF", filter, key.value, .null)
            value.info.range = key.value.info.range
            result.modifiers?.withinGroup[0].value = value
        } else {
            try refuse(
                "\(call.name.name.uppercased()) with FILTER", "Filter the rows in a subquery.", at: call.info.range)
            return call
        }
        if result.modifiers == CallModifiers() { result.modifiers = nil }
        return result
    }

    // MARK: Order and windows

    /// What stands around the arguments, with nulls where they stood.
    private mutating func modifiers(
        _ modifiers: CallModifiers, of call: FunctionCall
    ) throws(SQLError) -> CallModifiers {
        let name = call.name.name.lowercased()
        let range = call.info.range
        var modifiers = modifiers
        if direction == .toBigQuery {
            if !modifiers.withinGroup.isEmpty, !name.hasPrefix("percentile_") {
                try refuse("\(name) WITHIN GROUP", "Write APPROX_QUANTILES, or PERCENTILE_CONT with OVER.", at: range)
            }
            modifiers.nullsOutside = Spelling(false)
        } else {
            let isPercentile = name.hasPrefix("percentile_")
            if modifiers.nulls == .respect, !isPercentile { modifiers.nulls = nil }
            if modifiers.nulls == .ignore, modifiers.over != nil, !isPercentile, !Self.canIgnoreNulls.contains(name) {
                try refuse(
                    "\(name) with IGNORE NULLS and OVER", "Count the values up to the row, and group by that.",
                    at: range)
            }
        }
        // Nulls that are skipped stand nowhere. With DISTINCT, GoogleSQL orders by the argument only; its one null stands
        // where the direction puts it.
        let skips = Self.skippingNulls.contains(name) && modifiers.orderBy.allSatisfy { $0.value == call.values.first }
        let isDistinct = direction == .toBigQuery && modifiers.distinct
        modifiers.orderBy = ordered(modifiers.orderBy, skips || isDistinct ? .anywhere : .aggregate)
        if let over = modifiers.over { modifiers.over = try window(over, of: name) }
        return modifiers
    }

    /// Functions of windows for which PostgreSQL has another form that leaves out nulls.
    private static let canIgnoreNulls: Set<String> = ["array_agg", "first_value", "last_value", "nth_value"]

    /// Functions whose window has no frame, so that nulls may stand at either end for all that GoogleSQL cares.
    private static let frameless: Set<String> = [
        "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead",
    ]

    mutating func window(_ window: Window, of name: String?) throws(SQLError) -> Window {
        switch window {
        case .name(let base): return .name(identifier(base))
        case .specification(var specification):
            specification.base = specification.base.map { identifier($0) }
            if let frame = specification.frame {
                if direction == .toBigQuery, frame.unit == .groups || (frame.exclusion ?? .noOthers) != .noOthers {
                    try refuse("a frame of GROUPS, or with EXCLUDE", at: specification.info.range)
                }
                specification.frame?.exclusion = direction == .toBigQuery ? nil : frame.exclusion
                if direction == .toBigQuery { try countDistances(&specification) }
            }
            let place = place(of: specification, name)
            specification.orderBy = ordered(specification.orderBy, place)
            return .specification(specification)
        }
    }

    private func place(of window: WindowSpecification, _ name: String?) -> OrderPlace {
        if let name, Self.frameless.contains(name) { return .query }
        guard let frame = window.frame else { return .aggregate }
        guard frame.unit != .rows else { return .query }
        let bounds = [frame.start, frame.end ?? .currentRow]
        guard bounds.contains(where: \.isDistance) else { return .aggregate }
        // Between two distances there are no nulls, wherever they stand.
        let reachesEnd = bounds.contains(.unboundedPreceding) || bounds.contains(.unboundedFollowing)
        return reachesEnd ? .query : .anywhere
    }
}

extension Transpiler {
    /// GoogleSQL's frames of values have numbers for distances: dates are counted in days, moments in microseconds.
    private mutating func countDistances(_ window: inout WindowSpecification) throws(SQLError) {
        guard var frame = window.frame, frame.unit == .range, window.orderBy.count == 1,
            frame.start.hasInterval || frame.end?.hasInterval ?? false
        else { return }
        let key = window.orderBy[0].value
        let number: Expression
        let isDate: Bool
        switch type(of: key) {
        case .date: (number, isDate) = (.call("UNIX_DATE", key), true)
        case .timestampTZ: (number, isDate) = (.call("UNIX_MICROS", key), false)
        case .timestamp: (number, isDate) = (.call("UNIX_MICROS", .cast(key, to: .timestampTZ)), false)
        default: return try needType(of: key, for: "RANGE with an interval")
        }
        guard let start = frame.start.counted(inDays: isDate),
            let end = (frame.end ?? .currentRow).counted(inDays: isDate)
        else {
            return try refuse(
                "RANGE with months, or with parts of a day on dates", "Count days.", at: window.info.range)
        }
        frame.start = start
        if frame.end != nil { frame.end = end }
        window.frame = frame
        window.orderBy[0].value = number
    }
}

extension WindowFrame.Bound {
    private var distance: Expression? {
        switch self {
        case .preceding(let distance), .following(let distance): distance
        case .unboundedPreceding, .unboundedFollowing, .currentRow: nil
        }
    }

    fileprivate var hasInterval: Bool { if case .interval? = distance { true } else { false } }

    /// The bound with a number for an interval; nil where the interval has no fixed number.
    fileprivate func counted(inDays isDate: Bool) -> Self? {
        guard case .interval(let interval)? = distance, let unit = interval.from, interval.to == nil,
            let count = interval.value.integerLiteral
        else { return distance == nil ? self : nil }
        let span = IntervalText("\(count) \(unit)")
        guard let span, span.months == 0, !isDate || span.microseconds == 0 else { return nil }
        let number = isDate ? span.days : span.days * 86_400_000_000 + span.microseconds
        if case .preceding = self { return .preceding(.integer(number)) }
        return .following(.integer(number))
    }

    fileprivate var isDistance: Bool {
        switch self {
        case .preceding, .following: true
        case .unboundedPreceding, .unboundedFollowing, .currentRow: false
        }
    }
}
