// DROP and ALTER.

extension Parser {
    mutating func drop(_ start: UInt32) throws(SQLError) -> Drop {
        try expect(.drop)
        let kind = try objectKind()
        var drop = Drop(kind: kind, concurrently: take(.concurrently), names: [])
        drop.ifExists = try ifExists()
        drop.names = [try tableName()]
        if kind == .function || kind == .procedure { drop.signature = try signature() }
        while drop.signature == nil, take(.comma) { drop.names.append(try tableName()) }
        drop.behavior = dropBehavior()
        drop.info = info(from: start)
        return drop
    }

    /// The words that say what is dropped or altered.
    private mutating func objectKind() throws(SQLError) -> Drop.Kind {
        let kinds = Drop.Kind.allCases.sorted { $0.rawValue.utf8.count > $1.rawValue.utf8.count }
        let words = [token, peek(1)].map { $0.kind == .word ? upper($0) : "" }
        for kind in kinds {
            let wanted = kind.rawValue.split(separator: " ")
            guard zip(wanted, words).allSatisfy({ $0 == $1 }) else { continue }
            for _ in wanted { advance() }
            return kind
        }
        throw unexpected(Drop.Kind.allCases.map(\.rawValue))
    }

    mutating func alter(_ start: UInt32) throws(SQLError) -> AlterTable {
        try expect(.alter)
        let kind = try objectKind()
        let ifExists = try ifExists()
        let only = take(.only)
        var alter = AlterTable(kind: kind, ifExists: ifExists, only: only, name: try tableName(), actions: [])
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
            case .exclude where beginsExclusion(): return .addConstraint(try tableConstraint())
            default: break
            }
            _ = take(.column)
            let missing = try ifNotExists()
            return .addColumn(try columnDefinition(), ifNotExists: missing)
        case .drop:
            advance()
            if take(.constraint) {
                let exists = try ifExists()
                return .dropConstraint(try name("a constraint"), ifExists: exists, dropBehavior())
            }
            if take(.primary, .key) { return .dropPrimaryKey(ifExists: try ifExists()) }
            _ = take(.column)
            let exists = try ifExists()
            return .dropColumn(try name("a column"), ifExists: exists, dropBehavior())
        case .rename:
            advance()
            if take(.to) { return .rename(try tableName()) }
            if take(.constraint) {
                let old = try name("a constraint")
                try expect(.to)
                return .renameConstraint(old, to: try name("a constraint"))
            }
            _ = take(.column)
            let old = try name("a column")
            try expect(.to)
            return .renameColumn(old, to: try name("a column"))
        case .alter:
            advance()
            _ = take(.column)
            return try columnAction(try name("a column"))
        case .set:
            advance()
            if at(.leftParenthesis) { return .setParameters(try parameters()) }
            if take(.schema) { return .setSchema(try name("a schema")) }
            if grammar.hasScripts, take(.default, .collate) { return .setDefaultCollation(try collationName()) }
            if !grammar.hasScripts, at(.unlogged) || atWord("LOGGED") {
                defer { advance() }
                return .setLogged(!at(.unlogged))
            }
            let options = try options()
            guard !options.isEmpty else { throw unexpected("OPTIONS", "SCHEMA") }
            return .setOptions(options)
        case .reset:
            advance()
            return .resetParameters(try parameters())
        case .owner:
            advance()
            try expect(.to)
            return .setOwner(try labelOrName("a role"))
        default: return try partitionAction()
        }
    }

    /// What begins with a word that is no keyword.
    private mutating func partitionAction() throws(SQLError) -> AlterTable.Action {
        if takeWord("VALIDATE") {
            try expect(.constraint)
            return .validateConstraint(try name("a constraint"))
        }
        if takeWord("ATTACH") {
            try expect(.partition)
            let part = try tableName()
            return .attachPartition(part, try partitionBound())
        }
        if takeWord("DETACH") {
            try expect(.partition)
            let part = try tableName()
            return .detachPartition(part, concurrently: take(.concurrently))
        }
        throw unexpected("ADD", "DROP", "RENAME", "ALTER", "SET")
    }

    private mutating func columnAction(_ column: Identifier) throws(SQLError) -> AlterTable.Action {
        if !grammar.hasScripts, let action = try identityAction(column) { return action }
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

    /// Nil, with nothing taken, at what is not about identity, statistics or storage.
    private mutating func identityAction(_ column: Identifier) throws(SQLError) -> AlterTable.Action? {
        if take(.add) {
            let always = try generatedAlways()
            try expect(.as)
            try expect(.identity)
            return .addIdentity(column, always: always, sequence: try sequenceOptions())
        }
        if take(.drop, .identity) { return .dropIdentity(column, ifExists: try ifExists()) }
        if at(.drop), atWord("EXPRESSION", after: 1) {
            advance()
            advance()
            return .dropExpression(column, ifExists: try ifExists())
        }
        if at(.set), atWord("STATISTICS", after: 1) {
            advance()
            advance()
            return .setStatistics(column, try smallNumber())
        }
        if at(.set), atWord("STORAGE", after: 1) {
            advance()
            advance()
            return .setStorage(column, try word("a kind of storage"))
        }
        var changes: [String] = []
        while let change = try identityChange() { changes.append(change) }
        return changes.isEmpty ? nil : .setIdentity(column, changes)
    }

    /// `SET GENERATED …`, `SET` with an option of a sequence, RESTART.
    private mutating func identityChange() throws(SQLError) -> String? {
        if take(.restart) {
            if take(.with) { return "RESTART WITH \(try smallNumber())" }
            return at(.integerLiteral) || at(.minus) ? "RESTART WITH \(try smallNumber())" : "RESTART"
        }
        guard at(.set) else { return nil }
        if peek(1).keyword == .generated {
            advance()
            return try generatedAlways() ? "SET GENERATED ALWAYS" : "SET GENERATED BY DEFAULT"
        }
        let words: Set<String> = ["START", "INCREMENT", "MINVALUE", "MAXVALUE", "CACHE", "CYCLE", "NO"]
        guard peek(1).kind == .word, words.contains(upper(peek(1))) else { return nil }
        advance()
        return "SET " + (try sequenceOption())
    }
}
