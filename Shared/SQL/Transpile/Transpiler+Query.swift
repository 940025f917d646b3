// Queries: WITH, what a query's body is, limits.

extension Transpiler {
    mutating func rewrite(_ query: inout Query) throws(SQLError) {
        let outer = commonTables.count
        if var with = query.with {
            try rewrite(&with)
            query.with = with
        }
        try prepare(&query)
        orderReplacements = []
        try rewrite(&query.body)
        let replacements = orderReplacements
        try rewriteOrder(&query, replacements)
        try rewriteLimit(&query)
        if direction == .toBigQuery, let locking = query.locking.first {
            try refuse(
                "FOR \(locking.strength == .share ? "SHARE" : "UPDATE")", "Leave it out: reads lock nothing.",
                at: query.info.range)
            query.locking = []
        }
        commonTables.removeSubrange(outer...)
    }

    private mutating func rewriteOrder(
        _ query: inout Query, _ replacements: [ColumnReplacement.Column]
    ) throws(SQLError) {
        for index in query.orderBy.indices {
            // A name of the select list is that of what was put there.
            if case .column(let column) = query.orderBy[index].value, column.qualifier.isEmpty { continue }
            try rewrite(&query.orderBy[index].value)
            var replacement = ColumnReplacement(dialect: source, columns: replacements)
            try replacement.rewrite(&query.orderBy[index].value)
        }
        for index in query.orderBy.indices {
            guard case .column(let node) = query.orderBy[index].value, node.qualifier.isEmpty else { continue }
            query.orderBy[index].value = .column(named(node))
        }
        query.orderBy = ordered(query.orderBy, .query)
    }

    // MARK: WITH

    mutating func rewrite(_ with: inout With) throws(SQLError) {
        if with.recursive { commonTables += with.tables.map { (source.key($0.name), columns(of: $0)) } }
        for index in with.tables.indices {
            let table = with.tables[index]
            try rewrite(&with.tables[index], isRecursive: with.recursive)
            if !with.recursive { commonTables.append((source.key(table.name), columns(of: table))) }
        }
    }

    /// The names of a table's columns; empty when they are not known.
    private func columns(of table: CommonTable) -> [Identifier] {
        guard var body = table.query?.body else { return [] }
        while true {
            switch body {
            case .setOperation(let operation): body = operation.operands[0]
            case .query(let query): body = query.body
            case .select(let select):
                let items = expandedStars(select.items)
                guard !items.contains(where: \.isStar) else { return [] }
                let resolver = Resolver(catalog: SchemaCatalog(dialect: source), options: ResolveOptions())
                let names = items.enumerated().map { $1.alias ?? resolver.outputName(of: $1.value, at: $0) }
                return table.columns + names.dropFirst(table.columns.count)
            case .values(let values): return table.columns + values.columnNames.dropFirst(table.columns.count)
            case .table, .pipe, .placeholder: return []
            }
        }
    }

    private mutating func rewrite(_ table: inout CommonTable, isRecursive: Bool) throws(SQLError) {
        guard case .query(var query) = table.statement else {
            try refuse("a changing statement in WITH", "Make it a statement of its own.", at: table.info.range)
            return try rewrite(&table.statement)
        }
        if direction == .toBigQuery {
            table.materialized = nil
            if table.search != nil || table.cycle != nil {
                try refuse("SEARCH and CYCLE", "Keep the path in a column of the table.", at: table.info.range)
            }
            if isRecursive, case .setOperation(let operation) = query.body, operation.kind == .union, !operation.all,
                Self.reads(query, table.name, source)
            {
                try refuse(
                    "a recursive UNION without ALL", "Write UNION ALL, with a condition that ends it.",
                    at: operation.info.range)
            }
            if !table.columns.isEmpty {
                query = try named(query, table.columns)
                table.columns = []
            }
        }
        table.name = identifier(table.name)
        table.columns = identifiers(table.columns)
        nameCalls(in: &query.body)
        try rewrite(&query)
        table.statement = .query(query)
    }

    private static func reads(_ query: Query, _ name: Identifier, _ dialect: SQLDialect) -> Bool {
        query.tableReferences().contains { $0.name.parts.count == 1 && dialect.key($0.name.last) == dialect.key(name) }
    }

    // MARK: Names of columns

    /// The query with its columns named: GoogleSQL has no lists of names behind an alias.
    mutating func named(_ query: Query, _ columns: [Identifier]) throws(SQLError) -> Query {
        var query = query
        if try name(&query.body, columns, query.orderBy) { return query }
        try refuse(
            "a list of column names for a query whose columns are not known", "Name the columns within the query.",
            at: columns.first?.range ?? .none)
        return query
    }

    private mutating func name(
        _ body: inout QueryBody, _ columns: [Identifier], _ orderBy: [OrderItem]
    ) throws(SQLError) -> Bool {
        switch body {
        case .select(var select):
            select.items = expandedStars(select.items)
            guard select.items.count >= columns.count, !select.items.contains(where: \.isStar) else { return false }
            for (index, name) in columns.enumerated() {
                if let old = select.items[index].alias, source.key(old) != source.key(name) {
                    // Clauses that name the column by its old name.
                    let renaming = ColumnReplacement.Column(
                        name: source.key(old), value: select.items[index].value)
                    var replacement = ColumnReplacement(dialect: source, columns: [renaming])
                    if var groupBy = select.groupBy {
                        for index in groupBy.elements.indices { try replacement.descend(&groupBy.elements[index]) }
                        select.groupBy = groupBy
                    }
                    if orderBy.contains(where: { Self.isColumn($0.value, old, source) }) { return false }
                }
                select.items[index].alias = name
            }
            body = .select(select)
            return true
        case .setOperation(var operation):
            guard try name(&operation.operands[0], columns, orderBy) else { return false }
            body = .setOperation(operation)
            return true
        case .query(var query):
            guard try name(&query.body, columns, query.orderBy) else { return false }
            body = .query(query)
            return true
        case .values(let values):
            body = .select(rows(values, columns))
            return true
        case .table, .pipe, .placeholder: return false
        }
    }

    private static func isColumn(_ value: Expression, _ name: Identifier, _ dialect: SQLDialect) -> Bool {
        guard case .column(let column) = value, column.qualifier.isEmpty else { return false }
        return dialect.key(column.name) == dialect.key(name)
    }

    /// In PostgreSQL a column that is a call goes by the function's name: here it gets that for an alias, so that those
    /// who read the query find it.
    func nameCalls(in body: inout QueryBody) {
        guard direction == .toBigQuery else { return }
        switch body {
        case .select(var select):
            let resolver = Resolver(catalog: SchemaCatalog(dialect: source), options: ResolveOptions())
            for (index, item) in select.items.enumerated() where item.alias == nil {
                switch item.value {
                case .column, .field, .star, .placeholder: continue
                default: break
                }
                let name = resolver.outputName(of: item.value, at: index)
                if name.name != "?column?" { select.items[index].alias = name }
            }
            body = .select(select)
        case .setOperation(var operation):
            nameCalls(in: &operation.operands[0])
            body = .setOperation(operation)
        case .query(var query):
            nameCalls(in: &query.body)
            body = .query(query)
        case .values, .table, .pipe, .placeholder: break
        }
    }

    /// Stars as the columns that they stand for, where those are known.
    func expandedStars(_ items: [SelectItem]) -> [SelectItem] {
        items.flatMap { item -> [SelectItem] in
            guard item.isStar, let columns = types.items(of: item.value.info.range) else { return [item] }
            return columns.map { column in
                var item = column.item
                item.value.info.range = types.number(types.range(item.value.info.range), type: column.type)
                return item
            }
        }
    }

    // MARK: Bodies

    mutating func rewrite(_ body: inout QueryBody) throws(SQLError) {
        switch body {
        case .values(let values) where direction == .toBigQuery && !keepsValues:
            body = .select(rows(values, values.columnNames))
        case .table(let name) where direction == .toBigQuery:
            body = .select(Select(items: [SelectItem(.star)], from: [FromItem(relation: .table(name))]))
        case .table(let name): body = .table(isCommon(name) ? QualifiedName(identifiers(name.parts)) : table(name))
        case .setOperation(let operation):
            if direction == .toBigQuery, operation.all, operation.kind != .union {
                let word = operation.kind == .intersect ? "INTERSECT ALL" : "EXCEPT ALL"
                try refuse(word, "Number the rows of each value, and leave out ALL.", at: operation.info.range)
            }
            if direction == .toBigQuery {
                // A part of its own, for the row numbers that say which rows are the first.
                var operation = operation
                for index in operation.operands.indices {
                    guard case .select(let select) = operation.operands[index], case .on = select.distinct else {
                        continue
                    }
                    operation.operands[index] = .query(Query(body: .select(select)))
                }
                body = .setOperation(operation)
            }
            if direction == .toPostgres, let matching = operation.matching {
                body = .setOperation(try matchedByPlace(operation, matching))
            }
        case .select(let select) where direction == .toPostgres && select.qualify != nil && !isPrepared:
            // A part of a set operation, which needs a query of its own for the window functions.
            body = .query(Query(body: body))
        default: break
        }
        isPrepared = false
        let outer = keepsValues
        keepsValues = false
        try descend(&body)
        keepsValues = outer
    }

    // MARK: Limits

    private mutating func rewriteLimit(_ query: inout Query) throws(SQLError) {
        if var count = query.limit?.count {
            try rewrite(&count)
            query.limit?.count = count
        }
        if var offset = query.offset {
            try rewrite(&offset)
            query.offset = offset
        }
        switch direction {
        case .toBigQuery:
            query.limit?.isFetch = Spelling(false)
            if query.limit?.count == nil { query.limit = nil }
            for value in [query.limit?.count, query.offset] {
                guard let value, !value.isConstant else { continue }
                try refuse("LIMIT or OFFSET with an expression", "Write a number or a parameter.", at: value.info.range)
            }
            if query.offset != nil, query.limit == nil { query.limit = Limit(count: .integer(Int.max)) }
        case .toPostgres:
            if query.offset != nil, query.limit?.count?.integerLiteral == Int.max { query.limit = nil }
        }
    }
}

extension SelectItem {
    var isStar: Bool { if case .star = value { true } else { false } }
}

extension Values {
    /// PostgreSQL's names of the columns.
    var columnNames: [Identifier] { (1...max(rows.first?.count ?? 1, 1)).map { Identifier("column\($0)") } }
}

extension Expression {
    /// A literal or what is filled in for one.
    fileprivate var isConstant: Bool {
        switch self {
        case .literal, .parameter, .placeholder: true
        default: false
        }
    }
}
