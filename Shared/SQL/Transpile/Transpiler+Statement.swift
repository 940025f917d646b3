// Statements that change rows.

extension Transpiler {
    mutating func rewrite(_ statement: inout Statement) throws(SQLError) {
        switch statement {
        case .query(var node):
            try rewrite(&node)
            statement = .query(node)
        case .insert(let node): statement = try rewritten(node)
        case .update(let node): statement = .update(try rewritten(node))
        case .delete(let node): statement = .delete(try rewritten(node))
        case .merge(let node): statement = .merge(try rewritten(node))
        case .truncate(let node): statement = .truncate(try rewritten(node))
        case .createTable(let node): statement = .createTable(try rewritten(node))
        case .createView(let node): statement = .createView(try rewritten(node))
        case .createSchema(let node): statement = .createSchema(try rewritten(node))
        case .drop(let node): statement = .drop(try rewritten(node))
        case .alterTable(let node): statement = .alterTable(try rewritten(node))
        case .createIndex(let node):
            if direction == .toBigQuery {
                try refuse("CREATE INDEX", "Leave it out, or cluster the table.", at: node.info.range)
            }
            try descend(&statement)
        case .explain(let node):
            try refuse("EXPLAIN", "Run the query, and look at its plan.", at: node.info.range)
            try descend(&statement)
        case .grant(let node):
            try refuse(
                node.revokes ? "REVOKE" : "GRANT", "Name the roles and rights of the other system.", at: node.info.range
            )
        case .utility:
            try refuse("this statement", "Write it for the other system by hand.", at: statement.range)
        }
    }

    /// GoogleSQL's changing statements return no rows.
    private mutating func refuseReturning(_ items: [SelectItem]) throws(SQLError) {
        guard direction == .toBigQuery, let first = items.first else { return }
        try refuse("RETURNING", "Read the rows with a query.", at: first.info.range)
    }

    private mutating func refuseWith(_ with: With?, _ statement: String) throws(SQLError) {
        guard direction == .toBigQuery, let with else { return }
        try refuse("WITH before \(statement)", "Write its tables as subqueries.", at: with.info.range)
    }

    // MARK: INSERT

    private mutating func rewritten(_ insert: Insert) throws(SQLError) -> Statement {
        var insert = insert
        try refuseReturning(insert.returning)
        if direction == .toBigQuery {
            if let conflict = insert.onConflict {
                if let merge = merge(insert, conflict) { return .merge(try rewritten(merge)) }
                let advice = "Write INSERT INTO t (a, b) … ON CONFLICT (a) …, or MERGE."
                let construct = "ON CONFLICT without the names of the key and of the columns inserted"
                try refuse(construct, advice, at: insert.info.range)
            }
            if insert.overriding != nil {
                try refuse("OVERRIDING", "Leave it out: there are no identity columns.", at: insert.info.range)
            }
            insert.alias = nil
        }
        guard case .query(var query) = insert.source else {
            if direction == .toBigQuery {
                try refuse("DEFAULT VALUES", "Write the columns, and VALUES (DEFAULT, …).", at: insert.info.range)
            }
            insert.table = table(insert.table)
            return .insert(insert)
        }
        if direction == .toBigQuery, let with = insert.with {
            // GoogleSQL has WITH behind INSERT, before the query.
            query.with = With(
                recursive: with.recursive || query.with?.recursive ?? false,
                tables: with.tables + (query.with?.tables ?? []),
                info: with.info)
            insert.with = nil
        }
        let outer = commonTables.count
        if var with = insert.with {
            try rewrite(&with)
            insert.with = with
        }
        keepsValues = true
        try rewrite(&query)
        keepsValues = false
        commonTables.removeSubrange(outer...)
        insert.source = .query(query)
        insert.table = table(insert.table)
        insert.columns = identifiers(insert.columns)
        insert.alias = insert.alias.map { identifier($0) }
        return .insert(insert)
    }

    /// `INSERT … ON CONFLICT` as the MERGE that does the same, still of PostgreSQL; nil when names lack.
    private func merge(_ insert: Insert, _ conflict: OnConflict) -> Merge? {
        let source = Identifier("source")
        func given(_ name: Identifier) -> Expression { .column(ColumnReference(qualifier: [source], name: name)) }
        let name = insert.alias ?? insert.table.last
        var keys: [Identifier] = []
        if case .keys(let list, nil)? = conflict.target {
            keys = list.compactMap { key in
                if case .column(let column) = key.value { return column.name }
                return nil
            }
            if keys.count != list.count { keys = [] }
        }
        guard !keys.isEmpty, !insert.columns.isEmpty, case .query(let query) = insert.source else { return nil }
        // A key that comes twice is inserted once.
        let columns = insert.columns.map { TableAlias.Column(name: $0) }
        var rows = Select(
            items: insert.columns.map { SelectItem(value: given($0)) },
            from: [
                FromItem(
                    relation: .subquery(DerivedTable(query: query, alias: TableAlias(name: source, columns: columns))))
            ])
        rows.distinct = .on(keys.map { given($0) })
        let conditions = keys.map { key in
            Expression.binary(.column(ColumnReference(qualifier: [name], name: key)), .equal, given(key))
        }
        var clauses: [Merge.Clause] = []
        if case .update(let assignments, let condition) = conflict.action {
            let excluded = insert.columns.map { column in
                ColumnReplacement.Column(table: "excluded", name: self.source.key(column), value: given(column))
            }
            let changed = assignments.map { assignment in
                var assignment = assignment
                assignment.value = assignment.value.replacing(excluded, self.source)
                return assignment
            }
            let only = condition?.replacing(excluded, self.source)
            clauses.append(Merge.Clause(match: .matched, condition: only, action: .update(changed)))
        }
        clauses.append(
            Merge.Clause(
                match: .notMatched, action: .insert(columns: insert.columns, values: insert.columns.map { given($0) })))
        return Merge(
            with: insert.with,
            table: TableReference(name: insert.table, alias: TableAlias(name: name)),
            source: .subquery(DerivedTable(query: Query(rows), alias: TableAlias(name: source))),
            condition: .all(of: conditions), clauses: clauses, info: insert.info)
    }

    // MARK: UPDATE and DELETE

    private mutating func rewritten(_ update: Update) throws(SQLError) -> Update {
        var update = update
        try refuseReturning(update.returning)
        try refuseWith(update.with, "UPDATE")
        let name = update.table.alias?.name ?? update.table.name.last
        try target(&update.table)
        update.assignments = try rewritten(update.assignments, of: name)
        for index in update.from.indices { try descend(&update.from[index]) }
        try rewriteCondition(&update.condition)
        try descend(&update.returning)
        return update
    }

    /// The table that a statement changes.
    private mutating func target(_ reference: inout TableReference) throws(SQLError) {
        var relation = Relation.table(reference)
        try rewrite(&relation)
        if case .table(let table) = relation { reference = table }
    }

    private mutating func rewritten(_ assignments: [Assignment], of table: Identifier) throws(SQLError) -> [Assignment]
    {
        var result: [Assignment] = []
        for assignment in assignments {
            if assignment.steps.contains(where: { !$0.isEmpty }) {
                try refuse("setting a part of a column", "Set the whole column.", at: assignment.value.info.range)
            }
            guard direction == .toBigQuery, assignment.isList else {
                result.append(try rewritten(assignment, of: table))
                continue
            }
            guard case .row(let row) = assignment.value, row.fields.count == assignment.targets.count else {
                try refuse(
                    "setting several columns to a query", "Write UPDATE … FROM the query.",
                    at: assignment.value.info.range)
                result.append(try rewritten(assignment, of: table))
                continue
            }
            for (name, field) in zip(assignment.targets, row.fields) {
                result.append(try rewritten(Assignment(targets: [name], value: field.value), of: table))
            }
        }
        return result
    }

    private mutating func rewritten(_ assignment: Assignment, of table: Identifier) throws(SQLError) -> Assignment {
        var assignment = assignment
        for index in assignment.targets.indices {
            var parts = assignment.targets[index].parts
            if direction == .toPostgres, parts.count > 1, let first = parts.first,
                source.key(first) == source.key(table)
            {
                parts.removeFirst()
            }
            if parts.count > 1 {
                try refuse("setting a field of a column", "Set the whole column.", at: assignment.value.info.range)
            }
            assignment.targets[index] = QualifiedName(identifiers(parts))
        }
        try rewrite(&assignment.value)
        return assignment
    }

    /// GoogleSQL wants a condition, even when it holds for all rows.
    private mutating func rewriteCondition(_ condition: inout Expression?) throws(SQLError) {
        try descend(&condition)
        switch direction {
        case .toBigQuery: if condition == nil { condition = .boolean(true) }
        case .toPostgres: if condition == .boolean(true) { condition = nil }
        }
    }

    private mutating func rewritten(_ delete: Delete) throws(SQLError) -> Delete {
        var delete = delete
        try refuseReturning(delete.returning)
        try refuseWith(delete.with, "DELETE")
        if direction == .toBigQuery, !delete.using.isEmpty {
            // A row goes when the others have a row for it.
            let others = Select(items: [SelectItem(.integer(1))], from: delete.using, condition: delete.condition)
            delete.condition = .exists(Subquery(query: Query(others)))
            delete.using = []
        }
        try target(&delete.table)
        for index in delete.using.indices { try descend(&delete.using[index]) }
        try rewriteCondition(&delete.condition)
        try descend(&delete.returning)
        return delete
    }

    // MARK: MERGE and TRUNCATE

    private mutating func rewritten(_ merge: Merge) throws(SQLError) -> Merge {
        var merge = merge
        try refuseWith(merge.with, "MERGE")
        try refuseReturning(merge.returning)
        let name = merge.table.alias?.name ?? merge.table.name.last
        try target(&merge.table)
        try rewrite(&merge.source)
        try rewrite(&merge.condition)
        var clauses: [Merge.Clause] = []
        for (index, clause) in merge.clauses.enumerated() {
            var clause = clause
            if direction == .toPostgres, clause.match == .notMatchedBySource {
                try refuse(
                    "WHEN NOT MATCHED BY SOURCE", "Write a DELETE or UPDATE with NOT EXISTS.", at: merge.info.range)
            }
            try descend(&clause.condition)
            switch clause.action {
            case .update(let assignments): clause.action = .update(try rewritten(assignments, of: name))
            case .insert(let columns, var values):
                try descend(&values)
                clause.action = .insert(columns: identifiers(columns), values: values)
            case .nothing:
                guard direction == .toBigQuery else { break }
                // The last of its kind says what happens anyway.
                let isLast = !merge.clauses[(index + 1)...].contains { $0.match == clause.match }
                if isLast { continue }
                try refuse(
                    "DO NOTHING before other clauses", "Put its condition, negated, into those.", at: merge.info.range)
            case .insertRow: try refuse("INSERT ROW", "Name the columns.", at: merge.info.range)
            case .insertOverriding, .insertDefaults:
                try refuse("this form of INSERT", "Name the columns.", at: merge.info.range)
            case .delete: break
            }
            clauses.append(clause)
        }
        merge.clauses = clauses
        try descend(&merge.returning)
        return merge
    }

    private mutating func rewritten(_ truncate: Truncate) throws(SQLError) -> Truncate {
        var truncate = truncate
        truncate.tables = truncate.tables.map { table($0) }
        guard direction == .toBigQuery else { return truncate }
        if truncate.tables.count > 1 || truncate.restartsIdentity == true || truncate.behavior == .cascade {
            try refuse(
                "TRUNCATE of several tables, or with options", "Write a statement for each.", at: truncate.info.range)
        }
        truncate.only = false
        truncate.restartsIdentity = nil
        truncate.behavior = nil
        return truncate
    }
}
