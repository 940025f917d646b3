// DROP and ALTER.

extension Parser {
    mutating func drop(_ start: UInt32) throws(SQLError) -> Drop {
        try expect(.drop)
        let kind: Drop.Kind
        switch token.keyword {
        case .table: kind = .table
        case .view: kind = .view
        case .materialized where peek(1).keyword == .view:
            advance()
            kind = .materializedView
        case .schema: kind = .schema
        case .index: kind = .index
        case .sequence: kind = .sequence
        default: throw unexpected(Drop.Kind.allCases.map(\.rawValue))
        }
        advance()
        var drop = Drop(kind: kind, concurrently: take(.concurrently), names: [])
        drop.ifExists = try ifExists()
        drop.names = try list { parser throws(SQLError) in try parser.tableName() }
        drop.behavior = dropBehavior()
        drop.info = info(from: start)
        return drop
    }

    mutating func alterTable(_ start: UInt32) throws(SQLError) -> AlterTable {
        try expect(.alter)
        guard take(.table) else { throw unexpected("TABLE") }
        let ifExists = try ifExists()
        let only = take(.only)
        var alter = AlterTable(ifExists: ifExists, only: only, name: try tableName(), actions: [])
        alter.actions = try list { parser throws(SQLError) in try parser.alterAction() }
        alter.info = info(from: start)
        return alter
    }

    private mutating func alterAction() throws(SQLError) -> AlterTable.Action {
        switch token.keyword {
        case .add:
            advance()
            switch token.keyword {
            case .constraint, .primary, .foreign, .check, .unique: return .addConstraint(try tableConstraint())
            default: break
            }
            _ = take(.column)
            let missing = take(.if)
            if missing {
                try expect(.not)
                try expect(.exists)
            }
            return .addColumn(try columnDefinition(), ifNotExists: missing)
        case .drop:
            advance()
            if take(.constraint) {
                let exists = try ifExists()
                return .dropConstraint(try name("a constraint"), ifExists: exists, dropBehavior())
            }
            _ = take(.column)
            let exists = try ifExists()
            return .dropColumn(try label("a column"), ifExists: exists, dropBehavior())
        case .rename:
            advance()
            if take(.to) { return .rename(try tableName()) }
            _ = take(.column)
            let old = try label("a column")
            try expect(.to)
            return .renameColumn(old, to: try label("a column"))
        case .alter:
            advance()
            _ = take(.column)
            return try columnAction(try label("a column"))
        case .set:
            advance()
            if take(.schema) { return .setSchema(try name("a schema")) }
            let options = try options()
            guard !options.isEmpty else { throw unexpected("OPTIONS", "SCHEMA") }
            return .setOptions(options)
        default: throw unexpected("ADD", "DROP", "RENAME", "ALTER", "SET")
        }
    }

    private mutating func columnAction(_ column: Identifier) throws(SQLError) -> AlterTable.Action {
        if take(.drop) {
            if take(.default) { return .dropDefault(column) }
            try expect(.not)
            try expect(.null)
            return .dropNotNull(column)
        }
        if take(.set) {
            if take(.default) { return .setDefault(column, try expression()) }
            if take(.not) {
                try expect(.null)
                return .setNotNull(column)
            }
            if !at(.data) {
                let options = try options()
                guard !options.isEmpty else { throw unexpected("DEFAULT", "NOT NULL", "DATA TYPE") }
                return .setColumnOptions(column, options)
            }
        }
        _ = take(.data)
        try expect(.type)
        let type = try dataType()
        return .setType(column, type, using: take(.using) ? try expression() : nil)
    }
}
