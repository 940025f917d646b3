// CREATE: tables, views, schemas, indexes.

extension Parser {
    mutating func create(_ start: UInt32) throws(SQLError) -> Statement {
        try expect(.create)
        let orReplace = take(.or, .replace)
        var persistence: CreateTable.Persistence?
        if take(.temporary) || take(.temp) { persistence = .temporary }
        if take(.unlogged) { persistence = .unlogged }
        switch token.keyword {
        case .table:
            advance()
            var table = CreateTable(orReplace: orReplace, persistence: persistence, name: QualifiedName())
            try createTable(&table)
            table.info = info(from: start)
            return .createTable(table)
        case .view, .materialized:
            let materialized = take(.materialized)
            try expect(.view)
            var view = try createView()
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
        default: throw unexpected("TABLE", "VIEW", "MATERIALIZED VIEW", "SCHEMA", "INDEX")
        }
    }

    private mutating func ifNotExists() throws(SQLError) -> Bool {
        guard take(.if) else { return false }
        try expect(.not)
        try expect(.exists)
        return true
    }

    mutating func ifExists() throws(SQLError) -> Bool {
        guard take(.if) else { return false }
        try expect(.exists)
        return true
    }

    // MARK: Tables

    private mutating func createTable(_ table: inout CreateTable) throws(SQLError) {
        table.ifNotExists = try ifNotExists()
        table.name = try tableName()
        if at(.partition), peek(1).keyword == .of {
            table.partitionOf = try partitionOf()
        } else if at(.leftParenthesis) {
            table.elements = try parenthesized { parser throws(SQLError) in
                try parser.list { parser throws(SQLError) in try parser.tableElement() }
            }
        }
        if at(.like) || at(.copy) || at(.clone) {
            table.template = at(.like) ? .like : at(.copy) ? .copy : .clone
            advance()
            table.templateTable = try tableName()
        }
        try storage(&table.partitioning, &table.clusterBy, &table.options)
        if take(.as) {
            table.query = try query()
            table.withData = try withData()
        }
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

    private mutating func partitionOf() throws(SQLError) -> PartitionOf {
        advance()
        advance()
        let parent = try tableName()
        if take(.default) { return PartitionOf(parent: parent, bound: .others) }
        try expect(.for)
        try expect(.values)
        if take(.in) { return PartitionOf(parent: parent, bound: .list(try boundValues())) }
        if take(.from) {
            let lower = try boundValues()
            try expect(.to)
            return PartitionOf(parent: parent, bound: .range(from: lower, to: try boundValues()))
        }
        guard take(.with) else { throw unexpected("IN", "FROM", "WITH") }
        let numbers = try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in
                _ = try parser.label("MODULUS or REMAINDER")
                return try parser.smallNumber()
            }
        }
        guard numbers.count == 2 else { throw unexpected("MODULUS and REMAINDER") }
        return PartitionOf(parent: parent, bound: .hash(modulus: numbers[0], remainder: numbers[1]))
    }

    private mutating func boundValues() throws(SQLError) -> [Expression] {
        try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in try parser.expression() }
        }
    }

    private mutating func withData() throws(SQLError) -> Bool? {
        guard at(.with), peek(1).keyword == .data || peek(1).keyword == .no else { return nil }
        advance()
        let without = take(.no)
        try expect(.data)
        return !without
    }

    private func atOptions() -> Bool {
        guard token.kind == .word, peek(1).kind == .leftParenthesis else { return false }
        return token.keyword.text.uppercased() == grammar.optionsWord
    }

    mutating func options() throws(SQLError) -> [DefinitionOption] {
        guard atOptions() else { return [] }
        advance()
        try expect(.leftParenthesis, "(")
        var options: [DefinitionOption] = []
        while !at(.rightParenthesis) {
            var parts = [try label("an option")]
            while take(.dot) { parts.append(try label("an option")) }
            var option = DefinitionOption(name: QualifiedName(parts))
            if take(.equal) { option.value = try expression() }
            options.append(option)
            guard take(.comma) else { break }
        }
        try expect(.rightParenthesis, ")")
        return options
    }

    // MARK: Columns and constraints

    private mutating func tableElement() throws(SQLError) -> TableElement {
        switch token.keyword {
        case .constraint, .primary, .foreign, .check: return .constraint(try tableConstraint())
        case .unique where peek(1).kind == .leftParenthesis: return .constraint(try tableConstraint())
        default: return .column(try columnDefinition())
        }
    }

    mutating func columnDefinition() throws(SQLError) -> ColumnDefinition {
        var column = ColumnDefinition(name: try label("a column"))
        if !at(.comma), !at(.rightParenthesis), !atConstraint() { column.type = try dataType() }
        while atConstraint() { column.constraints.append(try columnConstraint()) }
        return column
    }

    private func atConstraint() -> Bool {
        switch token.keyword {
        case .constraint, .not, .null, .default, .primary, .unique, .check, .references, .generated, .collate: true
        default: atOptions()
        }
    }

    private mutating func columnConstraint() throws(SQLError) -> ColumnConstraint {
        let name = take(.constraint) ? try self.name("a constraint") : nil
        var constraint = ColumnConstraint(name: name, rule: try columnRule())
        constraint.enforced = try enforcement()
        return constraint
    }

    private mutating func columnRule() throws(SQLError) -> ColumnConstraint.Rule {
        if atOptions() { return .options(try options()) }
        switch token.keyword {
        case .not:
            advance()
            try expect(.null)
            return .notNull
        case .null:
            advance()
            return .null
        case .default:
            advance()
            return .default(try expression(above: operators.precedence.not))
        case .primary:
            advance()
            try expect(.key)
            return .primaryKey
        case .unique:
            advance()
            return .unique
        case .check:
            advance()
            return .check(try parenthesized { parser throws(SQLError) in try parser.expression() })
        case .references: return .references(try foreignTarget())
        case .collate:
            advance()
            return .collate(try collationName())
        case .generated: return try generatedRule()
        default: throw unexpected("a constraint")
        }
    }

    private mutating func generatedRule() throws(SQLError) -> ColumnConstraint.Rule {
        try expect(.generated)
        let always = take(.always)
        if !always {
            try expect(.by)
            try expect(.default)
        }
        try expect(.as)
        if take(.identity) { return .identity(always: always) }
        let value = try parenthesized { parser throws(SQLError) in try parser.expression() }
        try expect(.stored)
        return .generated(value)
    }

    private mutating func enforcement() throws(SQLError) -> Bool? {
        if take(.enforced) { return true }
        return take(.not, .enforced) ? false : nil
    }

    mutating func tableConstraint() throws(SQLError) -> TableConstraint {
        let name = take(.constraint) ? try self.name("a constraint") : nil
        let rule: TableConstraint.Rule
        switch token.keyword {
        case .primary:
            advance()
            try expect(.key)
            rule = .primaryKey(try nameList())
        case .unique:
            advance()
            rule = .unique(try nameList())
        case .foreign:
            advance()
            try expect(.key)
            let columns = try nameList()
            rule = .foreignKey(columns, try foreignTarget())
        case .check:
            advance()
            rule = .check(try parenthesized { parser throws(SQLError) in try parser.expression() })
        default: throw unexpected("PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "CHECK")
        }
        return TableConstraint(name: name, rule: rule, enforced: try enforcement())
    }

    private mutating func foreignTarget() throws(SQLError) -> ForeignTarget {
        try expect(.references)
        var target = ForeignTarget(table: try tableName())
        if at(.leftParenthesis) { target.columns = try nameList() }
        while at(.on), peek(1).keyword == .delete || peek(1).keyword == .update {
            advance()
            let isDelete = at(.delete)
            advance()
            let action = try foreignAction()
            if isDelete { target.onDelete = action } else { target.onUpdate = action }
        }
        return target
    }

    private mutating func foreignAction() throws(SQLError) -> ForeignTarget.Action {
        if take(.cascade) { return .cascade }
        if take(.restrict) { return .restrict }
        if take(.no, .action) { return .noAction }
        if take(.set, .null) { return .setNull }
        if take(.set, .default) { return .setDefault }
        throw unexpected("CASCADE", "RESTRICT", "NO ACTION", "SET NULL", "SET DEFAULT")
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
        return view
    }

    private mutating func createSchema(_ start: UInt32) throws(SQLError) -> CreateSchema {
        let ifNotExists = try ifNotExists()
        var schema = CreateSchema(ifNotExists: ifNotExists, name: try tableName())
        if take(.authorization) { schema.authorization = try name("a role") }
        schema.options = try options()
        schema.info = info(from: start)
        return schema
    }

    private mutating func createIndex(_ start: UInt32, unique: Bool) throws(SQLError) -> CreateIndex {
        let concurrently = take(.concurrently)
        let ifNotExists = try ifNotExists()
        let name = at(.on) ? nil : try qualifiedName("an index")
        try expect(.on)
        _ = take(.only)
        var index = CreateIndex(
            unique: unique, concurrently: concurrently, ifNotExists: ifNotExists, name: name, table: try tableName(),
            keys: [])
        if take(.using) { index.method = try self.name("a method") }
        index.keys = try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in try parser.indexKey() }
        }
        if take(.include) { index.include = try nameList() }
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
