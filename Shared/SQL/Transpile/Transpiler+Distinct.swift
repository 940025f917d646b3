// DISTINCT ON, QUALIFY and WITH TIES: conditions on the place of a row among others.

extension Transpiler {
    /// Brings a query of the source into a shape that can be said in the target, before anything in it is rewritten.
    mutating func prepare(_ query: inout Query) throws(SQLError) {
        guard case .select(var select) = query.body else { return }
        isPrepared = true
        switch direction {
        case .toBigQuery:
            if case .on(let keys) = select.distinct { qualify(&select, firstOf: keys, query.orderBy) }
            try rank(&select, &query)
            query.body = .select(select)
            for index in query.orderBy.indices {
                // Within an expression, PostgreSQL sees columns of FROM only, GoogleSQL names of the select list first.
                if case .column = query.orderBy[index].value { continue }
                let names = select.items.compactMap { item in
                    item.alias.flatMap { item.isColumn($0, source) ? nil : source.key($0) }
                }
                var qualifying = ColumnQualifying(types: types, dialect: source, names: Set(names))
                try qualifying.rewrite(&query.orderBy[index].value)
            }
        case .toPostgres:
            for index in query.orderBy.indices {
                // A name by itself is one of the select list in both; within an expression, only GoogleSQL sees it.
                if case .column = query.orderBy[index].value { continue }
                query.orderBy[index].value = withoutAliases(query.orderBy[index].value, select.items)
            }
            guard let qualify = select.qualify else { return }
            let condition = withoutAliases(qualify, select.items)
            if let distinct = distinctOn(select, condition, query) {
                query = distinct
            } else {
                query = try filtered(select, condition, query)
            }
        }
    }

    // MARK: To GoogleSQL

    /// `DISTINCT ON (k) … ORDER BY k, o`: the first row for each k, as ROW_NUMBER counts them.
    private func qualify(_ select: inout Select, firstOf keys: [Expression], _ orderBy: [OrderItem]) {
        let keys = keys.map { unaliased($0, select.items) }
        let order = orderBy.map { item in
            var item = item
            item.value = unaliased(item.value, select.items)
            return item
        }
        let rest = order.filter { item in !keys.contains(item.value) }
        select.distinct = nil
        let first = Self.windowed("ROW_NUMBER", partitionBy: keys, orderBy: rest)
        select.qualify = .binary(first, .equal, .integer(1))
    }

    static func windowed(_ name: String, partitionBy: [Expression], orderBy: [OrderItem]) -> Expression {
        var call = FunctionCall(name: Identifier(name))
        var modifiers = CallModifiers()
        modifiers.over = .specification(WindowSpecification(partitionBy: partitionBy, orderBy: orderBy))
        call.modifiers = modifiers
        return .function(call)
    }

    /// What a key of ORDER BY stands for: a number or a name of the select list stands for an item of it.
    private func unaliased(_ key: Expression, _ items: [SelectItem]) -> Expression {
        if let number = key.integerLiteral, number > 0, number <= items.count { return items[number - 1].value }
        if case .column(let column) = key, column.qualifier.isEmpty, let item = item(named: column.name, in: items) {
            return item.value
        }
        return key
    }

    /// `FETCH FIRST n ROWS WITH TIES`: rows of the first n ranks.
    private mutating func rank(_ select: inout Select, _ query: inout Query) throws(SQLError) {
        guard let limit = query.limit, limit.withTies, let count = limit.count else { return }
        guard query.offset == nil, select.distinct == nil, select.qualify == nil, !query.orderBy.isEmpty else {
            return try refuse(
                "WITH TIES beside DISTINCT or OFFSET", "Rank the rows in a subquery.", at: limit.info.range)
        }
        let order = query.orderBy.map { item in
            var item = item
            item.value = unaliased(item.value, select.items)
            return item
        }
        select.qualify = .binary(Self.windowed("RANK", partitionBy: [], orderBy: order), .lessOrEqual, count)
        query.limit = nil
    }

    // MARK: To PostgreSQL

    /// `QUALIFY ROW_NUMBER() OVER (PARTITION BY k ORDER BY o) = 1`, where the query is ordered by k and o or by nothing.
    private func distinctOn(_ select: Select, _ condition: Expression, _ query: Query) -> Query? {
        guard select.distinct == nil, case .binary(let node) = condition, node.operation == .equal,
            node.right.integerLiteral == 1, case .function(let call) = node.left,
            call.name.name.uppercased() == "ROW_NUMBER", case .specification(let window)? = call.modifiers?.over,
            window.base == nil, window.frame == nil, !window.partitionBy.isEmpty
        else { return nil }
        let keys = window.partitionBy
        var result = query
        if query.orderBy.isEmpty {
            result.orderBy = keys.map { OrderItem(value: $0) } + window.orderBy
        } else {
            let order = query.orderBy.map { unaliased($0.value, select.items) }
            let before = Set(order.prefix(keys.count))
            let rest = Array(query.orderBy.dropFirst(keys.count))
            guard before == Set(keys), order.count == keys.count + window.orderBy.count,
                zip(rest, window.orderBy).allSatisfy({ first, second in
                    unaliased(first.value, select.items) == second.value && first.nulls == second.nulls
                        && (first.direction == .descending) == (second.direction == .descending)
                })
            else { return nil }
        }
        var select = select
        select.qualify = nil
        select.distinct = .on(keys)
        result.body = .select(select)
        return result
    }

    /// The select in FROM of another one, with the condition as a column.
    private mutating func filtered(_ select: Select, _ condition: Expression, _ query: Query) throws(SQLError) -> Query
    {
        var inner = select
        inner.items = expandedStars(select.items)
        if let star = inner.items.first(where: \.isStar) {
            try refuse(
                "QUALIFY beside a star over columns that are not known", "Give a catalogue, or list the columns.",
                at: types.range(star.value.info.range))
        }
        var outer: [SelectItem] = []
        let alias = Identifier("qualified")
        let resolver = Resolver(catalog: SchemaCatalog(dialect: source), options: ResolveOptions())
        for index in inner.items.indices {
            let name = inner.items[index].alias ?? resolver.outputName(of: inner.items[index].value, at: index)
            if inner.items[index].alias == nil, !inner.items[index].isColumn(name, source) {
                inner.items[index].alias = name
            }
            outer.append(SelectItem(value: .column(ColumnReference(qualifier: [alias], name: name))))
        }
        let keys = Set(outer.indices.map { source.key(resolver.outputName(of: outer[$0].value, at: $0)) })
        inner.qualify = nil
        inner.distinct = nil
        var naming = AliasReplacement(items: select.items, dialect: source)
        var condition = condition
        try naming.rewrite(&condition)
        inner.items.append(SelectItem(value: condition, alias: "is_qualified"))
        var result = query
        for index in result.orderBy.indices {
            let value = result.orderBy[index].value
            if value.integerLiteral != nil { continue }
            if case .column(let column) = value, column.qualifier.isEmpty, keys.contains(source.key(column.name)) {
                continue
            }
            let name = Identifier("order_\(index + 1)")
            inner.items.append(SelectItem(value: value, alias: name))
            result.orderBy[index].value = .column(ColumnReference(qualifier: [alias], name: name))
        }
        var shell = Select(items: outer, info: select.info)
        shell.distinct = select.distinct
        shell.from = [FromItem(relation: .subquery(Query(body: .select(inner)), as: alias.name))]
        shell.condition = .column(ColumnReference(qualifier: [alias], name: "is_qualified"))
        result.body = .select(shell)
        return result
    }
}

/// Puts what a name of the select list stands for in the place of the name, which the list itself does not know.
private struct AliasReplacement: TreeRewriter {
    let items: [SelectItem]
    let dialect: SQLDialect

    mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
        guard case .column(let column) = expression, column.qualifier.isEmpty,
            let item = items.first(where: { item in
                item.alias.map { dialect.key($0) == dialect.key(column.name) } ?? false
            })
        else { return try descend(&expression) }
        expression = item.value
    }
}
