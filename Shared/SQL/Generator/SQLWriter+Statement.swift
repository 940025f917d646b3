extension SQLWriter {
    mutating func statement(_ statement: Statement) {
        switch statement {
        case .query(let query): self.query(query)
        case .insert(let node): insert(node)
        case .update(let node): update(node)
        case .delete(let node): delete(node)
        case .merge(let node): merge(node)
        case .truncate(let node): truncate(node)
        case .createTable(let node): createTable(node)
        case .createView(let node): createView(node)
        case .createSchema(let node): createSchema(node)
        case .createIndex(let node): createIndex(node)
        case .drop(let node): drop(node)
        case .alterTable(let node): alterTable(node)
        case .grant(let node): grant(node)
        case .explain(let node): explain(node)
        case .utility(let node): utility(node)
        }
    }

    // MARK: Changes

    private mutating func insert(_ insert: Insert) {
        if let with = insert.with { self.with(with) }
        write("INSERT INTO ")
        name(insert.table)
        alias(insert.alias)
        if !insert.columns.isEmpty {
            write(" (")
            names(insert.columns)
            write(")")
        }
        switch insert.overriding {
        case .system: write(" OVERRIDING SYSTEM VALUE")
        case .user: write(" OVERRIDING USER VALUE")
        case nil: break
        }
        newLine()
        switch insert.source {
        case .query(let query): self.query(query)
        case .defaultValues: write("DEFAULT VALUES")
        }
        if let conflict = insert.onConflict { onConflict(conflict) }
        returning(insert.returning)
    }

    private mutating func onConflict(_ conflict: OnConflict) {
        newLine()
        write("ON CONFLICT")
        switch conflict.target {
        case .keys(let keys, let condition):
            write(" (")
            list(keys) { $0.indexKey($1) }
            write(")")
            filter(condition)
        case .constraint(let constraint):
            write(" ON CONSTRAINT ")
            name(constraint)
        case nil: break
        }
        switch conflict.action {
        case .nothing: write(" DO NOTHING")
        case .update(let assignments, let condition):
            write(" DO UPDATE SET ")
            self.assignments(assignments)
            filter(condition)
        }
    }

    private mutating func filter(_ condition: Expression?) {
        guard let condition else { return }
        write(" WHERE ")
        expression(condition)
    }

    private mutating func clause(_ word: StaticString, _ condition: Expression?) {
        guard let condition else { return }
        newLine()
        write(word)
        expression(condition)
    }

    private mutating func assignments(_ assignments: [Assignment]) {
        list(assignments) { writer, assignment in
            if assignment.isList { writer.write("(") }
            for (index, target) in assignment.targets.enumerated() {
                if index > 0 { writer.write(", ") }
                writer.name(target)
                if index < assignment.steps.count { writer.steps(assignment.steps[index]) }
            }
            if assignment.isList { writer.write(")") }
            writer.write(" = ")
            writer.expression(assignment.value)
        }
    }

    private mutating func steps(_ steps: [AccessStep]) {
        for step in steps {
            switch step {
            case .field(let field):
                write(".")
                name(field, .member)
            case .position(let position): self.position(position)
            }
        }
    }

    private mutating func returning(_ items: [SelectItem]) {
        guard !items.isEmpty else { return }
        newLine()
        write("RETURNING ")
        list(items) { $0.selectItem($1) }
    }

    private mutating func update(_ update: Update) {
        if let with = update.with { self.with(with) }
        write("UPDATE ")
        relation(.table(update.table))
        newLine()
        write("SET ")
        assignments(update.assignments)
        if !update.from.isEmpty {
            newLine()
            write("FROM ")
            list(update.from) { $0.fromItem($1) }
        }
        clause("WHERE ", update.condition)
        returning(update.returning)
    }

    private mutating func delete(_ delete: Delete) {
        if let with = delete.with { self.with(with) }
        write("DELETE FROM ")
        relation(.table(delete.table))
        if !delete.using.isEmpty {
            newLine()
            write("USING ")
            list(delete.using) { $0.fromItem($1) }
        }
        clause("WHERE ", delete.condition)
        returning(delete.returning)
    }

    private mutating func merge(_ merge: Merge) {
        if let with = merge.with { self.with(with) }
        write("MERGE INTO ")
        relation(.table(merge.table))
        newLine()
        write("USING ")
        relation(merge.source)
        clause("ON ", merge.condition)
        for clause in merge.clauses {
            newLine()
            switch clause.match {
            case .matched: write("WHEN MATCHED")
            case .notMatched: write("WHEN NOT MATCHED")
            case .notMatchedBySource: write("WHEN NOT MATCHED BY SOURCE")
            }
            if let condition = clause.condition {
                write(" AND ")
                // THEN ends the condition, so it may be of any kind.
                expression(condition)
            }
            write(" THEN ")
            action(clause.action)
        }
        returning(merge.returning)
    }

    private mutating func action(_ action: Merge.Action) {
        switch action {
        case .nothing: write("DO NOTHING")
        case .delete: write("DELETE")
        case .update(let assignments):
            write("UPDATE SET ")
            self.assignments(assignments)
        case .insert(let columns, let values): insertion(columns, nil, values)
        case .insertOverriding(let overriding, let columns, let values): insertion(columns, overriding, values)
        case .insertRow: write("INSERT ROW")
        case .insertDefaults: write("INSERT DEFAULT VALUES")
        }
    }

    private mutating func insertion(
        _ columns: [Identifier], _ overriding: Insert.Overriding?, _ values: [Expression]
    ) {
        write("INSERT ")
        if !columns.isEmpty {
            write("(")
            names(columns)
            write(") ")
        }
        switch overriding {
        case .system: write("OVERRIDING SYSTEM VALUE ")
        case .user: write("OVERRIDING USER VALUE ")
        case nil: break
        }
        write("VALUES (")
        list(values) { $0.expression($1) }
        write(")")
    }

    private mutating func truncate(_ truncate: Truncate) {
        write("TRUNCATE TABLE ")
        if truncate.only { write("ONLY ") }
        list(truncate.tables) { $0.name($1) }
        switch truncate.restartsIdentity {
        case true?: write(" RESTART IDENTITY")
        case false?: write(" CONTINUE IDENTITY")
        case nil: break
        }
        behavior(truncate.behavior)
    }

    mutating func behavior(_ behavior: DropBehavior?) {
        switch behavior {
        case .cascade: write(" CASCADE")
        case .restrict: write(" RESTRICT")
        case nil: break
        }
    }

    // MARK: EXPLAIN and GRANT

    /// `ANALYZE, FORMAT JSON`.
    mutating func options(_ options: [Explain.Option]) {
        list(options) { writer, option in
            writer.write(string: option.name)
            guard let value = option.value else { return }
            writer.write(" ")
            writer.write(string: value)
        }
    }

    private mutating func explain(_ explain: Explain) {
        write("EXPLAIN ")
        if !explain.options.isEmpty {
            write("(")
            options(explain.options)
            write(") ")
        }
        statement(explain.statement)
    }

    private mutating func grant(_ grant: Grant) {
        if grant.revokes { write("REVOKE ") } else { write("GRANT ") }
        if grant.revokes, let option = grant.option {
            write(string: option.rawValue)
            write(" FOR ")
        }
        list(grant.privileges) { writer, privilege in
            if privilege.isRole {
                writer.quoted(privilege.name)
            } else {
                writer.write(string: privilege.name)
            }
            guard !privilege.columns.isEmpty else { return }
            writer.write(" (")
            writer.names(privilege.columns)
            writer.write(")")
        }
        if !grant.names.isEmpty {
            write(" ON ")
            if let kind = grant.kind {
                write(string: kind)
                write(" ")
            }
            list(grant.names) { $0.name($1) }
            if let types = grant.signature { signature(types) }
        }
        if grant.revokes { write(" FROM ") } else { write(" TO ") }
        list(grant.grantees) { writer, grantee in
            switch grantee {
            case .role(let role): writer.name(role, .label)
            case .member(let member): writer.string(member)
            }
        }
        if !grant.revokes, let option = grant.option {
            write(" WITH ")
            write(string: option.rawValue)
        }
        behavior(grant.behavior)
    }
}
