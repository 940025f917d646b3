// FROM: relations and joins.

extension Parser {
    mutating func fromItems() throws(SQLError) -> [FromItem] {
        try list { parser throws(SQLError) in try parser.fromItem() }
    }

    /// A relation and what is joined to it.
    mutating func fromItem() throws(SQLError) -> FromItem {
        let relation = try relation()
        return try joins(on: FromItem(relation: relation))
    }

    private mutating func joins(on first: FromItem) throws(SQLError) -> FromItem {
        var item = first
        // `a JOIN b JOIN c ON … ON …`: conditions that come late belong to the joins before, innermost first.
        while let join = try self.join() { item.joins.append(join) }
        return item
    }

    /// Nil, with nothing taken, where no join stands.
    mutating func join() throws(SQLError) -> Join? {
        let start = token.range.start
        if setMode() != nil { return nil }
        let natural = at(.natural)
        var kind = Join.Kind.inner
        switch natural ? peek(1).keyword : token.keyword {
        case .join: break
        case .inner: kind = .inner
        case .cross: kind = .cross
        case .left: kind = .left
        case .right: kind = .right
        case .full: kind = .full
        default: return nil
        }
        if natural { advance() }
        if !at(.join) {
            advance()
            if kind != .inner, kind != .cross { _ = take(.outer) }
        }
        try expect(.join)
        var join = Join(kind: kind, natural: natural, relation: try relation())
        // A join whose own condition comes behind another join's: `a JOIN (b JOIN c ON …) ON …` without parentheses.
        if kind != .cross, !natural, !at(.on), !at(.using), joinFollows() {
            join.relation = try nested { parser throws(SQLError) in try parser.joinedRelation(join.relation) }
        }
        // These have none: an ON behind them is another join's, or ON CONFLICT.
        if kind != .cross, !natural { join.condition = try joinCondition() }
        join.info = info(from: start)
        return join
    }

    private func joinFollows() -> Bool {
        switch token.keyword {
        case .join, .inner, .left, .right, .full: true
        default: false
        }
    }

    private mutating func joinedRelation(_ relation: Relation) throws(SQLError) -> Relation {
        var item = FromItem(relation: relation)
        while joinFollows(), let join = try self.join() {
            item.joins.append(join)
            if at(.on) || at(.using) { break }
        }
        return .join(JoinedTable(item: item))
    }

    private mutating func joinCondition() throws(SQLError) -> Join.Condition? {
        if take(.on) { return .on(try expression()) }
        guard take(.using) else { return nil }
        let columns = try nameList()
        let alias = grammar.joinsMayBeNamed && at(.as) ? try columnAlias() : nil
        return .using(columns, alias: alias)
    }

    // MARK: Relations

    mutating func relation() throws(SQLError) -> Relation {
        let start = token.range.start
        let lateral = take(.lateral)
        switch token.kind {
        case .leftParenthesis: return try parenthesizedRelation(start, lateral: lateral)
        case .placeholder:
            let placeholder = try placeholder()
            let alias = try tableAlias()
            return .placeholder(
                RelationPlaceholder(placeholder: placeholder, alias: alias, info: info(from: start)))
        default: break
        }
        if at(.unnest), peek(1).kind == .leftParenthesis { return try unnest(start, lateral: lateral) }
        if at(.rows), peek(1).keyword == .from, peek(2).kind == .leftParenthesis {
            return try rowsFrom(start, lateral: lateral)
        }
        let only = at(.only) && grammar.tablesInherit
        if only { advance() }
        if isFunctionAhead() { return try tableFunction(start, lateral: lateral) }
        if only, at(.leftParenthesis) {
            let name = try parenthesized { parser throws(SQLError) in try parser.tableName() }
            return try table(name, only: true, from: start)
        }
        guard !lateral else { throw unexpected("a subquery", "a function") }
        return try table(try tableName(), only: only, from: start)
    }

    private mutating func table(_ name: QualifiedName, only: Bool, from start: UInt32) throws(SQLError) -> Relation {
        var table = TableReference(name: name, only: only)
        if at(.star), grammar.tablesInherit { advance() }
        if at(.for), peek(1).keyword == .system_time || peek(1).keyword == .system {
            table.systemTime = try systemTime()
        }
        table.alias = try tableAlias()
        if table.systemTime == nil, at(.for), peek(1).keyword == .system_time || peek(1).keyword == .system {
            table.systemTime = try systemTime()
        }
        if atSuffix() { table.suffixes = try relationSuffixes() }
        if !table.suffixes.isEmpty, table.alias == nil { table.alias = try tableAlias() }
        table.info = info(from: start)
        return .table(table)
    }

    private mutating func systemTime() throws(SQLError) -> Expression {
        try expect(.for)
        advance()
        _ = take(.time)
        try expect(.as)
        try expect(.of)
        return try expression()
    }

    /// True when a name, however long, has a parenthesis behind it.
    private func isFunctionAhead() -> Bool {
        switch token.keyword {
        case .current_date, .current_timestamp, .current_user, .session_user, .cast, .substring, .extract: return true
        default: break
        }
        guard token.kind == .word || token.kind == .quotedName else { return false }
        var distance = 1
        while peek(distance).kind == .dot { distance += 2 }
        return peek(distance).kind == .leftParenthesis
    }

    private mutating func tableFunction(_ start: UInt32, lateral: Bool) throws(SQLError) -> Relation {
        let call = try tableCall()
        return try functionEnd(TableFunction(lateral: lateral, calls: [.init(call: call)]), from: start)
    }

    /// A call; what else can have a name before a parenthesis, such as NOT, makes no rows.
    private mutating func tableCall() throws(SQLError) -> Expression {
        let (first, place) = (token, index)
        let call = try operand()
        switch call {
        case .function, .cast: return call
        default:
            (token, index) = (first, place)
            throw unexpected("a table")
        }
    }

    private mutating func rowsFrom(_ start: UInt32, lateral: Bool) throws(SQLError) -> Relation {
        advance()
        advance()
        let calls = try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in
                var call = TableFunction.Call(call: try parser.tableCall())
                if parser.take(.as) { call.columns = try parser.columnDefinitions() }
                return call
            }
        }
        return try functionEnd(TableFunction(lateral: lateral, calls: calls), from: start)
    }

    private mutating func functionEnd(_ function: TableFunction, from start: UInt32) throws(SQLError) -> Relation {
        var function = function
        if take(.with, .ordinality) { function.ordinality = true }
        function.alias = try tableAlias()
        if atSuffix() { function.suffixes = try relationSuffixes() }
        function.info = info(from: start)
        return .function(function)
    }

    private mutating func unnest(_ start: UInt32, lateral: Bool) throws(SQLError) -> Relation {
        advance()
        var unnest = Unnest(lateral: lateral, arrays: [])
        unnest.arrays = try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in
                if parser.token.kind == .word, parser.peek(1).kind == .arrow {
                    let name = try parser.name("the argument's name")
                    parser.advance()
                    var argument = Argument(try parser.expression())
                    argument.label = .name(name)
                    return argument
                }
                var argument = Argument(try parser.expression())
                if parser.at(.as) { argument.alias = try parser.columnAlias() }
                return argument
            }
        }
        if take(.with, .ordinality) { unnest.ordinality = true }
        unnest.alias = try tableAlias()
        if at(.with), peek(1).keyword == .offset {
            advance()
            advance()
            let hasAs = take(.as)
            unnest.offset = Unnest.Offset(name: hasAs || atName() ? try name("a column") : nil)
        }
        if atSuffix() { unnest.suffixes = try relationSuffixes() }
        unnest.info = info(from: start)
        return .unnest(unnest)
    }

    private mutating func parenthesizedRelation(_ start: UInt32, lateral: Bool) throws(SQLError) -> Relation {
        let content = try nested { parser throws(SQLError) in try parser.relationContent() }
        switch content {
        case .query(let query):
            var derived = DerivedTable(lateral: lateral, query: query)
            derived.alias = try tableAlias()
            if atSuffix() { derived.suffixes = try relationSuffixes() }
            if !derived.suffixes.isEmpty, derived.alias == nil { derived.alias = try tableAlias() }
            derived.info = info(from: start)
            return .subquery(derived)
        case .item(let item):
            guard !lateral else { throw unexpected("a subquery", "a function") }
            var joined = JoinedTable(item: item)
            joined.alias = try tableAlias()
            if atSuffix() { joined.suffixes = try relationSuffixes() }
            joined.info = info(from: start)
            return .join(joined)
        }
    }

    private enum RelationContent {
        case query(Query)
        case item(FromItem)
    }

    /// From the opening to the closing parenthesis.
    private mutating func relationContent() throws(SQLError) -> RelationContent {
        try expect(.leftParenthesis, "(")
        let start = token.range.start
        if beginsQuery() {
            let query = try query()
            try expect(.rightParenthesis, ")")
            return .query(query)
        }
        guard at(.leftParenthesis) else {
            let item = try fromItem()
            try expect(.rightParenthesis, ")")
            return .item(item)
        }
        // `((SELECT …) UNION …)` is a query, `((SELECT …) AS a JOIN b)` is a join.
        var first: Relation
        switch try nested({ parser throws(SQLError) in try parser.relationContent() }) {
        case .query(let query):
            if let whole = try continueQuery(query, from: start) {
                try expect(.rightParenthesis, ")")
                return .query(whole)
            }
            var derived = DerivedTable(query: query)
            derived.alias = try tableAlias()
            if atSuffix() { derived.suffixes = try relationSuffixes() }
            derived.info = info(from: start)
            first = .subquery(derived)
        case .item(let item):
            var joined = JoinedTable(item: item)
            joined.alias = try tableAlias()
            if atSuffix() { joined.suffixes = try relationSuffixes() }
            joined.info = info(from: start)
            first = .join(joined)
        }
        let item = try joins(on: FromItem(relation: first))
        try expect(.rightParenthesis, ")")
        return .item(item)
    }

    // MARK: Aliases

    mutating func tableAlias() throws(SQLError) -> TableAlias? {
        if take(.as) {
            if at(.leftParenthesis), grammar.aliasesMayDefineColumns {
                return TableAlias(name: nil, columns: try columnDefinitions())
            }
            let name = try name("the table's name")
            return TableAlias(name: name, columns: at(.leftParenthesis) ? try columnDefinitions() : [])
        }
        guard atName(), !isRelationEnd() else { return nil }
        let name = try takeName()
        return TableAlias(name: name, columns: at(.leftParenthesis) ? try columnDefinitions() : [])
    }

    /// Words that are names elsewhere but go on with the FROM clause here.
    private func isRelationEnd() -> Bool {
        switch token.keyword {
        case .notKeyword: false
        case .pivot, .unpivot:
            grammar.hasPivot
                && (peek(1).kind == .leftParenthesis || peek(1).keyword == .include || peek(1).keyword == .exclude)
        case .qualify: grammar.hasQualify
        case .window: peek(2).keyword == .as && peek(3).kind == .leftParenthesis
        case .tablesample: true
        case .cross, .natural, .full, .inner, .left, .right: true
        case .outer: setMode() != nil
        case .set, .when: true
        default: false
        }
    }

    /// `(a, b)` or `(a int, b text)`.
    mutating func columnDefinitions() throws(SQLError) -> [TableAlias.Column] {
        try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in
                let name = try parser.name("a column")
                let hasType = !parser.at(.comma) && !parser.at(.rightParenthesis)
                return TableAlias.Column(name: name, type: hasType ? try parser.dataType() : nil)
            }
        }
    }

    // MARK: Suffixes

    private func atSuffix() -> Bool {
        switch token.keyword {
        case .tablesample: true
        case .pivot, .unpivot: grammar.hasPivot
        default: false
        }
    }

    mutating func relationSuffixes() throws(SQLError) -> [RelationSuffix] {
        var suffixes: [RelationSuffix] = []
        while atSuffix() {
            switch token.keyword {
            case .tablesample: suffixes.append(.sample(try tableSample()))
            case .pivot: suffixes.append(.pivot(try pivot()))
            default: suffixes.append(.unpivot(try unpivot()))
            }
        }
        return suffixes
    }

    private mutating func tableSample() throws(SQLError) -> TableSample {
        advance()
        let method = try label("a sampling method")
        try expect(.leftParenthesis, "(")
        var sample = TableSample(method: method, arguments: [])
        sample.arguments = try list { parser throws(SQLError) in try parser.expression() }
        if at(.percent) || at(.rows) {
            sample.unit = token.keyword == .rows ? "ROWS" : "PERCENT"
            advance()
        }
        try expect(.rightParenthesis, ")")
        if take(.repeatable) { sample.seed = try parenthesized { parser throws(SQLError) in try parser.expression() } }
        return sample
    }

    private mutating func pivot() throws(SQLError) -> Pivot {
        advance()
        try expect(.leftParenthesis, "(")
        let aggregates = try list { parser throws(SQLError) in try parser.selectItem() }
        try expect(.for)
        let input = try expression(above: operators.precedence.range)
        try expect(.in)
        let values = try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in try parser.selectItem() }
        }
        try expect(.rightParenthesis, ")")
        return Pivot(aggregates: aggregates, input: input, values: values, alias: try suffixAlias())
    }

    private mutating func unpivot() throws(SQLError) -> Unpivot {
        advance()
        var includesNulls: Bool?
        if at(.include) || at(.exclude) {
            includesNulls = at(.include)
            advance()
            try expect(.nulls)
        }
        try expect(.leftParenthesis, "(")
        let values = at(.leftParenthesis) ? try nameList() : [try name("a column")]
        try expect(.for)
        let name = try name("a column")
        try expect(.in)
        let columns = try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in try parser.unpivotColumn() }
        }
        try expect(.rightParenthesis, ")")
        return Unpivot(
            includesNulls: includesNulls, values: values, name: name, columns: columns, alias: try suffixAlias())
    }

    private mutating func unpivotColumn() throws(SQLError) -> Unpivot.Column {
        let references: [ColumnReference]
        if at(.leftParenthesis) {
            references = try parenthesized { parser throws(SQLError) in
                try parser.list { parser throws(SQLError) in try parser.columnReference() }
            }
        } else {
            references = [try columnReference()]
        }
        let label = take(.as) || at(.stringLiteral) || at(.integerLiteral) ? try expression() : nil
        return Unpivot.Column(columns: references, label: label)
    }

    mutating func columnReference() throws(SQLError) -> ColumnReference {
        let name = try qualifiedName("a column")
        return ColumnReference(
            qualifier: Array(name.qualifier), name: name.last, info: NodeInfo(range: name.range))
    }

    private mutating func suffixAlias() throws(SQLError) -> Identifier? {
        if take(.as) { return try name("the table's name") }
        guard atName(), !isRelationEnd() else { return nil }
        return try takeName()
    }
}
