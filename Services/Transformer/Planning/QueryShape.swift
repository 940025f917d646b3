/// What planning needs to know of a query, however it was spelled.
public struct QueryShape: Sendable, Equatable {
    /// One text for all spellings of the query: white space, comments and case of keywords make no difference.
    public var canonical: String
    /// The relations it reads, lower case, without the query's own CTEs: `raw.events`, `analytics.sessions`, `events`.
    public var tables: [String]
    /// Canonical texts of the outermost SELECT's list; nil when the query is a set operation or VALUES.
    public var projections: [String]?
    /// Names of the output columns, as far as they can be seen; nil for an unnamed one.
    public var outputNames: [String?]
    /// The canonical text with an empty outermost SELECT list: what two queries share that differ in the list alone.
    public var skeleton: String
    /// True when a `*` stands anywhere (but in `COUNT(*)`): the output then follows what the inputs have.
    public var usesStar: Bool
    /// True when the outermost SELECT has GROUP BY.
    public var isGrouped: Bool
    /// True when positions in the list matter or rows are folded by it: DISTINCT, `GROUP BY 1`, `ORDER BY 1`.
    public var dependsOnListOrder: Bool
    /// Per projection: what a new one may not be without changing the rows of the others.
    public var projectionTraits: [ProjectionTraits]
}

/// What a projection contains that could change how many rows there are.
public struct ProjectionTraits: Sendable, Equatable {
    /// Names of called functions, lower case, those with OVER left out.
    public var functions: Set<String>
    public var hasSubquery: Bool

    public init(functions: Set<String>, hasSubquery: Bool) {
        self.functions = functions
        self.hasSubquery = hasSubquery
    }
}

extension QueryShape {
    /// True when `new` gives the same rows and columns as this query, and further columns beside them.
    public func isExtended(by new: QueryShape) -> Bool {
        guard let old = projections, let list = new.projections, skeleton == new.skeleton, list.count > old.count,
            !new.dependsOnListOrder, !usesStar, !new.usesStar
        else { return false }
        var remaining = old[...]
        for (index, projection) in list.enumerated() {
            if remaining.first == projection {
                remaining = remaining.dropFirst()
            } else if !new.isHarmless(new.projectionTraits[index]) {
                return false
            }
        }
        return remaining.isEmpty
    }

    /// A projection that neither multiplies nor folds rows. Unknown functions count as harmful: they may return sets.
    private func isHarmless(_ traits: ProjectionTraits) -> Bool {
        guard !traits.hasSubquery else { return false }
        let allowed = isGrouped ? Self.scalarFunctions.union(Self.aggregateFunctions) : Self.scalarFunctions
        return traits.functions.isSubset(of: allowed)
    }

    private static let scalarFunctions: Set<String> = [
        "abs", "ceil", "ceiling", "char_length", "coalesce", "concat", "date", "date_part", "date_trunc", "extract",
        "floor", "format", "greatest", "ifnull", "initcap", "least", "left", "length", "lower", "lpad", "ltrim", "md5",
        "mod", "nullif", "power", "regexp_replace", "replace", "right", "round", "rpad", "rtrim", "sign", "split_part",
        "sqrt", "strpos", "substr", "substring", "timestamp_trunc", "to_char", "to_date", "to_timestamp", "trim",
        "trunc",
        "upper",
    ]
    private static let aggregateFunctions: Set<String> = [
        "any_value", "array_agg", "avg", "bool_and", "bool_or", "count", "countif", "max", "min", "stddev",
        "string_agg",
        "sum", "variance",
    ]
}
