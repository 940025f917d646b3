// Queries: WITH, set operations, VALUES.

extension Resolver {
    /// The columns of the query's result.
    mutating func resolve(_ query: inout Query) throws(SQLError) -> ColumnSet {
        let outer = common.count
        if query.with != nil {
            let recursion = recursion
            self.recursion = nil
            try define(&query.with)
            self.recursion = recursion
        }
        let isCut = query.limit != nil || query.offset != nil
        var columns: ColumnSet
        if case .select(var select) = query.body {
            query.body = .values(Values(rows: []))  // lets go of the select, so that it changes in place
            columns = try resolve(&select, orderBy: &query.orderBy, isCut: isCut)
            query.body = .select(select)
        } else {
            columns = try resolve(&query.body)
            if !query.orderBy.isEmpty {
                let keys = try order(&query.orderBy, by: columns)
                if isCut { columns = columns.filtered(by: keys) }
            }
        }
        if query.limit != nil || query.offset != nil { try limit(&query.limit, &query.offset) }
        common.removeSubrange(outer...)
        return columns
    }

    /// The numbers of rows; subqueries may stand there.
    mutating func limit(_ limit: inout Limit?, _ offset: inout Expression?) throws(SQLError) {
        if var count = limit?.count {
            _ = try resolve(&count)
            limit?.count = count
        }
        if var rows = offset {
            _ = try resolve(&rows)
            offset = rows
        }
    }

    /// ORDER BY behind a set operation and the like sees nothing but the columns of the result.
    private mutating func order(
        _ items: inout [OrderItem], by columns: ColumnSet
    ) throws(SQLError) -> [LineageEntry] {
        var scope = Scope()
        let name = Identifier("")
        scope.sources = [Scope.Source(key: name.name, alias: name, columns: columns)]
        scopes.append(scope)
        var keys = try resolve(&items)
        scopes.removeLast()
        for item in items {
            if let column = columns.columns.at(ordinal: item.value) { keys.merge(column.lineage) }
        }
        return keys
    }

    /// Brings the tables of WITH into sight; the caller lets go of them.
    mutating func define(_ with: inout With?) throws(SQLError) {
        guard var changed = with else { return }
        with = nil
        for index in changed.tables.indices { try resolve(&changed.tables[index], recursive: changed.recursive) }
        with = changed
    }

    mutating func resolve(_ table: inout CommonTable, recursive: Bool) throws(SQLError) {
        let key = dialect.key(table.name)
        guard case .query(var query) = table.statement else {
            let result = try resolve(&table.statement).returned ?? ColumnSet([])
            common.append((key, renamed(result, table.columns)))
            return
        }
        if recursive, case .setOperation = query.body {
            // What the first part returns is what the table is while the others run.
            common.append((key, ColumnSet([], isOpen: true)))
            recursion = (common.count - 1, table.columns)
            let whole = try resolve(&query)
            recursion = nil
            let columns = renamed(whole, table.columns)
            common[common.count - 1].columns = adding(table.search, table.cycle, to: columns)
        } else {
            let columns = try resolve(&query)
            common.append((key, renamed(columns, table.columns)))
        }
        table.statement = .query(query)
    }

    /// The columns that SEARCH and CYCLE add to a recursive table.
    private func adding(
        _ search: CommonTable.Search?, _ cycle: CommonTable.Cycle?, to columns: ColumnSet
    ) -> ColumnSet {
        if search == nil, cycle == nil { return columns }
        var list = columns.columns
        if let search { list.append(SourceColumn(key: dialect.key(search.place), name: search.place, type: nil)) }
        if let cycle {
            let type = cycle.value == nil ? DataType.Kind.boolean : nil
            list.append(SourceColumn(key: dialect.key(cycle.mark), name: cycle.mark, type: type))
            list.append(SourceColumn(key: dialect.key(cycle.path), name: cycle.path, type: nil))
        }
        return ColumnSet(list, filters: columns.filters, isOpen: columns.isOpen, rest: columns.rest)
    }

    /// The columns under other names, from the first on.
    mutating func renamed(_ columns: ColumnSet, _ names: [Identifier]) -> ColumnSet {
        if names.isEmpty { return columns }
        var list = columns.columns
        for (index, name) in names.enumerated() {
            if index < list.count {
                list[index].key = dialect.key(name)
                list[index].name = name
            } else if columns.isOpen {
                list.append(SourceColumn(key: dialect.key(name), name: name, type: nil))
            }
        }
        // Lineage is written out here: under another name it cannot be told from the table's name any more.
        if options.tracksLineage, let table = columns.table {
            for index in list.indices where list[index].lineage.isEmpty && index < columns.columns.count {
                let number = origin(table.description, columns.columns[index].name.name)
                list[index].lineage = [LineageEntry(column: number, usage: .copied)]
            }
        }
        return ColumnSet(
            list, filters: columns.filters, isOpen: columns.isOpen && names.count < list.count, rest: columns.rest)
    }

    // MARK: Bodies

    mutating func resolve(_ body: inout QueryBody) throws(SQLError) -> ColumnSet {
        switch body {
        case .select(var select):
            var none: [OrderItem] = []
            let columns = try resolve(&select, orderBy: &none, isCut: false)
            body = .select(select)
            return columns
        case .setOperation(var operation):
            let recursion = recursion
            self.recursion = nil
            var parts: [ColumnSet] = []
            for index in operation.operands.indices {
                parts.append(try resolve(&operation.operands[index]))
                if index == 0, let recursion {
                    common[recursion.table].columns = renamed(parts[0], recursion.columns)
                }
            }
            body = .setOperation(operation)
            return try combined(parts, operation)
        case .values(var values):
            var columns: [SourceColumn] = []
            for row in values.rows.indices {
                for index in values.rows[row].indices {
                    let value = try resolve(&values.rows[row][index])
                    if row == 0 {
                        let name = Identifier("column\(index + 1)")
                        columns.append(SourceColumn(key: name.name, name: name, value))
                    } else if index < columns.count {
                        columns[index].join(value)
                    }
                }
            }
            body = .values(values)
            return ColumnSet(columns)
        case .query(var query):
            let columns = try resolve(&query)
            body = .query(query)
            return columns
        case .table(let name):
            let table = Scope.Source(key: "", alias: Identifier(""), columns: try columns(of: name, at: name.range))
            return written(table)
        case .pipe(var pipe):
            let columns = try resolve(&pipe)
            body = .pipe(pipe)
            return columns
        case .placeholder: return ColumnSet([], isOpen: true)
        }
    }

    /// The columns of a relation with their lineage written out, as those of a query.
    mutating func written(_ source: Scope.Source) -> ColumnSet {
        guard options.tracksLineage, source.columns.table != nil else { return source.columns }
        var columns = source.columns.columns
        for index in columns.indices { columns[index].lineage = resolved(source, index).lineage }
        return ColumnSet(columns, isOpen: source.columns.isOpen, rest: source.columns.rest)
    }

    // MARK: Set operations

    /// What a set operation returns whose operands return `parts`.
    mutating func combined(_ parts: [ColumnSet], _ operation: SetOperation) throws(SQLError) -> ColumnSet {
        let isOpen = parts.contains { $0.isOpen }
        if let matching = operation.matching { return try matched(parts, matching, operation, isOpen: isOpen) }
        var columns = parts[0].columns
        var filters = parts[0].filters
        for part in parts.dropFirst() {
            if !isOpen, part.columns.count != columns.count {
                _ = try report(
                    SQLError(
                        .unresolved,
                        "The queries of a set operation return \(columns.count) and \(part.columns.count) columns; "
                            + "they must return as many.", at: operation.info.range))
            }
            filters.merge(part.filters)
            for index in 0..<min(columns.count, part.columns.count) {
                join(part.columns[index], to: &columns[index], &filters, operation.kind)
            }
        }
        return ColumnSet(columns, filters: filters, isOpen: isOpen)
    }

    private func join(
        _ other: SourceColumn, to column: inout SourceColumn, _ filters: inout [LineageEntry],
        _ kind: SetOperation.Kind
    ) {
        column.joinType(other.type, isUntyped: other.isUntyped)
        // What EXCEPT takes away decides which rows there are, not what they hold.
        if kind == .except { filters.merge(other.lineage) } else { column.lineage.merge(other.lineage) }
    }

    /// Columns that belong together by their names.
    private mutating func matched(
        _ parts: [ColumnSet], _ matching: SetOperation.Matching, _ operation: SetOperation, isOpen: Bool
    ) throws(SQLError) -> ColumnSet {
        var columns = parts[0].columns
        var filters = parts[0].filters
        for part in parts.dropFirst() {
            filters.merge(part.filters)
            for column in part.columns {
                if let index = columns.firstIndex(where: { $0.key == column.key }) {
                    join(column, to: &columns[index], &filters, operation.kind)
                } else if matching.outer == .full {
                    columns.append(column)
                }
            }
        }
        if !matching.columns.isEmpty {
            columns = matching.columns.compactMap { name in
                columns.first { $0.key == dialect.key(name) }
                    ?? (isOpen ? SourceColumn(key: dialect.key(name), name: name, type: nil) : nil)
            }
        } else if matching.outer == .inner || (matching.outer == nil && matching.mode == .corresponding) {
            columns = columns.filter { column in parts.allSatisfy { $0.isOpen || $0.position(of: column.key) != nil } }
        } else if matching.outer == nil || matching.outer == .strict, !isOpen {
            try requireSameNames(parts, at: operation.info.range)
        }
        if !isOpen {
            let names = parts.map { $0.columns.map(\.name) }
            let result = columns.map { (name: $0.name, type: $0.outputType(functions)) }
            recorded?.record(NodeTypes.MatchedColumns(operands: names, result: result), of: operation.info.range)
        }
        return ColumnSet(columns, filters: filters, isOpen: isOpen)
    }

    /// BY NAME without LEFT or FULL wants the same names everywhere.
    private mutating func requireSameNames(_ parts: [ColumnSet], at range: SourceRange) throws(SQLError) {
        for (left, right) in parts.indices.dropFirst().flatMap({ [(0, $0), ($0, 0)] }) {
            guard let column = parts[left].columns.first(where: { parts[right].position(of: $0.key) == nil }) else {
                continue
            }
            let hint = Suggestion.text(for: column.name.name, in: parts[right].columns.map(\.name.name))
            _ = try report(
                SQLError(
                    .unknownColumn,
                    "BY NAME wants the column \(column.name.name) in each query of the set operation.\(hint)", at: range
                ))
        }
    }
}
