/// Gives the relations of a query names that only depend on where they stand, and puts the operands of AND and OR in one
/// order: two queries that differ in nothing else are equal afterwards.
///
/// The query must have its names written out. Names that are also values, of arrays' elements and functions, stay.
struct NameNormalizer: TreeRewriter {
    let dialect: SQLDialect
    /// The new names by the old ones' keys, the innermost scope last.
    private var aliases: [[String: Identifier]] = []
    private var tables: [[String: Identifier]] = []
    private var count = 0

    init(dialect: SQLDialect) { self.dialect = dialect }

    mutating func rewrite(_ query: inout Query) throws(SQLError) {
        tables.append([:])
        if var with = query.with {
            query.with = nil
            for index in with.tables.indices {
                let name = newName("w")
                let key = dialect.key(with.tables[index].name)
                if with.recursive { tables[tables.count - 1][key] = name }
                try rewrite(&with.tables[index].statement)
                tables[tables.count - 1][key] = name
                with.tables[index].name = name
            }
            // ORDER BY stands outside of the SELECT whose tables it names.
            try descend(inScopeOf: &query)
            query.with = with
        } else {
            try descend(inScopeOf: &query)
        }
        tables.removeLast()
    }

    private mutating func descend(inScopeOf query: inout Query) throws(SQLError) {
        guard case .select(let select) = query.body else { return try descend(&query) }
        aliases.append(names(of: select.from))
        query.body = .values(Values(rows: []))
        try descend(&query)
        var changed = select
        try descend(&changed)
        query.body = .select(changed)
        aliases.removeLast()
    }

    mutating func rewrite(_ select: inout Select) throws(SQLError) {
        aliases.append(names(of: select.from))
        try descend(&select)
        aliases.removeLast()
    }

    /// The relations of a pipe keep their names: which of them can be named changes from operator to operator.
    mutating func rewrite(_ body: inout QueryBody) throws(SQLError) {
        if case .pipe = body { aliases.append([:]) }
        try descend(&body)
        if case .pipe = body { aliases.removeLast() }
        if case .table(let name) = body, let new = table(name) { body = .table(new) }
    }

    mutating func rewrite(_ relation: inout Relation) throws(SQLError) {
        try descend(&relation)
        switch relation {
        case .table(var table):
            if let new = self.table(table.name) { table.name = new }
            rename(&table.alias)
            relation = .table(table)
        case .subquery(var derived):
            rename(&derived.alias)
            relation = .subquery(derived)
        case .function, .unnest, .join, .placeholder: break
        }
    }

    mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
        try descend(&expression)
        switch expression {
        case .column(var column):
            guard let first = column.qualifier.first, let name = alias(first) else { return }
            column.qualifier[0] = name
            expression = .column(column)
        case .star(var star):
            guard let first = star.qualifier.first, let name = alias(first) else { return }
            star.qualifier[0] = name
            expression = .star(star)
        case .logical(var logical):
            let texts = logical.operands.map { $0.sql(dialect, style: .canonical) }
            logical.operands = texts.indices.sorted { texts[$0] < texts[$1] }.map { logical.operands[$0] }
            expression = .logical(logical)
        default: break
        }
    }

    // MARK: Names

    private mutating func newName(_ letter: String) -> Identifier {
        count += 1
        return Identifier("\(letter)\(count) ", quoted: true)  // with a space: no name of the text is like it
    }

    private mutating func names(of items: [FromItem]) -> [String: Identifier] {
        var names: [String: Identifier] = [:]
        for item in items { add(item, to: &names) }
        return names
    }

    private mutating func add(_ item: FromItem, to names: inout [String: Identifier]) {
        add(item.relation, to: &names)
        for join in item.joins { add(join.relation, to: &names) }
    }

    private mutating func add(_ relation: Relation, to names: inout [String: Identifier]) {
        switch relation {
        case .table(let table): add(table.alias, table.suffixes, to: &names)
        case .subquery(let derived): add(derived.alias, derived.suffixes, to: &names)
        case .join(let joined) where joined.alias == nil: add(joined.item, to: &names)
        case .function, .unnest, .join, .placeholder: break
        }
    }

    private mutating func add(
        _ alias: TableAlias?, _ suffixes: [RelationSuffix], to names: inout [String: Identifier]
    ) {
        guard let name = alias?.name, suffixes.isEmpty else { return }
        names[dialect.key(name)] = newName("r")
    }

    private func alias(_ name: Identifier) -> Identifier? {
        let key = dialect.key(name)
        for names in aliases.reversed() { if let new = names[key] { return new } }
        return nil
    }

    private func rename(_ alias: inout TableAlias?) {
        guard let name = alias?.name, let new = aliases.last?[dialect.key(name)] else { return }
        alias?.name = new
    }

    private func table(_ name: QualifiedName) -> QualifiedName? {
        guard name.parts.count == 1 else { return nil }
        let key = dialect.key(name.parts[0])
        for names in tables.reversed() { if let new = names[key] { return QualifiedName([new]) } }
        return nil
    }
}
