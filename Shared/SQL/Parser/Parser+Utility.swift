// Statements beside queries and changes: transactions, settings, upkeep, calls, and what GoogleSQL's scripts have.

extension Parser {
    /// Nil, with nothing taken, at a word that begins no such statement.
    mutating func utility(_ start: UInt32) throws(SQLError) -> Utility? {
        switch token.keyword {
        case .begin where grammar.hasScripts && !beginsTransaction(): return .block(try block(start))
        case .begin, .start, .commit, .rollback, .savepoint: return .transaction(try transaction(start))
        case .abort where !grammar.hasScripts, .end where !grammar.hasScripts:
            return .transaction(try transaction(start))
        case .set: return try set(start)
        case .reset where !grammar.hasScripts: return .set(try reset(start))
        case .show where !grammar.hasScripts: return .show(try show(start))
        case .comment where !grammar.hasScripts: return .comment(try comment(start))
        case .vacuum where !grammar.hasScripts, .analyze where !grammar.hasScripts,
            .analyse where !grammar.hasScripts:
            return .maintenance(try maintenance(start))
        case .refresh where !grammar.hasScripts: return .refresh(try refresh(start))
        case .call: return .call(try procedureCall(start))
        case .declare where grammar.hasScripts: return .declare(try declare(start))
        case .execute where grammar.hasScripts: return .execute(try executeImmediate(start))
        default:
            if !grammar.hasScripts, atWord("RELEASE") { return .transaction(try transaction(start)) }
            return nil
        }
    }

    // MARK: Transactions

    /// True at a BEGIN that is not followed by a block.
    private func beginsTransaction() -> Bool {
        switch peek(1).kind {
        case .semicolon, .endOfText: true
        default: peek(1).keyword == .transaction
        }
    }

    private mutating func transaction(_ start: UInt32) throws(SQLError) -> Transaction {
        var transaction = Transaction(action: .begin)
        let keyword = token.keyword
        let word = upper(token)
        advance()
        switch keyword {
        case .start: try expect(.transaction)
        case .savepoint: transaction.action = .savepoint(try name("a savepoint"))
        case .rollback, .abort:
            if !take(.transaction) { _ = take(.work) }
            transaction.action = .rollback
            if keyword == .rollback, take(.to) {
                _ = take(.savepoint)
                transaction.action = .rollbackTo(try name("a savepoint"))
            }
        case .commit, .end:
            if !take(.transaction) { _ = take(.work) }
            transaction.action = .commit
        default:
            if word == "RELEASE" {
                _ = take(.savepoint)
                transaction.action = .release(try name("a savepoint"))
            } else if !take(.transaction) {
                _ = take(.work)
            }
        }
        if transaction.action == .begin {
            transaction.modes = try transactionModes()
        } else if take(.and) {
            transaction.chains = !take(.no)
            guard takeWord("CHAIN") else { throw unexpected("CHAIN") }
        }
        transaction.info = info(from: start)
        return transaction
    }

    /// `ISOLATION LEVEL …`, `READ ONLY`, `DEFERRABLE`, with or without commas.
    private mutating func transactionModes() throws(SQLError) -> [String] {
        var modes: [String] = []
        while true {
            if take(.isolation) {
                try expect(.level)
                modes.append("ISOLATION LEVEL " + (try isolationLevel()))
            } else if take(.read) {
                guard at(.only) || at(.write) else { throw unexpected("ONLY", "WRITE") }
                modes.append(at(.only) ? "READ ONLY" : "READ WRITE")
                advance()
            } else if take(.not) {
                try expect(.deferrable)
                modes.append("NOT DEFERRABLE")
            } else if take(.deferrable) {
                modes.append("DEFERRABLE")
            } else {
                return modes
            }
            _ = take(.comma)
        }
    }

    private mutating func isolationLevel() throws(SQLError) -> String {
        if take(.serializable) { return "SERIALIZABLE" }
        if take(.repeatable, .read) { return "REPEATABLE READ" }
        guard take(.read) else { throw unexpected("SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED") }
        if take(.uncommitted) { return "READ UNCOMMITTED" }
        guard takeWord("COMMITTED") else { throw unexpected("COMMITTED", "UNCOMMITTED") }
        return "READ COMMITTED"
    }

    // MARK: Settings

    private mutating func set(_ start: UInt32) throws(SQLError) -> Utility {
        try expect(.set)
        if !grammar.hasScripts, take(.transaction) {
            let modes = try transactionModes()
            guard !modes.isEmpty else { throw unexpected("ISOLATION LEVEL", "READ ONLY", "READ WRITE") }
            return .transaction(Transaction(action: .characteristics, modes: modes, info: info(from: start)))
        }
        var set = SetVariable(target: .all)
        if grammar.hasScripts {
            set.target = try scriptTarget()
            try expect(.equal, "=")
            set.values = [try expression()]
        } else {
            try setting(&set)
        }
        set.info = info(from: start)
        return .set(set)
    }

    /// What GoogleSQL's SET changes.
    private mutating func scriptTarget() throws(SQLError) -> SetVariable.Target {
        if at(.leftParenthesis) { return .names(try nameList()) }
        if at(.parameter), case .system(let name) = try parameter().kind { return .system(name) }
        return .name(try qualifiedName("a variable"))
    }

    private mutating func setting(_ set: inout SetVariable) throws(SQLError) {
        if at(.session) || at(.local), peek(1).kind == .word, peek(1).keyword != .authorization {
            set.scope = at(.session) ? .session : .local
            advance()
        }
        if take(.time) {
            try expect(.zone)
            set.target = .name(QualifiedName("timezone"))
        } else if at(.role), peek(1).kind != .equal, peek(1).keyword != .to {
            advance()
            set.target = .name(QualifiedName("role"))
        } else if take(.session, .authorization) {
            set.target = .name(QualifiedName("session_authorization"))
        } else {
            set.target = .name(try qualifiedName("a setting"))
            guard take(.equal) || take(.to) else { throw unexpected("=", "TO") }
        }
        if at(.default) || (set.target == .name(QualifiedName("timezone")) && at(.local)) {
            advance()
            return
        }
        set.values = try list { parser throws(SQLError) in try parser.settingValue() }
    }

    /// A constant; a word such as `on` is the string of its letters.
    private mutating func settingValue() throws(SQLError) -> Expression {
        let start = token.range.start
        guard token.kind == .word || token.kind == .quotedName, peek(1).kind != .stringLiteral, !at(.interval) else {
            return try expression()
        }
        let name = try takeName()
        let text = dialect.folded(name)
        return .literal(Literal(value: .string(text), info: info(from: start)))
    }

    private mutating func reset(_ start: UInt32) throws(SQLError) -> SetVariable {
        advance()
        var set = SetVariable(target: .all, resets: true)
        if take(.time, .zone) {
            set.target = .name(QualifiedName("timezone"))
        } else if !take(.all) {
            set.target = .name(try qualifiedName("a setting"))
        }
        set.info = info(from: start)
        return set
    }

    private mutating func show(_ start: UInt32) throws(SQLError) -> ShowVariable {
        advance()
        if take(.all) { return ShowVariable(name: nil, info: info(from: start)) }
        if take(.time, .zone) { return ShowVariable(name: QualifiedName("timezone"), info: info(from: start)) }
        return ShowVariable(name: try qualifiedName("a setting"), info: info(from: start))
    }

    // MARK: Upkeep

    private mutating func comment(_ start: UInt32) throws(SQLError) -> CommentOn {
        advance()
        try expect(.on)
        var comment = CommentOn(kind: upper(token), name: QualifiedName(), text: nil)
        switch token.keyword {
        case .table, .column, .view, .schema, .index, .sequence, .function, .procedure, .constraint, .type, .domain,
            .database, .role, .extension, .aggregate:
            advance()
        case .materialized where peek(1).keyword == .view:
            advance()
            advance()
            comment.kind = "MATERIALIZED VIEW"
        default: throw unexpected("TABLE", "COLUMN", "VIEW", "MATERIALIZED VIEW", "SCHEMA", "INDEX", "FUNCTION")
        }
        comment.name = try qualifiedName("what the comment is about")
        switch comment.kind {
        case "FUNCTION", "PROCEDURE": comment.signature = try signature()
        case "AGGREGATE":
            comment.signature = try signature()
            guard comment.signature != nil else { throw unexpected("(") }
        case "CONSTRAINT":
            try expect(.on)
            comment.table = try tableName()
        default: break
        }
        try expect(.is)
        if !take(.null) {
            guard at(.stringLiteral) else { throw unexpected("a string", "NULL") }
            comment.text = try strings()
        }
        comment.info = info(from: start)
        return comment
    }

    /// The types in the parentheses behind a function's name; nil without parentheses.
    mutating func signature() throws(SQLError) -> [DataType]? {
        guard take(.leftParenthesis) else { return nil }
        if take(.rightParenthesis) { return [] }
        let types = try list { parser throws(SQLError) in try parser.dataType() }
        try expect(.rightParenthesis, ")")
        return types
    }

    private mutating func maintenance(_ start: UInt32) throws(SQLError) -> Maintenance {
        var maintenance = Maintenance(kind: at(.vacuum) ? .vacuum : .analyze)
        advance()
        if at(.leftParenthesis) {
            maintenance.options = try utilityOptions()
        } else {
            while at(.full) || at(.freeze) || at(.verbose) || at(.analyze) || at(.analyse) {
                let name = at(.analyse) ? "ANALYZE" : upper(token)
                maintenance.options.append(Explain.Option(name: name))
                advance()
            }
        }
        if atName() {
            maintenance.targets = try list { parser throws(SQLError) in
                let table = try parser.tableName()
                return Maintenance.Target(
                    table: table, columns: parser.at(.leftParenthesis) ? try parser.nameList() : [])
            }
        }
        maintenance.info = info(from: start)
        return maintenance
    }

    /// `(ANALYZE, FORMAT JSON)`.
    mutating func utilityOptions() throws(SQLError) -> [Explain.Option] {
        try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in
                let name = try parser.word("an option")
                switch parser.token.kind {
                case .comma, .rightParenthesis: return Explain.Option(name: name)
                case .integerLiteral, .decimalLiteral, .minus:
                    return Explain.Option(name: name, value: String(try parser.smallNumber()))
                default: return Explain.Option(name: name, value: try parser.wordOrText("a value").uppercased())
                }
            }
        }
    }

    private mutating func refresh(_ start: UInt32) throws(SQLError) -> RefreshView {
        advance()
        try expect(.materialized)
        try expect(.view)
        var refresh = RefreshView(concurrently: take(.concurrently), name: try tableName())
        refresh.withData = try withData()
        refresh.info = info(from: start)
        return refresh
    }

    // MARK: Scripts

    private mutating func procedureCall(_ start: UInt32) throws(SQLError) -> ProcedureCall {
        advance()
        guard case .function(let call) = try operand() else { throw unexpected("a procedure and its arguments") }
        return ProcedureCall(call: call, info: info(from: start))
    }

    private mutating func declare(_ start: UInt32) throws(SQLError) -> Declaration {
        advance()
        var declaration = Declaration(names: try list { parser throws(SQLError) in try parser.name("a variable") })
        if !at(.default) { declaration.type = try dataType() }
        if take(.default) { declaration.value = try expression() }
        declaration.info = info(from: start)
        return declaration
    }

    mutating func block(_ start: UInt32) throws(SQLError) -> Block {
        try expect(.begin)
        var block = Block(statements: try nested { parser throws(SQLError) in try parser.blockStatements() })
        if takeWord("EXCEPTION") {
            try expect(.when)
            guard takeWord("ERROR") else { throw unexpected("ERROR") }
            try expect(.then)
            block.handler = try nested { parser throws(SQLError) in try parser.blockStatements() }
        }
        try expect(.end)
        block.info = info(from: start)
        return block
    }

    /// Up to END or EXCEPTION, each with its semicolon.
    private mutating func blockStatements() throws(SQLError) -> [Statement] {
        var statements: [Statement] = []
        while true {
            while take(.semicolon) {}
            if at(.end) || at(.endOfText) || atWord("EXCEPTION") { return statements }
            if let statement = try recoverableStatement(before: .end) { statements.append(statement) }
        }
    }

    private mutating func executeImmediate(_ start: UInt32) throws(SQLError) -> ExecuteImmediate {
        advance()
        try expect(.immediate)
        var execute = ExecuteImmediate(text: try expression())
        if take(.into) { execute.into = try list { parser throws(SQLError) in try parser.name("a variable") } }
        if take(.using) { execute.using = try list { parser throws(SQLError) in try parser.selectItem() } }
        execute.info = info(from: start)
        return execute
    }
}
