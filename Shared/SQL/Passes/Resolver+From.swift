// FROM: what each relation brings into sight.

extension Resolver {
    mutating func resolve(_ item: inout FromItem) throws(SQLError) {
        let start = scopes[scopes.count - 1].sources.count
        try resolve(&item.relation)
        for index in item.joins.indices {
            let right = scopes[scopes.count - 1].sources.count
            try resolve(&item.joins[index].relation)
            try condition(of: &item.joins[index], from: start, right: right)
        }
    }

    /// ON is resolved; USING and NATURAL make one column of two.
    mutating func condition(of join: inout Join, from start: Int, right: Int) throws(SQLError) {
        switch join.condition {
        case .on(var condition):
            let value = try resolve(&condition)
            scopes[scopes.count - 1].filters.merge(value.lineage)
            join.condition = .on(condition)
        case .using(let names, _):
            for name in names { try merge(name, from: start, right: right) }
        case nil:
            guard join.natural else { return }
            let scope = scopes[scopes.count - 1]
            recordNatural(join, scope.sources[start..<right], scope.sources[right...])
            for source in scope.sources[right...] {
                for column in source.columns.columns
                where scope.sources[start..<right].contains(where: { $0.columns.position(of: column.key) != nil }) {
                    try merge(column.name, from: start, right: right)
                }
            }
        }
    }

    /// Notes the columns that a NATURAL JOIN compares, in the order of its first side, when all are known.
    private func recordNatural(_ join: Join, _ left: ArraySlice<Scope.Source>, _ right: ArraySlice<Scope.Source>) {
        guard let recorded, !left.contains(where: \.columns.isOpen), !right.contains(where: \.columns.isOpen) else {
            return
        }
        var names: [Identifier] = []
        var keys: Set<String> = []
        for column in left.flatMap(\.columns.columns) {
            let isShared = right.contains { $0.columns.position(of: column.key) != nil }
            if isShared, keys.insert(column.key).inserted { names.append(column.name) }
        }
        recorded.record(natural: names, of: join.info.range)
    }

    private mutating func merge(_ name: Identifier, from start: Int, right: Int) throws(SQLError) {
        let key = dialect.key(name)
        let scope = scopes[scopes.count - 1]
        func holders(_ range: Range<Int>) throws(SQLError) -> [Int] {
            let range = range.filter { !scope.sources[$0].isNamedOnly }
            let known = range.filter { scope.sources[$0].columns.position(of: key) != nil }
            if !known.isEmpty { return known }
            let open = range.filter { scope.sources[$0].columns.isOpen }
            guard open.isEmpty else { return open.count == 1 ? open : [] }
            let tables = range.map { scope.sources[$0].alias.name }.joined(separator: ", ")
            let columns = range.flatMap { scope.sources[$0].columns.columns.map(\.name.name) }
            let hint = Suggestion.text(for: name.name, in: columns)
            let place = tables.isEmpty ? "the rows before it" : tables
            throw SQLError(
                .unknownColumn, "USING needs a column \(name.name) in \(place).\(hint)", at: name.range)
        }
        let sources = try holders(start..<right) + holders(right..<scope.sources.count)
        scopes[scopes.count - 1].merged.removeAll { $0.key == key && $0.sources.contains { $0 >= start } }
        scopes[scopes.count - 1].merged.append(Scope.Merged(key: key, name: name, sources: sources))
        let merged = scopes[scopes.count - 1]
        guard options.tracksLineage else { return }
        for index in sources {
            if let position = merged.sources[index].columns.position(of: key) {
                let value = resolved(merged.sources[index], position)
                scopes[scopes.count - 1].filters.merge(value.lineage)
            }
        }
    }

    mutating func resolve(_ relation: inout Relation) throws(SQLError) {
        switch relation {
        case .table(var table):
            try resolve(&table)
            relation = .table(table)
        case .subquery(var derived):
            scopes[scopes.count - 1].isHidden = !derived.lateral
            let columns = try resolve(&derived.query)
            scopes[scopes.count - 1].isHidden = false
            add(columns, alias: derived.alias)
            try apply(&derived.suffixes, from: scopes[scopes.count - 1].sources.count - 1)
            relation = .subquery(derived)
        case .function(var function):
            try resolve(&function)
            relation = .function(function)
        case .unnest(var unnest):
            try resolve(&unnest)
            relation = .unnest(unnest)
        case .join(var joined):
            let start = scopes[scopes.count - 1].sources.count
            try resolve(&joined.item)
            if joined.alias != nil { gather(from: start, as: joined.alias) }
            try apply(&joined.suffixes, from: start)
            relation = .join(joined)
        case .placeholder(let node): add(ColumnSet([], isOpen: true), alias: node.alias)
        }
    }

    /// The relations of a join in parentheses become one under its alias.
    mutating func gather(from start: Int, as alias: TableAlias?) {
        var columns: [SourceColumn] = []
        let sources = scopes[scopes.count - 1].sources[start...]
        for source in sources {
            for position in source.columns.columns.indices {
                var column = source.columns.columns[position]
                column.lineage = resolved(source, position).lineage
                columns.append(column)
            }
        }
        let open = sources.filter(\.columns.isOpen)
        scopes[scopes.count - 1].sources.removeSubrange(start...)
        scopes[scopes.count - 1].merged.removeAll { $0.sources.contains { $0 >= start } }
        let rest = open.count == 1 ? open[0].columns.rest : nil
        add(ColumnSet(columns, isOpen: !open.isEmpty, rest: rest), alias: alias)
    }

    /// Brings a relation into sight.
    mutating func add(
        _ columns: ColumnSet, alias: TableAlias?, path: [String] = [], isValue: Bool = false
    ) {
        let name = alias?.name ?? Identifier("")
        let columns = renamed(columns, alias?.columns.map(\.name) ?? [])
        scopes[scopes.count - 1].filters.merge(columns.filters)
        scopes[scopes.count - 1].sources.append(
            Scope.Source(key: dialect.key(name), alias: name, columns: columns, isValue: isValue, path: path))
    }

    // MARK: Tables

    private mutating func resolve(_ table: inout TableReference) throws(SQLError) {
        if table.name.parts.count > 1, table.name.mayBeArray, try array(&table) { return }
        let columns = try columns(of: table.name, at: table.info.range)
        let hasAlias = table.alias?.name != nil
        if !hasAlias { table.alias = TableAlias(name: table.name.last, columns: table.alias?.columns ?? []) }
        add(columns, alias: table.alias, path: hasAlias ? [] : table.name.parts.map { dialect.key($0) })
        try apply(&table.suffixes, from: scopes[scopes.count - 1].sources.count - 1)
    }

    /// The columns of a table, of a WITH clause or outside the query.
    func columns(of name: QualifiedName, at range: SourceRange) throws(SQLError) -> ColumnSet {
        if name.parts.count == 1 {
            let key = dialect.key(name.parts[0])
            if let found = common.last(where: { $0.key == key }) { return found.columns }
        }
        if let known = catalog.columns(of: name) { return known }
        guard options.requiresKnownTables else { return ColumnSet(table: name, [], isOpen: true) }
        throw SQLError(.unknownTable, "The table \(name) is not known.", at: range)
    }

    /// `FROM t, t.items`: an array in a column of a relation in sight. False when it is none.
    private mutating func array(_ table: inout TableReference) throws(SQLError) -> Bool {
        let key = dialect.key(table.name.parts[0])
        guard scopes.reversed().contains(where: { !$0.isHidden && $0.source(key) != nil }) else { return false }
        var column = ColumnReference(
            qualifier: Array(table.name.qualifier), name: table.name.last, info: NodeInfo(range: table.name.range))
        let value = try resolve(&column)
        let alias = table.alias ?? TableAlias(name: table.name.last)
        addElements(of: [value], alias: alias, offset: nil)
        table.alias = alias
        return true
    }

    // MARK: Arrays and functions

    private mutating func resolve(_ unnest: inout Unnest) throws(SQLError) {
        var values: [Resolved] = []
        for index in unnest.arrays.indices { values.append(try resolve(&unnest.arrays[index].value)) }
        let start = scopes[scopes.count - 1].sources.count
        let offset = unnest.offset.map { $0.name ?? Identifier("offset") }
        let ordinality = unnest.ordinality ? Identifier("ordinality") : nil
        addElements(of: values, alias: unnest.alias, offset: offset ?? ordinality)
        try apply(&unnest.suffixes, from: start)
    }

    /// A relation of the elements of arrays.
    private mutating func addElements(of arrays: [Resolved], alias: TableAlias?, offset: Identifier?) {
        var columns: [SourceColumn] = []
        var isOpen = false
        let name = alias?.name ?? Identifier(naming.elementsAreValues ? "" : "unnest")
        for array in arrays {
            var type: DataType.Kind?
            if case .array(let element)? = array.type { type = element.kind }
            let lineage = array.lineage.used(.computed)
            if naming.elementsAreValues, case .structure(let fields)? = type, !fields.isEmpty {
                for field in fields {
                    let name = field.name ?? Identifier("")
                    columns.append(
                        SourceColumn(key: dialect.key(name), name: name, type: field.type.kind, lineage: lineage))
                }
            } else {
                if type == nil, naming.elementsAreValues { isOpen = true }
                columns.append(SourceColumn(key: dialect.key(name), name: name, type: type, lineage: lineage))
            }
        }
        let isValue = naming.elementsAreValues
        if let offset, !isValue {
            columns.append(SourceColumn(key: dialect.key(offset), name: offset, type: .int64))
        }
        let alias = TableAlias(name: name, columns: alias?.columns ?? [])
        add(ColumnSet(columns, isOpen: isOpen), alias: alias, isValue: isValue)
        // GoogleSQL's offset is a name of its own, beside the alias.
        if let offset, isValue {
            let column = SourceColumn(key: dialect.key(offset), name: offset, type: .int64)
            add(ColumnSet([column]), alias: TableAlias(name: offset), isValue: true)
        }
    }

    private mutating func resolve(_ function: inout TableFunction) throws(SQLError) {
        var columns: [SourceColumn] = []
        var isOpen = false
        var lineage: [LineageEntry] = []
        for index in function.calls.indices {
            let value = try resolve(&function.calls[index].call)
            let own = value.lineage.used(.computed)
            lineage.merge(own)
            let returned = self.columns(of: function.calls[index], value.type, at: index, alias: function.alias)
            if returned.isEmpty { isOpen = true }
            columns += returned.map { name, type in
                SourceColumn(key: dialect.key(name), name: name, type: type, lineage: own)
            }
        }
        if function.ordinality {
            let name = Identifier("ordinality")
            columns.append(SourceColumn(key: name.name, name: name, type: .int64))
        }
        if let definitions = function.alias?.columns, !definitions.isEmpty {
            let rest = columns.dropFirst(definitions.count)
            columns = definitions.enumerated().map { index, definition in
                let type = definition.type?.kind ?? (index < columns.count ? columns[index].type : nil)
                return SourceColumn(
                    key: dialect.key(definition.name), name: definition.name, type: type, lineage: lineage)
            }
            columns += rest
            isOpen = false
        }
        let first = function.calls.first.map { outputName(of: $0.call, at: 0) } ?? Identifier("")
        add(ColumnSet(columns, isOpen: isOpen), alias: TableAlias(name: function.alias?.name ?? first))
        try apply(&function.suffixes, from: scopes[scopes.count - 1].sources.count - 1)
    }

    /// The columns of one function in FROM; none when they are not known.
    private func columns(
        of call: TableFunction.Call, _ type: DataType.Kind?, at index: Int, alias: TableAlias?
    ) -> [(name: Identifier, type: DataType.Kind?)] {
        if !call.columns.isEmpty { return call.columns.map { ($0.name, $0.type?.kind) } }
        if case .function(let function) = call.call, let known = functions.tables[function.name.name.lowercased()] {
            return known.map { (Identifier($0.name), $0.type) }
        }
        if case .structure(let fields)? = type { return fields.map { ($0.name ?? Identifier(""), $0.type.kind) } }
        guard type != nil else { return [] }
        return [(alias?.name ?? outputName(of: call.call, at: index), type)]
    }
}
