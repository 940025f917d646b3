/// Writes the table's name before columns that could be taken for something else.
struct ColumnQualifying: TreeRewriter {
    let types: NodeTypes
    let dialect: SQLDialect
    /// Keys of the names that mean something else too.
    let names: Set<String>

    mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
        guard case .column(var column) = expression else { return try descend(&expression) }
        guard column.qualifier.isEmpty, names.contains(dialect.key(column.name)),
            let table = types.table(column.info.range)
        else { return }
        column.qualifier = [table]
        expression = .column(column)
    }

    /// Names within have a scope of their own.
    mutating func rewrite(_ query: inout Query) throws(SQLError) {}
}
