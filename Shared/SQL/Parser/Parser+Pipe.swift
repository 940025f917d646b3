// GoogleSQL's pipe syntax.

extension Parser {
    /// A query that begins with FROM.
    mutating func pipe(from start: UInt32) throws(SQLError) -> QueryBody {
        try expect(.from)
        let items = try fromItems()
        return try pipe(on: .from(items), from: start)
    }

    /// The operators behind a source.
    mutating func pipe(on source: Pipe.Source, from start: UInt32) throws(SQLError) -> QueryBody {
        var pipe = Pipe(source: source, operators: [])
        // A pipe in parentheses goes on behind them.
        if case .query(.pipe(let inner)) = source { pipe = inner }
        while take(.pipe) { pipe.operators.append(try pipeOperator()) }
        pipe.info = info(from: start)
        return .pipe(pipe)
    }

    private mutating func pipeOperator() throws(SQLError) -> PipeOperator {
        if let outer = setMode() {
            for _ in 0..<outerLength() { advance() }
            return try pipeSetOperation(outer)
        }
        let keyword = token.keyword
        switch keyword {
        case .select: return .select(try pipeSelect())
        case .extend:
            advance()
            return .extend(try selectList())
        case .set:
            advance()
            return .set(
                try list { parser throws(SQLError) in
                    let start = parser.token.range.start
                    let name = try parser.name("a column")
                    try parser.expect(.equal, "=")
                    let value = try parser.expression()
                    return SelectItem(value: value, alias: name, info: parser.info(from: start))
                })
        case .drop:
            advance()
            return .drop(try list { parser throws(SQLError) in try parser.name("a column") })
        case .rename:
            advance()
            return .rename(try selectList())
        case .as:
            advance()
            return .alias(try name("a table's name"))
        case .where:
            advance()
            return .condition(try expression())
        case .limit:
            let start = token.range.start
            advance()
            let limit = Limit(count: try expression(), info: info(from: start))
            return .limit(limit, offset: take(.offset) ? try expression() : nil)
        case .aggregate: return try pipeAggregate()
        case .distinct:
            advance()
            return .distinct
        case .order: return .orderBy(try orderBy())
        case .union, .intersect, .except: return try pipeSetOperation(nil)
        case .call:
            advance()
            let start = token.range.start
            let call = try operand()
            let alias = try tableAlias()
            return .call(TableFunction(calls: [.init(call: call)], alias: alias, info: info(from: start)))
        case .tablesample, .pivot, .unpivot:
            guard let suffix = try relationSuffixes().first else { throw unexpected("a pipe operator") }
            return .suffix(suffix)
        case .window:
            advance()
            return .window(try selectList())
        case .with:
            advance()
            return .with(try list { parser throws(SQLError) in try parser.commonTable() })
        default: break
        }
        guard let join = try join() else {
            throw unexpected("SELECT", "WHERE", "AGGREGATE", "EXTEND", "JOIN", "ORDER BY", "LIMIT", "SET", "DROP")
        }
        return .join(join)
    }

    /// A select list without FROM; the operators behind it are pipe operators of their own.
    private mutating func pipeSelect() throws(SQLError) -> Select {
        let start = token.range.start
        advance()
        var select = Select(items: [])
        if take(.distinct) { select.distinct = .distinct } else { _ = take(.all) }
        if at(.as) {
            advance()
            guard at(.struct) || at(.value) else { throw unexpected("STRUCT", "VALUE") }
            select.shape = at(.struct) ? .structure : .value
            advance()
        }
        select.items = try selectList()
        if at(.window), peek(2).keyword == .as { select.windows = try windowClause() }
        select.info = info(from: start)
        return select
    }

    private mutating func pipeAggregate() throws(SQLError) -> PipeOperator {
        advance()
        var items: [PipeOperator.AggregateItem] = []
        while !at(.group), !at(.pipe), !at(.endOfText), !at(.rightParenthesis), !at(.semicolon) {
            items.append(try aggregateItem())
            guard take(.comma) else { break }
        }
        guard take(.group) else { return .aggregate(items, groupBy: [], andOrderBy: false) }
        var andOrderBy = false
        if take(.and) {
            try expect(.order)
            andOrderBy = true
        }
        try expect(.by)
        let keys = try list { parser throws(SQLError) in try parser.groupingItem() }
        return .aggregate(items, groupBy: keys, andOrderBy: andOrderBy)
    }

    private mutating func groupingItem() throws(SQLError) -> PipeOperator.GroupingItem {
        if let sets = try groupingSets() { return .sets(sets) }
        return .key(try aggregateItem())
    }

    private mutating func aggregateItem() throws(SQLError) -> PipeOperator.AggregateItem {
        var item = PipeOperator.AggregateItem(item: try selectItem())
        if take(.asc) {
            item.order = .ascending
        } else if take(.desc) {
            item.order = .descending
        }
        if take(.nulls) {
            guard at(.first) || at(.last) else { throw unexpected("FIRST", "LAST") }
            item.nulls = at(.first) ? .first : .last
            advance()
        }
        return item
    }

    private mutating func pipeSetOperation(
        _ outer: SetOperation.Matching.Outer?
    ) throws(SQLError) -> PipeOperator {
        let kind: SetOperation.Kind = at(.union) ? .union : at(.intersect) ? .intersect : .except
        advance()
        let all = take(.all)
        if !all { try expect(.distinct) }
        let matching = try setMatching(outer)
        let queries = try list { parser throws(SQLError) in
            guard
                case .query(let query) = try parser.nested({ parser throws(SQLError) in
                    try parser.parenthesizedContent()
                })
            else { throw parser.unexpected("a query in parentheses") }
            return query
        }
        return .setOperation(kind, all: all, matching: matching, queries)
    }
}
