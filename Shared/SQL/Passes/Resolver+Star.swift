// Stars: the columns that they stand for.

extension Resolver {
    /// The items that a star stands for; nil when they are not all known.
    mutating func expand(_ star: Star, from: [FromItem]?) throws(SQLError) -> [SelectItem]? {
        let scope = scopes[scopes.count - 1]
        var columns: [Scope.StarColumn]?
        if star.qualifier.isEmpty {
            guard !scope.sources.isEmpty else {
                throw SQLError(.unresolved, "A star without a FROM clause stands for nothing.", at: star.info.range)
            }
            columns = from.map { starColumns(of: $0, in: scope) } ?? scope.shown
        } else {
            let keys = star.qualifier.map { dialect.key($0) }
            guard
                let index = scope.sources.firstIndex(where: {
                    $0.key == keys.last && (keys.count == 1 || $0.path == keys)
                })
            else {
                if naming.pathsReachFields { return try fields(of: star) }
                _ = try report(unknownTable(star.qualifier, at: star.info.range))
                return []
            }
            columns = starColumns(of: index, in: scope)
        }
        guard let columns else { return nil }
        for name in star.except { try require(name, in: columns, to: "leave out") }
        for item in star.replace { if let name = item.alias { try require(name, in: columns, to: "replace") } }
        let except = Set(star.except.map { dialect.key($0) })
        return columns.compactMap { column in
            if except.contains(column.key) { return nil }
            if let replaced = star.replace.first(where: { $0.alias.map { dialect.key($0) } == column.key }) {
                return replaced
            }
            let alias = column.source.map { scope.sources[$0].alias }
            let qualifier = alias.map { $0.name.isEmpty ? [] : [$0] } ?? []
            return SelectItem(
                value: .column(ColumnReference(qualifier: qualifier, name: column.name, info: star.info)))
        }
    }

    private mutating func require(
        _ name: Identifier, in columns: [Scope.StarColumn], to verb: String
    ) throws(SQLError) {
        if columns.contains(where: { $0.key == dialect.key(name) }) { return }
        let hint = Suggestion.text(for: name.name, in: columns.map(\.name.name))
        _ = try report(
            SQLError(.unknownColumn, "The star has no column \(name.name) to \(verb).\(hint)", at: name.range))
    }

    /// `s.*` of a struct in a column: its fields; nil when they are not known.
    private mutating func fields(of star: Star) throws(SQLError) -> [SelectItem]? {
        guard let last = star.qualifier.last else { return nil }
        var column = ColumnReference(qualifier: star.qualifier.dropLast(), name: last, info: star.info)
        let value = try resolve(&column)
        guard case .structure(let fields)? = value.type else { return nil }
        let except = Set(star.except.map { dialect.key($0) })
        return fields.compactMap { field in
            guard let name = field.name, !except.contains(dialect.key(name)) else { return nil }
            if let replaced = star.replace.first(where: { $0.alias.map { dialect.key($0) } == dialect.key(name) }) {
                return replaced
            }
            return SelectItem(
                value: .column(ColumnReference(qualifier: column.parts, name: name, info: star.info)))
        }
    }

    /// `(expression).*`: the fields of its value; nil when they are not known, and the item stays.
    mutating func fields(
        of item: inout SelectItem, into columns: inout [SourceColumn]
    ) throws(SQLError) -> [SelectItem]? {
        guard case .field(var access) = item.value else { return nil }
        let value = try resolve(&access.operand)
        item.value = .field(access)
        guard case .structure(let fields)? = value.type else { return nil }
        return fields.compactMap { field in
            guard let name = field.name else { return nil }
            columns.append(
                SourceColumn(
                    key: dialect.key(name), name: name, type: field.type.kind,
                    lineage: value.lineage.used(.computed)))
            access.field = name
            return SelectItem(value: .field(access))
        }
    }

    /// The table that the columns are of which a star shows and nobody knows, if it is one.
    func rest(of star: Star) -> QualifiedName? {
        let sources = scopes[scopes.count - 1].sources
        let keys = star.qualifier.map { dialect.key($0) }
        let open = sources.filter { $0.columns.isOpen && (keys.isEmpty || $0.key == keys.last) }
        return open.count == 1 ? open[0].columns.rest : nil
    }

    func starColumns(of index: Int, in scope: Scope) -> [Scope.StarColumn]? {
        let source = scope.sources[index]
        if source.columns.isOpen { return nil }
        return source.columns.columns.map { column in
            let isElement = source.isValue && column.key == source.key
            return Scope.StarColumn(key: column.key, name: column.name, source: isElement ? nil : index)
        }
    }

    func starColumns(of items: [FromItem], in scope: Scope) -> [Scope.StarColumn]? {
        var next = 0
        var all: [Scope.StarColumn] = []
        for item in items {
            guard let columns = starColumns(of: item, &next, in: scope) else { return nil }
            all += columns
        }
        return all
    }

    /// The columns of a relation and its joins: those of USING first, then the others, from left to right.
    private func starColumns(of item: FromItem, _ next: inout Int, in scope: Scope) -> [Scope.StarColumn]? {
        guard var columns = starColumns(of: item.relation, &next, in: scope) else { return nil }
        for join in item.joins {
            guard let right = starColumns(of: join.relation, &next, in: scope) else { return nil }
            columns = joined(columns, right, join)
        }
        return columns
    }

    /// The columns of a join: those of USING first, then the others, from left to right.
    func joined(
        _ columns: [Scope.StarColumn], _ right: [Scope.StarColumn], _ join: Join
    ) -> [Scope.StarColumn] {
        var keys: [String] = []
        if case .using(let names, _)? = join.condition { keys = names.map { dialect.key($0) } }
        if join.natural { keys = columns.map(\.key).filter { key in right.contains { $0.key == key } } }
        let shared = keys.compactMap { key in columns.first { $0.key == key } }
        return shared.map { Scope.StarColumn(key: $0.key, name: $0.name, source: nil) }
            + columns.filter { !keys.contains($0.key) } + right.filter { !keys.contains($0.key) }
    }

    func starColumns(of relation: Relation, _ next: inout Int, in scope: Scope) -> [Scope.StarColumn]? {
        if case .join(let joined) = relation, joined.alias == nil {
            return starColumns(of: joined.item, &next, in: scope)
        }
        next += 1
        return starColumns(of: next - 1, in: scope)
    }
}

extension SelectItem {
    /// `*`, `t.*` or `(expression).*`.
    var showsSeveral: Bool {
        switch value {
        case .star: true
        case .field(let access): access.field.name == "*" && !access.field.quoted
        default: false
        }
    }
}

extension Expression {
    /// The star, when the expression is one.
    var asStar: Star? { if case .star(let star) = self { star } else { nil } }
}
