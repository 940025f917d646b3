import SQL
import TestValues

/// Makes random trees of every kind that a dialect has, none that its parser would give another shape.
struct AnyTreeMaker {
    let dialect: SQLDialect
    /// Some trees have holes for a template layer; PostgreSQL itself does not read those.
    let hasPlaceholders: Bool
    private var random: SplitMix
    var isPostgres: Bool { dialect == .postgres }

    init(dialect: SQLDialect, seed: UInt64) {
        self.dialect = dialect
        random = SplitMix(seed: seed)
        hasPlaceholders = seed % 8 == 7
    }

    // MARK: Chances

    mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
    mutating func chance(_ oneIn: Int) -> Bool { pick(oneIn) == 0 }
    mutating func choose<T>(_ choices: [T]) -> T { choices[pick(choices.count)] }

    mutating func some<T>(_ most: Int, _ make: (inout Self) -> T) -> [T] {
        (0..<(1 + pick(most))).map { _ in make(&self) }
    }

    /// What `make` makes, or nothing.
    mutating func maybe<T>(_ oneIn: Int, _ make: (inout Self) -> T) -> T? { chance(oneIn) ? make(&self) : nil }

    // MARK: Names

    mutating func name() -> Identifier {
        let name = choose([
            "a", "b", "total", "order", "group by", "Select", "it's", "x\"y", "Größe", "end", "_1", "offset", "value",
        ])
        return Identifier(name, quoted: !dialect.isPlain(name))
    }

    mutating func names() -> [Identifier] { some(3) { $0.name() } }

    mutating func qualifiedName() -> QualifiedName { QualifiedName(chance(2) ? [name()] : [name(), name()]) }

    mutating func placeholder() -> Placeholder {
        switch pick(3) {
        case 0: Placeholder(name: "start_ds")
        case 1: Placeholder(name: "start", braced: true)
        default: Placeholder(name: "each", arguments: "a, ')'")
        }
    }

    // MARK: Types

    mutating func type() -> DataType {
        if isPostgres {
            switch pick(8) {
            case 0: return DataType(kind: .array(DataType(kind: simpleKind())))
            case 1: return DataType(kind: .named(QualifiedName("s", "t")))
            case 2: return DataType(kind: .numeric, parameters: [10, 2])
            case 3: return DataType(kind: .interval, intervalFields: "DAY TO SECOND")
            default: return DataType(kind: simpleKind())
            }
        }
        switch pick(8) {
        case 0: return DataType(kind: .array(DataType(kind: .structure([.init(name: "a", type: type())]))))
        case 1: return DataType(kind: .structure([.init(name: name(), type: type()), .init(type: type())]))
        case 2: return DataType(kind: .range(DataType(kind: .date)))
        case 3: return DataType(kind: .named(QualifiedName("p", "t")))
        default: return DataType(kind: simpleKind())
        }
    }

    private mutating func simpleKind() -> DataType.Kind {
        var kinds: [DataType.Kind] = [
            .boolean, .int64, .float64, .numeric, .text, .bytes, .date, .time, .timestamp, .timestampTZ, .json,
        ]
        if isPostgres {
            kinds += [.int16, .int32, .float32, .varchar, .char, .bit, .varbit, .timeTZ, .interval, .jsonb, .uuid]
        } else {
            kinds += [.bigNumeric, .interval, .geography]
        }
        return choose(kinds)
    }

    // MARK: Queries

    mutating func query(_ depth: Int) -> Query {
        var query = Query(body: body(depth))
        if chance(4), depth > 0 { query.with = with(depth - 1) }
        guard !isPipe(query.body) else { return query }
        if chance(3) { query.orderBy = some(2) { $0.orderItem(depth - 1) } }
        if chance(4) { query.limit = Limit(count: .integer(pick(100))) }
        if isPostgres, query.limit == nil, chance(8) {
            query.limit = Limit(count: nil)
        } else if isPostgres, query.limit != nil, !query.orderBy.isEmpty, chance(3) {
            query.limit?.withTies = true
        }
        if query.limit != nil, chance(3) { query.offset = .integer(pick(10)) }
        if isPostgres, query.limit?.withTies != true, case .select = query.body, chance(8) {
            query.locking = [locking()]
        }
        // Parentheses around a query are the query itself.
        if case .query(let inner) = query.body, isBare(query) { return inner }
        return query
    }

    private func isPipe(_ body: QueryBody) -> Bool { if case .pipe = body { true } else { false } }

    private func isBare(_ query: Query) -> Bool {
        query.with == nil && query.orderBy.isEmpty && query.limit == nil && query.offset == nil
            && query.locking.isEmpty
    }

    private mutating func locking() -> Locking {
        Locking(
            strength: choose([.update, .noKeyUpdate, .share, .keyShare]), tables: chance(2) ? [] : [qualifiedName()],
            waiting: choose([nil, .noWait, .skipLocked]))
    }

    mutating func with(_ depth: Int) -> With {
        let recursive = chance(3)
        let tables = some(2) { maker in
            var table = CommonTable(name: maker.name(), statement: .query(maker.query(depth)))
            guard maker.isPostgres else { return table }
            if maker.chance(3) { table.columns = maker.names() }
            table.materialized = maker.choose([nil, true, false])
            if maker.chance(6) { table.statement = maker.change(depth, returns: true) }
            if recursive, maker.chance(2) {
                table.search = .init(depthFirst: maker.chance(2), columns: maker.names(), place: maker.name())
            }
            if recursive, maker.chance(2) {
                table.cycle = .init(columns: maker.names(), mark: maker.name(), path: maker.name())
                if maker.chance(2) {
                    table.cycle?.value = .string("Y")
                    table.cycle?.otherwise = .string("N")
                }
            }
            return table
        }
        return With(recursive: recursive, tables: tables)
    }

    private mutating func body(_ depth: Int) -> QueryBody {
        guard depth > 0 else { return .select(select(0)) }
        switch pick(12) {
        case 0, 1: return .setOperation(setOperation(depth))
        case 2 where isPostgres: return .values(Values(rows: some(2) { _ in [.integer(1), .string("x")] }))
        case 3 where isPostgres: return .table(qualifiedName())
        case 4 where !isPostgres, 5 where !isPostgres: return .pipe(pipe(depth - 1))
        default: return .select(select(depth))
        }
    }

    private mutating func setOperation(_ depth: Int) -> SetOperation {
        let all = chance(2)
        let kind = choose([SetOperation.Kind.union, .intersect, .except])
        var operands = [operand(depth - 1), operand(depth - 1)]
        if case .setOperation(let first) = operands[0], first.kind == kind, first.all == all {
            operands[0] = .select(select(0))
        }
        if !isPostgres, chance(3) {
            let mode = choose([SetOperation.Matching.Mode.byName, .corresponding])
            var outers: [SetOperation.Matching.Outer?] = [nil, .full, .left, .inner]
            if mode == .corresponding { outers.append(.strict) }
            let matching = SetOperation.Matching(mode: mode, outer: choose(outers), columns: chance(2) ? names() : [])
            return SetOperation(kind: kind, all: all, matching: matching, operands: operands)
        }
        if hasPlaceholders, chance(3) { operands.append(.placeholder(placeholder())) }
        if chance(3) { operands.append(.select(select(0))) }
        return SetOperation(kind: kind, all: all, operands: operands)
    }

    private mutating func operand(_ depth: Int) -> QueryBody {
        let query = query(depth)
        return isBare(query) ? query.body : .query(query)
    }

    mutating func select(_ depth: Int) -> Select {
        var select = Select(items: some(3) { $0.item(depth - 1) })
        if chance(6) { select.distinct = isPostgres && chance(2) ? .on([expression(depth - 1)]) : .distinct }
        if !isPostgres, chance(6) { select.shape = choose([.structure, .value, .named(QualifiedName("p", "t"))]) }
        if chance(2) || depth > 2 { select.from = some(2) { $0.fromItem(depth - 1) } }
        if chance(2) { select.condition = expression(depth - 1) }
        if chance(4) { select.groupBy = groupBy(min(depth - 1, 1)) }
        if select.groupBy != nil, chance(3) { select.having = expression(depth - 1) }
        if !isPostgres, chance(6) { select.qualify = expression(depth - 1) }
        if chance(8) { select.windows = [NamedWindow(name: "w", window: .specification(window(depth - 1)))] }
        return select
    }

    private mutating func groupBy(_ depth: Int) -> GroupBy {
        if !isPostgres, chance(6) { return GroupBy(elements: [], all: true) }
        let elements: [GroupBy.Element] = some(2) { maker in
            switch maker.pick(6) {
            case 0: return .rollup([[maker.leaf()], [maker.leaf(), maker.leaf()]])
            case 1: return .cube([[maker.leaf()], [.integer(1), .integer(2)]])
            case 2: return .groupingSets([.empty, .set([maker.leaf()]), .rollup([[maker.leaf()]])])
            case 3: return .empty
            default: return .expression(maker.expression(depth))
            }
        }
        return GroupBy(elements: elements, distinct: isPostgres && chance(6))
    }

    private mutating func item(_ depth: Int) -> SelectItem {
        if chance(8) { return SelectItem(value: .star(star(depth))) }
        if chance(20) { return SelectItem(value: .chain(chain())) }
        return SelectItem(value: expression(depth), alias: chance(2) ? name() : nil)
    }

    private mutating func star(_ depth: Int) -> Star {
        var star = Star(qualifier: chance(3) ? [name()] : [])
        guard !isPostgres else { return star }
        if chance(4) { star.except = names() }
        if chance(4) { star.replace = [SelectItem(value: expression(depth), alias: name())] }
        return star
    }

    private mutating func chain() -> OperatorChain {
        let links = (0..<(OperatorChain.lengthMin + pick(20))).map { _ in
            OperatorChain.Link(operation: choose([.add, .subtract]), operand: leaf())
        }
        return OperatorChain(first: leaf(), links: links)
    }

    mutating func orderItem(_ depth: Int) -> OrderItem {
        var item = OrderItem(
            value: expression(depth), direction: choose([nil, .ascending, .descending]),
            nulls: choose([nil, .first, .last]))
        if isPostgres, chance(8) { item.direction = .using(.less) }
        return item
    }

    mutating func window(_ depth: Int) -> WindowSpecification {
        var window = WindowSpecification(base: chance(6) ? "w" : nil)
        if chance(2) { window.partitionBy = some(2) { $0.expression(depth) } }
        window.orderBy = [orderItem(depth)]
        if chance(2) { window.frame = frame() }
        return window
    }

    private mutating func frame() -> WindowFrame {
        var frame = WindowFrame(
            unit: choose(isPostgres ? [.rows, .range, .groups] : [.rows, .range]), start: .unboundedPreceding)
        frame.start = choose([.unboundedPreceding, .preceding(.integer(3)), .currentRow])
        frame.end = choose([nil, .currentRow, .following(.integer(1)), .unboundedFollowing])
        if isPostgres { frame.exclusion = choose([nil, .currentRow, .group, .ties, .noOthers]) }
        return frame
    }
}
