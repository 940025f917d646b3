// Questions to a query whose answers need no catalogue.

extension Query {
    /// True when a `*` stands in a select list, the query's own or one within: what it returns, or reads, follows what other
    /// relations have. COUNT(*) does not count.
    public var hasStar: Bool {
        var finder = StarFinder()
        finder.visit(self)
        return finder.found
    }

    /// True when the query is one SELECT of one value that aggregates all rows: it gives one row whatever there is, unless
    /// HAVING takes it away.
    public func isOneAggregate(_ dialect: SQLDialect) -> Bool {
        guard case .select(let select) = body, select.groupBy == nil, select.having == nil, select.items.count == 1,
            limit == nil, offset == nil
        else { return false }
        return select.items[0].value.holdsAggregate(dialect.traits.functions, windows: false)
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
