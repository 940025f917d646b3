extension SchemaCatalog {
    /// The same tables as the other dialect's transpiled queries find them; a type without an equivalent is not known.
    public func transpiled(to target: SQLDialect) -> SchemaCatalog {
        guard target != dialect else { return self }
        let direction: Transpiler.Direction = target == .postgres ? .toPostgres : .toBigQuery
        var result = SchemaCatalog(dialect: target)
        for table in allTables {
            guard let name = table.table else { continue }
            let columns = table.columns.map { column in
                Column(column.name.name, column.type.flatMap { TypeMapping.kind($0, direction) })
            }
            result.add(name, columns: columns)
        }
        return result
    }
}
