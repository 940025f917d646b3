// CREATE: tables, views, schemas, indexes.

extension Parser {
    mutating func create(_ start: UInt32) throws(SQLError) -> Statement {
        try expect(.create)
        let orReplace = take(.or, .replace)
        var persistence: CreateTable.Persistence?
        if take(.temporary) || take(.temp) { persistence = .temporary }
        if take(.unlogged) { persistence = .unlogged }
        switch token.keyword {
        case .function, .procedure:
            return .utility(
                .createRoutine(
                    try createRoutine(start, orReplace: orReplace, temporary: persistence == .temporary)))
        case .table where peek(1).keyword == .function && peek(2).kind != .leftParenthesis && peek(2).keyword != .as:
            return .utility(.createRoutine(try createRoutine(start, orReplace: orReplace, temporary: false)))
        case .table:
            advance()
            var table = CreateTable(orReplace: orReplace, persistence: persistence, name: QualifiedName())
            try createTable(&table)
            table.info = info(from: start)
            return .createTable(table)
        case .view, .materialized, .recursive:
            let materialized = take(.materialized)
            let recursive = take(.recursive)
            try expect(.view)
            var view = try createView()
            view.recursive = recursive
            view.orReplace = orReplace
            view.temporary = persistence == .temporary
            view.materialized = materialized
            view.info = info(from: start)
            return .createView(view)
        case .schema:
            advance()
            return .createSchema(try createSchema(start))
        case .unique, .index:
            let unique = take(.unique)
            try expect(.index)
            return .createIndex(try createIndex(start, unique: unique))
        default:
            if let refused = refusedKind() { throw refused }
            throw unexpected("TABLE", "VIEW", "MATERIALIZED VIEW", "SCHEMA", "INDEX", "FUNCTION", "PROCEDURE")
        }
    }

    private func refusedKind() -> SQLError? {
        let kinds: Set<String> = [
            "TYPE", "SEQUENCE", "TRIGGER", "RULE", "ROLE", "USER", "DOMAIN", "EXTENSION", "AGGREGATE", "OPERATOR",
            "CAST", "POLICY", "PUBLICATION", "SUBSCRIPTION", "SERVER", "FOREIGN", "EVENT", "STATISTICS", "TEXT",
            "COLLATION", "CONVERSION", "LANGUAGE", "DATABASE", "TABLESPACE", "GROUP", "CONSTRAINT", "ACCESS",
            "EXTERNAL",
            "SNAPSHOT", "SEARCH", "VECTOR", "MODEL", "ROW", "RESERVATION", "ASSIGNMENT", "CAPACITY", "TRANSFORM",
        ]
        guard token.kind == .word, kinds.contains(upper(token)) else { return nil }
        return error("CREATE \(upper(token)) is not read by this module.")
    }

    mutating func ifNotExists() throws(SQLError) -> Bool {
        guard take(.if, .not) else { return false }
        try expect(.exists)
        return true
    }

    mutating func ifExists() throws(SQLError) -> Bool {
        take(.if, .exists)
    }

    // MARK: Tables

    private mutating func createTable(_ table: inout CreateTable) throws(SQLError) {
        table.ifNotExists = try ifNotExists()
        table.name = try tableName()
        if at(.partition), peek(1).keyword == .of {
            advance()
            advance()
            let parent = try tableName()
            if at(.leftParenthesis) { table.elements = try tableElements() }
            table.partitionOf = PartitionOf(parent: parent, bound: try partitionBound())
        } else if at(.leftParenthesis) {
            table.elements = try tableElements()
        }
        if take(.inherits) {
            table.inherits = try parenthesized { parser throws(SQLError) in
                try parser.list { parser throws(SQLError) in try parser.tableName() }
            }
        }
        if at(.like) || at(.copy) || at(.clone) {
            table.template = at(.like) ? .like : at(.copy) ? .copy : .clone
            advance()
            table.templateTable = try tableName()
        }
        table.defaultCollation = try defaultCollation()
        try storage(&table.partitioning, &table.clusterBy, &table.options)
        if at(.on), peek(1).keyword == .commit {
            advance()
            advance()
            table.onCommit = try onCommit()
        }
        if take(.as) {
            table.query = try query()
            table.withData = try withData()
        }
    }

    private mutating func tableElements() throws(SQLError) -> [TableElement] {
        try expect(.leftParenthesis, "(")
        if take(.rightParenthesis) { return [] }
        var elements: [TableElement] = []
        repeat {
            if grammar.selectListsMayEndWithComma, at(.rightParenthesis) { break }
            try recovering(in: .list) { parser throws(SQLError) in elements.append(try parser.tableElement()) }
        } while takeSeparator()
        try expect(.rightParenthesis, ")")
        return elements
    }

    /// GoogleSQL's `DEFAULT COLLATE '…'`.
    private mutating func defaultCollation() throws(SQLError) -> QualifiedName? {
        guard grammar.hasScripts, take(.default, .collate) else { return nil }
        return try collationName()
    }

    private mutating func onCommit() throws(SQLError) -> CreateTable.OnCommit {
        if take(.drop) { return .drop }
        if take(.delete, .rows) { return .deleteRows }
        if take(.preserve, .rows) { return .preserveRows }
        throw unexpected("DROP", "DELETE ROWS", "PRESERVE ROWS")
    }

    /// PARTITION BY, CLUSTER BY and options, in any order.
    private mutating func storage(
        _ partitioning: inout Partitioning?, _ clusterBy: inout [Expression], _ options: inout [DefinitionOption]
    ) throws(SQLError) {
        while true {
            if at(.partition), peek(1).keyword == .by {
                partitioning = try self.partitioning()
            } else if at(.cluster), peek(1).keyword == .by {
                advance()
                advance()
                clusterBy = try list { parser throws(SQLError) in try parser.expression() }
            } else if atOptions() {
                options = try self.options()
            } else {
                return
            }
        }
    }

    private mutating func partitioning() throws(SQLError) -> Partitioning {
        advance()
        advance()
        guard grammar.partitionsHaveMethods else { return Partitioning(keys: [try expression()]) }
        let method = upper(token)
        guard ["RANGE", "LIST", "HASH"].contains(method) else { throw unexpected("RANGE", "LIST", "HASH") }
        advance()
        let keys = try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in try parser.expression() }
        }
        return Partitioning(method: method, keys: keys)
    }

    /// `FOR VALUES …` or DEFAULT.
    mutating func partitionBound() throws(SQLError) -> PartitionOf.Bound {
        if take(.default) { return .others }
        try expect(.for)
        try expect(.values)
        if take(.in) { return .list(try boundValues()) }
        if take(.from) {
            let lower = try boundValues()
            try expect(.to)
            return .range(from: lower, to: try boundValues())
        }
        guard take(.with) else { throw unexpected("IN", "FROM", "WITH") }
        let numbers = try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in
                _ = try parser.word("MODULUS or REMAINDER")
                return try parser.smallNumber()
            }
        }
        guard numbers.count == 2 else { throw unexpected("MODULUS and REMAINDER") }
        return .hash(modulus: numbers[0], remainder: numbers[1])
    }

    private mutating func boundValues() throws(SQLError) -> [Expression] {
        try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in try parser.expression() }
        }
    }

    mutating func withData() throws(SQLError) -> Bool? {
        guard at(.with), peek(1).keyword == .data || peek(1).keyword == .no else { return nil }
        advance()
        let without = take(.no)
        try expect(.data)
        return !without
    }

    func atOptions() -> Bool {
        guard token.kind == .word, peek(1).kind == .leftParenthesis else { return false }
        return token.keyword.text.uppercased() == grammar.optionsWord
    }

    mutating func options() throws(SQLError) -> [DefinitionOption] {
        guard atOptions() else { return [] }
        advance()
        return try parameters()
    }

    /// Names and values in parentheses.
    mutating func parameters() throws(SQLError) -> [DefinitionOption] {
        try expect(.leftParenthesis, "(")
        var options: [DefinitionOption] = []
        while !at(.rightParenthesis) {
            var parts = [try labelOrName("an option")]
            while take(.dot) { parts.append(try labelOrName("an option")) }
            var option = DefinitionOption(name: QualifiedName(parts))
            if take(.equal) { option.value = try optionValue() }
            options.append(option)
            guard take(.comma) else { break }
        }
        try expect(.rightParenthesis, ")")
        return options
    }

    /// A value, or a word that stands for itself, such as `on`.
    private mutating func optionValue() throws(SQLError) -> Expression {
        guard !grammar.hasScripts, token.kind == .word, peek(1).kind == .comma || peek(1).kind == .rightParenthesis
        else {
            return try expression()
        }
        let start = token.range.start
        if words.isName(token.keyword) || at(.true) || at(.false) || at(.null) { return try expression() }
        let word = text(token).lowercased()
        advance()
        return .literal(Literal(value: .string(word), info: info(from: start)))
    }

    // MARK: Views, schemas, indexes

    private mutating func createView() throws(SQLError) -> CreateView {
        let ifNotExists = try ifNotExists()
        var view = CreateView(
            ifNotExists: ifNotExists, name: try tableName(), query: Query(body: .values(Values(rows: []))))
        if at(.leftParenthesis) {
            view.columns = try parenthesized { parser throws(SQLError) in
                try parser.list { parser throws(SQLError) in try parser.columnDefinition() }
            }
        }
        try storage(&view.partitioning, &view.clusterBy, &view.options)
        try expect(.as)
        view.query = try query()
        view.withData = try withData()
        if at(.with) {
            advance()
            view.checkOption = take(.local) ? .local : take(.cascaded) ? .cascaded : .unsaid
            try expect(.check)
            try expect(.option)
        }
        return view
    }

    private mutating func createSchema(_ start: UInt32) throws(SQLError) -> CreateSchema {
        let ifNotExists = try ifNotExists()
        // Without a name, the schema is named after its owner.
        if !grammar.hasScripts, take(.authorization) {
            let owner = try name("a role")
            return CreateSchema(
                ifNotExists: ifNotExists, name: QualifiedName([owner]), authorization: owner, info: info(from: start))
        }
        var schema = CreateSchema(ifNotExists: ifNotExists, name: try tableName())
        if !grammar.hasScripts, take(.authorization) { schema.authorization = try name("a role") }
        schema.defaultCollation = try defaultCollation()
        schema.options = try options()
        schema.info = info(from: start)
        return schema
    }

    private mutating func createIndex(_ start: UInt32, unique: Bool) throws(SQLError) -> CreateIndex {
        let concurrently = take(.concurrently)
        let ifNotExists = try ifNotExists()
        let name = at(.on) ? nil : try qualifiedName("an index")
        try expect(.on)
        let only = take(.only)
        var index = CreateIndex(
            unique: unique, concurrently: concurrently, ifNotExists: ifNotExists, name: name, table: try tableName(),
            keys: [])
        index.only = only
        if take(.using) { index.method = try self.name("a method") }
        index.keys = try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in try parser.indexKey() }
        }
        if take(.include) { index.include = try nameList() }
        index.nullsDistinct = try nullsDistinct()
        index.options = try options()
        if take(.where) { index.condition = try expression() }
        index.info = info(from: start)
        return index
    }

    mutating func indexKey() throws(SQLError) -> IndexKey {
        var key = IndexKey(value: try expression())
        if token.kind == .word, !at(.asc), !at(.desc), !at(.nulls), atName() {
            key.operatorClass = try qualifiedName("an operator class")
        }
        if take(.asc) {
            key.direction = .ascending
        } else if take(.desc) {
            key.direction = .descending
        }
        if take(.nulls) {
            guard at(.first) || at(.last) else { throw unexpected("FIRST", "LAST") }
            key.nulls = at(.first) ? .first : .last
            advance()
        }
        return key
    }
}
