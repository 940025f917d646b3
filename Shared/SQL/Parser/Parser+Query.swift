// Queries: WITH, set operations, ORDER BY and what limits the result.

extension Parser {
    mutating func query() throws(SQLError) -> Query {
        let start = token.range.start
        let with = at(.with) ? try withClause() : nil
        let body = try queryBody(above: 0)
        return try queryEnd(Query(with: with, body: body), from: start)
    }

    /// Goes on with what stands behind a query in parentheses; nil when nothing does that makes it a larger query.
    /// A query that is only put into parentheses once more is that query.
    mutating func continueQuery(_ query: Query, from start: UInt32) throws(SQLError) -> Query? {
        switch token.keyword {
        case .union, .intersect, .except, .order, .limit, .offset, .fetch, .for: break
        case .full, .left, .inner,
            .outer where setMode() != nil:
            break
        default:
            guard at(.pipe), grammar.hasPipes else { return at(.rightParenthesis) ? query : nil }
        }
        let body = try setOperations(on: QueryBody(inParentheses: query), from: start, above: 0)
        return try queryEnd(Query(body: body), from: start)
    }

    // MARK: WITH

    mutating func withClause() throws(SQLError) -> With {
        let start = token.range.start
        advance()
        let recursive = at(.recursive) && peek(1).keyword != .as && peek(1).kind != .leftParenthesis
        if recursive { advance() }
        let tables = try list { parser throws(SQLError) in try parser.commonTable() }
        return With(recursive: recursive, tables: tables, info: info(from: start))
    }

    mutating func commonTable() throws(SQLError) -> CommonTable {
        let start = token.range.start
        let name = try name("the name of a table")
        let columns = at(.leftParenthesis) ? try nameList() : []
        try expect(.as)
        var materialized: Bool?
        if at(.materialized), grammar.commonTablesMayMaterialize {
            advance()
            materialized = true
        } else if at(.not, .materialized) {
            advance()
            advance()
            materialized = false
        }
        try expect(.leftParenthesis, "(")
        let statement = try nested { parser throws(SQLError) in try parser.commonTableStatement() }
        try expect(.rightParenthesis, ")")
        var table = CommonTable(name: name, columns: columns, materialized: materialized, statement: statement)
        if at(.search), grammar.commonTablesMayMaterialize { table.search = try search() }
        if at(.cycle), grammar.commonTablesMayMaterialize { table.cycle = try cycle() }
        table.info = info(from: start)
        return table
    }

    private mutating func search() throws(SQLError) -> CommonTable.Search {
        advance()
        let depthFirst = take(.depth)
        if !depthFirst { try expect(.breadth) }
        try expect(.first)
        try expect(.by)
        let columns = try list { parser throws(SQLError) in try parser.name("a column") }
        try expect(.set)
        return CommonTable.Search(depthFirst: depthFirst, columns: columns, place: try name("a column"))
    }

    private mutating func cycle() throws(SQLError) -> CommonTable.Cycle {
        advance()
        let columns = try list { parser throws(SQLError) in try parser.name("a column") }
        try expect(.set)
        var cycle = CommonTable.Cycle(columns: columns, mark: try name("a column"), path: "")
        if take(.to) {
            cycle.value = try expression()
            try expect(.default)
            cycle.otherwise = try expression()
        }
        try expect(.using)
        cycle.path = try name("a column")
        return cycle
    }

    private mutating func commonTableStatement() throws(SQLError) -> Statement {
        switch token.keyword {
        case .insert, .update, .delete, .merge, .with:
            guard grammar.changesMayReturn else { return .query(try query()) }
            return try statement()
        default: return .query(try query())
        }
    }

    // MARK: Set operations

    /// How tightly set operations bind: INTERSECT before the others.
    private func setLevel(_ keyword: Keyword) -> Int8 {
        switch keyword {
        case .union, .except: 1
        case .intersect: 2
        default: 0
        }
    }

    mutating func queryBody(above level: Int8) throws(SQLError) -> QueryBody {
        let start = token.range.start
        let first = try nested { parser throws(SQLError) in try parser.simpleBody() }
        return try setOperations(on: first, from: start, above: level)
    }

    mutating func setOperations(
        on first: QueryBody, from start: UInt32, above level: Int8
    ) throws(SQLError) -> QueryBody {
        var left = first
        while true {
            let outer = setMode()
            let found = setLevel(outer == nil ? token.keyword : peek(outerLength()).keyword)
            guard found > level else { break }
            if outer != nil { for _ in 0..<outerLength() { advance() } }
            let kind: SetOperation.Kind =
                token.keyword == .union ? .union : token.keyword == .intersect ? .intersect : .except
            try grow()
            advance()
            let all = take(.all)
            if !all { _ = take(.distinct) }
            let matching = try setMatching(outer)
            let right = try queryBody(above: found)
            // A chain of one kind is one operation of many operands.
            if case .setOperation(var chain) = left, chain.kind == kind, chain.all == all, chain.matching == nil,
                matching == nil
            {
                left = .values(Values(rows: []))  // lets go of the chain, so that it grows in place
                chain.operands.append(right)
                chain.info = info(from: start)
                left = .setOperation(chain)
                height -= 1
            } else {
                left = .setOperation(
                    SetOperation(
                        kind: kind, all: all, matching: matching, operands: [left, right], info: info(from: start)))
            }
        }
        return left
    }

    /// What stands before UNION and its like where columns are matched by name; nil for nothing.
    func setMode() -> SetOperation.Matching.Outer? {
        guard grammar.setOperationsMatchNames else { return nil }
        let mode: SetOperation.Matching.Outer
        switch token.keyword {
        case .full, .outer: mode = .full
        case .left: mode = .left
        case .inner: mode = .inner
        default: return nil
        }
        return setLevel(peek(outerLength()).keyword) > 0 ? mode : nil
    }

    /// How many words the mode of a set operation has.
    func outerLength() -> Int { !at(.outer) && peek(1).keyword == .outer ? 2 : 1 }

    /// `BY NAME [ON (…)]` and `CORRESPONDING [BY (…)]`, which a mode before the operation must be followed by.
    mutating func setMatching(
        _ outer: SetOperation.Matching.Outer?
    ) throws(SQLError) -> SetOperation.Matching? {
        guard grammar.setOperationsMatchNames else { return nil }
        if take(.by, .name) {
            let columns = take(.on) ? try nameList() : []
            return SetOperation.Matching(mode: .byName, outer: outer, columns: columns)
        }
        let strict = at(.strict)
        if strict { advance() }
        guard take(.corresponding) else {
            if outer != nil || strict { throw unexpected("BY NAME", "CORRESPONDING") }
            return nil
        }
        let columns = take(.by) ? try nameList() : []
        return SetOperation.Matching(mode: .corresponding, outer: strict ? .strict : outer, columns: columns)
    }

    private mutating func simpleBody() throws(SQLError) -> QueryBody {
        let start = token.range.start
        switch token.keyword {
        case .select: return .select(try select())
        case .values:
            advance()
            return .values(try values(from: start))
        case .table:
            advance()
            return .table(try tableName())
        case .from where grammar.hasPipes: return try pipe(from: start)
        default: break
        }
        if at(.placeholder) { return .placeholder(try placeholder()) }
        guard at(.leftParenthesis) else { throw unexpected("SELECT", "WITH", "VALUES", "(") }
        guard case .query(let query) = try parenthesizedContent() else { throw unexpected("a query") }
        return QueryBody(inParentheses: query)
    }

    mutating func values(from start: UInt32) throws(SQLError) -> Values {
        let rows = try list { parser throws(SQLError) in
            var row: [Expression] = []
            try parser.recovering(in: .list) { parser throws(SQLError) in
                row = try parser.parenthesized { parser throws(SQLError) in
                    try parser.list { parser throws(SQLError) in try parser.expression() }
                }
            }
            return row
        }
        return Values(rows: rows, info: info(from: start))
    }

    // MARK: The end of a query

    mutating func queryEnd(_ query: Query, from start: UInt32) throws(SQLError) -> Query {
        var query = query
        if at(.order) { query.orderBy = try orderBy() }
        while true {
            if at(.limit), query.limit == nil {
                query.limit = try limit()
                if take(.comma) { throw error("`LIMIT a, b` is written `LIMIT b OFFSET a`.") }
            } else if at(.offset), query.offset == nil {
                advance()
                query.offset = try expression()
                if !take(.row) { _ = take(.rows) }
            } else if at(.fetch), query.limit == nil {
                query.limit = try fetch()
            } else if at(.for), isLocking(peek(1).keyword) {
                query.locking.append(try locking())
            } else {
                break
            }
        }
        if at(.pipe), grammar.hasPipes {
            // The tables of WITH are those of the whole, too.
            let with = query.with
            query.with = nil
            query.info = info(from: start)
            query = Query(with: with, body: try pipe(on: .query(QueryBody(inParentheses: query)), from: start))
        }
        query.info = info(from: start)
        // A query that is only parentheses around another is that other.
        if query.with == nil, query.orderBy.isEmpty, query.limit == nil, query.offset == nil, query.locking.isEmpty,
            case .query(let inner) = query.body
        {
            return inner
        }
        return query
    }

    private mutating func limit() throws(SQLError) -> Limit {
        let start = token.range.start
        advance()
        if take(.all) { return Limit(count: nil, info: info(from: start)) }
        return Limit(count: try expression(), info: info(from: start))
    }

    private mutating func fetch() throws(SQLError) -> Limit {
        let start = token.range.start
        advance()
        guard take(.first) || take(.next) else { throw unexpected("FIRST", "NEXT") }
        var count = Expression.integer(1)
        if !at(.row), !at(.rows) { count = try expression(above: operators.precedence.other) }
        guard take(.row) || take(.rows) else { throw unexpected("ROWS") }
        let withTies = take(.with, .ties)
        if !withTies { try expect(.only) }
        return Limit(count: count, withTies: withTies, isFetch: Spelling(true), info: info(from: start))
    }

    private func isLocking(_ keyword: Keyword) -> Bool {
        keyword == .update || keyword == .share || keyword == .no || keyword == .key
    }

    private mutating func locking() throws(SQLError) -> Locking {
        try expect(.for)
        var locking: Locking
        if take(.update) {
            locking = Locking(strength: .update)
        } else if take(.share) {
            locking = Locking(strength: .share)
        } else if take(.no, .key) {
            try expect(.update)
            locking = Locking(strength: .noKeyUpdate)
        } else if take(.key) {
            try expect(.share)
            locking = Locking(strength: .keyShare)
        } else {
            throw unexpected("UPDATE", "SHARE")
        }
        if take(.of) { locking.tables = try list { parser throws(SQLError) in try parser.qualifiedName() } }
        if take(.nowait) {
            locking.waiting = .noWait
        } else if take(.skip, .locked) {
            locking.waiting = .skipLocked
        }
        return locking
    }

    // MARK: ORDER BY and windows

    mutating func orderBy() throws(SQLError) -> [OrderItem] {
        try expect(.order)
        try expect(.by)
        return try list { parser throws(SQLError) in try parser.orderItem() }
    }

    mutating func orderItem() throws(SQLError) -> OrderItem {
        let start = token.range.start
        var item = OrderItem(value: try expression())
        if take(.asc) {
            item.direction = .ascending
        } else if take(.desc) {
            item.direction = .descending
        } else if at(.using), let found = operators.binary(peek(1).kind) {
            advance()
            advance()
            item.direction = .using(found.operation)
        }
        if take(.nulls) {
            guard at(.first) || at(.last) else { throw unexpected("FIRST", "LAST") }
            item.nulls = at(.first) ? .first : .last
            advance()
        }
        item.info = info(from: start)
        return item
    }

    /// What follows OVER, or a name in a WINDOW clause.
    mutating func window() throws(SQLError) -> Window {
        if !at(.leftParenthesis) { return .name(try name("a window")) }
        return .specification(try nested { parser throws(SQLError) in try parser.windowSpecification() })
    }

    private mutating func windowSpecification() throws(SQLError) -> WindowSpecification {
        let start = token.range.start
        try expect(.leftParenthesis, "(")
        var window = WindowSpecification()
        if atName(), !at(.partition), !at(.range), !at(.rows), !at(.groups) { window.base = try takeName() }
        if take(.partition) {
            try expect(.by)
            window.partitionBy = try list { parser throws(SQLError) in try parser.expression() }
        }
        if at(.order) { window.orderBy = try orderBy() }
        if at(.rows) || at(.range) || at(.groups) { window.frame = try windowFrame() }
        try expect(.rightParenthesis, ")")
        window.info = info(from: start)
        return window
    }

    private mutating func windowFrame() throws(SQLError) -> WindowFrame {
        let unit: WindowFrame.Unit = at(.rows) ? .rows : at(.range) ? .range : .groups
        advance()
        var frame: WindowFrame
        if take(.between) {
            frame = WindowFrame(unit: unit, start: try frameBound())
            try expect(.and)
            frame.end = try frameBound()
        } else {
            frame = WindowFrame(unit: unit, start: try frameBound())
        }
        guard take(.exclude) else { return frame }
        if take(.current) {
            try expect(.row)
            frame.exclusion = .currentRow
        } else if take(.group) {
            frame.exclusion = .group
        } else if take(.ties) {
            frame.exclusion = .ties
        } else if take(.no) {
            try expect(.others)
            frame.exclusion = .noOthers
        } else {
            throw unexpected("CURRENT ROW", "GROUP", "TIES", "NO OTHERS")
        }
        return frame
    }

    private mutating func frameBound() throws(SQLError) -> WindowFrame.Bound {
        if take(.unbounded) {
            if take(.preceding) { return .unboundedPreceding }
            try expect(.following)
            return .unboundedFollowing
        }
        if take(.current) {
            try expect(.row)
            return .currentRow
        }
        let distance = try expression(above: operators.precedence.range)
        if take(.preceding) { return .preceding(distance) }
        guard take(.following) else { throw unexpected("PRECEDING", "FOLLOWING") }
        return .following(distance)
    }
}

extension QueryBody {
    /// A query in parentheses as part of another: without them where nothing but its body stands in them.
    init(inParentheses query: Query) {
        let isBare =
            query.with == nil && query.orderBy.isEmpty && query.limit == nil && query.offset == nil
            && query.locking.isEmpty
        self = isBare ? query.body : .query(query)
    }
}
