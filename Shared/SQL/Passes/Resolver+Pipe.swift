// Pipe syntax: each operator makes other rows of those before it.
//
// The scope holds what can be named between two operators. The sources of FROM and JOIN keep their aliases until SELECT,
// AGGREGATE or AS make a table of its own of the rows; columns that an operator adds are of a source without a name.

extension Resolver {
    mutating func resolve(_ pipe: inout Pipe) throws(SQLError) -> ColumnSet {
        let outer = common.count
        recursion = nil
        scopes.append(Scope())
        switch pipe.source {
        case .from(var items):
            for index in items.indices { try resolve(&items[index]) }
            pipe.source = .from(items)
            scopes[scopes.count - 1].shown = starColumns(of: items, in: scopes[scopes.count - 1])
        case .query(var body):
            replaceRows(with: try resolve(&body))
            pipe.source = .query(body)
        }
        for index in pipe.operators.indices { try resolve(&pipe.operators[index]) }
        let columns = rows()
        scopes.removeLast()
        common.removeSubrange(outer...)
        return columns
    }

    private mutating func resolve(_ operation: inout PipeOperator) throws(SQLError) {
        switch operation {
        case .select(var select):
            var columns: [SourceColumn] = []
            var rest: QualifiedName?
            let isOpen = try resolve(&select.items, from: nil, into: &columns, &rest)
            replaceRows(with: result(columns, of: select.shape, filters: [], isOpen: isOpen, rest: rest))
            operation = .select(select)
        case .extend(var items):
            try extend(&items)
            operation = .extend(items)
        case .window(var items):
            try extend(&items)
            operation = .window(items)
        case .set(var items):
            try set(&items)
            operation = .set(items)
        case .drop(let names): try drop(names)
        case .rename(let items): try rename(items)
        case .alias(let name): replaceRows(with: rows(), alias: name)
        case .condition(let condition):
            var changed: Expression? = condition
            try filter(&changed)
            operation = .condition(changed ?? condition)
        case .limit(var count, var offset):
            var limit: Limit? = count
            try self.limit(&limit, &offset)
            count = limit ?? count
            scopes[scopes.count - 1].filters.merge(scopes[scopes.count - 1].order)
            operation = .limit(count, offset: offset)
        case .aggregate(var items, var keys, let andOrderBy):
            let groups = try resolve(&keys)
            for key in groups { scopes[scopes.count - 1].filters.merge(key.lineage) }
            replaceRows(with: ColumnSet(try groups + resolve(&items)))
            if andOrderBy { for key in groups { scopes[scopes.count - 1].order.merge(key.lineage) } }
            operation = .aggregate(items, groupBy: keys, andOrderBy: andOrderBy)
        case .distinct: break
        case .orderBy(var items):
            scopes[scopes.count - 1].order = try resolve(&items)
            operation = .orderBy(items)
        case .join(var join):
            try resolve(&join)
            operation = .join(join)
        case .call(var function):
            for index in function.calls.indices { _ = try resolve(&function.calls[index].call) }
            replaceRows(with: ColumnSet([], isOpen: true), alias: function.alias?.name)
            operation = .call(function)
        case .suffix(var suffix):
            try apply(&suffix)
            operation = .suffix(suffix)
        case .setOperation(let kind, let all, let matching, var queries):
            let combination = SetOperation(kind: kind, all: all, matching: matching, operands: [])
            scopes[scopes.count - 1].isHidden = true
            var parts = [rows()]
            for index in queries.indices { parts.append(try resolve(&queries[index])) }
            scopes[scopes.count - 1].isHidden = false
            replaceRows(with: try combined(parts, combination))
            operation = .setOperation(kind, all: all, matching: matching, queries)
        case .with(var tables):
            for index in tables.indices { try resolve(&tables[index], recursive: false) }
            operation = .with(tables)
        }
    }

    // MARK: Rows

    /// The columns that there are between two operators.
    private mutating func rows() -> ColumnSet {
        let scope = scopes[scopes.count - 1]
        guard let shown = scope.shown else {
            let sources = scope.sources.filter { !$0.isNamedOnly }
            let open = sources.filter(\.columns.isOpen)
            var columns: [SourceColumn] = []
            for source in sources { columns += written(source).columns }
            return ColumnSet(
                columns, filters: scope.filters, isOpen: true, rest: open.count == 1 ? open[0].columns.rest : nil)
        }
        let columns = shown.map { column in
            SourceColumn(key: column.key, name: column.name, value(of: column, in: scope))
        }
        return ColumnSet(columns, filters: scope.filters)
    }

    private mutating func value(of column: Scope.StarColumn, in scope: Scope) -> Resolved {
        if let merged = scope.merged.last(where: { $0.key == column.key }), column.source == nil {
            return self.merged(merged, in: scope)
        }
        let source = column.source ?? scope.sources.firstIndex { $0.columns.position(of: column.key) != nil }
        guard let source, let position = scope.sources[source].columns.position(of: column.key) else {
            return Resolved()
        }
        return resolved(scope.sources[source], position)
    }

    /// The rows are a table of their own from here on.
    private mutating func replaceRows(with columns: ColumnSet, alias: Identifier? = nil) {
        var scope = Scope()
        scope.filters = scopes[scopes.count - 1].filters
        scope.filters.merge(columns.filters)
        scope.order = scopes[scopes.count - 1].order
        let name = alias ?? Identifier("")
        scope.sources = [Scope.Source(key: dialect.key(name), alias: name, columns: columns)]
        scope.shown = columns.isOpen ? nil : columns.columns.map { .init(key: $0.key, name: $0.name, source: 0) }
        scopes[scopes.count - 1] = scope
    }

    /// Other columns in the place of those that there are, whose tables can still be named.
    private mutating func replaceColumns(with columns: [SourceColumn], of rows: ColumnSet) {
        let level = scopes.count - 1
        for index in scopes[level].sources.indices { scopes[level].sources[index].isNamedOnly = true }
        scopes[level].merged = []
        let set = ColumnSet(columns, isOpen: rows.isOpen, rest: rows.rest)
        let name = Identifier("")
        scopes[level].sources.append(Scope.Source(key: name.name, alias: name, columns: set))
        let source = scopes[level].sources.count - 1
        scopes[level].shown =
            rows.isOpen ? nil : columns.map { .init(key: $0.key, name: $0.name, source: source) }
    }

    // MARK: Operators

    private mutating func extend(_ items: inout [SelectItem]) throws(SQLError) {
        var columns: [SourceColumn] = []
        var rest: QualifiedName?
        let isOpen = try resolve(&items, from: nil, into: &columns, &rest)
        let level = scopes.count - 1
        let name = Identifier("")
        scopes[level].sources.append(
            Scope.Source(key: name.name, alias: name, columns: ColumnSet(columns, isOpen: isOpen, rest: rest)))
        let source = scopes[level].sources.count - 1
        if isOpen { scopes[level].shown = nil }
        scopes[level].shown?.append(contentsOf: columns.map { .init(key: $0.key, name: $0.name, source: source) })
    }

    private mutating func set(_ items: inout [SelectItem]) throws(SQLError) {
        let rows = rows()
        var columns = rows.columns
        for index in items.indices {
            guard let name = items[index].alias else { continue }
            let value = try resolve(&items[index].value)
            let column = SourceColumn(key: dialect.key(name), name: name, value)
            if let position = try position(of: name, in: rows, for: "SET") {
                columns[position] = column
            } else {
                columns.append(column)
            }
        }
        replaceColumns(with: columns, of: rows)
    }

    private mutating func drop(_ names: [Identifier]) throws(SQLError) {
        let rows = rows()
        var dropped: Set<Int> = []
        for name in names {
            if let position = try position(of: name, in: rows, for: "DROP") { dropped.insert(position) }
        }
        let columns = rows.columns.indices.filter { !dropped.contains($0) }.map { rows.columns[$0] }
        replaceColumns(with: columns, of: rows)
    }

    private mutating func rename(_ items: [SelectItem]) throws(SQLError) {
        let rows = rows()
        var columns = rows.columns
        for item in items {
            guard case .column(let old) = item.value, let name = item.alias else { continue }
            if let position = try position(of: old.name, in: rows, for: "RENAME") {
                columns[position].key = dialect.key(name)
                columns[position].name = name
            } else {
                columns.append(SourceColumn(key: dialect.key(name), name: name, type: nil))
            }
        }
        replaceColumns(with: columns, of: rows)
    }

    /// Nil for a column of a table whose columns are not known.
    private mutating func position(
        of name: Identifier, in rows: ColumnSet, for operation: String
    ) throws(SQLError) -> Int? {
        if let position = rows.position(of: dialect.key(name)) { return position }
        if rows.isOpen { return nil }
        let hint = Suggestion.text(for: name.name, in: rows.columns.map(\.name.name))
        _ = try report(
            SQLError(.unknownColumn, "There is no column \(name.name) to \(operation).\(hint)", at: name.range))
        return nil
    }

    /// The columns that AGGREGATE groups by.
    private mutating func resolve(_ keys: inout [PipeOperator.GroupingItem]) throws(SQLError) -> [SourceColumn] {
        var columns: [SourceColumn] = []
        var seen: Set<Expression> = []
        for index in keys.indices {
            switch keys[index] {
            case .key(var item):
                columns.append(try resolve(&item.item, at: columns.count))
                keys[index] = .key(item)
            case .sets(var sets):
                for key in sets.keys where seen.insert(key).inserted {
                    var item = SelectItem(value: key)
                    columns.append(try resolve(&item, at: columns.count))
                }
                try resolve(&sets, [])
                keys[index] = .sets(sets)
            }
        }
        return columns
    }

    private mutating func resolve(_ items: inout [PipeOperator.AggregateItem]) throws(SQLError) -> [SourceColumn] {
        var columns: [SourceColumn] = []
        for index in items.indices { columns.append(try resolve(&items[index].item, at: index)) }
        return columns
    }

    private mutating func resolve(_ join: inout Join) throws(SQLError) {
        let level = scopes.count - 1
        let right = scopes[level].sources.count
        try resolve(&join.relation)
        try condition(of: &join, from: 0, right: right)
        var next = right
        let added = starColumns(of: join.relation, &next, in: scopes[level])
        if let shown = scopes[level].shown, let added {
            scopes[level].shown = joined(shown, added, join)
        } else {
            scopes[level].shown = nil
        }
    }

    /// TABLESAMPLE, PIVOT and UNPIVOT of all the rows.
    private mutating func apply(_ suffix: inout RelationSuffix) throws(SQLError) {
        replaceRows(with: rows())
        var suffixes = [suffix]
        try apply(&suffixes, from: 0)
        suffix = suffixes[0]
        let scope = scopes[scopes.count - 1]
        scopes[scopes.count - 1].shown = starColumns(of: 0, in: scope)
    }
}
