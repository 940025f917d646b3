extension Parser {
    /// One statement, up to but without its semicolon.
    mutating func statement() throws(SQLError) -> Statement {
        let start = token.range.start
        switch token.keyword {
        case .with: return try withStatement(start)
        case .insert: return .insert(try insert(start, with: nil))
        case .update: return .update(try update(start, with: nil))
        case .delete: return .delete(try delete(start, with: nil))
        case .merge: return .merge(try merge(start, with: nil))
        case .truncate: return .truncate(try truncate(start))
        case .create: return try create(start)
        case .drop: return .drop(try drop(start))
        case .alter: return .alterTable(try alter(start))
        case .grant, .revoke: return .grant(try grant(start))
        case .explain: return .explain(try explain(start))
        default: break
        }
        if beginsQuery() || at(.leftParenthesis) || at(.placeholder) { return .query(try query()) }
        if let utility = try utility(start) { return .utility(utility) }
        if let refused = refusedStatement() { throw refused }
        throw unexpected(
            "SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "another statement")
    }

    /// Statements that a reader may well write, and that this module does not read: better named than not known.
    private func refusedStatement() -> SQLError? {
        guard token.kind == .word else { return nil }
        let word = upper(token)
        let scripting: Set<String> = [
            "IF", "WHILE", "LOOP", "REPEAT", "FOR", "CASE", "RETURN", "BREAK", "LEAVE", "CONTINUE", "ITERATE", "RAISE",
        ]
        let others: Set<String> = [
            "COPY", "LOAD", "EXPORT", "PREPARE", "EXECUTE", "DEALLOCATE", "DECLARE", "FETCH", "MOVE", "CLOSE", "LISTEN",
            "NOTIFY", "UNLISTEN", "LOCK", "CLUSTER", "REINDEX", "CHECKPOINT", "DISCARD", "DO", "SECURITY", "IMPORT",
            "ASSERT", "DESCRIBE", "DESC", "SHOW", "UNDROP", "REASSIGN",
        ]
        if grammar.hasScripts, scripting.contains(word) {
            return error("\(word) as a statement of scripts is not read by this module; blocks, DECLARE and SET are.")
        }
        guard others.contains(word) else { return nil }
        return error("The statement \(word) is not read by this module.")
    }

    /// WITH before a query or before a change.
    private mutating func withStatement(_ start: UInt32) throws(SQLError) -> Statement {
        let with = try withClause()
        switch token.keyword {
        case .insert: return .insert(try insert(start, with: with))
        case .update: return .update(try update(start, with: with))
        case .delete: return .delete(try delete(start, with: with))
        case .merge: return .merge(try merge(start, with: with))
        default:
            let body = try queryBody(above: 0)
            return .query(try queryEnd(Query(with: with, body: body), from: start))
        }
    }

    // MARK: Changes

    private mutating func insert(_ start: UInt32, with: With?) throws(SQLError) -> Insert {
        try expect(.insert)
        if !take(.into), grammar.changesSayInto { throw unexpected("INTO") }
        var insert = Insert(with: with, table: try tableName(), source: .defaultValues)
        if take(.as) { insert.alias = try name("the table's name") }
        if at(.leftParenthesis), !beginsQuery(after: 1) { insert.columns = try nameList() }
        insert.overriding = try overriding()
        if at(.default, .values) {
            advance()
            advance()
        } else {
            insert.source = .query(try query())
        }
        if at(.on), peek(1).keyword == .conflict { insert.onConflict = try onConflict() }
        insert.returning = try returning()
        insert.info = info(from: start)
        return insert
    }

    private mutating func overriding() throws(SQLError) -> Insert.Overriding? {
        guard take(.overriding) else { return nil }
        guard at(.system) || at(.user) else { throw unexpected("SYSTEM", "USER") }
        let overriding: Insert.Overriding = at(.system) ? .system : .user
        advance()
        try expect(.value)
        return overriding
    }

    /// True when a query begins behind the parentheses that stand `distance` tokens before it.
    private func beginsQuery(after distance: Int) -> Bool {
        var distance = distance
        while peek(distance).kind == .leftParenthesis { distance += 1 }
        switch peek(distance).keyword {
        case .select, .with: return true
        case .values: return peek(distance + 1).kind == .leftParenthesis
        case .from: return grammar.hasPipes
        default: return false
        }
    }

    private mutating func onConflict() throws(SQLError) -> OnConflict {
        advance()
        advance()
        var conflict = OnConflict(action: .nothing)
        if at(.leftParenthesis) {
            let keys = try parenthesized { parser throws(SQLError) in
                try parser.list { parser throws(SQLError) in try parser.indexKey() }
            }
            conflict.target = .keys(keys, condition: take(.where) ? try expression() : nil)
        } else if take(.on) {
            try expect(.constraint)
            conflict.target = .constraint(try name("a constraint"))
        }
        try expect(.do)
        if take(.nothing) { return conflict }
        try expect(.update)
        try expect(.set)
        let assignments = try assignments()
        conflict.action = .update(assignments, condition: take(.where) ? try expression() : nil)
        return conflict
    }

    private mutating func assignments() throws(SQLError) -> [Assignment] {
        try list { parser throws(SQLError) in try parser.assignment() }
    }

    private mutating func assignment() throws(SQLError) -> Assignment {
        var assignment = Assignment(targets: [], value: .null)
        assignment.isList = take(.leftParenthesis)
        repeat {
            assignment.targets.append(try qualifiedName("a column"))
            assignment.steps.append(try accessSteps())
        } while assignment.isList && take(.comma)
        if assignment.isList { try expect(.rightParenthesis, ")") }
        if assignment.steps.allSatisfy(\.isEmpty) { assignment.steps = [] }
        try expect(.equal, "=")
        assignment.value = try expression()
        return assignment
    }

    /// `[1].x` behind the name of a column that is set.
    private mutating func accessSteps() throws(SQLError) -> [AccessStep] {
        var steps: [AccessStep] = []
        while true {
            if at(.leftBracket) {
                steps.append(.position(try position()))
            } else if !steps.isEmpty, take(.dot) {
                steps.append(.field(try label("a field")))
            } else {
                return steps
            }
        }
    }

    private mutating func returning() throws(SQLError) -> [SelectItem] {
        guard grammar.changesMayReturn, take(.returning) else { return [] }
        return try selectList()
    }

    /// The table that a statement changes, with its alias.
    private mutating func changedTable() throws(SQLError) -> TableReference {
        let start = token.range.start
        let only = take(.only)
        var table = TableReference(name: try tableName(), only: only)
        table.name.mayBeArray = false
        table.alias = try tableAlias()
        table.info = info(from: start)
        return table
    }

    private mutating func update(_ start: UInt32, with: With?) throws(SQLError) -> Update {
        try expect(.update)
        var update = Update(with: with, table: try changedTable(), assignments: [])
        try expect(.set)
        update.assignments = try assignments()
        if take(.from) { update.from = try fromItems() }
        if take(.where) { update.condition = try expression() }
        update.returning = try returning()
        update.info = info(from: start)
        return update
    }

    private mutating func delete(_ start: UInt32, with: With?) throws(SQLError) -> Delete {
        try expect(.delete)
        if !take(.from), grammar.changesSayInto { throw unexpected("FROM") }
        var delete = Delete(with: with, table: try changedTable())
        if take(.using) { delete.using = try fromItems() }
        if take(.where) { delete.condition = try expression() }
        delete.returning = try returning()
        delete.info = info(from: start)
        return delete
    }

    private mutating func merge(_ start: UInt32, with: With?) throws(SQLError) -> Merge {
        try expect(.merge)
        if !take(.into), grammar.changesSayInto { throw unexpected("INTO") }
        let table = try changedTable()
        try expect(.using)
        let source = try mergeSource()
        try expect(.on)
        var merge = Merge(with: with, table: table, source: source, condition: try expression(), clauses: [])
        while at(.when) { merge.clauses.append(try mergeClause()) }
        guard !merge.clauses.isEmpty else { throw unexpected("WHEN") }
        merge.returning = try returning()
        merge.info = info(from: start)
        return merge
    }

    /// One relation, or a join as one.
    private mutating func mergeSource() throws(SQLError) -> Relation {
        let item = try fromItem()
        return item.joins.isEmpty ? item.relation : .join(JoinedTable(item: item))
    }

    private mutating func mergeClause() throws(SQLError) -> Merge.Clause {
        try expect(.when)
        var match = Merge.Match.matched
        if take(.not) { match = .notMatched }
        try expect(.matched)
        if match == .notMatched, take(.by) {
            if take(.source) {
                match = .notMatchedBySource
            } else {
                try expect(.target)
            }
        }
        let condition = take(.and) ? try expression() : nil
        try expect(.then)
        return Merge.Clause(match: match, condition: condition, action: try mergeAction())
    }

    private mutating func mergeAction() throws(SQLError) -> Merge.Action {
        switch token.keyword {
        case .delete:
            advance()
            return .delete
        case .do:
            advance()
            try expect(.nothing)
            return .nothing
        case .update:
            advance()
            try expect(.set)
            return .update(try assignments())
        case .insert:
            advance()
            if take(.row) { return .insertRow }
            if take(.default, .values) { return .insertDefaults }
            let columns = at(.leftParenthesis) ? try nameList() : []
            if take(.row) { return .insertRow }
            let overriding = try overriding()
            try expect(.values)
            let values = try parenthesized { parser throws(SQLError) in
                try parser.list { parser throws(SQLError) in try parser.expression() }
            }
            guard let overriding else { return .insert(columns: columns, values: values) }
            return .insertOverriding(overriding, columns: columns, values: values)
        default: throw unexpected("UPDATE", "DELETE", "INSERT")
        }
    }

    private mutating func truncate(_ start: UInt32) throws(SQLError) -> Truncate {
        try expect(.truncate)
        _ = take(.table)
        let only = take(.only)
        var truncate = Truncate(tables: try list { parser throws(SQLError) in try parser.tableName() }, only: only)
        if take(.restart) {
            try expect(.identity)
            truncate.restartsIdentity = true
        } else if take(.continue) {
            try expect(.identity)
            truncate.restartsIdentity = false
        }
        truncate.behavior = dropBehavior()
        truncate.info = info(from: start)
        return truncate
    }

    mutating func dropBehavior() -> DropBehavior? {
        if take(.cascade) { return .cascade }
        if take(.restrict) { return .restrict }
        return nil
    }

    // MARK: EXPLAIN and GRANT

    private mutating func explain(_ start: UInt32) throws(SQLError) -> Explain {
        try expect(.explain)
        var options: [Explain.Option] = []
        if at(.leftParenthesis), !beginsQuery(after: 1) {
            options = try utilityOptions()
        } else {
            while at(.analyze) || at(.verbose) {
                options.append(Explain.Option(name: token.keyword.text.uppercased()))
                advance()
            }
        }
        let statement = try nested { parser throws(SQLError) in try parser.statement() }
        return Explain(options: options, statement: statement, info: info(from: start))
    }

    private mutating func grant(_ start: UInt32) throws(SQLError) -> Grant {
        var grant = Grant(revokes: at(.revoke), privileges: [], names: [], grantees: [])
        advance()
        if grant.revokes { grant.option = try revokedOption() }
        grant.privileges = try list { parser throws(SQLError) in try parser.privilege() }
        if take(.on) {
            grant.kind = try grantKind()
            grant.names = [try tableName()]
            if grant.kind == "FUNCTION" || grant.kind == "PROCEDURE" { grant.signature = try signature() }
            while grant.signature == nil, take(.comma) { grant.names.append(try tableName()) }
        } else if !at(grant.revokes ? .from : .to) || grammar.hasScripts {
            throw unexpected("ON")
        }
        if grant.revokes { try expect(.from) } else { try expect(.to) }
        grant.grantees = try list { parser throws(SQLError) in
            if parser.grammar.hasScripts, parser.at(.stringLiteral) { return .member(try parser.strings()) }
            if parser.at(.group), parser.peek(1).kind == .word { parser.advance() }
            return .role(try parser.labelOrName("a role"))
        }
        if at(.with), !grant.revokes {
            advance()
            grant.option = try grantOption()
        }
        grant.behavior = dropBehavior()
        grant.info = info(from: start)
        return grant
    }

    private mutating func grantOption() throws(SQLError) -> Grant.Option {
        guard at(.grant) || atWord("ADMIN") else { throw unexpected("GRANT OPTION", "ADMIN OPTION") }
        let option: Grant.Option = at(.grant) ? .grant : .admin
        advance()
        try expect(.option)
        return option
    }

    /// `GRANT OPTION FOR` before what is revoked.
    private mutating func revokedOption() throws(SQLError) -> Grant.Option? {
        guard !grammar.hasScripts, at(.grant) || atWord("ADMIN"), peek(1).keyword == .option else { return nil }
        let option = try grantOption()
        try expect(.for)
        return option
    }

    private mutating func privilege() throws(SQLError) -> Grant.Privilege {
        if at(.quotedName) { return Grant.Privilege(name: try takeName().name, isRole: true) }
        guard token.kind == .word else { throw unexpected("a privilege") }
        var name = upper(token)
        advance()
        if name == "ALL", take(.privileges) { name = "ALL PRIVILEGES" }
        return Grant.Privilege(name: name, columns: at(.leftParenthesis) ? try nameList() : [])
    }

    private mutating func grantKind() throws(SQLError) -> String? {
        switch token.keyword {
        case .table, .schema, .view, .database, .sequence, .function, .procedure, .type, .domain:
            defer { advance() }
            return upper(token)
        case .all:
            var words: [String] = []
            while !at(.schema), token.kind == .word {
                words.append(upper(token))
                advance()
            }
            try expect(.schema)
            return (words + ["SCHEMA"]).joined(separator: " ")
        default: return nil
        }
    }
}
