/// Functions over the rows of a group.
enum AggregateFunctions {
    private static let ofBoth = """
        count sum min max avg stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp \
        bit_and bit_or bit_xor
        """

    static let toBigQuery: FunctionTable.Family = [
        (ofBoth, .same),
        ("any_value array_agg string_agg countif", .same),
        ("bool_and every", .renamed("LOGICAL_AND")),
        ("bool_or", .renamed("LOGICAL_OR")),
        ("grouping", .bigQuery("GROUPING($1)")),
        ("json_agg jsonb_agg", .written(jsonArray)),
        ("json_object_agg jsonb_object_agg", .bigQuery("JSON_OBJECT(ARRAY_AGG($1), ARRAY_AGG($2))")),
        ("regr_count", .bigQuery("COUNTIF($1 IS NOT NULL AND $2 IS NOT NULL)")),
        ("regr_avgx", .bigQuery("AVG(IF($1 IS NULL, NULL, $2))")),
        ("regr_avgy", .bigQuery("AVG(IF($2 IS NULL, NULL, $1))")),
        ("regr_slope", .bigQuery("COVAR_POP($1, $2) / NULLIF(VAR_POP(IF($1 IS NULL, NULL, $2)), 0)")),
        ("regr_intercept regr_r2 regr_sxx regr_syy regr_sxy", .refused("Write it with COVAR_POP, VAR_POP and AVG.")),
        ("range_agg range_intersect_agg xmlagg", .refused("")),
    ]

    static let toPostgres: FunctionTable.Family = [
        (ofBoth, .same),
        ("any_value", .written(anyValue)),
        ("max_by", .postgres("(array_agg($1 ORDER BY $2 DESC) FILTER (WHERE $2 IS NOT NULL))[1]")),
        ("min_by", .postgres("(array_agg($1 ORDER BY $2) FILTER (WHERE $2 IS NOT NULL))[1]")),
        ("array_agg", .written(arrayAggregate)),
        ("string_agg", .written(stringAggregate)),
        ("logical_and", .renamed("bool_and")),
        ("logical_or", .renamed("bool_or")),
        ("countif", .written(countIf)),
        ("grouping", .same),
        ("approx_count_distinct", .postgres("count(DISTINCT $1)")),
        ("approx_quantiles", .written(quantiles)),
        ("approx_top_count approx_top_sum", .refused("Write GROUP BY with ORDER BY count(*) DESC LIMIT n.")),
        ("array_concat_agg", .refused("Write array_agg over unnest in a subquery.")),
    ]

    // MARK: To GoogleSQL

    private static func jsonArray(_: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        .call("TO_JSON", .function(call.renamed("ARRAY_AGG")))
    }

    // MARK: To PostgreSQL

    /// `COUNTIF(c)` is `COUNT(*) FILTER (WHERE c)`; with DISTINCT, a count of the one value TRUE.
    private static func countIf(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard let condition = call.values.first else { return try transpiler.wrongArguments(call) }
        var modifiers = call.modifiers ?? CallModifiers()
        modifiers.filter = condition
        var count = call.with(modifiers.distinct ? [condition] : [.star], name: "COUNT")
        count.modifiers = modifiers
        return .function(count)
    }

    /// Any value that is not null, which the smallest is; types without an order give the first one of an array.
    /// PostgreSQL has any_value itself from version 16 on.
    private static func anyValue(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        guard let value = call.values.first else { return try transpiler.wrongArguments(call) }
        var modifiers = call.modifiers ?? CallModifiers()
        let kind = transpiler.type(of: value)
        let hasOrder = kind.map { $0 != .boolean && $0 != .json && $0 != .jsonb && $0 != .bytes } ?? false
        if modifiers.having == nil, hasOrder { return .function(call.renamed("min")) }
        var conditions = modifiers.filter.map { [$0] } ?? []
        switch modifiers.having {
        case .maximum(let key):
            modifiers.orderBy = [OrderItem(value: key, direction: .descending)]
            conditions.append(.isNotNull(key))
        case .minimum(let key):
            modifiers.orderBy = [OrderItem(value: key)]
            conditions.append(.isNotNull(key))
        case nil: conditions.append(.isNotNull(value))
        }
        modifiers.having = nil
        modifiers.filter = .all(of: conditions)
        var array = call.renamed("array_agg")
        array.modifiers = modifiers
        return element(.function(array), .index(.integer(1)))
    }

    private static func element(_ array: Expression, _ position: SubscriptAccess.Position) -> Expression {
        .subscripted(SubscriptAccess(operand: array, position: position))
    }

    /// `ARRAY_AGG(x IGNORE NULLS ORDER BY y LIMIT n)`.
    private static func arrayAggregate(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        limited(ignoringNulls(call))
    }

    /// `STRING_AGG(x, ',' ORDER BY y LIMIT n)`; a comma is GoogleSQL's default.
    private static func stringAggregate(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        guard let value = call.values.first else { return try transpiler.wrongArguments(call) }
        let separator = call.arguments.count > 1 ? call.values[1] : .string(",")
        guard call.modifiers?.limit != nil else { return .function(call.with([value, separator])) }
        // Nulls are no strings to be counted.
        var modifiers = call.modifiers ?? CallModifiers()
        modifiers.nulls = .ignore
        var strings = call.with([value], name: "array_agg")
        strings.modifiers = modifiers
        return .call("array_to_string", limited(ignoringNulls(strings)), separator)
    }

    private static func ignoringNulls(_ call: FunctionCall) -> FunctionCall {
        guard var modifiers = call.modifiers, let nulls = modifiers.nulls else { return call }
        modifiers.nulls = nil
        if nulls == .ignore, let value = call.values.first {
            modifiers.filter = .all(of: (modifiers.filter.map { [$0] } ?? []) + [.isNotNull(value)])
        }
        var call = call
        call.modifiers = modifiers
        return call
    }

    /// The first elements of an aggregated array, where the call has a limit.
    private static func limited(_ call: FunctionCall) -> Expression {
        guard let limit = call.modifiers?.limit else { return .function(call) }
        var call = call
        call.modifiers?.limit = nil
        return element(.function(call), .slice(.integer(1), limit))
    }

    /// `APPROX_QUANTILES(x, n)`: the values at `n + 1` equal distances.
    private static func quantiles(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 2, let count = values[1].integerLiteral, (1...1000).contains(count),
            call.modifiers?.distinct != true
        else {
            let advice = "The number of quantiles has to be a literal."
            try transpiler.refuse("this APPROX_QUANTILES", advice, at: call.info.range)
            return .function(call)
        }
        let fractions = (0...count).map { index in
            Expression.literal(Literal(value: .decimal("\(Double(index) / Double(count))")))
        }
        var result = call.with([.array(ArrayConstructor(content: .elements(fractions)))], name: "percentile_disc")
        var modifiers = CallModifiers(withinGroup: [OrderItem(value: values[0])])
        modifiers.filter = call.modifiers?.filter
        result.modifiers = modifiers
        return .function(result)
    }
}
