extension Query {
    /// The tables that the query reads, each time it names one, in the order of the text. Names that a WITH clause in
    /// sight defines are not tables, and neither are arrays of another relation's columns (`FROM t, t.items`).
    public func tableReferences() -> [TableReference] { Statement.query(self).tableReferences() }
}

extension Statement {
    /// The tables that the statement reads, each time it names one, in the order of the text. What it writes is not
    /// among them.
    public func tableReferences() -> [TableReference] {
        var collector = TableCollector()
        collector.visit(self)
        return collector.tables
    }
}

extension Query {
    /// The query with `change` applied to each table that it reads, as listed by `tableReferences()`. A table that gets
    /// another name keeps the old one as its alias if `change` does not give it one: columns may be qualified by it.
    public func mapTables(_ change: (TableReference) throws(SQLError) -> Relation) throws(SQLError) -> Query {
        try withoutActuallyEscaping(change) { change throws(SQLError) in
            var mapper = TableMapper(change: change)
            var query = self
            try mapper.rewrite(&query)
            return query
        }
    }
}

/// Puts something else where tables stand, knowing which names are something else where they stand.
private struct TableMapper: TreeRewriter {
    let change: (TableReference) throws(SQLError) -> Relation
    private var scope = NameScope()

    init(change: @escaping (TableReference) throws(SQLError) -> Relation) { self.change = change }

    mutating func rewrite(_ query: inout Query) throws(SQLError) {
        let outer = scope
        if var with = query.with {
            for index in with.tables.indices {
                if with.recursive { scope.define(with.tables[index].name) }
                try rewrite(&with.tables[index].statement)
                scope.define(with.tables[index].name)
            }
            query.with = with
        }
        let with = query.with
        query.with = nil
        try descend(&query)
        query.with = with
        scope = outer
    }

    mutating func rewrite(_ body: inout QueryBody) throws(SQLError) {
        let outer = scope
        if case .table(let name) = body, !scope.hides(name) {
            // `TABLE t` has no place for anything but a name, so it is said in full.
            let from = FromItem(relation: try changed(TableReference(name: name, info: NodeInfo(range: name.range))))
            body = .select(Select(items: [SelectItem(value: .star)], from: [from]))
        } else {
            try descend(&body)
        }
        scope = outer
    }

    mutating func rewrite(_ select: inout Select) throws(SQLError) {
        let outer = scope
        for item in select.from { scope.relate(item) }
        try descend(&select)
        scope = outer
    }

    mutating func rewrite(_ relation: inout Relation) throws(SQLError) {
        try descend(&relation)
        guard case .table(let table) = relation, !scope.hides(table.name) else { return }
        relation = try changed(table)
    }

    private func changed(_ table: TableReference) throws(SQLError) -> Relation {
        let result = try change(table)
        guard case .table(var renamed) = result, renamed.alias == nil, renamed.name.last != table.name.last else {
            return result
        }
        renamed.alias = TableAlias(name: table.name.last)
        return .table(renamed)
    }
}

/// Collects tables, knowing which names are something else where they stand.
private struct TableCollector: TreeVisitor {
    var tables: [TableReference] = []
    private var scope = NameScope()

    mutating func visit(_ query: Query) {
        let outer = scope
        if let with = query.with {
            for table in with.tables {
                if with.recursive { scope.define(table.name) }
                visit(table.statement)
                scope.define(table.name)
            }
        }
        visit(query.body)
        walk(query.orderBy)
        walk(query.limit?.count)
        walk(query.offset)
        scope = outer
    }

    /// What a WITH clause before a change defines is no table in the change.
    mutating func visit(_ statement: Statement) {
        let outer = scope
        switch statement {
        case .insert(let node): define(node.with)
        case .update(let node): define(node.with)
        case .delete(let node): define(node.with)
        case .merge(let node): define(node.with)
        default: break
        }
        walk(statement)
        scope = outer
    }

    private mutating func define(_ with: With?) {
        for table in with?.tables ?? [] { scope.define(table.name) }
    }

    mutating func visit(_ body: QueryBody) {
        switch body {
        case .table(let name):
            if !scope.hides(name) { tables.append(TableReference(name: name, info: NodeInfo(range: name.range))) }
        case .pipe:
            let outer = scope
            walk(body)
            scope = outer
        default: walk(body)
        }
    }

    mutating func visit(_ select: Select) {
        let outer = scope
        // What stands in FROM is in sight of the whole SELECT, also of what is written before it.
        for item in select.from { scope.relate(item) }
        walk(select)
        scope = outer
    }

    mutating func visit(_ relation: Relation) {
        if case .table(let table) = relation, !scope.hides(table.name) { tables.append(table) }
        walk(relation)
    }
}

/// The names at one place of a query that are not tables of the database.
struct NameScope {
    private var common: Set<String> = []
    /// Aliases of relations, whose columns may be arrays to read from.
    private var aliases: Set<String> = []

    mutating func define(_ name: Identifier) { common.insert(key(name)) }

    mutating func relate(_ item: FromItem) {
        relate(item.relation)
        for join in item.joins { relate(join.relation) }
    }

    private mutating func relate(_ relation: Relation) {
        switch relation {
        case .table(let table): aliases.insert(key(table.alias?.name ?? table.name.last))
        case .subquery(let derived): insert(derived.alias)
        case .function(let function): insert(function.alias)
        case .unnest(let unnest): insert(unnest.alias)
        case .join(let joined): relate(joined.item)
        case .placeholder(let node): insert(node.alias)
        }
    }

    private mutating func insert(_ alias: TableAlias?) {
        if let name = alias?.name { aliases.insert(key(name)) }
    }

    /// True when `name` is a table of a WITH clause, or an array in a column.
    func hides(_ name: QualifiedName) -> Bool {
        guard let first = name.parts.first else { return true }
        return name.parts.count == 1 ? common.contains(key(first)) : isArray(first, name)
    }

    private func isArray(_ first: Identifier, _ name: QualifiedName) -> Bool {
        name.mayBeArray && aliases.contains(key(first))
    }

    /// Unquoted names are the same whatever their case; a quoted one in lower case is the same as they.
    private func key(_ name: Identifier) -> String { name.quoted ? name.name : name.name.lowercased() }
}
