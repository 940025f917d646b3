// Statements beside queries and changes.

extension SQLWriter {
    mutating func utility(_ utility: Utility) {
        switch utility {
        case .transaction(let node): transaction(node)
        case .set(let node): set(node)
        case .show(let node):
            write("SHOW ")
            if let variable = node.name { name(variable) } else { write("ALL") }
        case .comment(let node): comment(node)
        case .maintenance(let node): maintenance(node)
        case .refresh(let node): refresh(node)
        case .call(let node):
            write("CALL ")
            call(node.call)
        case .createRoutine(let node): createRoutine(node)
        case .declare(let node): declare(node)
        case .block(let node): block(node)
        case .execute(let node): execute(node)
        }
    }

    private mutating func transaction(_ transaction: Transaction) {
        switch transaction.action {
        case .begin: if grammar.hasScripts { write("BEGIN TRANSACTION") } else { write("BEGIN") }
        case .commit: if grammar.hasScripts { write("COMMIT TRANSACTION") } else { write("COMMIT") }
        case .rollback: if grammar.hasScripts { write("ROLLBACK TRANSACTION") } else { write("ROLLBACK") }
        case .savepoint(let point): words("SAVEPOINT ", point)
        case .release(let point): words("RELEASE SAVEPOINT ", point)
        case .rollbackTo(let point): words("ROLLBACK TO SAVEPOINT ", point)
        case .characteristics: write("SET TRANSACTION")
        }
        for (index, mode) in transaction.modes.enumerated() {
            if index > 0 { write(", ") } else { write(" ") }
            write(string: mode)
        }
        switch transaction.chains {
        case true?: write(" AND CHAIN")
        case false?: write(" AND NO CHAIN")
        case nil: break
        }
    }

    private mutating func words(_ words: StaticString, _ name: Identifier) {
        write(words)
        self.name(name)
    }

    private mutating func set(_ variable: SetVariable) {
        if variable.resets { write("RESET ") } else { write("SET ") }
        switch variable.scope {
        case .session: write("SESSION ")
        case .local: write("LOCAL ")
        case nil: break
        }
        switch variable.target {
        case .name(let name): self.name(name)
        case .names(let names):
            write("(")
            list(names) { $0.name($1) }
            write(")")
        case .system(let name):
            write("@@")
            write(string: name)
        case .all: write("ALL")
        }
        if variable.resets { return }
        write(" = ")
        if variable.values.isEmpty { write("DEFAULT") } else { list(variable.values) { $0.expression($1) } }
    }

    private mutating func comment(_ comment: CommentOn) {
        write("COMMENT ON ")
        write(string: comment.kind)
        write(" ")
        name(comment.name)
        if let types = comment.signature { signature(types) }
        if let table = comment.table {
            write(" ON ")
            name(table)
        }
        write(" IS ")
        if let text = comment.text { string(text) } else { write("NULL") }
    }

    private mutating func maintenance(_ maintenance: Maintenance) {
        if maintenance.kind == .vacuum { write("VACUUM") } else { write("ANALYZE") }
        if !maintenance.options.isEmpty {
            write(" (")
            options(maintenance.options)
            write(")")
        }
        if !maintenance.targets.isEmpty { write(" ") }
        list(maintenance.targets) { writer, target in
            writer.name(target.table)
            guard !target.columns.isEmpty else { return }
            writer.write(" (")
            writer.names(target.columns)
            writer.write(")")
        }
    }

    private mutating func refresh(_ refresh: RefreshView) {
        write("REFRESH MATERIALIZED VIEW ")
        if refresh.concurrently { write("CONCURRENTLY ") }
        name(refresh.name)
        withData(refresh.withData)
    }

    // MARK: Scripts

    private mutating func declare(_ declaration: Declaration) {
        write("DECLARE ")
        list(declaration.names) { $0.name($1) }
        if let type = declaration.type {
            write(" ")
            self.type(type)
        }
        guard let value = declaration.value else { return }
        write(" DEFAULT ")
        expression(value)
    }

    mutating func block(_ block: Block) {
        write("BEGIN")
        statements(block.statements)
        if let handler = block.handler {
            newLine()
            write("EXCEPTION WHEN ERROR THEN")
            statements(handler)
        }
        newLine()
        write("END")
    }

    private mutating func statements(_ statements: [Statement]) {
        level += 1
        for statement in statements {
            newLine()
            self.statement(statement)
            write(";")
        }
        level -= 1
    }

    private mutating func execute(_ execute: ExecuteImmediate) {
        write("EXECUTE IMMEDIATE ")
        expression(execute.text)
        if !execute.into.isEmpty {
            write(" INTO ")
            list(execute.into) { $0.name($1) }
        }
        guard !execute.using.isEmpty else { return }
        write(" USING ")
        list(execute.using) { $0.selectItem($1) }
    }

    // MARK: Routines

    private mutating func createRoutine(_ routine: CreateRoutine) {
        write("CREATE ")
        if routine.orReplace { write("OR REPLACE ") }
        if routine.temporary { write("TEMPORARY ") }
        switch routine.kind {
        case .function: write("FUNCTION ")
        case .procedure: write("PROCEDURE ")
        case .tableFunction: write("TABLE FUNCTION ")
        }
        if routine.ifNotExists { write("IF NOT EXISTS ") }
        name(routine.name)
        write("(")
        list(routine.parameters) { $0.parameter($1) }
        write(")")
        if let result = routine.result { self.result(result) }
        for attribute in routine.attributes {
            newLine()
            write(string: attribute)
        }
        if let language = routine.language {
            newLine()
            write("LANGUAGE ")
            write(string: language)
        }
        if !routine.options.isEmpty {
            newLine()
            options(routine.options)
        }
        newLine()
        body(of: routine)
    }

    private mutating func parameter(_ parameter: CreateRoutine.Parameter) {
        if let mode = parameter.mode {
            write(string: mode)
            write(" ")
        }
        if let name = parameter.name {
            self.name(name)
            write(" ")
        }
        if let type = parameter.type { self.type(type) } else { write("ANY TYPE") }
        guard let value = parameter.defaultValue else { return }
        write(" DEFAULT ")
        expression(value)
    }

    private mutating func result(_ result: CreateRoutine.Result) {
        newLine()
        write("RETURNS ")
        switch result {
        case .type(let type): self.type(type)
        case .setOf(let type):
            write("SETOF ")
            self.type(type)
        case .table(let columns):
            if grammar.typesHaveAngles { write("TABLE<") } else { write("TABLE (") }
            list(columns) { writer, column in
                writer.name(column.name, .label)
                guard let type = column.type else { return }
                writer.write(" ")
                writer.type(type)
            }
            if grammar.typesHaveAngles { write(">") } else { write(")") }
        }
    }

    private mutating func body(of routine: CreateRoutine) {
        switch routine.body {
        case .expression(let value):
            if grammar.hasScripts {
                write("AS (")
                expression(value)
                write(")")
            } else {
                write("RETURN ")
                expression(value)
            }
        case .query(let query):
            write("AS ")
            subquery(query)
        case .text(let text):
            write("AS ")
            string(text)
        case .block(let block): self.block(block)
        }
    }
}
