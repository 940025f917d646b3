// SELECT: its clauses in the order in which they see each other, and its list.

extension Resolver {
    /// - Parameter isCut: Whether LIMIT or OFFSET follows, so that the order decides which rows there are.
    mutating func resolve(
        _ select: inout Select, orderBy: inout [OrderItem], isCut: Bool
    ) throws(SQLError) -> ColumnSet {
        scopes.append(Scope())
        let level = scopes.count - 1
        recursion = nil
        for index in select.from.indices { try resolve(&select.from[index]) }
        try filter(&select.condition)
        if case .on(var keys) = select.distinct {
            scopes[level].filters.merge(try resolveAll(&keys))
            select.distinct = .on(keys)
        }
        try define(&select.windows)
        var columns: [SourceColumn] = []
        var rest: QualifiedName?
        let isOpen = try resolve(&select.items, from: select.from, into: &columns, &rest)
        try resolve(&select.groupBy, columns)
        try withOutputs(columns, if: naming.havingSeesAliases) { resolver throws(SQLError) in
            try resolver.filter(&select.having)
            try resolver.filter(&select.qualify)
        }
        if !orderBy.isEmpty {
            let keys = try order(&orderBy, columns)
            if isCut { scopes[level].filters.merge(keys) }
        }
        let filters = scopes[level].filters
        scopes.removeLast()
        return result(columns, of: select.shape, filters: filters, isOpen: isOpen, rest: rest)
    }

    /// The columns of a select list; those of GoogleSQL's `AS STRUCT` and of a struct's `AS VALUE` are its fields.
    func result(
        _ columns: [SourceColumn], of shape: Select.Shape?, filters: [LineageEntry], isOpen: Bool,
        rest: QualifiedName? = nil
    ) -> ColumnSet {
        guard shape == .value, columns.count == 1, case .structure(let fields)? = columns[0].type else {
            let isStructure = shape != nil && shape != .value
            return ColumnSet(columns, filters: filters, isOpen: isOpen, rest: rest, isStructure: isStructure)
        }
        let lineage = columns[0].lineage.used(.computed)
        let values = fields.map { field in
            let name = field.name ?? Identifier("")
            return SourceColumn(key: dialect.key(name), name: name, type: field.type.kind, lineage: lineage)
        }
        return ColumnSet(values, filters: filters, isStructure: true)
    }

    /// The WINDOW clause.
    private mutating func define(_ windows: inout [NamedWindow]) throws(SQLError) {
        for index in windows.indices {
            let lineage = try resolve(&windows[index].window)
            scopes[scopes.count - 1].windows[dialect.key(windows[index].name)] = lineage
        }
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
        guard var changed = groupBy else { return }
        if changed.all, changed.elements.isEmpty {
            for column in columns where !column.lineage.contains(where: { $0.usage == .aggregated }) {
                scopes[scopes.count - 1].filters.merge(column.lineage)
            }
        }
        guard !changed.elements.isEmpty else { return }
        try withOutputs(columns, if: true) { resolver throws(SQLError) in
            for index in changed.elements.indices { try resolver.resolve(&changed.elements[index], columns) }
        }
        groupBy = changed
    }

    mutating func resolve(
        _ element: inout GroupBy.Element, _ columns: [SourceColumn]
    ) throws(SQLError) {
        let level = scopes.count - 1
        switch element {
        case .expression(var value):
            let key = try resolve(&value)
            scopes[level].filters.merge(columns.at(ordinal: value)?.lineage ?? key.lineage)
            element = .expression(value)
        case .rollup(var sets):
            for index in sets.indices { scopes[level].filters.merge(try resolveAll(&sets[index])) }
            element = .rollup(sets)
        case .cube(var sets):
            for index in sets.indices { scopes[level].filters.merge(try resolveAll(&sets[index])) }
            element = .cube(sets)
        case .groupingSets(var elements):
            for index in elements.indices { try resolve(&elements[index], columns) }
            element = .groupingSets(elements)
        case .empty: break
        case .set(var keys):
            scopes[level].filters.merge(try resolveAll(&keys))
            element = .set(keys)
        }
    }

    /// ORDER BY: names of the select list come first, then those of the tables.
    private mutating func order(
        _ items: inout [OrderItem], _ columns: [SourceColumn]
    ) throws(SQLError) -> [LineageEntry] {
        var keys: [LineageEntry] = []
        for index in items.indices {
            if case .column(let column) = items[index].value, column.qualifier.isEmpty,
                let output = columns.first(where: { $0.key == dialect.key(column.name) })
            {
                keys.merge(output.lineage)
                continue
            }
            var value = items[index].value
            try withOutputs(columns, if: naming.havingSeesAliases) { resolver throws(SQLError) in
                keys.merge(try resolver.resolve(&value).lineage)
            }
            if let output = columns.at(ordinal: value) { keys.merge(output.lineage) }
            items[index].value = value
        }
        return keys
    }

    // MARK: Select lists

    /// Resolves the items, with columns in the place of stars as far as they are known.
    /// - Parameter from: What a bare star shows; nil for what a pipe shows.
    /// - Returns: True when there may be columns that are not known; `rest` is the table that they are of.
    mutating func resolve(
        _ items: inout [SelectItem], from: [FromItem]?, into columns: inout [SourceColumn],
        _ rest: inout QualifiedName?
    ) throws(SQLError) -> Bool {
        guard items.contains(where: \.showsSeveral) else {
            for index in items.indices { columns.append(try resolve(&items[index], at: index)) }
            return false
        }
        var isOpen = false
        var expanded: [SelectItem] = []
        for var item in items {
            guard let star = item.value.asStar else {
                if item.showsSeveral {
                    if let shown = try fields(of: &item, into: &columns) { expanded += shown } else { isOpen = true }
                    continue
                }
                columns.append(try resolve(&item, at: expanded.count))
                expanded.append(item)
                continue
            }
            guard var shown = try expand(star, from: from) else {
                rest = isOpen ? nil : self.rest(of: star)
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
        return isOpen
    }

    mutating func resolve(_ item: inout SelectItem, at index: Int) throws(SQLError) -> SourceColumn {
        let value = try resolve(&item.value)
        let name = item.alias ?? outputName(of: item.value, at: index)
        return SourceColumn(key: dialect.key(name), name: name, value)
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
}
