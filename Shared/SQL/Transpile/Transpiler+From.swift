// FROM: tables, subqueries and joins. Arrays and functions are in Transpiler+Unnest.swift.

extension Transpiler {
    mutating func rewrite(_ relation: inout Relation) throws(SQLError) {
        switch relation {
        case .table(let table):
            relation = try rewritten(table)
            try rewriteSuffixes(&relation)
        case .subquery(let derived): relation = try rewritten(derived)
        case .function(let function): relation = try rewritten(function)
        case .unnest(let unnest): relation = try rewritten(unnest)
        case .join(var joined):
            try descend(&joined.item)
            if joined.alias != nil {
                try refuse("an alias of a join", "Write a subquery.", at: joined.info.range)
            }
            relation = .join(joined)
        case .placeholder(var node):
            node.alias = aliased(node.alias)
            relation = .placeholder(node)
        }
        if let name = relation.aliasName { fromAliases.append(source.key(name)) }
    }

    func aliased(_ alias: TableAlias?) -> TableAlias? {
        guard var alias else { return nil }
        alias.name = alias.name.map { identifier($0) }
        for index in alias.columns.indices { alias.columns[index].name = identifier(alias.columns[index].name) }
        return alias
    }

    func isCommon(_ name: QualifiedName) -> Bool {
        name.parts.count == 1 && commonTables.contains { $0.key == source.key(name.parts[0]) }
    }

    // MARK: Tables

    private mutating func rewritten(_ table: TableReference) throws(SQLError) -> Relation {
        var table = table
        if direction == .toPostgres, let array = arrayOfTable(table) { return try rewritten(array) }
        if let columns = table.alias?.columns, !columns.isEmpty, direction == .toBigQuery {
            return try rewritten(renaming(table, columns.map(\.name)))
        }
        if let moment = table.systemTime {
            try refuse("FOR SYSTEM_TIME AS OF", "Read a table that keeps its history.", at: moment.info.range)
            table.systemTime = nil
        }
        table.only = false
        table.alias = aliased(table.alias)
        if isCommon(table.name) {
            table.name = QualifiedName(identifiers(table.name.parts))
            return .table(table)
        }
        if table.name.last.name.hasSuffix("*") {
            try refuse("a table name that ends with *", "Write UNION ALL of the tables.", at: table.info.range)
        }
        let name = self.table(table.name)
        if direction == .toPostgres, table.alias?.name == nil, !target.isPlain(name.last.name),
            target.isPlain(name.last.name.lowercased())
        {
            // Columns are qualified by the name without regard to case.
            table.alias = TableAlias(name: Identifier(name.last.name.lowercased()))
        }
        table.name = name
        return .table(table)
    }

    /// `t AS a(x, y)`: a subquery that renames the columns.
    private mutating func renaming(_ table: TableReference, _ names: [Identifier]) throws(SQLError) -> DerivedTable {
        var inner = table
        inner.alias = nil
        inner.suffixes = []
        let key = source.key(table.name.last)
        let common = isCommon(table.name) ? commonTables.last { $0.key == key } : nil
        let known = common?.columns ?? catalog?.columns(of: table.name)?.columns.map(\.name) ?? []
        guard known.count >= names.count else {
            try refuse(
                "a list of column names for a table whose columns are not known", "Select the columns in a subquery.",
                at: table.info.range)
            return DerivedTable(
                query: Query(Select(items: [SelectItem(.star)], from: [FromItem(relation: .table(inner))])))
        }
        let items = known.enumerated().map { index, column in
            SelectItem(
                value: .column(ColumnReference(qualifier: [], name: column)),
                alias: index < names.count ? names[index] : nil)
        }
        let query = Query(Select(items: items, from: [FromItem(relation: .table(inner))]))
        return DerivedTable(query: query, alias: TableAlias(name: table.alias?.name))
    }

    private mutating func rewriteSuffixes(_ relation: inout Relation) throws(SQLError) {
        guard case .table(var table) = relation, !table.suffixes.isEmpty else { return }
        for index in table.suffixes.indices {
            guard case .sample(var sample) = table.suffixes[index] else { continue }
            switch direction {
            case .toBigQuery:
                if sample.method.name.lowercased() != "system" || sample.seed != nil {
                    try refuse(
                        "TABLESAMPLE \(sample.method.name), or REPEATABLE", "Write WHERE random() < 0.1, or SYSTEM.",
                        at: table.info.range)
                }
                sample.method = Identifier("SYSTEM")
                sample.unit = "PERCENT"
            case .toPostgres:
                if sample.unit != "PERCENT" {
                    try refuse("TABLESAMPLE with ROWS", "Write a percentage.", at: table.info.range)
                }
                sample.unit = nil
            }
            table.suffixes[index] = .sample(sample)
        }
        relation = .table(table)
    }

    // MARK: Subqueries

    mutating func rewritten(_ derived: DerivedTable) throws(SQLError) -> Relation {
        var derived = derived
        if direction == .toBigQuery {
            if case .values(let values) = derived.query.body, derived.query.isOnlyBody {
                return try rewritten(elements(of: values, derived.alias))
            }
            if let columns = derived.alias?.columns, !columns.isEmpty {
                derived.query = try named(derived.query, columns.map(\.name))
                derived.alias?.columns = []
            }
            nameCalls(in: &derived.query.body)
            if derived.lateral { return try correlated(derived) }
        } else if derived.alias?.name == nil {
            madeNames += 1
            derived.alias = TableAlias(name: Identifier("subquery_\(madeNames)"), columns: derived.alias?.columns ?? [])
        }
        let outer = fromAliases
        try rewrite(&derived.query)
        fromAliases = outer
        derived.alias = aliased(derived.alias)
        return .subquery(derived)
    }

    /// `LATERAL (SELECT …) AS x`: the rows as an array of structs, which is unnested for each row before it.
    private mutating func correlated(_ derived: DerivedTable) throws(SQLError) -> Relation {
        var query = derived.query
        guard case .select(var select) = query.body, select.distinct == nil else {
            try refuse("LATERAL of this query", "Write a join, or LATERAL of one SELECT.", at: derived.info.range)
            return .subquery(derived)
        }
        select.shape = .structure
        query.body = .select(select)
        try rewrite(&query)
        let array = Expression.array(ArrayConstructor(content: .query(query)))
        return .unnest(Unnest(arrays: [Argument(array)], alias: aliased(derived.alias), info: derived.info))
    }

    // MARK: Joins

    mutating func rewrite(_ join: inout Join) throws(SQLError) {
        try descend(&join)
        if case .using(let columns, let alias)? = join.condition {
            if direction == .toBigQuery, alias != nil {
                try refuse("an alias of USING", "Name the tables.", at: join.info.range)
            }
            join.condition = .using(identifiers(columns), alias: nil)
        }
        switch direction {
        case .toBigQuery:
            if join.natural { try nameColumns(of: &join) }
        case .toPostgres:
            guard join.condition == nil, !join.natural, join.kind != .cross else { break }
            // Arrays are joined without a condition.
            if join.kind == .inner { join.kind = .cross } else { join.condition = .on(.boolean(true)) }
        }
    }
}

extension Transpiler {
    /// GoogleSQL has no NATURAL: USING names the columns.
    private mutating func nameColumns(of join: inout Join) throws(SQLError) {
        guard let columns = types.natural(join.info.range) else {
            return try refuse(
                "NATURAL JOIN of tables whose columns are not known",
                "Give a catalogue, or write USING with the columns.", at: join.info.range)
        }
        join.natural = false
        if !columns.isEmpty {
            join.condition = .using(identifiers(columns), alias: nil)
        } else if join.kind == .inner {
            join.kind = .cross
        } else {
            join.condition = .on(.boolean(true))
        }
    }
}

extension Query {
    /// True when there is nothing around the body.
    var isOnlyBody: Bool { with == nil && orderBy.isEmpty && limit == nil && offset == nil && locking.isEmpty }
}

extension Relation {
    /// The name by which other parts of the query know the relation.
    var aliasName: Identifier? {
        switch self {
        case .table(let table): table.alias?.name ?? table.name.last
        case .subquery(let derived): derived.alias?.name
        case .function(let function): function.alias?.name
        case .unnest(let unnest): unnest.alias?.name
        case .join(let joined): joined.alias?.name
        case .placeholder(let node): node.alias?.name
        }
    }
}
