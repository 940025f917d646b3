// Queries: WITH, set operations, select lists, stars.

extension Resolver {
    /// The columns of the query's result.
    mutating func resolve(_ query: inout Query) throws(SQLError) -> ColumnSet {
        let outer = common.count
        if var with = query.with {
            query.with = nil
            for index in with.tables.indices { try resolve(&with.tables[index], recursive: with.recursive) }
            query.with = with
        }
        let columns: ColumnSet
        if case .select(var select) = query.body {
            query.body = .values(Values(rows: []))  // lets go of the select, so that it changes in place
            columns = try resolve(&select, orderBy: &query.orderBy)
            query.body = .select(select)
        } else {
            columns = try resolve(&query.body)
        }
        common.removeSubrange(outer...)
        return columns
    }

    private mutating func resolve(_ table: inout CommonTable, recursive: Bool) throws(SQLError) {
        guard case .query(var query) = table.statement else {
            common.append((dialect.key(table.name), ColumnSet([], isOpen: true)))
            return
        }
        let key = dialect.key(table.name)
        if recursive, case .setOperation(let operation) = query.body, var first = operation.operands.first {
            // What the first part returns is what the table is while the others run.
            let columns = try resolve(&first)
            common.append((key, renamed(columns, table.columns)))
            let whole = try resolve(&query)
            common[common.count - 1].columns = renamed(whole, table.columns)
        } else {
            let columns = try resolve(&query)
            common.append((key, renamed(columns, table.columns)))
        }
        table.statement = .query(query)
    }

    /// The columns under other names, from the first on.
    func renamed(_ columns: ColumnSet, _ names: [Identifier]) -> ColumnSet {
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
        return ColumnSet(list, filters: columns.filters, isOpen: columns.isOpen && names.count < list.count)
    }

    // MARK: Bodies

    mutating func resolve(_ body: inout QueryBody) throws(SQLError) -> ColumnSet {
        switch body {
        case .select(var select):
            var none: [OrderItem] = []
            let columns = try resolve(&select, orderBy: &none)
            body = .select(select)
            return columns
        case .setOperation(var operation):
            var parts: [ColumnSet] = []
            for index in operation.operands.indices { parts.append(try resolve(&operation.operands[index])) }
            body = .setOperation(operation)
            return combined(parts, operation)
        case .values(var values):
            var columns: [SourceColumn] = []
            for row in values.rows.indices {
                for index in values.rows[row].indices {
                    let value = try resolve(&values.rows[row][index])
                    if row == 0 {
                        let name = Identifier("column\(index + 1)")
                        columns.append(SourceColumn(key: name.name, name: name, type: value.type))
                    } else if index < columns.count {
                        columns[index].type = TypeRules.common(columns[index].type, value.type)
                    }
                }
            }
            body = .values(values)
            return ColumnSet(columns)
        case .query(var query):
            let columns = try resolve(&query)
            body = .query(query)
            return columns
        case .table(let name): return try columns(of: name, at: name.range)
        case .pipe:
            throw SQLError(.unresolved, "Names in pipe syntax are not resolved. Write the query without `|>`.")
        case .placeholder: return ColumnSet([], isOpen: true)
        }
    }

    private func combined(_ parts: [ColumnSet], _ operation: SetOperation) -> ColumnSet {
        var columns = parts[0].columns
        var filters = parts[0].filters
        for part in parts.dropFirst() {
            filters.merge(part.filters)
            for index in columns.indices {
                let position = operation.matching == nil ? index : part.position(of: columns[index].key)
                guard let position, position < part.columns.count else { continue }
                let other = part.columns[position]
                columns[index].type = TypeRules.common(columns[index].type, other.type)
                // What EXCEPT takes away decides which rows there are, not what they hold.
                if operation.kind == .except {
                    filters.merge(other.lineage)
                } else {
                    columns[index].lineage.merge(other.lineage)
                }
            }
        }
        return ColumnSet(columns, filters: filters, isOpen: parts.contains { $0.isOpen })
    }

    // MARK: SELECT

    private mutating func resolve(_ select: inout Select, orderBy: inout [OrderItem]) throws(SQLError) -> ColumnSet {
        scopes.append(Scope())
        let level = scopes.count - 1
        for index in select.from.indices { try resolve(&select.from[index]) }
        try filter(&select.condition)
        if case .on(var keys) = select.distinct {
            try resolveAll(&keys)
            select.distinct = .on(keys)
        }
        var columns: [SourceColumn] = []
        var isOpen = false
        try resolve(&select.items, from: select.from, into: &columns, &isOpen)
        try resolve(&select.groupBy, columns)
        try withOutputs(columns, if: naming.havingSeesAliases) { resolver throws(SQLError) in
            try resolver.filter(&select.having)
            try resolver.filter(&select.qualify)
        }
        for index in select.windows.indices { _ = try resolve(&select.windows[index].window) }
        if !orderBy.isEmpty { try order(&orderBy, columns) }
        let filters = scopes[level].filters
        scopes.removeLast()
        return ColumnSet(columns, filters: filters, isOpen: isOpen)
    }

    /// A condition on rows.
    mutating func filter(_ condition: inout Expression?) throws(SQLError) {
        guard var changed = condition else { return }
        let value = try resolve(&changed)
        scopes[scopes.count - 1].filters.merge(value.lineage)
        condition = changed
    }

    /// Lets `body` see the names of the select list where no table has them.
    private mutating func withOutputs(
        _ columns: [SourceColumn], if allowed: Bool, _ body: (inout Resolver) throws(SQLError) -> Void
    ) throws(SQLError) {
        guard allowed else { return try body(&self) }
        for column in columns {
            scopes[scopes.count - 1].outputs[column.key] = Resolved(type: column.type, lineage: column.lineage)
        }
        try body(&self)
        scopes[scopes.count - 1].outputs = [:]
    }

    private mutating func resolve(_ groupBy: inout GroupBy?, _ columns: [SourceColumn]) throws(SQLError) {
        guard var changed = groupBy, !changed.elements.isEmpty else { return }
        try withOutputs(columns, if: true) { resolver throws(SQLError) in
            for index in changed.elements.indices { try resolver.resolve(&changed.elements[index]) }
        }
        groupBy = changed
    }

    private mutating func resolve(_ element: inout GroupBy.Element) throws(SQLError) {
        switch element {
        case .expression(var value):
            _ = try resolve(&value)
            element = .expression(value)
        case .rollup(var sets):
            for index in sets.indices { try resolveAll(&sets[index]) }
            element = .rollup(sets)
        case .cube(var sets):
            for index in sets.indices { try resolveAll(&sets[index]) }
            element = .cube(sets)
        case .groupingSets(var elements):
            for index in elements.indices { try resolve(&elements[index]) }
            element = .groupingSets(elements)
        case .empty: break
        case .set(var keys):
            try resolveAll(&keys)
            element = .set(keys)
        }
    }

    /// ORDER BY: names of the select list come first, then those of the tables.
    private mutating func order(_ items: inout [OrderItem], _ columns: [SourceColumn]) throws(SQLError) {
        for index in items.indices {
            if case .column(let column) = items[index].value, column.qualifier.isEmpty,
                columns.contains(where: { $0.key == dialect.key(column.name) })
            {
                continue
            }
            var value = items[index].value
            try withOutputs(columns, if: naming.havingSeesAliases) { resolver throws(SQLError) in
                _ = try resolver.resolve(&value)
            }
            items[index].value = value
        }
    }

    // MARK: Select lists

    private mutating func resolve(
        _ items: inout [SelectItem], from: [FromItem], into columns: inout [SourceColumn], _ isOpen: inout Bool
    ) throws(SQLError) {
        let hasStar = items.contains { if case .star = $0.value { true } else { false } }
        guard hasStar else {
            for index in items.indices { columns.append(try resolve(&items[index], at: index)) }
            return
        }
        var expanded: [SelectItem] = []
        for var item in items {
            guard case .star(let star) = item.value else {
                columns.append(try resolve(&item, at: expanded.count))
                expanded.append(item)
                continue
            }
            guard var shown = try expand(star, from: from) else {
                isOpen = true
                expanded.append(item)
                continue
            }
            var starItems: [NodeTypes.StarItem] = []
            for index in shown.indices {
                let original = shown[index]
                let column = try resolve(&shown[index], at: expanded.count + index)
                columns.append(column)
                starItems.append(NodeTypes.StarItem(item: original, type: column.type))
            }
            recorded?.record(starItems, of: star.info.range)
            expanded += shown
        }
        items = expanded
    }

    mutating func resolve(_ item: inout SelectItem, at index: Int) throws(SQLError) -> SourceColumn {
        let value = try resolve(&item.value)
        let name = item.alias ?? outputName(of: item.value, at: index)
        return SourceColumn(key: dialect.key(name), name: name, type: value.type, lineage: value.lineage)
    }

    /// What a column is called that the query gives no name.
    func outputName(of value: Expression, at index: Int) -> Identifier {
        switch value {
        case .column(let column): return column.name
        case .field(let access): return access.field
        default: break
        }
        guard naming.callsNameColumns else { return Identifier("f\(index)_") }
        switch value {
        case .function(let call): return Identifier(call.name.quoted ? call.name.name : call.name.name.lowercased())
        case .cast(let cast):
            let inner = outputName(of: cast.operand, at: index)
            return inner.name == "?column?" ? Identifier(cast.type.sql(dialect, style: .canonical)) : inner
        case .conditional(let conditional):
            if case .column(let column)? = conditional.otherwise { return column.name }
            return Identifier("case")
        case .exists: return Identifier("exists")
        case .array: return Identifier("array")
        case .row: return Identifier("row")
        case .subscripted(let access): return outputName(of: access.operand, at: index)
        case .collated(let collated): return outputName(of: collated.operand, at: index)
        default: return Identifier("?column?", quoted: true)
        }
    }

    // MARK: Stars

    /// The items that a star stands for; nil when they are not all known.
    private func expand(_ star: Star, from: [FromItem]) throws(SQLError) -> [SelectItem]? {
        let scope = scopes[scopes.count - 1]
        var columns: [StarColumn]?
        if star.qualifier.isEmpty {
            guard !scope.sources.isEmpty else {
                throw SQLError(.unresolved, "A star without a FROM clause stands for nothing.", at: star.info.range)
            }
            columns = starColumns(of: from, in: scope)
        } else {
            let keys = star.qualifier.map { dialect.key($0) }
            guard
                let index = scope.sources.firstIndex(where: {
                    $0.key == keys.last && (keys.count == 1 || $0.path == keys)
                })
            else {
                if naming.pathsReachFields { return nil }  // all fields of a struct
                throw SQLError(
                    .unknownTable,
                    "No table of this query goes by the name \(star.qualifier.map(\.name).joined(separator: ".")).",
                    at: star.info.range)
            }
            columns = starColumns(of: index, in: scope)
        }
        guard let columns else { return nil }
        let except = Set(star.except.map { dialect.key($0) })
        for name in star.except where !columns.contains(where: { $0.key == dialect.key(name) }) {
            throw SQLError(.unknownColumn, "The star has no column \(name.name) to leave out.", at: name.range)
        }
        return columns.compactMap { column in
            if except.contains(column.key) { return nil }
            if let replaced = star.replace.first(where: { $0.alias.map { dialect.key($0) } == column.key }) {
                return replaced
            }
            let qualifier = column.source.map { [scope.sources[$0].alias] } ?? []
            return SelectItem(
                value: .column(ColumnReference(qualifier: qualifier, name: column.name, info: star.info)))
        }
    }

    /// A column that a star shows; of no source when it is of several.
    struct StarColumn {
        var key: String
        var name: Identifier
        var source: Int?
    }

    private func starColumns(of index: Int, in scope: Scope) -> [StarColumn]? {
        let source = scope.sources[index]
        if source.columns.isOpen { return nil }
        return source.columns.columns.map { column in
            let isElement = source.isValue && column.key == source.key
            return StarColumn(key: column.key, name: column.name, source: isElement ? nil : index)
        }
    }

    private func starColumns(of items: [FromItem], in scope: Scope) -> [StarColumn]? {
        var next = 0
        var all: [StarColumn] = []
        for item in items {
            guard let columns = starColumns(of: item, &next, in: scope) else { return nil }
            all += columns
        }
        return all
    }

    /// The columns of a relation and its joins: those of USING first, then the others, from left to right.
    private func starColumns(of item: FromItem, _ next: inout Int, in scope: Scope) -> [StarColumn]? {
        guard var columns = starColumns(of: item.relation, &next, in: scope) else { return nil }
        for join in item.joins {
            guard let right = starColumns(of: join.relation, &next, in: scope) else { return nil }
            var keys: [String] = []
            if case .using(let names, _)? = join.condition { keys = names.map { dialect.key($0) } }
            if join.natural { keys = columns.map(\.key).filter { key in right.contains { $0.key == key } } }
            let shared = keys.compactMap { key in columns.first { $0.key == key } }
            columns =
                shared.map { StarColumn(key: $0.key, name: $0.name, source: nil) }
                + columns.filter { !keys.contains($0.key) } + right.filter { !keys.contains($0.key) }
        }
        return columns
    }

    private func starColumns(of relation: Relation, _ next: inout Int, in scope: Scope) -> [StarColumn]? {
        if case .join(let joined) = relation, joined.alias == nil {
            return starColumns(of: joined.item, &next, in: scope)
        }
        next += 1
        return starColumns(of: next - 1, in: scope)
    }
}
