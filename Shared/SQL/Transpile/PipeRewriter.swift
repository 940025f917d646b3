/// Writes pipe syntax, PIVOT and UNPIVOT as ordinary queries of GoogleSQL, before anything else is done.
///
/// A query of pipes grows from the source on: an operator goes into the select at hand as long as that means the same,
/// and reads it as a subquery otherwise. PIVOT becomes a select with a condition in each aggregate, grouped by all other
/// columns; UNPIVOT joins an array of the values.
struct PipeRewriter: TreeRewriter {
    private var madeNames = 0

    mutating func rewrite(_ body: inout QueryBody) throws(SQLError) {
        try descend(&body)
        guard case .pipe(let pipe) = body else { return }
        var flow = Flow(query: Query(body: body), madeNames: madeNames)
        switch pipe.source {
        case .from(let items): flow.query = Query(Select(items: [SelectItem(.star)], from: items, info: pipe.info))
        case .query(let source): flow.query = Query(body: source)
        }
        flow.isOpen = flow.select?.from.isEmpty == false && flow.isStar
        for operation in pipe.operators { try flow.apply(operation, at: pipe.info.range) }
        madeNames = flow.madeNames
        // PIVOT as an operator stands behind a relation now.
        try descend(&flow.query)
        body = flow.query.isOnlyBody ? flow.query.body : .query(flow.query)
    }

    mutating func rewrite(_ query: inout Query) throws(SQLError) {
        try descend(&query)
        // A body that needs no parentheses gets rid of them.
        guard query.with == nil, query.orderBy.isEmpty, query.limit == nil, query.offset == nil,
            case .query(let inner) = query.body
        else { return }
        let info = query.info
        query = inner
        query.info = info
    }

    // MARK: PIVOT

    mutating func rewrite(_ relation: inout Relation) throws(SQLError) {
        try descend(&relation)
        switch relation {
        case .table(let table):
            var base = table
            base.suffixes = []
            try rewrite(&relation, table.suffixes, base: .table(base), alias: table.alias)
        case .subquery(let derived):
            var base = derived
            base.suffixes = []
            try rewrite(&relation, derived.suffixes, base: .subquery(base), alias: derived.alias)
        default: break
        }
    }

    private mutating func rewrite(
        _ relation: inout Relation, _ suffixes: [RelationSuffix], base: Relation, alias: TableAlias?
    ) throws(SQLError) {
        guard suffixes.contains(where: { if case .sample = $0 { false } else { true } }) else { return }
        relation = base
        for suffix in suffixes {
            let select: Select
            var name: Identifier?
            switch suffix {
            case .sample: continue
            case .pivot(let pivot):
                select = try Self.select(pivot, from: relation)
                name = pivot.alias
            case .unpivot(let unpivot):
                madeNames += 1
                select = Self.select(unpivot, from: relation, as: Identifier("unpivoted_\(madeNames)"))
                name = unpivot.alias
            }
            let made = name ?? alias?.name
            relation = .subquery(DerivedTable(query: Query(select), alias: made.map { TableAlias(name: $0) }))
        }
    }

    private static func select(_ pivot: Pivot, from relation: Relation) throws(SQLError) -> Select {
        var finder = ColumnFinder()
        finder.visit(pivot.input)
        for aggregate in pivot.aggregates { finder.visit(aggregate.value) }
        var items = [SelectItem(.star(Star(except: finder.names)))]
        for value in pivot.values {
            for aggregate in pivot.aggregates {
                guard case .function(var call) = aggregate.value else {
                    throw SQLError(.noEquivalent, "PIVOT takes calls of aggregates.", at: aggregate.value.range)
                }
                let condition = Expression.binary(pivot.input, .equal, value.value)
                if call.name.name.uppercased() == "COUNT", case .star? = call.values.first {
                    call = call.with([condition], name: "COUNTIF")
                } else if let first = call.values.first {
                    call.arguments[0].value = .call("IF", condition, first, .null)
                }
                let label = value.alias?.name ?? Self.label(value.value)
                guard let label else {
                    throw SQLError(.noEquivalent, "Give this value of PIVOT a name with AS.", at: value.value.range)
                }
                let name = aggregate.alias.map { "\($0.name)_\(label)" } ?? label
                items.append(SelectItem(value: .function(call), alias: Identifier(name)))
            }
        }
        return Select(items: items, from: [FromItem(relation: relation)], groupBy: GroupBy(elements: [], all: true))
    }

    /// The name that PIVOT gives the column of a value.
    private static func label(_ value: Expression) -> String? {
        if let text = value.stringLiteral { return text }
        return value.integerLiteral.map { $0 < 0 ? "_minus_\(-$0)" : "_\($0)" }
    }

    private static func select(_ unpivot: Unpivot, from relation: Relation, as name: Identifier) -> Select {
        let rows = unpivot.columns.enumerated().map { number, column -> Expression in
            var fields = zip(column.columns, unpivot.values).map { reference, value in
                SelectItem(value: .column(reference), alias: number == 0 ? value : nil)
            }
            let label = column.label ?? .string(column.columns.map(\.name.name).joined(separator: "_"))
            fields.append(SelectItem(value: label, alias: number == 0 ? unpivot.name : nil))
            return .row(RowConstructor(kind: number == 0 ? .structure : .tuple, fields: fields))
        }
        let array = Expression.list(rows)
        let elements = Relation.unnest(Unnest(arrays: [Argument(array)], alias: TableAlias(name: name)))
        let columns = unpivot.columns.flatMap { $0.columns.map(\.name) }
        let values = unpivot.values.map { Expression.column(ColumnReference(qualifier: [name], name: $0)) }
        let label = Expression.column(ColumnReference(qualifier: [name], name: unpivot.name))
        var select = Select(
            items: [SelectItem(.star(Star(except: columns + unpivot.values + [unpivot.name])))],
            from: [FromItem(relation: relation, joins: [Join(kind: .cross, relation: elements)])])
        if case .table(let table) = relation {
            select.items = [SelectItem(.star(Star(qualifier: [table.alias?.name ?? table.name.last], except: columns)))]
        } else if case .subquery(let derived) = relation, let alias = derived.alias?.name {
            select.items = [SelectItem(.star(Star(qualifier: [alias], except: columns)))]
        }
        select.items += (values + [label]).map { SelectItem(value: $0) }
        if !(unpivot.includesNulls ?? false) { select.condition = .any(of: values.map { .isNotNull($0) }) }
        return select
    }
}

/// The columns that expressions name.
private struct ColumnFinder: TreeVisitor {
    var names: [Identifier] = []

    mutating func visit(_ expression: Expression) {
        if case .column(let column) = expression, !names.contains(column.name) { names.append(column.name) }
        walk(expression)
    }
}
