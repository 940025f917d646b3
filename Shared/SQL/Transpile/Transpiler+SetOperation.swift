// Set operations BY NAME: PostgreSQL matches columns by their places only.

extension Transpiler {
    /// The operation with the columns of the result in each operand, in the same order; a column that an operand lacks is
    /// null there.
    mutating func matchedByPlace(
        _ operation: SetOperation, _ matching: SetOperation.Matching
    ) throws(SQLError) -> SetOperation {
        var result = operation
        result.matching = nil
        guard let columns = types.matched(operation.info.range) else {
            try refuse(
                "a set operation BY NAME of queries whose columns are not known",
                "Give a catalogue, or select the columns in the same order.", at: operation.info.range)
            return result
        }
        let wanted = columns.result.map { source.key($0.name) }
        for index in result.operands.indices {
            let keys = columns.operands[index].map { source.key($0) }
            if keys == wanted { continue }
            if let missing = columns.result.first(where: { !keys.contains(source.key($0.name)) }),
                matching.outer != .full, matching.outer != .left
            {
                try refuse(
                    "BY NAME without FULL or LEFT of a query without the column \(missing.name)",
                    "Select the columns in the same order.", at: operation.info.range)
            }
            result.operands[index] = arranged(result.operands[index], keys, as: columns.result)
        }
        return result
    }

    /// A query whose columns are `keys`, with those of `columns` instead.
    private func arranged(
        _ body: QueryBody, _ keys: [String], as columns: [(name: Identifier, type: DataType.Kind?)]
    ) -> QueryBody {
        var select = Select(items: [], from: [FromItem(relation: .subquery(DerivedTable(query: Query(body: body))))])
        var items: [SelectItem] = []
        if case .select(let own) = body, own.canBeArranged { items = expandedStars(own.items) }
        let isArranged = items.count == keys.count && !items.contains(where: \.isStar)
        if isArranged, case .select(let own) = body { select = own }
        select.items = columns.map { column in
            guard let place = keys.firstIndex(of: source.key(column.name)) else {
                return SelectItem(value: column.type.map { .cast(.null, to: $0) } ?? .null, alias: column.name)
            }
            if isArranged { return items[place] }
            return SelectItem(value: .column(ColumnReference(qualifier: [], name: column.name)))
        }
        return .select(select)
    }
}

extension Select {
    /// True when nothing but the list itself depends on what is in the list.
    fileprivate var canBeArranged: Bool {
        distinct == nil && shape == nil && groupBy == nil && having == nil && qualify == nil
    }
}
