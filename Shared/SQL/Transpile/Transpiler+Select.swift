// SELECT: its list, its groups, and names of the list in other clauses.

extension Transpiler {
    mutating func rewrite(_ select: inout Select) throws(SQLError) {
        direction == .toBigQuery ? try prepareForBigQuery(&select) : try prepareForPostgres(&select)
        if select.items.contains(where: \.isStar), select.from.contains(where: \.isCounted) {
            select.items = expandedStars(select.items)
            if let star = select.items.first(where: \.isStar) {
                try refuse(
                    "a star over elements with their positions, or over dates of a series", "List the columns.",
                    at: types.range(star.value.info.range))
            }
        }
        let outer = (fromAliases, replacements)
        (fromAliases, replacements) = ([], [])
        try descend(&select)
        if !replacements.isEmpty {
            var replacement = ColumnReplacement(dialect: source, columns: replacements)
            try replacement.rewrite(&select)
        }
        orderReplacements = replacements
        (fromAliases, replacements) = outer
        for index in select.items.indices {
            select.items[index].alias = select.items[index].alias.map { identifier($0) }
        }
        for index in select.windows.indices {
            select.windows[index].name = identifier(select.windows[index].name)
            select.windows[index].window = try window(select.windows[index].window, of: nil)
        }
    }

    // MARK: To GoogleSQL

    private mutating func prepareForBigQuery(_ select: inout Select) throws(SQLError) {
        for index in select.from.indices.dropFirst() {
            // Behind a comma, GoogleSQL wants these joins in parentheses.
            guard select.from[index].joins.contains(where: { $0.kind == .right || $0.kind == .full }) else { continue }
            select.from[index] = FromItem(relation: .join(JoinedTable(item: select.from[index])))
        }
        if select.items.isEmpty { try refuse("an empty select list", "Select 1.", at: select.info.range) }
        if select.groupBy?.distinct ?? false {
            try refuse("GROUP BY DISTINCT", "Leave out the sets that are there twice.", at: select.info.range)
        }
        guard var groupBy = select.groupBy else { return }
        for index in groupBy.elements.indices {
            // PostgreSQL groups by a column of FROM before one of the select list, GoogleSQL the other way around.
            guard case .expression(.column(var column)) = groupBy.elements[index], column.qualifier.isEmpty,
                let item = item(named: column.name, in: select.items), !item.isColumn(column.name, source),
                let table = types.table(column.info.range)
            else { continue }
            column.qualifier = [table]
            groupBy.elements[index] = .expression(.column(column))
        }
        select.groupBy = groupBy
    }

    /// The item that has `name` for an alias.
    func item(named name: Identifier, in items: [SelectItem]) -> SelectItem? {
        let key = source.key(name)
        return items.first { $0.alias.map { source.key($0) } == key }
    }

    // MARK: To PostgreSQL

    private mutating func prepareForPostgres(_ select: inout Select) throws(SQLError) {
        try unshape(&select)
        crossJoin(&select.from)
        if select.items.contains(where: \.isChangedStar) {
            let expanded = expandedStars(select.items)
            if let star = expanded.first(where: \.isChangedStar) {
                try refuse(
                    "* with EXCEPT or REPLACE over columns that are not known",
                    "Give a catalogue, or list the columns.",
                    at: types.range(star.value.info.range))
            }
            select.items = expanded
        }
        if var groupBy = select.groupBy {
            try group(&groupBy, select)
            select.groupBy = groupBy
        }
        if let having = select.having { select.having = withoutAliases(having, select.items) }
        if let qualify = select.qualify { select.qualify = withoutAliases(qualify, select.items) }
    }

    /// In GoogleSQL a join behind a comma sees what stands before the comma; in PostgreSQL only CROSS JOIN does that.
    private func crossJoin(_ items: inout [FromItem]) {
        var before: Set<String> = []
        var result: [FromItem] = []
        for item in items {
            let looksBack = item.joins.contains { join in
                guard case .on(let condition)? = join.condition, !before.isEmpty else { return false }
                var finder = TableFinder(dialect: source, types: types)
                finder.visit(condition)
                return !finder.tables.isDisjoint(with: before)
            }
            if looksBack, !result.isEmpty {
                result[result.count - 1].joins.append(Join(kind: .cross, relation: item.relation))
                result[result.count - 1].joins += item.joins
            } else {
                result.append(item)
            }
            for relation in [item.relation] + item.joins.map(\.relation) {
                if let name = relation.aliasName { before.insert(source.key(name)) }
            }
        }
        items = result
    }

    /// SELECT AS VALUE is one column; SELECT AS STRUCT stands for a row only in places that are looked at before.
    private mutating func unshape(_ select: inout Select) throws(SQLError) {
        switch select.shape {
        case nil: return
        case .value where select.items.count == 1: break
        default: try refuse("SELECT AS STRUCT", "Select the fields as columns.", at: select.info.range)
        }
        select.shape = nil
    }

    private mutating func group(_ groupBy: inout GroupBy, _ select: Select) throws(SQLError) {
        if groupBy.all {
            groupBy.all = false
            for (index, item) in select.items.enumerated() where !item.value.holdsAggregate(source.traits.functions) {
                if item.isStar {
                    try refuse(
                        "GROUP BY ALL with a star over columns that are not known", "List the columns.",
                        at: item.value.info.range)
                }
                if case .column = item.value {
                    groupBy.elements.append(.expression(item.value))
                } else {
                    groupBy.elements.append(.expression(.integer(index + 1)))
                }
            }
            return
        }
        for index in groupBy.elements.indices {
            guard case .expression(.column(let column)) = groupBy.elements[index], column.qualifier.isEmpty,
                let item = item(named: column.name, in: select.items), !item.isColumn(column.name, source),
                types.table(column.info.range) != nil
            else { continue }
            groupBy.elements[index] = .expression(item.value)
        }
    }

    /// A condition with what stands behind names of the select list: PostgreSQL does not see those here.
    func withoutAliases(_ condition: Expression, _ items: [SelectItem]) -> Expression {
        let columns = items.compactMap { item -> ColumnReplacement.Column? in
            guard let alias = item.alias, !item.isColumn(alias, source) else { return nil }
            return ColumnReplacement.Column(name: source.key(alias), value: item.value)
        }
        return condition.replacing(columns, source)
    }
}

extension FromItem {
    /// True when a column of it will be written otherwise than by its name.
    fileprivate var isCounted: Bool { relation.isCounted || joins.contains { $0.relation.isCounted } }
}

extension Relation {
    fileprivate var isCounted: Bool {
        switch self {
        case .unnest(let unnest):
            if unnest.ordinality || unnest.offset != nil { return true }
            guard case .function(let call)? = unnest.arrays.first?.value else { return false }
            return call.name.name.lowercased() == "generate_date_array"
        case .function(let function):
            guard case .function(let call)? = function.calls.first?.call else { return function.ordinality }
            return function.ordinality
                || (call.name.name.lowercased() == "generate_series" && call.arguments.count == 3)
        case .join(let joined): return joined.item.isCounted
        case .table, .subquery, .placeholder: return false
        }
    }
}

extension SelectItem {
    /// True for a star with EXCEPT or REPLACE.
    fileprivate var isChangedStar: Bool {
        guard case .star(let star) = value else { return false }
        return !star.except.isEmpty || !star.replace.isEmpty
    }

    /// True for a column of that name, of whatever table.
    func isColumn(_ name: Identifier, _ dialect: SQLDialect) -> Bool {
        guard case .column(let column) = value else { return false }
        return dialect.key(column.name) == dialect.key(name)
    }
}

extension Expression {
    /// True when an aggregate or, where `windows` says so, a window function is in it, subqueries aside.
    func holdsAggregate(_ functions: FunctionTraits, windows: Bool = true) -> Bool {
        var finder = AggregateFinder(functions: functions, windows: windows)
        finder.visit(self)
        return finder.found
    }
}

private struct AggregateFinder: TreeVisitor {
    let functions: FunctionTraits
    let windows: Bool
    var found = false

    mutating func visit(_ expression: Expression) {
        if case .function(let call) = expression {
            let isWindow = call.modifiers?.over != nil
            if isWindow ? windows : functions.aggregates.contains(call.name.name.lowercased()) { found = true }
        }
        walk(expression)
    }

    mutating func visit(_ query: Query) {}
}

/// The tables whose columns an expression names.
private struct TableFinder: TreeVisitor {
    let dialect: SQLDialect
    let types: NodeTypes
    var tables: Set<String> = []

    init(dialect: SQLDialect, types: NodeTypes) {
        self.dialect = dialect
        self.types = types
    }

    mutating func visit(_ expression: Expression) {
        if case .column(let column) = expression {
            if let table = types.table(column.info.range) ?? column.qualifier.first {
                tables.insert(dialect.key(table))
            }
        }
        walk(expression)
    }
}
