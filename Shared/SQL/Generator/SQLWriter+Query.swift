extension SQLWriter {
    mutating func query(_ query: Query) {
        if isFull() { return }
        leadingComments(query.info)
        if let with = query.with { self.with(with) }
        body(query.body, parenthesized: false)
        if !query.orderBy.isEmpty {
            newLine()
            write("ORDER BY")
            clause(query.orderBy) { $0.orderItem($1) }
        }
        limit(query.limit, query.offset)
        for locking in query.locking { self.locking(locking) }
        trailingComments(query.info)
    }

    private mutating func limit(_ limit: Limit?, _ offset: Expression?) {
        // FETCH stands behind OFFSET, LIMIT before it.
        if let limit, !isFetch(limit) {
            newLine()
            write("LIMIT ")
            if let count = limit.count { expression(count) } else { write("ALL") }
        }
        if let offset {
            newLine()
            write("OFFSET ")
            expression(offset)
        }
        guard let limit, isFetch(limit), let count = limit.count else { return }
        if offset != nil { write(" ROWS") }
        newLine()
        write("FETCH FIRST ")
        if case .literal = count { expression(count) } else { write("("); expression(count); write(")") }
        if limit.withTies { write(" ROWS WITH TIES") } else { write(" ROWS ONLY") }
    }

    private func isFetch(_ limit: Limit) -> Bool { limit.withTies || (limit.isFetch.value && !style.canonical) }

    private mutating func locking(_ locking: Locking) {
        newLine()
        switch locking.strength {
        case .update: write("FOR UPDATE")
        case .noKeyUpdate: write("FOR NO KEY UPDATE")
        case .share: write("FOR SHARE")
        case .keyShare: write("FOR KEY SHARE")
        }
        if !locking.tables.isEmpty {
            write(" OF ")
            list(locking.tables) { $0.name($1) }
        }
        switch locking.waiting {
        case .noWait: write(" NOWAIT")
        case .skipLocked: write(" SKIP LOCKED")
        case nil: break
        }
    }

    /// The elements of a clause behind its words: on the same line if they fit, else one a line.
    mutating func clause<Element>(_ elements: [Element], _ body: (inout SQLWriter, Element) -> Void) {
        fit { writer in
            writer.write(" ")
            writer.list(elements, body)
        } orElse: { writer in
            writer.level += 1
            for (index, element) in elements.enumerated() {
                writer.newLine()
                body(&writer, element)
                if index + 1 < elements.count { writer.write(",") }
            }
            writer.level -= 1
        }
    }

    // MARK: WITH

    mutating func with(_ with: With) {
        if with.recursive { write("WITH RECURSIVE ") } else { write("WITH ") }
        for (index, table) in with.tables.enumerated() {
            if index > 0 {
                write(",")
                newLine()
            }
            commonTable(table)
        }
        newLine()
    }

    mutating func commonTable(_ table: CommonTable) {
        leadingComments(table.info)
        name(table.name)
        if !table.columns.isEmpty {
            write("(")
            names(table.columns)
            write(")")
        }
        write(" AS ")
        switch table.materialized {
        case true?: write("MATERIALIZED ")
        case false?: write("NOT MATERIALIZED ")
        case nil: break
        }
        write("(")
        level += 1
        softLine()
        statement(table.statement)
        level -= 1
        softLine()
        write(")")
        if let search = table.search {
            if search.depthFirst { write(" SEARCH DEPTH FIRST BY ") } else { write(" SEARCH BREADTH FIRST BY ") }
            names(search.columns)
            write(" SET ")
            name(search.place, .label)
        }
        if let cycle = table.cycle { self.cycle(cycle) }
        trailingComments(table.info)
    }

    private mutating func cycle(_ cycle: CommonTable.Cycle) {
        write(" CYCLE ")
        names(cycle.columns)
        write(" SET ")
        name(cycle.mark, .label)
        if let value = cycle.value, let otherwise = cycle.otherwise {
            write(" TO ")
            expression(value)
            write(" DEFAULT ")
            expression(otherwise)
        }
        write(" USING ")
        name(cycle.path, .label)
    }

    // MARK: Bodies

    mutating func body(_ body: QueryBody, parenthesized: Bool) {
        if parenthesized {
            write("(")
            level += 1
            softLine()
        }
        switch body {
        case .select(let select): self.select(select)
        case .setOperation(let operation): setOperation(operation)
        case .values(let values):
            write("VALUES")
            clause(values.rows) { writer, row in
                writer.write("(")
                writer.list(row) { $0.expression($1) }
                writer.write(")")
            }
        case .query(let query):
            write("(")
            level += 1
            softLine()
            self.query(query)
            level -= 1
            softLine()
            write(")")
        case .table(let name):
            write("TABLE ")
            self.name(name)
        case .pipe(let pipe): self.pipe(pipe)
        case .placeholder(let placeholder): self.placeholder(placeholder)
        }
        if parenthesized {
            level -= 1
            softLine()
            write(")")
        }
    }

    private func setLevel(_ kind: SetOperation.Kind) -> Int { kind == .intersect ? 2 : 1 }

    private mutating func setOperation(_ operation: SetOperation) {
        leadingComments(operation.info)
        let level = setLevel(operation.kind)
        for (index, operand) in operation.operands.enumerated() {
            if index > 0 {
                newLine()
                setWords(operation.kind, all: operation.all, operation.matching)
                newLine()
            }
            let needsParentheses: Bool
            switch operand {
            case .setOperation(let inner):
                let innerLevel = setLevel(inner.kind)
                let merges =
                    index == 0 && inner.kind == operation.kind && inner.all == operation.all
                    && inner.matching == nil && operation.matching == nil
                needsParentheses =
                    merges || !grammar.setOperationsMix || (index == 0 ? innerLevel < level : innerLevel <= level)
            case .pipe: needsParentheses = true
            default: needsParentheses = false
            }
            body(operand, parenthesized: needsParentheses)
        }
    }

    mutating func setWords(_ kind: SetOperation.Kind, all: Bool, _ matching: SetOperation.Matching?) {
        switch matching?.outer {
        case .full: write("FULL OUTER ")
        case .left: write("LEFT OUTER ")
        case .inner: write("INNER ")
        case .strict, nil: break
        }
        switch kind {
        case .union: write("UNION")
        case .intersect: write("INTERSECT")
        case .except: write("EXCEPT")
        }
        if all {
            write(" ALL")
        } else if grammar.setOperationsSayDistinct {
            write(" DISTINCT")
        }
        guard let matching else { return }
        if matching.outer == .strict { write(" STRICT") }
        let isByName = matching.mode == .byName
        if isByName { write(" BY NAME") } else { write(" CORRESPONDING") }
        guard !matching.columns.isEmpty else { return }
        if isByName { write(" ON (") } else { write(" BY (") }
        names(matching.columns)
        write(")")
    }

    // MARK: Pipes

    private mutating func pipe(_ pipe: Pipe) {
        switch pipe.source {
        case .from(let items):
            write("FROM ")
            list(items) { $0.fromItem($1) }
        case .query(let body): self.body(body, parenthesized: false)
        }
        for operation in pipe.operators {
            newLine()
            write("|> ")
            self.operation(operation)
        }
    }

    private mutating func operation(_ operation: PipeOperator) {
        switch operation {
        case .select(let select): self.select(select)
        case .extend(let items): words("EXTEND ", items)
        case .set(let items):
            write("SET ")
            list(items) { writer, item in
                if let alias = item.alias { writer.name(alias, .label) }
                writer.write(" = ")
                writer.expression(item.value)
            }
        case .drop(let columns):
            write("DROP ")
            names(columns)
        case .rename(let items): words("RENAME ", items)
        case .alias(let alias):
            write("AS ")
            name(alias)
        case .condition(let condition):
            write("WHERE ")
            expression(condition)
        case .limit(let limit, let offset):
            write("LIMIT ")
            if let count = limit.count { expression(count) }
            if let offset {
                write(" OFFSET ")
                expression(offset)
            }
        case .aggregate(let items, let keys, let andOrderBy):
            write("AGGREGATE")
            if !items.isEmpty { write(" ") }
            list(items) { $0.aggregateItem($1) }
            if keys.isEmpty { return }
            if andOrderBy { write(" GROUP AND ORDER BY ") } else { write(" GROUP BY ") }
            list(keys) { writer, key in
                switch key {
                case .key(let item): writer.aggregateItem(item)
                case .sets(let sets): writer.element(sets)
                }
            }
        case .distinct: write("DISTINCT")
        case .orderBy(let items):
            write("ORDER BY ")
            list(items) { $0.orderItem($1) }
        case .join(let join): self.join(join)
        case .call(let function):
            write("CALL ")
            relation(.function(function))
        case .suffix(let suffix): self.suffix(suffix)
        case .setOperation(let kind, let all, let matching, let queries):
            setWords(kind, all: all, matching)
            write(" ")
            list(queries) { $0.subquery($1) }
        case .window(let items): words("WINDOW ", items)
        case .with(let tables):
            write("WITH ")
            list(tables) { $0.commonTable($1) }
        }
    }

    private mutating func words(_ words: StaticString, _ items: [SelectItem]) {
        write(words)
        list(items) { $0.selectItem($1) }
    }

    private mutating func aggregateItem(_ item: PipeOperator.AggregateItem) {
        selectItem(item.item)
        switch item.order {
        case .ascending: write(" ASC")
        case .descending: write(" DESC")
        default: break
        }
        switch item.nulls {
        case .first: write(" NULLS FIRST")
        case .last: write(" NULLS LAST")
        case nil: break
        }
    }
}
