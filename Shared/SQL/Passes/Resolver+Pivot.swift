// What follows a relation: TABLESAMPLE leaves it as it is, PIVOT and UNPIVOT make other columns of it.

extension Resolver {
    /// Applies what follows a relation to the sources from `start` on, which are those of the relation.
    mutating func apply(_ suffixes: inout [RelationSuffix], from start: Int) throws(SQLError) {
        for index in suffixes.indices {
            switch suffixes[index] {
            case .sample: break
            case .pivot(var pivot):
                let columns = try columns(of: &pivot, from: start)
                replace(from: start, with: columns, alias: pivot.alias)
                suffixes[index] = .pivot(pivot)
            case .unpivot(let unpivot):
                let columns = try columns(of: unpivot, from: start)
                replace(from: start, with: columns, alias: unpivot.alias)
            }
        }
    }

    private mutating func replace(from start: Int, with columns: ColumnSet, alias: Identifier?) {
        scopes[scopes.count - 1].sources.removeSubrange(start...)
        add(columns, alias: TableAlias(name: alias ?? Identifier("")))
    }

    /// The columns that go in, as one source without a name: within the parentheses they are named as they are.
    private mutating func input(from start: Int) -> ColumnSet {
        gather(from: start, as: TableAlias(name: Identifier("")))
        return scopes[scopes.count - 1].sources[start].columns
    }

    /// Lets `body` see nothing but the columns of `input`, and what is around the query.
    private mutating func within<Value>(
        _ input: ColumnSet, _ body: (inout Resolver) throws(SQLError) -> Value
    ) throws(SQLError) -> Value {
        scopes[scopes.count - 1].isHidden = true
        var scope = Scope()
        scope.sources = [Scope.Source(key: "", alias: Identifier(""), columns: input)]
        scopes.append(scope)
        let value = try body(&self)
        scopes.removeLast()
        scopes[scopes.count - 1].isHidden = false
        return value
    }

    /// The columns that PIVOT does not read, and one for each value and aggregate.
    private mutating func columns(of pivot: inout Pivot, from start: Int) throws(SQLError) -> ColumnSet {
        let input = input(from: start)
        var used = ColumnNames(dialect: dialect)
        for aggregate in pivot.aggregates { used.visit(aggregate.value) }
        used.visit(pivot.input)
        let copy = pivot
        let (changed, made) = try within(input) { resolver throws(SQLError) in
            var pivot = copy
            let key = try resolver.resolve(&pivot.input).lineage.used(.computed)
            var cells: [Resolved] = []
            for index in pivot.aggregates.indices {
                var cell = try resolver.resolve(&pivot.aggregates[index].value)
                cell.lineage.merge(key)
                cells.append(cell)
            }
            var columns: [SourceColumn] = []
            for (index, value) in pivot.values.enumerated() {
                let label = value.alias?.name ?? PivotLabel.text(of: value.value) ?? "f\(index)_"
                for (aggregate, cell) in zip(pivot.aggregates, cells) {
                    let name = Identifier(aggregate.alias.map { "\($0.name)_\(label)" } ?? label)
                    columns.append(SourceColumn(key: resolver.dialect.key(name), name: name, cell))
                }
            }
            return (pivot, columns)
        }
        pivot = changed
        let kept = input.columns.filter { !used.keys.contains($0.key) }
        return ColumnSet(kept + made, isOpen: input.isOpen, rest: input.rest)
    }

    /// The columns that UNPIVOT does not read, those of the values, and that of their names.
    private mutating func columns(of unpivot: Unpivot, from start: Int) throws(SQLError) -> ColumnSet {
        let input = input(from: start)
        let columns = unpivot.columns
        let (values, label) = try within(input) { resolver throws(SQLError) in
            var values = unpivot.values.map {
                SourceColumn(key: resolver.dialect.key($0), name: $0, type: nil, isUntyped: true)
            }
            var label = SourceColumn(
                key: resolver.dialect.key(unpivot.name), name: unpivot.name, type: nil, isUntyped: true)
            for column in columns {
                for (index, reference) in column.columns.enumerated() where index < values.count {
                    var reference = reference
                    values[index].join(try resolver.resolve(&reference))
                }
                var text: Expression = column.label ?? .string(column.columns.map(\.name.name).joined(separator: "_"))
                label.join(try resolver.resolve(&text))
            }
            return (values, label)
        }
        let used = Set(columns.flatMap { $0.columns.map { dialect.key($0.name) } })
        let kept = input.columns.filter { !used.contains($0.key) }
        return ColumnSet(kept + values + [label], isOpen: input.isOpen, rest: input.rest)
    }
}

/// The names of columns in an expression, as they are compared.
private struct ColumnNames: TreeVisitor {
    let dialect: SQLDialect
    var keys: Set<String> = []

    init(dialect: SQLDialect) { self.dialect = dialect }

    mutating func visit(_ expression: Expression) {
        if case .column(let column) = expression, let first = column.parts.first { keys.insert(dialect.key(first)) }
        walk(expression)
    }
}

/// What GoogleSQL calls the column of a value of PIVOT that has no alias.
enum PivotLabel {
    /// Nil for a value that has no such name.
    static func text(of value: Expression) -> String? {
        switch value {
        case .literal(let literal):
            switch literal.value {
            case .string(let text): text
            case .integer(let digits): "_\(digits)"
            case .decimal(let digits): "_" + digits.replacing(".", with: "_point_")
            case .boolean(let value): value ? "TRUE" : "FALSE"
            case .null: "NULL"
            case .bytes, .bits, .default: nil
            }
        case .unary(let negative) where negative.operation == .minus:
            text(of: negative.operand).map { "_minus\($0)" }
        case .typedLiteral(let literal): "_" + literal.text.map { $0.isLetter || $0.isNumber ? "\($0)" : "_" }.joined()
        case .column(let column): column.name.name
        default: nil
        }
    }
}
