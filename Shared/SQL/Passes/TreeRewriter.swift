/// Something that changes a tree in place. Each `rewrite` says what becomes of a node, and changes what is below it
/// with `descend`.
protocol TreeRewriter {
    mutating func rewrite(_ expression: inout Expression) throws(SQLError)
    mutating func rewrite(_ query: inout Query) throws(SQLError)
    mutating func rewrite(_ body: inout QueryBody) throws(SQLError)
    mutating func rewrite(_ select: inout Select) throws(SQLError)
    mutating func rewrite(_ relation: inout Relation) throws(SQLError)
    mutating func rewrite(_ join: inout Join) throws(SQLError)
    mutating func rewrite(_ statement: inout Statement) throws(SQLError)
}

extension TreeRewriter {
    mutating func rewrite(_ expression: inout Expression) throws(SQLError) { try descend(&expression) }
    mutating func rewrite(_ query: inout Query) throws(SQLError) { try descend(&query) }
    mutating func rewrite(_ body: inout QueryBody) throws(SQLError) { try descend(&body) }
    mutating func rewrite(_ select: inout Select) throws(SQLError) { try descend(&select) }
    mutating func rewrite(_ relation: inout Relation) throws(SQLError) { try descend(&relation) }
    mutating func rewrite(_ join: inout Join) throws(SQLError) { try descend(&join) }
    mutating func rewrite(_ statement: inout Statement) throws(SQLError) { try descend(&statement) }
}

// MARK: - Queries

extension TreeRewriter {
    mutating func descend(_ statement: inout Statement) throws(SQLError) {
        switch statement {
        case .query(var query):
            try rewrite(&query)
            statement = .query(query)
        case .insert(var node):
            try descend(&node)
            statement = .insert(node)
        case .update(var node):
            try descend(&node.with)
            try descend(&node.assignments)
            try descend(&node.from)
            try descend(&node.condition)
            try descend(&node.returning)
            statement = .update(node)
        case .delete(var node):
            try descend(&node.with)
            try descend(&node.using)
            try descend(&node.condition)
            try descend(&node.returning)
            statement = .delete(node)
        case .merge(var node):
            try descend(&node)
            statement = .merge(node)
        case .createTable(var node):
            if var query = node.query {
                try rewrite(&query)
                node.query = query
            }
            statement = .createTable(node)
        case .createView(var node):
            try rewrite(&node.query)
            statement = .createView(node)
        case .explain(var node):
            try rewrite(&node.statement)
            statement = .explain(node)
        // Their expressions are about the table's own columns.
        case .createIndex, .alterTable, .truncate, .createSchema, .drop, .grant: break
        case .utility(var node):
            try descend(&node)
            statement = .utility(node)
        }
    }

    private mutating func descend(_ assignments: inout [Assignment]) throws(SQLError) {
        for index in assignments.indices {
            for target in assignments[index].steps.indices {
                for place in assignments[index].steps[target].indices {
                    guard case .position(var position) = assignments[index].steps[target][place] else { continue }
                    try descend(&position)
                    assignments[index].steps[target][place] = .position(position)
                }
            }
            try rewrite(&assignments[index].value)
        }
    }

    private mutating func descend(_ utility: inout Utility) throws(SQLError) {
        switch utility {
        case .set(var node):
            try descend(&node.values)
            utility = .set(node)
        case .call(var node):
            try descend(&node.call)
            utility = .call(node)
        case .createRoutine(var node):
            try descend(&node.body)
            utility = .createRoutine(node)
        case .declare(var node):
            try descend(&node.value)
            utility = .declare(node)
        case .block(var node):
            try descend(&node)
            utility = .block(node)
        case .execute(var node):
            try rewrite(&node.text)
            try descend(&node.using)
            utility = .execute(node)
        case .transaction, .show, .comment, .maintenance, .refresh: break
        }
    }

    private mutating func descend(_ body: inout CreateRoutine.Body) throws(SQLError) {
        switch body {
        case .expression(var value):
            try rewrite(&value)
            body = .expression(value)
        case .query(var query):
            try rewrite(&query)
            body = .query(query)
        case .block(var block):
            try descend(&block)
            body = .block(block)
        case .text: break
        }
    }

    private mutating func descend(_ block: inout Block) throws(SQLError) {
        for index in block.statements.indices { try rewrite(&block.statements[index]) }
        guard var handler = block.handler else { return }
        for index in handler.indices { try rewrite(&handler[index]) }
        block.handler = handler
    }

    private mutating func descend(_ insert: inout Insert) throws(SQLError) {
        try descend(&insert.with)
        if case .query(var query) = insert.source {
            try rewrite(&query)
            insert.source = .query(query)
        }
        if case .update(var assignments, var condition)? = insert.onConflict?.action {
            try descend(&assignments)
            try descend(&condition)
            insert.onConflict?.action = .update(assignments, condition: condition)
        }
        try descend(&insert.returning)
    }

    private mutating func descend(_ merge: inout Merge) throws(SQLError) {
        try descend(&merge.with)
        try rewrite(&merge.source)
        try rewrite(&merge.condition)
        for index in merge.clauses.indices {
            try descend(&merge.clauses[index].condition)
            switch merge.clauses[index].action {
            case .update(var assignments):
                try descend(&assignments)
                merge.clauses[index].action = .update(assignments)
            case .insert(let columns, var values):
                try descend(&values)
                merge.clauses[index].action = .insert(columns: columns, values: values)
            case .insertOverriding(let overriding, let columns, var values):
                try descend(&values)
                merge.clauses[index].action = .insertOverriding(overriding, columns: columns, values: values)
            case .nothing, .delete, .insertRow, .insertDefaults: break
            }
        }
        try descend(&merge.returning)
    }

    mutating func descend(_ query: inout Query) throws(SQLError) {
        if query.with != nil { try descend(&query.with) }
        try rewrite(&query.body)
        try descend(&query.orderBy)
        try descend(&query.limit)
        try descend(&query.offset)
    }

    mutating func descend(_ with: inout With?) throws(SQLError) {
        guard var changed = with else { return }
        for index in changed.tables.indices { try rewrite(&changed.tables[index].statement) }
        with = changed
    }

    private mutating func descend(_ limit: inout Limit?) throws(SQLError) {
        guard var count = limit?.count else { return }
        try rewrite(&count)
        limit?.count = count
    }

    mutating func descend(_ body: inout QueryBody) throws(SQLError) {
        switch body {
        case .select(var select):
            try rewrite(&select)
            body = .select(select)
        case .setOperation(var operation):
            for index in operation.operands.indices { try rewrite(&operation.operands[index]) }
            body = .setOperation(operation)
        case .values(var values):
            for index in values.rows.indices { try descend(&values.rows[index]) }
            body = .values(values)
        case .query(var query):
            try rewrite(&query)
            body = .query(query)
        case .table, .placeholder: break
        case .pipe(var pipe):
            switch pipe.source {
            case .from(var items):
                try descend(&items)
                pipe.source = .from(items)
            case .query(var source):
                try rewrite(&source)
                pipe.source = .query(source)
            }
            for index in pipe.operators.indices { try descend(&pipe.operators[index]) }
            body = .pipe(pipe)
        }
    }

    mutating func descend(_ select: inout Select) throws(SQLError) {
        if case .on(var keys) = select.distinct {
            try descend(&keys)
            select.distinct = .on(keys)
        }
        try descend(&select.items)
        try descend(&select.from)
        try descend(&select.condition)
        if var groupBy = select.groupBy {
            for index in groupBy.elements.indices { try descend(&groupBy.elements[index]) }
            select.groupBy = groupBy
        }
        try descend(&select.having)
        try descend(&select.qualify)
        for index in select.windows.indices { try descend(&select.windows[index].window) }
    }

    private mutating func descend(_ key: inout PipeOperator.GroupingItem) throws(SQLError) {
        switch key {
        case .key(var item):
            try rewrite(&item.item.value)
            key = .key(item)
        case .sets(var sets):
            try descend(&sets)
            key = .sets(sets)
        }
    }

    mutating func descend(_ element: inout GroupBy.Element) throws(SQLError) {
        switch element {
        case .expression(var value):
            try rewrite(&value)
            element = .expression(value)
        case .rollup(var sets):
            for index in sets.indices { try descend(&sets[index]) }
            element = .rollup(sets)
        case .cube(var sets):
            for index in sets.indices { try descend(&sets[index]) }
            element = .cube(sets)
        case .groupingSets(var elements):
            for index in elements.indices { try descend(&elements[index]) }
            element = .groupingSets(elements)
        case .empty: break
        case .set(var keys):
            try descend(&keys)
            element = .set(keys)
        }
    }

    mutating func descend(_ items: inout [FromItem]) throws(SQLError) {
        for index in items.indices { try descend(&items[index]) }
    }

    mutating func descend(_ item: inout FromItem) throws(SQLError) {
        try rewrite(&item.relation)
        for index in item.joins.indices { try rewrite(&item.joins[index]) }
    }

    mutating func descend(_ join: inout Join) throws(SQLError) {
        try rewrite(&join.relation)
        guard case .on(var condition) = join.condition else { return }
        try rewrite(&condition)
        join.condition = .on(condition)
    }

    mutating func descend(_ relation: inout Relation) throws(SQLError) {
        switch relation {
        case .table(var table):
            try descend(&table.systemTime)
            try descend(&table.suffixes)
            relation = .table(table)
        case .subquery(var derived):
            try rewrite(&derived.query)
            try descend(&derived.suffixes)
            relation = .subquery(derived)
        case .function(var function):
            for index in function.calls.indices { try rewrite(&function.calls[index].call) }
            try descend(&function.suffixes)
            relation = .function(function)
        case .unnest(var unnest):
            for index in unnest.arrays.indices { try rewrite(&unnest.arrays[index].value) }
            try descend(&unnest.suffixes)
            relation = .unnest(unnest)
        case .join(var joined):
            try descend(&joined.item)
            try descend(&joined.suffixes)
            relation = .join(joined)
        case .placeholder: break
        }
    }

    private mutating func descend(_ suffixes: inout [RelationSuffix]) throws(SQLError) {
        for index in suffixes.indices { try descend(&suffixes[index]) }
    }

    private mutating func descend(_ suffix: inout RelationSuffix) throws(SQLError) {
        switch suffix {
        case .sample(var sample):
            try descend(&sample.arguments)
            try descend(&sample.seed)
            suffix = .sample(sample)
        case .pivot(var pivot):
            try descend(&pivot.aggregates)
            try rewrite(&pivot.input)
            try descend(&pivot.values)
            suffix = .pivot(pivot)
        case .unpivot(var unpivot):
            for index in unpivot.columns.indices { try descend(&unpivot.columns[index].label) }
            suffix = .unpivot(unpivot)
        }
    }

    private mutating func descend(_ operation: inout PipeOperator) throws(SQLError) {
        switch operation {
        case .select(var select):
            try rewrite(&select)
            operation = .select(select)
        case .extend(var items):
            try descend(&items)
            operation = .extend(items)
        case .set(var items):
            try descend(&items)
            operation = .set(items)
        case .window(var items):
            try descend(&items)
            operation = .window(items)
        case .drop, .alias, .distinct, .rename: break
        case .condition(var condition):
            try rewrite(&condition)
            operation = .condition(condition)
        case .limit(let limit, var offset):
            var changed: Limit? = limit
            try descend(&changed)
            try descend(&offset)
            operation = .limit(changed ?? limit, offset: offset)
        case .aggregate(var items, var keys, let andOrderBy):
            for index in items.indices { try rewrite(&items[index].item.value) }
            for index in keys.indices { try descend(&keys[index]) }
            operation = .aggregate(items, groupBy: keys, andOrderBy: andOrderBy)
        case .orderBy(var items):
            try descend(&items)
            operation = .orderBy(items)
        case .join(var join):
            try rewrite(&join)
            operation = .join(join)
        case .call(var function):
            for index in function.calls.indices { try rewrite(&function.calls[index].call) }
            operation = .call(function)
        case .suffix(var suffix):
            try descend(&suffix)
            operation = .suffix(suffix)
        case .setOperation(let kind, let all, let matching, var queries):
            for index in queries.indices { try rewrite(&queries[index]) }
            operation = .setOperation(kind, all: all, matching: matching, queries)
        case .with(var tables):
            for index in tables.indices { try rewrite(&tables[index].statement) }
            operation = .with(tables)
        }
    }
}
