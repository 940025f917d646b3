/// Puts other expressions in the place of columns, throughout one select and what is below it.
struct ColumnReplacement: TreeRewriter {
    /// A column of FROM that is written otherwise in the target dialect.
    struct Column {
        /// The table's key; nil for columns without a table before them.
        var table: String?
        /// The column's key.
        var name: String
        var value: Expression
        /// The type of `value`'s inner column, when a cast to it undoes `value`.
        var kind: DataType.Kind?
        var inner: Expression?
    }

    let dialect: SQLDialect
    var columns: [Column]

    private func replacement(_ expression: Expression) -> Column? {
        guard case .column(let column) = expression, column.qualifier.count < 2 else { return nil }
        let table = column.qualifier.first.map { dialect.key($0) }
        let name = dialect.key(column.name)
        return columns.first { $0.name == name && $0.table == table }
    }

    mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
        // CAST(CAST(d AS DATETIME) AS DATE) is the date that d was.
        if case .cast(let cast) = expression, !cast.safe, let found = replacement(cast.operand),
            found.kind == cast.type.kind,
            let inner = found.inner
        {
            expression = inner
            return
        }
        if case .binary(let node) = expression, let found = replacement(node.left), case .binary(let sum) = found.value,
            let number = node.right.integerLiteral, sum.right.integerLiteral != nil,
            node.operation == .add || node.operation == .subtract
        {
            expression = Transpiler.plus(found.value, node.operation == .add ? number : -number)
            return
        }
        guard let found = replacement(expression) else { return try descend(&expression) }
        let info = expression.info
        expression = found.value
        expression.info = info
    }

    mutating func rewrite(_ select: inout Select) throws(SQLError) {
        for index in select.items.indices where select.items[index].alias == nil {
            guard let found = replacement(select.items[index].value),
                case .column(let column) = select.items[index].value
            else { continue }
            if case .column(let other) = found.value, other.name == column.name { continue }
            select.items[index].alias = column.name
        }
        try descend(&select)
    }
}

extension Expression {
    /// The expression with others in the place of columns.
    func replacing(_ columns: [ColumnReplacement.Column], _ dialect: SQLDialect) -> Expression {
        guard !columns.isEmpty else { return self }
        var replacement = ColumnReplacement(dialect: dialect, columns: columns)
        var result = self
        // Replacing columns refuses nothing: the protocol's methods throw for those rewriters that do.
        do throws(SQLError) { try replacement.rewrite(&result) } catch { return self }
        return result
    }
}
