// Where nulls stand. PostgreSQL takes them for larger than everything, GoogleSQL for smaller.

extension Transpiler {
    /// What ORDER BY stands in, which decides where GoogleSQL lets nulls stand.
    enum OrderPlace {
        /// A query, or a window that has no frame of values: at either end.
        case query
        /// An aggregate, or a window with a frame of values: only where the direction puts them.
        case aggregate
        /// It makes no difference.
        case anywhere
    }

    /// The items with nulls where they were.
    func ordered(_ items: [OrderItem], _ place: OrderPlace) -> [OrderItem] {
        direction == .toBigQuery ? items.flatMap { toBigQuery($0, place) } : toPostgres(items, place)
    }

    private func toBigQuery(_ item: OrderItem, _ place: OrderPlace) -> [OrderItem] {
        var item = item
        if case .using(let operation)? = item.direction {
            item.direction = operation == .greater || operation == .greaterOrEqual ? .descending : .ascending
        }
        let descends = item.direction == .descending
        let nulls = item.nulls ?? (descends ? .first : .last)
        let isDefault = nulls == (descends ? .last : .first)
        item.nulls = isDefault || place == .anywhere ? nil : nulls
        guard place == .aggregate, !isDefault else { return [item] }
        // A key before it puts the nulls there.
        item.nulls = nil
        let key = OrderItem(value: .isNull(item.value), direction: descends ? .descending : nil)
        return [key, item]
    }

    private func toPostgres(_ items: [OrderItem], _ place: OrderPlace) -> [OrderItem] {
        var result: [OrderItem] = []
        for item in items {
            var item = item
            let descends = item.direction == .descending
            var nulls = item.nulls ?? (descends ? .last : .first)
            if let key = result.last, case .isTest(let test) = key.value, test.property == .null, !test.negated,
                test.operand == item.value, (key.direction == .descending) == descends
            {
                // The key before it puts the nulls there.
                result.removeLast()
                nulls = descends ? .first : .last
            }
            let isDefault = nulls == (descends ? .first : .last)
            item.nulls = isDefault || place == .anywhere ? nil : nulls
            result.append(item)
        }
        return result
    }
}
