// Questions to a query whose answers need no catalogue.

extension Query {
    /// True when a `*` stands in a select list, the query's own or one within: what it returns, or reads, follows what other
    /// relations have. COUNT(*) does not count.
    public var hasStar: Bool {
        var finder = StarFinder()
        finder.visit(self)
        return finder.found
    }

    /// True when the query counts all rows: one SELECT of one value that COUNT, COUNTIF or SUM gives, or that is reckoned
    /// from one.
    ///
    /// LIMIT and OFFSET make it nothing else, though they can take the count away.
    public func isCount(_ dialect: SQLDialect) -> Bool {
        guard case .select(let select) = body, select.items.count == 1, select.givesOneRow(dialect) else {
            return false
        }
        var finder = CountFinder()
        finder.visit(select.items[0].value)
        return finder.found
    }

    /// True when the query can be seen to give the same number of rows whatever there is: one SELECT that aggregates all
    /// rows, or reads none, and has no HAVING to take its one row away. LIMIT and OFFSET do so for good or not at all.
    public func hasFixedRowCount(_ dialect: SQLDialect) -> Bool {
        if case .select(let select) = body { select.givesOneRow(dialect) } else { false }
    }

    /// True when the values that columns have, and not only conditions and keys, may decide how many rows there are: SELECT
    /// DISTINCT, set operations that drop rows, functions that make several rows of one, PIVOT; and pipes and
    /// placeholders, which are not looked into.
    public func rowsFollowValues(_ dialect: SQLDialect) -> Bool {
        var finder = RowDecider(functions: dialect.traits.functions)
        finder.visit(self)
        return finder.found
    }

    /// The query that returns all rows of one of this query's tables of WITH; nil when there is none of that name.
    /// - Parameter name: In any case.
    public func query(ofCommonTable name: String) -> Query? {
        guard let table = with?.tables.last(where: { $0.name.name.lowercased() == name.lowercased() }) else {
            return nil
        }
        let select = Select(
            items: [SelectItem(value: .star)],
            from: [FromItem(relation: .table(TableReference(name: QualifiedName([table.name]))))]
        )
        return Query(with: with, body: .select(select))
    }
}

/// Looks for stars in select lists.
private struct StarFinder: TreeVisitor {
    var found = false

    mutating func visit(_ select: Select) {
        if select.items.contains(where: { if case .star = $0.value { true } else { false } }) { found = true }
        walk(select)
    }
}

/// Looks for what makes the number of rows follow from values.
private struct RowDecider: TreeVisitor {
    let functions: FunctionTraits
    var found = false

    mutating func visit(_ body: QueryBody) {
        switch body {
        case .setOperation(let operation) where !operation.all || operation.kind != .union: found = true
        case .pipe, .placeholder: found = true
        default: walk(body)
        }
    }

    mutating func visit(_ select: Select) {
        if case .distinct = select.distinct { found = true }
        if select.items.contains(where: { $0.value.mayMakeRows(functions) }) { found = true }
        walk(select)
    }

    mutating func visit(_ relation: Relation) {
        switch relation {
        case .function, .unnest, .placeholder: found = true
        case .table(let table): if !table.suffixes.isEmpty { found = true }
        case .subquery(let table): if !table.suffixes.isEmpty { found = true }
        case .join: break
        }
        walk(relation)
    }
}

extension Select {
    /// True when it gives one row whatever it reads.
    fileprivate func givesOneRow(_ dialect: SQLDialect) -> Bool {
        guard groupBy == nil, having == nil, qualify == nil else { return false }
        let functions = dialect.traits.functions
        guard !items.contains(where: { $0.value.mayMakeRows(functions) }) else { return false }
        return items.contains { $0.value.holdsAggregate(functions, windows: false) }
            || (from.isEmpty && condition == nil)
    }
}

/// Looks for aggregates that count.
private struct CountFinder: TreeVisitor {
    var found = false

    mutating func visit(_ expression: Expression) {
        if case .function(let call) = expression, call.modifiers?.over == nil,
            ["count", "countif", "sum"].contains(call.name.name.lowercased())
        {
            found = true
        }
        walk(expression)
    }

    /// What a query within counts are other rows.
    mutating func visit(_ query: Query) {}
}
