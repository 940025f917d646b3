extension SQLWriter {
    mutating func select(_ select: Select) {
        leadingComments(select.info)
        write("SELECT")
        switch select.distinct {
        case .distinct: write(" DISTINCT")
        case .on(let keys):
            write(" DISTINCT ON (")
            list(keys) { $0.expression($1) }
            write(")")
        case nil: break
        }
        switch select.shape {
        case .structure: write(" AS STRUCT")
        case .value: write(" AS VALUE")
        case .named(let type):
            write(" AS ")
            name(type)
        case nil: break
        }
        if !select.items.isEmpty { clause(select.items) { $0.selectItem($1) } }
        if !select.from.isEmpty {
            newLine()
            write("FROM")
            from(select.from)
        }
        if let condition = select.condition { self.condition("WHERE", condition) }
        if let groupBy = select.groupBy { self.groupBy(groupBy) }
        if let having = select.having { condition("HAVING", having) }
        if let qualify = select.qualify { condition("QUALIFY", qualify) }
        if !select.windows.isEmpty {
            newLine()
            write("WINDOW")
            clause(select.windows) { writer, window in
                writer.name(window.name)
                writer.write(" AS ")
                writer.window(window.window)
            }
        }
        trailingComments(select.info)
    }

    mutating func selectItem(_ item: SelectItem) {
        leadingComments(item.info)
        expression(item.value)
        alias(item.alias)
        trailingComments(item.info)
    }

    private mutating func condition(_ word: StaticString, _ condition: Expression) {
        newLine()
        write(word)
        write(" ")
        level += 1
        expression(condition)
        level -= 1
    }

    private mutating func groupBy(_ groupBy: GroupBy) {
        newLine()
        write("GROUP BY")
        if groupBy.all { return write(" ALL") }
        if groupBy.distinct { write(" DISTINCT") }
        clause(groupBy.elements) { $0.element($1) }
    }

    mutating func element(_ element: GroupBy.Element) {
        switch element {
        case .expression(let value): expression(value)
        case .rollup(let sets):
            write("ROLLUP (")
            list(sets) { $0.keys($1) }
            write(")")
        case .cube(let sets):
            write("CUBE (")
            list(sets) { $0.keys($1) }
            write(")")
        case .groupingSets(let elements):
            write("GROUPING SETS (")
            list(elements) { $0.element($1) }
            write(")")
        case .empty: write("()")
        case .set(let keys):
            write("(")
            list(keys) { $0.expression($1) }
            write(")")
        }
    }

    private mutating func keys(_ keys: [Expression]) {
        if keys.count == 1 { return expression(keys[0]) }
        write("(")
        list(keys) { $0.expression($1) }
        write(")")
    }

    // MARK: FROM

    private mutating func from(_ items: [FromItem]) {
        let isSimple = items.count == 1
        if isSimple {
            write(" ")
            return fromItem(items[0])
        }
        clause(items) { $0.fromItem($1) }
    }

    mutating func fromItem(_ item: FromItem) {
        relation(item.relation)
        for join in item.joins {
            newLine()
            self.join(join)
        }
    }

    mutating func join(_ join: Join) {
        leadingComments(join.info)
        if join.natural { write("NATURAL ") }
        switch join.kind {
        case .inner: write("JOIN ")
        case .left: write("LEFT JOIN ")
        case .right: write("RIGHT JOIN ")
        case .full: write("FULL JOIN ")
        case .cross: write("CROSS JOIN ")
        }
        relation(join.relation)
        switch join.condition {
        case .on(let condition):
            write(" ON ")
            level += 1
            expression(condition)
            level -= 1
        case .using(let columns, let alias):
            write(" USING (")
            names(columns)
            write(")")
            self.alias(alias)
        case nil: break
        }
        trailingComments(join.info)
    }

    mutating func relation(_ relation: Relation) {
        if isFull() { return }
        switch relation {
        case .table(let table): self.table(table)
        case .subquery(let derived):
            if derived.lateral { write("LATERAL ") }
            subquery(derived.query)
            tableAlias(derived.alias)
            suffixes(derived.suffixes)
        case .function(let function): self.function(function)
        case .unnest(let unnest): self.unnest(unnest)
        case .join(let joined):
            write("(")
            fromItem(joined.item)
            write(")")
            tableAlias(joined.alias)
            suffixes(joined.suffixes)
        case .placeholder(let node):
            placeholder(node.placeholder)
            tableAlias(node.alias)
        }
    }

    private mutating func table(_ table: TableReference) {
        leadingComments(table.info)
        if table.only { write("ONLY ") }
        name(table.name)
        if let moment = table.systemTime {
            write(" FOR SYSTEM_TIME AS OF ")
            expression(moment)
        }
        tableAlias(table.alias)
        suffixes(table.suffixes)
        trailingComments(table.info)
    }

    private mutating func function(_ function: TableFunction) {
        if function.lateral { write("LATERAL ") }
        if function.calls.count == 1, function.calls[0].columns.isEmpty {
            expression(function.calls[0].call)
        } else {
            write("ROWS FROM(")
            list(function.calls) { writer, call in
                writer.expression(call.call)
                guard !call.columns.isEmpty else { return }
                writer.write(" AS ")
                writer.columns(call.columns)
            }
            write(")")
        }
        if function.ordinality { write(" WITH ORDINALITY") }
        tableAlias(function.alias)
        suffixes(function.suffixes)
    }

    private mutating func unnest(_ unnest: Unnest) {
        if unnest.lateral { write("LATERAL ") }
        write("UNNEST(")
        list(unnest.arrays) { writer, argument in
            if case .name(let name) = argument.label {
                writer.name(name, .label)
                writer.write(" => ")
            }
            writer.expression(argument.value)
            writer.alias(argument.alias)
        }
        write(")")
        if unnest.ordinality { write(" WITH ORDINALITY") }
        tableAlias(unnest.alias)
        if let offset = unnest.offset {
            write(" WITH OFFSET")
            alias(offset.name)
        }
        suffixes(unnest.suffixes)
    }

    mutating func tableAlias(_ alias: TableAlias?) {
        guard let alias else { return }
        write(" AS ")
        if let name = alias.name { self.name(name) }
        if !alias.columns.isEmpty { columns(alias.columns) }
    }

    private mutating func columns(_ columns: [TableAlias.Column]) {
        write("(")
        list(columns) { writer, column in
            writer.name(column.name, .label)
            guard let type = column.type else { return }
            writer.write(" ")
            writer.type(type)
        }
        write(")")
    }

    // MARK: Suffixes

    private mutating func suffixes(_ suffixes: [RelationSuffix]) {
        for suffix in suffixes {
            write(" ")
            self.suffix(suffix)
        }
    }

    mutating func suffix(_ suffix: RelationSuffix) {
        switch suffix {
        case .sample(let sample):
            write("TABLESAMPLE ")
            name(sample.method, .function)
            write("(")
            list(sample.arguments) { $0.expression($1) }
            if let unit = sample.unit {
                write(" ")
                write(string: unit)
            }
            write(")")
            if let seed = sample.seed {
                write(" REPEATABLE (")
                expression(seed)
                write(")")
            }
        case .pivot(let pivot):
            write("PIVOT(")
            list(pivot.aggregates) { $0.selectItem($1) }
            write(" FOR ")
            expression(pivot.input, above: operators.precedence.range)
            write(" IN (")
            list(pivot.values) { $0.selectItem($1) }
            write("))")
            alias(pivot.alias)
        case .unpivot(let unpivot): self.unpivot(unpivot)
        }
    }

    private mutating func unpivot(_ unpivot: Unpivot) {
        write("UNPIVOT ")
        switch unpivot.includesNulls {
        case true?: write("INCLUDE NULLS ")
        case false?: write("EXCLUDE NULLS ")
        case nil: break
        }
        write("(")
        let isSeveral = unpivot.values.count > 1
        if isSeveral { write("(") }
        list(unpivot.values) { $0.name($1) }
        if isSeveral { write(")") }
        write(" FOR ")
        name(unpivot.name)
        write(" IN (")
        list(unpivot.columns) { writer, column in
            let isSeveral = column.columns.count > 1
            if isSeveral { writer.write("(") }
            writer.list(column.columns) { $0.expression(.column($1)) }
            if isSeveral { writer.write(")") }
            guard let label = column.label else { return }
            writer.write(" AS ")
            writer.expression(label)
        }
        write("))")
        alias(unpivot.alias)
    }
}
