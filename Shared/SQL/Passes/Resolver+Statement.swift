// Statements that change tables: their names, and where what they write comes from.

/// What is known of a statement: what it returns and what it writes.
struct ResolvedStatement {
    /// The rows of RETURNING, or of a query.
    var returned: ColumnSet?
    /// The table that is written to or made.
    var target: QualifiedName?
    /// The columns that are written, with where their values come from.
    var written: [SourceColumn] = []
    /// What decides which rows are written.
    var filters: [LineageEntry] = []
    /// There may be more columns than are known.
    var isOpen = false
}

extension Resolver {
    mutating func resolve(_ statement: inout Statement) throws(SQLError) -> ResolvedStatement {
        let outer = common.count
        var result = ResolvedStatement()
        switch statement {
        case .query(var query):
            let columns = try resolve(&query)
            statement = .query(query)
            result.returned = columns
        case .insert(var insert):
            result = try resolve(&insert)
            statement = .insert(insert)
        case .update(var update):
            result = try resolve(&update)
            statement = .update(update)
        case .delete(var delete):
            result = try resolve(&delete)
            statement = .delete(delete)
        case .merge(var merge):
            result = try resolve(&merge)
            statement = .merge(merge)
        case .createTable(var table):
            guard var query = table.query else { break }
            let names = table.elements.compactMap { if case .column(let column) = $0 { column.name } else { nil } }
            result = made(table.name, of: renamed(try resolve(&query), names))
            table.query = query
            statement = .createTable(table)
        case .createView(var view):
            result = made(view.name, of: renamed(try resolve(&view.query), view.columnNames))
            statement = .createView(view)
        case .explain(var explain):
            result = try resolve(&explain.statement)
            statement = .explain(explain)
        // Their expressions are about the table's own columns.
        case .truncate, .createSchema, .createIndex, .drop, .alterTable, .grant, .utility: break
        }
        common.removeSubrange(outer...)
        return result
    }

    private func made(_ name: QualifiedName, of columns: ColumnSet) -> ResolvedStatement {
        ResolvedStatement(
            target: name, written: columns.columns, filters: columns.filters, isOpen: columns.isOpen)
    }

    // MARK: INSERT

    private mutating func resolve(_ insert: inout Insert) throws(SQLError) -> ResolvedStatement {
        try define(&insert.with)
        let table = try columns(of: insert.table, at: insert.table.range)
        var result = ResolvedStatement(target: insert.table)
        for name in insert.columns { try require(name, in: table) }
        if case .query(var query) = insert.source {
            let source = try resolve(&query)
            insert.source = .query(query)
            result.filters = source.filters
            result.isOpen = source.isOpen
            let names = insert.columns.isEmpty ? table.columns.map(\.name) : insert.columns
            result.written = try written(source, as: names, isWhole: insert.columns.isEmpty, at: insert.info.range)
        }
        // What stands behind sees the table, and in ON CONFLICT the row that was to be inserted.
        scopes.append(Scope())
        add(
            table, alias: TableAlias(name: insert.alias ?? insert.table.last), path: insert.table.parts.map(dialect.key)
        )
        try resolve(&insert.onConflict, of: table, &result)
        result.returned = try returning(&insert.returning)
        scopes.removeLast()
        return result
    }

    /// The columns of a query under the names of those that they are written to.
    private mutating func written(
        _ source: ColumnSet, as names: [Identifier], isWhole: Bool, at range: SourceRange
    ) throws(SQLError) -> [SourceColumn] {
        if names.isEmpty { return source.columns }
        let counts = (source.columns.count, names.count)
        if !source.isOpen, isWhole ? counts.0 > counts.1 : counts.0 != counts.1 {
            _ = try report(
                SQLError(
                    .unresolved, "INSERT names \(counts.1) columns, and the query returns \(counts.0).", at: range))
        }
        return zip(source.columns, names).map { column, name in
            var column = column
            column.key = dialect.key(name)
            column.name = name
            return column
        }
    }

    private mutating func resolve(
        _ conflict: inout OnConflict?, of table: ColumnSet, _ result: inout ResolvedStatement
    ) throws(SQLError) {
        guard case .update(var assignments, var condition)? = conflict?.action else { return }
        var excluded = result.written
        for column in table.columns where !excluded.contains(where: { $0.key == column.key }) {
            excluded.append(SourceColumn(key: column.key, name: column.name, type: column.type))
        }
        let name = Identifier("excluded")
        // Its columns are only found by that name.
        scopes[scopes.count - 1].sources.append(
            Scope.Source(
                key: name.name, alias: name, columns: ColumnSet(excluded, isOpen: table.isOpen), isNamedOnly: true))
        try resolve(&assignments, of: table, &result)
        try filter(&condition)
        conflict?.action = .update(assignments, condition: condition)
        scopes[scopes.count - 1].sources.removeLast()
    }

    // MARK: UPDATE, DELETE

    private mutating func resolve(_ update: inout Update) throws(SQLError) -> ResolvedStatement {
        try define(&update.with)
        scopes.append(Scope())
        let table = try target(&update.table)
        for index in update.from.indices { try resolve(&update.from[index]) }
        var result = ResolvedStatement(target: update.table.name)
        try resolve(&update.assignments, of: table, &result)
        try filter(&update.condition)
        result.returned = try returning(&update.returning)
        result.filters = scopes.removeLast().filters
        return result
    }

    private mutating func resolve(_ delete: inout Delete) throws(SQLError) -> ResolvedStatement {
        try define(&delete.with)
        scopes.append(Scope())
        _ = try target(&delete.table)
        for index in delete.using.indices { try resolve(&delete.using[index]) }
        try filter(&delete.condition)
        var result = ResolvedStatement(target: delete.table.name)
        result.returned = try returning(&delete.returning)
        result.filters = scopes.removeLast().filters
        return result
    }

    /// Brings the table that is changed into sight.
    private mutating func target(_ table: inout TableReference) throws(SQLError) -> ColumnSet {
        var relation = Relation.table(table)
        try resolve(&relation)
        if case .table(let resolved) = relation { table = resolved }
        return scopes[scopes.count - 1].sources.last?.columns ?? ColumnSet([], isOpen: true)
    }

    private mutating func resolve(
        _ assignments: inout [Assignment], of table: ColumnSet, _ result: inout ResolvedStatement
    ) throws(SQLError) {
        for index in assignments.indices {
            let value = try resolve(&assignments[index].value)
            for target in assignments[index].targets {
                guard var name = target.parts.first else { continue }
                // The name of the table may stand before that of the column.
                if target.parts.count > 1, table.position(of: dialect.key(name)) == nil,
                    scopes.last?.sources.first?.key == dialect.key(name)
                {
                    name = target.parts[1]
                }
                try require(name, in: table)
                let type = table.position(of: dialect.key(name)).map { table.columns[$0].type } ?? value.type
                let column = SourceColumn(key: dialect.key(name), name: name, type: type, lineage: value.lineage)
                if let known = result.written.firstIndex(where: { $0.key == column.key }) {
                    result.written[known].lineage.merge(column.lineage)
                } else {
                    result.written.append(column)
                }
            }
        }
    }

    private mutating func require(_ name: Identifier, in table: ColumnSet) throws(SQLError) {
        if table.isOpen || table.position(of: dialect.key(name)) != nil { return }
        let known = table.columns.map(\.name.name)
        let place = table.table.map { "The table \($0)" } ?? "The table"
        let message = "\(place) has no column \(name.name).\(Suggestion.text(for: name.name, in: known))"
        _ = try report(SQLError(.unknownColumn, message, at: name.range))
    }

    private mutating func returning(_ items: inout [SelectItem]) throws(SQLError) -> ColumnSet? {
        if items.isEmpty { return nil }
        let sources = scopes[scopes.count - 1].sources.indices
        let all = sources.compactMap { starColumns(of: $0, in: scopes[scopes.count - 1]) }
        scopes[scopes.count - 1].shown = all.count == sources.count ? all.flatMap { $0 } : nil
        var columns: [SourceColumn] = []
        var rest: QualifiedName?
        let isOpen = try resolve(&items, from: nil, into: &columns, &rest)
        return ColumnSet(columns, filters: scopes[scopes.count - 1].filters, isOpen: isOpen, rest: rest)
    }

    // MARK: MERGE

    private mutating func resolve(_ merge: inout Merge) throws(SQLError) -> ResolvedStatement {
        try define(&merge.with)
        scopes.append(Scope())
        let table = try target(&merge.table)
        try resolve(&merge.source)
        var condition: Expression? = merge.condition
        try filter(&condition)
        merge.condition = condition ?? merge.condition
        var result = ResolvedStatement(target: merge.table.name)
        for index in merge.clauses.indices {
            try filter(&merge.clauses[index].condition)
            switch merge.clauses[index].action {
            case .nothing, .delete, .insertDefaults: break
            case .update(var assignments):
                try resolve(&assignments, of: table, &result)
                merge.clauses[index].action = .update(assignments)
            case .insert(let columns, var values):
                try resolve(&values, for: columns, of: table, &result)
                merge.clauses[index].action = .insert(columns: columns, values: values)
            case .insertOverriding(let overriding, let columns, var values):
                try resolve(&values, for: columns, of: table, &result)
                merge.clauses[index].action = .insertOverriding(overriding, columns: columns, values: values)
            case .insertRow: insertRow(table, &result)
            }
        }
        result.returned = try returning(&merge.returning)
        result.filters = scopes.removeLast().filters
        return result
    }

    /// The values of a new row.
    private mutating func resolve(
        _ values: inout [Expression], for columns: [Identifier], of table: ColumnSet,
        _ result: inout ResolvedStatement
    ) throws(SQLError) {
        let names = columns.isEmpty ? table.columns.map(\.name) : columns
        var assignments = zip(names, values).map { Assignment(targets: [QualifiedName([$0])], value: $1) }
        if assignments.count < values.count, !table.isOpen {
            let message = "INSERT names \(names.count) columns, and there are \(values.count) values."
            _ = try report(SQLError(.unresolved, message))
        }
        try resolve(&assignments, of: table, &result)
        values.replaceSubrange(0..<assignments.count, with: assignments.map(\.value))
    }

    /// `INSERT ROW`: the source's columns go where they have the same name.
    private mutating func insertRow(_ table: ColumnSet, _ result: inout ResolvedStatement) {
        guard let source = scopes.last?.sources.dropFirst().first else { return }
        let columns = written(source).columns
        for column in columns where table.isOpen || table.position(of: column.key) != nil {
            if let known = result.written.firstIndex(where: { $0.key == column.key }) {
                result.written[known].lineage.merge(column.lineage)
            } else {
                result.written.append(column)
            }
        }
        result.isOpen = result.isOpen || source.columns.isOpen
    }
}

extension CreateView {
    fileprivate var columnNames: [Identifier] { columns.map(\.name) }
}
