/// What tells a query from an earlier one, as far as its result goes.
///
/// Spelling, comments, white space, names of tables of WITH, aliases of tables and the order of the operands of AND and OR
/// are no difference.
public struct QueryDiff: Sendable, Hashable {
    /// Names of columns that only the new query returns, in its order.
    public internal(set) var added: [String] = []
    /// Names of columns that only the old query returned, in its order.
    public internal(set) var removed: [String] = []
    /// Names of columns that are computed otherwise than before, in the new query's order.
    public internal(set) var changed: [String] = []
    /// The columns that both return stand in another order.
    public internal(set) var isReordered = false
    /// Everything but the columns returned is the same: where rows come from, which ones, how they are grouped and
    /// ordered. Columns added to a table of WITH, or to a subquery of FROM, are not counted as a difference.
    public internal(set) var restIsSame = true
    /// One of the added columns may make several rows of one: it calls a function that does, or one that is not known.
    public internal(set) var addsRows = false

    /// The queries return the same.
    public var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty && !isReordered && restIsSame }

    /// Whoever reads the result of the old query reads the same from that of the new one: columns were added, and
    /// nothing else happened.
    public var onlyAdds: Bool { removed.isEmpty && changed.isEmpty && !isReordered && restIsSame && !addsRows }
}

extension Query {
    /// What has changed since `old`. Both must be of the same dialect.
    /// - Parameter catalog: The tables that both read. With it, a star is the columns that it stands for, and it does not
    ///   matter whether a column is named with its table or without.
    public func diff(from old: Query, dialect: SQLDialect, catalog: SchemaCatalog? = nil) -> QueryDiff {
        var diff = QueryDiff()
        let catalog = catalog ?? SchemaCatalog(dialect: dialect)
        let before = QueryParts(old.normalized(in: catalog), dialect)
        let after = QueryParts(self.normalized(in: catalog), dialect)
        guard before.rest == after.rest, before.selects.count == after.selects.count else {
            diff.restIsSame = false
            if let first = before.selects.first(where: \.isOutput), let second = after.selects.first(where: \.isOutput)
            {
                diff.compare(first, second)
            }
            return diff
        }
        var isFirst = true
        for (first, second) in zip(before.selects, after.selects) {
            var one = QueryDiff()
            one.compare(first, second)
            if first.isOutput, isFirst {
                isFirst = false
                one.restIsSame = diff.restIsSame && one.restIsSame
                diff = one
            } else if first.isOutput {
                // The other parts of a set operation must have changed alike.
                if one.removed.count != diff.removed.count || one.added.count != diff.added.count
                    || !one.changed.isEmpty
                {
                    diff.restIsSame = false
                }
            } else if !one.onlyAdds {
                diff.restIsSame = false
            }
            let differs = !one.added.isEmpty || !one.removed.isEmpty || !one.changed.isEmpty
            // Of these, every column decides which rows there are, or what a star above shows.
            if differs, first.isSensitive { diff.restIsSame = false }
        }
        return diff
    }
}

extension Query {
    /// With names that do not depend on how the text calls its relations.
    fileprivate func normalized(in catalog: SchemaCatalog) -> Query {
        // What cannot be resolved is compared as it is written.
        guard var query = try? qualified(in: catalog).query else { return self }
        var normalizer = NameNormalizer(dialect: catalog.dialect)
        guard (try? normalizer.rewrite(&query)) != nil else { return self }
        return query
    }
}

extension QueryDiff {
    fileprivate mutating func compare(_ old: QueryParts.Items, _ new: QueryParts.Items) {
        let oldNames = old.items.map(\.name)
        let newNames = new.items.map(\.name)
        added = newNames.filter { !oldNames.contains($0) }
        removed = oldNames.filter { !newNames.contains($0) }
        let kept = newNames.filter { oldNames.contains($0) }
        isReordered = kept != oldNames.filter { newNames.contains($0) }
        changed = new.items.compactMap { item in
            old.items.contains { $0.name == item.name && $0.text == item.text } || added.contains(item.name)
                ? nil : item.name
        }
        // With the first aggregate, or without the last, other rows come out.
        if old.isAggregated != new.isAggregated { restIsSame = false }
        addsRows = new.items.contains { added.contains($0.name) && $0.makesRows }
        let counted = max(old.ordinalMax, new.ordinalMax)
        if old.items.prefix(counted).map(\.text) != new.items.prefix(counted).map(\.text) { restIsSame = false }
    }
}

/// A query taken apart into select lists and the rest.
private struct QueryParts {
    struct Item {
        var name: String
        var text: String
        var makesRows: Bool
    }

    struct Items {
        var items: [Item]
        /// The query returns these, rather than another query reading them.
        var isOutput: Bool
        /// A change of the columns changes the rows.
        var isSensitive: Bool
        /// Makes one row of many.
        var isAggregated: Bool
        /// The highest position that GROUP BY or ORDER BY names by number.
        var ordinalMax: Int
    }

    /// Text of the query with all select lists empty.
    let rest: String
    let selects: [Items]

    init(_ query: Query, _ dialect: SQLDialect) {
        var stripper = Stripper(dialect: dialect)
        var query = query
        stripper.strip(&query, isOutput: true)
        rest = query.sql(dialect, style: .canonical)
        selects = stripper.selects
    }

    private struct Stripper {
        let dialect: SQLDialect
        var selects: [Items] = []
        /// A query above shows all columns of this one, or compares them.
        var isBelowStar = false

        mutating func strip(_ query: inout Query, isOutput: Bool) {
            if var with = query.with {
                let shows = showsAll(query.body)
                let outer = isBelowStar
                isBelowStar = isBelowStar || shows
                for index in with.tables.indices {
                    guard case .query(var inner) = with.tables[index].statement else { continue }
                    strip(&inner, isOutput: false)
                    with.tables[index].statement = .query(inner)
                }
                isBelowStar = outer
                query.with = with
            }
            strip(&query.body, isOutput: isOutput, isSensitive: false, ordinals: query.orderBy.map(\.value))
        }

        private mutating func strip(
            _ body: inout QueryBody, isOutput: Bool, isSensitive: Bool, ordinals: [Expression] = []
        ) {
            switch body {
            case .select(var select):
                strip(&select, isOutput: isOutput, isSensitive: isSensitive, ordinals: ordinals)
                body = .select(select)
            case .setOperation(var operation):
                let compares = !(operation.kind == .union && operation.all) || operation.matching != nil
                for index in operation.operands.indices {
                    strip(
                        &operation.operands[index], isOutput: isOutput,
                        isSensitive: compares || isSensitive || !isOutput)
                }
                body = .setOperation(operation)
            case .query(var query):
                strip(&query, isOutput: isOutput)
                body = .query(query)
            case .values, .table, .pipe, .placeholder: break
            }
        }

        private mutating func strip(
            _ select: inout Select, isOutput: Bool, isSensitive: Bool, ordinals: [Expression]
        ) {
            let outer = isBelowStar
            let hasStar = select.items.contains { if case .star = $0.value { true } else { false } }
            let joinsNaturally = select.from.contains { $0.joins.contains(where: \.natural) }
            isBelowStar = isBelowStar || hasStar || joinsNaturally
            for index in select.from.indices { strip(&select.from[index]) }
            isBelowStar = outer
            let resolver = Resolver(catalog: SchemaCatalog(dialect: dialect), options: ResolveOptions())
            let items = select.items.enumerated().map { index, item in
                let name = item.alias ?? resolver.outputName(of: item.value, at: index)
                let text = item.sqlOfValue(dialect)
                if case .star = item.value { return Item(name: text, text: text, makesRows: false) }
                return Item(
                    name: dialect.folded(name), text: text, makesRows: item.value.mayMakeRows(dialect.traits.functions))
            }
            let numbers = (ordinals + (select.groupBy?.elements ?? []).compactMap(\.single)).compactMap(\.ordinal)
            selects.append(
                Items(
                    items: items, isOutput: isOutput,
                    isSensitive: isSensitive || select.distinct == .distinct || select.groupBy?.all ?? false
                        || (!isOutput && outer),
                    isAggregated: select.groupBy != nil || select.having != nil
                        || select.items.contains { $0.value.holdsAggregate(dialect.traits.functions, windows: false) },
                    ordinalMax: numbers.max() ?? 0))
            select.items = []
        }

        private mutating func strip(_ item: inout FromItem) {
            strip(&item.relation)
            for index in item.joins.indices { strip(&item.joins[index].relation) }
        }

        private mutating func strip(_ relation: inout Relation) {
            switch relation {
            case .subquery(var derived):
                strip(&derived.query, isOutput: false)
                relation = .subquery(derived)
            case .join(var joined):
                strip(&joined.item)
                relation = .join(joined)
            case .table, .function, .unnest, .placeholder: break
            }
        }

        /// True when a body has a star, or compares whole rows.
        private func showsAll(_ body: QueryBody) -> Bool {
            switch body {
            case .select(let select):
                select.items.contains { if case .star = $0.value { true } else { false } }
                    || select.from.contains { $0.joins.contains(where: \.natural) }
            case .setOperation(let operation): operation.operands.contains { showsAll($0) }
            case .query(let query): showsAll(query.body)
            case .values: false
            case .table, .pipe, .placeholder: true
            }
        }
    }
}

extension Expression {
    /// True when it calls a function that may make several rows of one, as one that is not known may.
    func mayMakeRows(_ functions: FunctionTraits) -> Bool {
        var finder = RowMaker(functions: functions)
        finder.visit(self)
        return finder.found
    }
}

/// Looks for functions that may make several rows of one.
private struct RowMaker: TreeVisitor {
    let functions: FunctionTraits
    var found = false

    init(functions: FunctionTraits) { self.functions = functions }

    mutating func visit(_ expression: Expression) {
        if case .function(let call) = expression {
            let name = call.name.name.lowercased()
            let isKnown =
                call.qualifier.isEmpty && (functions.results[name] != nil || functions.aggregates.contains(name))
            if !isKnown || functions.setReturning.contains(name) { found = true }
        }
        walk(expression)
    }

    /// What a query within returns is one value.
    mutating func visit(_ query: Query) {}
}

extension SelectItem {
    fileprivate func sqlOfValue(_ dialect: SQLDialect) -> String { value.sql(dialect, style: .canonical) }
}

extension GroupBy.Element {
    fileprivate var single: Expression? { if case .expression(let value) = self { value } else { nil } }
}

extension Expression {
    /// The number, when the expression is but a whole number.
    fileprivate var ordinal: Int? {
        if case .literal(let literal) = self, case .integer(let digits) = literal.value { Int(digits) } else { nil }
    }
}
