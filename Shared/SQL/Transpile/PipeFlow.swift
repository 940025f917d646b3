extension PipeRewriter {
    /// The query that a pipe has become so far.
    struct Flow {
        var query: Query
        var madeNames: Int
        /// The select's FROM is in sight of the next operator: nothing but conditions and joins stand before it.
        var isOpen = false

        init(query: Query, madeNames: Int) {
            self.query = query
            self.madeNames = madeNames
        }

        var select: Select? { if case .select(let select) = query.body { select } else { nil } }

        /// The select list is a star alone.
        var isStar: Bool {
            guard let items = select?.items, items.count == 1, case .star(let star) = items[0].value else {
                return false
            }
            return star.qualifier.isEmpty && star.except.isEmpty && star.replace.isEmpty
        }
    }
}

extension PipeRewriter.Flow {
    mutating func apply(_ operation: PipeOperator, at range: SourceRange) throws(SQLError) {
        switch operation {
        case .condition(let condition): change { $0.condition = .all(of: [$0.condition, condition].compactMap { $0 }) }
        case .join(let join): change { $0.from[$0.from.count - 1].joins.append(join) }
        case .select(let select):
            close { flow in
                flow.items = select.items
                flow.distinct = select.distinct
                flow.shape = select.shape
                flow.windows += select.windows
            }
        case .extend(let items), .window(let items): close { $0.items += items }
        case .set(let items):
            close { $0.items = [SelectItem(.star(Star(replace: items)))] }
        case .drop(let names): close { $0.items = [SelectItem(.star(Star(except: names)))] }
        case .rename(let items): try rename(items, at: range)
        case .alias(let name): nest(as: name)
        case .distinct: close { $0.distinct = .distinct }
        case .aggregate(let items, let keys, let andOrderBy): aggregate(items, keys, andOrderBy)
        case .orderBy(let items):
            if !query.orderBy.isEmpty || query.limit != nil { nest() }
            query.orderBy = items
            isOpen = false
        case .limit(let limit, let offset):
            if query.limit != nil { nest() }
            query.limit = limit
            query.offset = offset
            isOpen = false
        case .setOperation(let kind, let all, let matching, let queries):
            let operands =
                [query.isOnlyBody ? query.body : .query(query)] + queries.map { $0.isOnlyBody ? $0.body : .query($0) }
            query = Query(
                body: .setOperation(SetOperation(kind: kind, all: all, matching: matching, operands: operands)))
            isOpen = false
        case .suffix(let suffix): pivot(suffix)
        case .with(let tables):
            query.with = With(tables: (query.with?.tables ?? []) + tables)
        case .call:
            throw SQLError(
                .noEquivalent, "A table function cannot be called on what a pipe holds. Call it in FROM.", at: range)
        }
    }

    /// Changes what comes before the select list, in the select at hand or in a new one over it.
    private mutating func change(_ body: (inout Select) -> Void) {
        if !isOpen { nest() }
        guard var select else { return }
        body(&select)
        query.body = .select(select)
    }

    /// Changes the select list, after which the tables are out of sight.
    private mutating func close(_ body: (inout Select) -> Void) {
        change(body)
        isOpen = false
    }

    /// Makes the query a table of a new one.
    private mutating func nest(as name: Identifier? = nil) {
        madeNames += 1
        var inner = query
        let with = inner.with
        inner.with = nil
        let alias = TableAlias(name: name ?? Identifier("piped_\(madeNames)"))
        let relation = Relation.subquery(DerivedTable(query: inner, alias: alias))
        query = Query(Select(items: [SelectItem(.star)], from: [FromItem(relation: relation)]))
        query.with = with
        isOpen = true
    }

    private mutating func rename(_ items: [SelectItem], at range: SourceRange) throws(SQLError) {
        guard !isOpen, var select, query.isOnlyBody, select.groupBy?.all != true, select.distinct == nil,
            !select.items.contains(where: \.isStar)
        else {
            throw SQLError(
                .noEquivalent, "RENAME of columns that are not listed before. Write SELECT a AS b, ….", at: range)
        }
        for item in items {
            guard case .column(let column) = item.value, let alias = item.alias else { continue }
            let index = select.items.firstIndex { $0.alias == column.name || $0.isColumn(column.name, .bigQuery) }
            if let index { select.items[index].alias = alias }
        }
        query.body = .select(select)
    }

    private mutating func aggregate(
        _ items: [PipeOperator.AggregateItem], _ keys: [PipeOperator.GroupingItem], _ andOrderBy: Bool
    ) {
        var grouped: [PipeOperator.AggregateItem] = []
        var elements: [GroupBy.Element] = []
        var seen: Set<Expression> = []
        for key in keys {
            switch key {
            case .key(let item):
                grouped.append(item)
                elements.append(.expression(reference(to: item.item, at: grouped.count)))
            case .sets(let sets):
                grouped += sets.keys.filter { seen.insert($0).inserted }.map { .init(item: SelectItem(value: $0)) }
                elements.append(sets)
            }
        }
        close { select in
            select.items = grouped.map(\.item) + items.map(\.item)
            select.groupBy = keys.isEmpty ? nil : GroupBy(elements: elements)
        }
        let ordered = (andOrderBy ? grouped : grouped.filter { $0.order != nil }) + items.filter { $0.order != nil }
        query.orderBy = ordered.enumerated().map { index, key in
            OrderItem(
                value: key.item.alias.map { .column($0.name) } ?? key.item.value, direction: key.order, nulls: key.nulls
            )
        }
    }

    /// How GROUP BY names an item of the select list, which has this number.
    private func reference(to item: SelectItem, at ordinal: Int) -> Expression {
        if case .column = item.value { return item.value }
        return item.alias.map { .column($0.name) } ?? .integer(ordinal)
    }

    private mutating func pivot(_ suffix: RelationSuffix) {
        if !isOpen || (select?.from.count ?? 0) != 1 || select?.from[0].joins.isEmpty == false
            || select?.condition != nil
        {
            nest()
        }
        change { select in
            switch select.from[0].relation {
            case .table(var table):
                table.suffixes.append(suffix)
                select.from[0].relation = .table(table)
            case .subquery(var derived):
                derived.suffixes.append(suffix)
                select.from[0].relation = .subquery(derived)
            case .function, .unnest, .join, .placeholder: break
            }
        }
    }
}
