import SQL

extension AnyTreeMaker {
    mutating func fromItem(_ depth: Int) -> FromItem {
        var item = FromItem(relation: relation(depth))
        if chance(3) { item.joins = some(2) { $0.join(depth) } }
        return item
    }

    private mutating func join(_ depth: Int) -> Join {
        let kind = choose([Join.Kind.inner, .left, .right, .full, .cross])
        var join = Join(kind: kind, relation: relation(depth - 1))
        if kind == .cross { return join }
        if isPostgres, chance(5) {
            join.natural = true
        } else if chance(3) {
            join.condition = .using(names(), alias: isPostgres && chance(3) ? name() : nil)
        } else {
            join.condition = .on(expression(depth - 1))
        }
        return join
    }

    private mutating func alias() -> TableAlias? { maybe(2) { TableAlias(name: $0.name()) } }

    mutating func relation(_ depth: Int) -> Relation {
        switch pick(depth > 0 ? 9 : 2) {
        case 2, 3:
            var derived = DerivedTable(
                lateral: isPostgres && chance(4), query: query(depth - 1), alias: TableAlias(name: name()))
            if isPostgres, chance(3) { derived.alias?.columns = [.init(name: name())] }
            return .subquery(derived)
        case 4: return .function(function(depth))
        case 5: return .unnest(unnest(depth))
        case 6:
            var item = fromItem(depth - 1)
            item.joins.append(join(depth - 1))
            return .join(JoinedTable(item: item, alias: isPostgres ? alias() : nil))
        case 7 where hasPlaceholders:
            return .placeholder(RelationPlaceholder(placeholder: placeholder(), alias: alias()))
        default: return .table(table())
        }
    }

    mutating func table() -> TableReference {
        var table = TableReference(name: qualifiedName(), alias: alias())
        if isPostgres {
            table.only = chance(6)
            if chance(8) { table.suffixes = [.sample(sample())] }
            return table
        }
        if chance(8) { table.systemTime = .column("moment") }
        switch pick(8) {
        case 0: table.suffixes = [.sample(sample())]
        case 1:
            table.suffixes = [
                .pivot(
                    Pivot(
                        aggregates: [SelectItem(value: .call("SUM", leaf()), alias: name())], input: .column("q"),
                        values: [SelectItem(value: .string("Q1"), alias: name())], alias: maybe(2) { $0.name() }))
            ]
        case 2: table.suffixes = [.unpivot(unpivot())]
        default: break
        }
        if let last = table.suffixes.last, case .sample = last {} else if !table.suffixes.isEmpty { table.alias = nil }
        return table
    }

    private mutating func sample() -> TableSample {
        var sample = TableSample(method: "SYSTEM", arguments: [.integer(10)])
        if isPostgres {
            sample.seed = maybe(2) { _ in .integer(1) }
        } else {
            sample.unit = choose(["PERCENT", "ROWS"])
        }
        return sample
    }

    private mutating func unpivot() -> Unpivot {
        let several = chance(2)
        let columns = some(2) { maker in
            let references = (several ? ["a", "b"] : ["a"]).map { ColumnReference(qualifier: [], name: $0) }
            return Unpivot.Column(columns: references, label: maker.maybe(2) { _ in .string("l") })
        }
        return Unpivot(
            includesNulls: choose([nil, true, false]), values: several ? ["x", "y"] : ["x"], name: "n",
            columns: columns, alias: maybe(2) { $0.name() })
    }

    func calling(_ name: String, _ arguments: [Expression]) -> Expression { .call(name, arguments) }

    private mutating func function(_ depth: Int) -> TableFunction {
        let call = calling("series", [leaf(), expression(depth - 1)])
        var function = TableFunction(calls: [.init(call: call)], alias: TableAlias(name: name()))
        guard isPostgres else { return function }
        function.lateral = chance(4)
        function.ordinality = chance(4)
        switch pick(4) {
        case 0: function.calls.append(.init(call: calling("g", []), columns: [.init(name: name(), type: type())]))
        case 1 where !function.ordinality:
            function.alias = TableAlias(name: nil, columns: [.init(name: name(), type: type())])
        default: break
        }
        return function
    }

    private mutating func unnest(_ depth: Int) -> Unnest {
        var unnest = Unnest(arrays: [Argument(expression(depth - 1))], alias: TableAlias(name: name()))
        if isPostgres {
            unnest.lateral = chance(4)
            unnest.ordinality = chance(4)
            if chance(3) { unnest.arrays.append(Argument(leaf())) }
        } else if chance(2) {
            unnest.offset = Unnest.Offset(name: maybe(2) { $0.name() })
        }
        return unnest
    }

    // MARK: Pipes

    mutating func pipe(_ depth: Int) -> Pipe {
        var source = Pipe.Source.from([fromItem(depth - 1)])
        if chance(3) { source = .query(.select(select(min(depth, 1)))) }
        return Pipe(source: source, operators: some(4) { $0.pipeOperator(depth - 1) })
    }

    private mutating func named(_ depth: Int) -> SelectItem { SelectItem(value: expression(depth), alias: name()) }

    private mutating func pipeOperator(_ depth: Int) -> PipeOperator {
        switch pick(19) {
        case 0:
            var select = Select(items: [named(depth)])
            if chance(2) { select.distinct = .distinct }
            return .select(select)
        case 1: return .extend([named(depth)])
        case 2: return .set([named(depth)])
        case 3: return .drop(names())
        case 4: return .rename([SelectItem(value: .column("a"), alias: name())])
        case 5: return .alias(name())
        case 6: return .condition(expression(depth))
        case 7: return .limit(Limit(count: .integer(3)), offset: maybe(2) { _ in .integer(1) })
        case 8, 9:
            let items = some(2) { PipeOperator.AggregateItem(item: $0.named(depth)) }
            let keys = some(2) { maker -> PipeOperator.GroupingItem in
                if maker.chance(3) {
                    return .sets(
                        maker.choose([
                            .rollup([[maker.leaf()]]), .cube([[maker.leaf()], [maker.leaf(), maker.leaf()]]),
                            .groupingSets([.empty, .set([maker.leaf()])]),
                        ]))
                }
                return .key(
                    PipeOperator.AggregateItem(
                        item: maker.named(0), order: maker.choose([nil, .ascending, .descending]),
                        nulls: maker.choose([nil, .first, .last])))
            }
            return .aggregate(items, groupBy: chance(3) ? [] : keys, andOrderBy: false)
        case 10:
            let items = [PipeOperator.AggregateItem(item: named(depth))]
            return .aggregate(items, groupBy: items.map { .key($0) }, andOrderBy: true)
        case 11: return .distinct
        case 12: return .orderBy([orderItem(depth)])
        case 13: return .join(join(1))
        case 14: return .call(TableFunction(calls: [.init(call: calling("tvf", [leaf()]))], alias: alias()))
        case 15: return .suffix(chance(2) ? .sample(sample()) : .unpivot(unpivot()))
        case 16:
            let matching: SetOperation.Matching? = chance(2) ? .init(mode: .byName) : nil
            return .setOperation(.union, all: chance(2), matching: matching, [query(0)])
        case 17: return .window([named(depth)])
        default: return .with([CommonTable(name: name(), statement: .query(query(0)))])
        }
    }
}
