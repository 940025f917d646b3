extension Parser {
    /// From SELECT to the clause before ORDER BY.
    mutating func select() throws(SQLError) -> Select {
        let start = token.range.start
        try expect(.select)
        var select = Select(items: [])
        if take(.distinct) {
            select.distinct = .distinct
            if at(.on), peek(1).kind == .leftParenthesis {
                advance()
                let keys = try parenthesized { parser throws(SQLError) in
                    try parser.list { parser throws(SQLError) in try parser.expression() }
                }
                select.distinct = .on(keys)
            }
        } else {
            _ = take(.all)
        }
        if at(.as), grammar.selectsHaveShapes { select.shape = try selectShape() }
        // PostgreSQL allows a select list of nothing.
        if !(grammar.selectListsMayBeEmpty && endsEmptyList()) {
            try recovering(in: .clause) { parser throws(SQLError) in select.items = try parser.selectList() }
        }
        if at(.into), !grammar.hasScripts {
            throw error("SELECT INTO is not read by this module: write CREATE TABLE … AS SELECT.")
        }
        if take(.from) {
            try recovering(in: .clause) { parser throws(SQLError) in select.from = try parser.fromItems() }
        }
        if take(.where) {
            try recovering(in: .clause) { parser throws(SQLError) in select.condition = try parser.expression() }
        }
        if at(.group) {
            try recovering(in: .clause) { parser throws(SQLError) in select.groupBy = try parser.groupBy() }
        }
        if take(.having) {
            try recovering(in: .clause) { parser throws(SQLError) in select.having = try parser.expression() }
        }
        if at(.qualify), grammar.hasQualify {
            advance()
            try recovering(in: .clause) { parser throws(SQLError) in select.qualify = try parser.expression() }
        }
        if at(.window), peek(2).keyword == .as { select.windows = try windowClause() }
        if at(.qualify), grammar.hasQualify, select.qualify == nil {
            advance()
            select.qualify = try expression()
        }
        select.info = info(from: start)
        return select
    }

    func endsEmptyList() -> Bool {
        switch token.kind {
        case .endOfText, .rightParenthesis, .semicolon: return true
        case .word:
            switch token.keyword {
            case .from, .where, .group, .having, .window, .union, .intersect, .except, .order, .limit, .offset,
                .fetch, .for, .into:
                return true
            default: return false
            }
        default: return false
        }
    }

    private mutating func selectShape() throws(SQLError) -> Select.Shape {
        try expect(.as)
        if take(.struct) { return .structure }
        if take(.value) { return .value }
        return .named(try qualifiedName("STRUCT, VALUE or a type"))
    }

    /// Items separated by commas; GoogleSQL lets a comma stand behind the last.
    mutating func selectList() throws(SQLError) -> [SelectItem] {
        var items: [SelectItem] = []
        repeat {
            if !items.isEmpty, grammar.selectListsMayEndWithComma, endsSelectList() { break }
            try recovering(in: .list) { parser throws(SQLError) in items.append(try parser.selectItem()) }
        } while takeSeparator()
        return items
    }

    private func endsSelectList() -> Bool {
        switch token.kind {
        case .endOfText, .rightParenthesis, .semicolon, .pipe: true
        case .word: at(.from)
        default: false
        }
    }

    @inline(__always)
    mutating func selectItem() throws(SQLError) -> SelectItem {
        let start = token.range.start
        let value = try expression()
        let alias = try columnAlias()
        return SelectItem(value: value, alias: alias, info: info(from: start))
    }

    mutating func windowClause() throws(SQLError) -> [NamedWindow] {
        try expect(.window)
        return try list { parser throws(SQLError) in
            let start = parser.token.range.start
            let name = try parser.name("a window")
            try parser.expect(.as)
            return NamedWindow(name: name, window: try parser.window(), info: parser.info(from: start))
        }
    }

    // MARK: GROUP BY

    mutating func groupBy() throws(SQLError) -> GroupBy {
        let start = token.range.start
        try expect(.group)
        try expect(.by)
        var groupBy = GroupBy(elements: [])
        if at(.all), grammar.hasGroupByAll {
            advance()
            groupBy.all = true
        } else {
            if take(.distinct) { groupBy.distinct = true } else { _ = take(.all) }
            groupBy.elements = try list { parser throws(SQLError) in try parser.groupElement(inSets: false) }
        }
        groupBy.info = info(from: start)
        return groupBy
    }

    private mutating func groupElement(inSets: Bool) throws(SQLError) -> GroupBy.Element {
        if let sets = try groupingSets() { return sets }
        if at(.leftParenthesis), peek(1).kind == .rightParenthesis {
            advance()
            advance()
            return .empty
        }
        let isSet = inSets && at(.leftParenthesis)
        let value = try expression()
        guard isSet else { return .expression(value) }
        if case .row(let row) = value, row.kind == .tuple { return .set(row.fields.map(\.value)) }
        // `(a) + 1` begins with a parenthesis too.
        if case .binary = value { return .expression(value) }
        return .set([value])
    }

    /// ROLLUP, CUBE or GROUPING SETS; nil, with nothing taken, at anything else.
    mutating func groupingSets() throws(SQLError) -> GroupBy.Element? {
        switch token.keyword {
        case .rollup where peek(1).kind == .leftParenthesis:
            advance()
            return .rollup(try keySets())
        case .cube where peek(1).kind == .leftParenthesis:
            advance()
            return .cube(try keySets())
        case .grouping where peek(1).keyword == .sets:
            advance()
            advance()
            try expect(.leftParenthesis, "(")
            let elements = try nested { parser throws(SQLError) in
                try parser.list { parser throws(SQLError) in try parser.groupElement(inSets: true) }
            }
            try expect(.rightParenthesis, ")")
            return .groupingSets(elements)
        default: return nil
        }
    }

    private mutating func keySets() throws(SQLError) -> [[Expression]] {
        try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in
                if parser.at(.leftParenthesis), parser.peek(1).kind == .rightParenthesis {
                    parser.advance()
                    parser.advance()
                    return []
                }
                let value = try parser.expression()
                if case .row(let row) = value, row.kind == .tuple { return row.fields.map(\.value) }
                return [value]
            }
        }
    }
}
