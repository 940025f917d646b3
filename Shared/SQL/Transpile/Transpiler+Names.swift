// Names. PostgreSQL takes names without quotes as lower case, and quoted ones letter by letter. In GoogleSQL columns,
// aliases and tables of WITH do not tell case, quoted or not, while names of tables do.

extension Transpiler {
    /// The name of a column, an alias or a table of WITH.
    func identifier(_ name: Identifier) -> Identifier {
        var name = name
        if direction == .toBigQuery {
            if !name.quoted, !target.isPlain(name.name) { name.quoted = isReserved(name) }
            return name
        }
        let lower = name.name.lowercased()
        if target.isPlain(lower) {
            // Without quotes all spellings of the name mean the same, as they did.
            name.quoted = false
        } else if name.quoted ? isWord(lower) : isReserved(name) {
            // Within quotes it must be spelled alike everywhere.
            name = Identifier(lower, quoted: true, range: name.range)
        }
        return name
    }

    /// True for a name that only its meaning keeps from standing without quotes.
    private func isWord(_ name: String) -> Bool { Identifier(exact: name).quoted == false }

    /// True for a name that cannot stand without quotes.
    private func isReserved(_ name: Identifier) -> Bool { name.sql(target) != name.name }

    func identifiers(_ names: [Identifier]) -> [Identifier] { names.map { identifier($0) } }

    /// A column, or the part of JSON in a column that GoogleSQL names with dots.
    func column(_ column: ColumnReference) -> Expression {
        if direction == .toPostgres, !column.qualifier.isEmpty, types.type(column.info.range) == .json,
            let table = types.table(column.info.range)
        {
            let length = source.key(table) == source.key(column.qualifier[0]) ? 2 : 1
            if column.parts.count > length {
                var base = column
                base.name = column.parts[length - 1]
                base.qualifier = Array(column.parts.prefix(length - 1))
                return column.parts.dropFirst(length).reduce(.column(named(base))) { whole, key in
                    .binary(whole, .jsonField, .string(key.name))
                }
            }
        }
        return .column(named(column))
    }

    func named(_ column: ColumnReference) -> ColumnReference {
        var column = column
        column.name = identifier(column.name)
        for index in column.qualifier.indices { column.qualifier[index] = identifier(column.qualifier[index]) }
        return column
    }

    func star(_ star: Star) -> Star {
        var star = star
        star.qualifier = identifiers(star.qualifier)
        return star
    }

    /// The name of a table outside the query.
    func table(_ name: QualifiedName) -> QualifiedName {
        var name = name
        for index in name.parts.indices {
            let part = name.parts[index]
            switch direction {
            case .toBigQuery: if !part.quoted { name.parts[index].name = part.name.lowercased() }
            case .toPostgres: name.parts[index].quoted = !target.isPlain(part.name)
            }
        }
        return name
    }
}
