import SQL

extension AnyTreeMaker {
    /// A statement of any kind, a query more often than not.
    mutating func statement(_ depth: Int = 4) -> Statement {
        guard chance(2) else { return .query(query(depth)) }
        switch pick(12) {
        case 0, 1, 2: return change(2, returns: false)
        case 3, 4: return .createTable(createTable())
        case 5: return .createView(createView())
        case 6: return .createSchema(createSchema())
        case 7: return chance(2) ? .createIndex(createIndex()) : .drop(drop())
        case 8, 9: return .alterTable(alterTable())
        case 10: return chance(3) && isPostgres ? .explain(explain()) : .grant(grant())
        default: return .utility(utility())
        }
    }

    private mutating func item() -> SelectItem { SelectItem(value: expression(1), alias: maybe(2) { $0.name() }) }

    private mutating func returning(_ always: Bool) -> [SelectItem] {
        guard isPostgres, always || chance(3) else { return [] }
        return some(2) { $0.item() }
    }

    private mutating func changed() -> TableReference {
        TableReference(
            name: qualifiedName(), only: isPostgres && chance(6), alias: maybe(2) { TableAlias(name: $0.name()) })
    }

    private mutating func assignment() -> Assignment {
        guard isPostgres else { return Assignment(targets: [qualifiedName()], value: expression(1)) }
        switch pick(4) {
        case 0:
            let value = Expression.row(RowConstructor(kind: .row, fields: [item(), item()].map { .init($0.value) }))
            return Assignment(targets: [QualifiedName("a"), QualifiedName("b")], isList: true, value: value)
        case 1:
            return Assignment(
                targets: [QualifiedName("a")], steps: [[.position(.index(.integer(1))), .field("x")]], value: leaf())
        default: return Assignment(targets: [qualifiedName()], value: chance(4) ? keyword(.default) : expression(1))
        }
    }

    private func keyword(_ value: Literal.Value) -> Expression { .literal(Literal(value: value)) }

    mutating func change(_ depth: Int, returns: Bool) -> Statement {
        let with = isPostgres ? maybe(5) { $0.with(0) } : nil
        switch pick(returns ? 3 : 5) {
        case 0:
            var insert = Insert(with: with, table: qualifiedName(), source: .query(query(depth)))
            if isPostgres {
                insert.alias = maybe(3) { $0.name() }
                if chance(6) { insert.source = .defaultValues }
                insert.overriding = insert.source == .defaultValues ? nil : choose([nil, .system, .user])
                insert.onConflict = maybe(3) { $0.onConflict() }
                insert.returning = returning(returns)
            }
            if case .query(let query) = insert.source, !beginsInParentheses(query.body), chance(2) {
                insert.columns = names()
            } else if case .query(let query) = insert.source, beginsInParentheses(query.body) {
                insert.columns = names()
            }
            return .insert(insert)
        case 1:
            return .update(
                Update(
                    with: with, table: changed(), assignments: some(2) { $0.assignment() },
                    from: chance(3) ? [fromItem(1)] : [], condition: expression(depth), returning: returning(returns)))
        case 2:
            return .delete(
                Delete(
                    with: with, table: changed(), using: isPostgres && chance(3) ? [fromItem(1)] : [],
                    condition: expression(depth), returning: returning(returns)))
        case 3: return .merge(merge(depth))
        default:
            var truncate = Truncate(tables: [qualifiedName()])
            if isPostgres {
                truncate.only = chance(4)
                truncate.restartsIdentity = choose([nil, true, false])
                truncate.behavior = choose([nil, .cascade, .restrict])
            }
            return .truncate(truncate)
        }
    }

    /// A parenthesis behind a table's name could begin its list of columns.
    private func beginsInParentheses(_ body: QueryBody) -> Bool {
        switch body {
        case .query: true
        case .setOperation(let operation): operation.operands.first.map(beginsInParentheses) ?? false
        case .pipe(let pipe): if case .query(let body) = pipe.source { beginsInParentheses(body) } else { false }
        default: false
        }
    }

    private mutating func onConflict() -> OnConflict {
        var conflict = OnConflict(action: .nothing)
        switch pick(3) {
        case 0: conflict.target = .constraint(name())
        case 1: conflict.target = .keys([indexKey()], condition: maybe(2) { $0.expression(1) })
        default: return conflict
        }
        if chance(2) { conflict.action = .update([assignment()], condition: maybe(2) { $0.expression(1) }) }
        return conflict
    }

    private mutating func merge(_ depth: Int) -> Merge {
        var clauses: [Merge.Clause] = [
            .init(match: .matched, condition: expression(1), action: .update([assignment()])),
            .init(match: .matched, action: .delete),
            .init(match: .notMatched, action: .insert(columns: names(), values: [expression(1)])),
        ]
        if isPostgres {
            clauses.append(.init(match: .notMatched, action: .insertDefaults))
            clauses.append(.init(match: .matched, action: .nothing))
            let overriding = choose([Insert.Overriding.system, .user])
            clauses.append(
                .init(match: .notMatched, action: .insertOverriding(overriding, columns: names(), values: [leaf()])))
        } else {
            clauses.append(.init(match: .notMatchedBySource, action: .delete))
            clauses.append(.init(match: .notMatched, action: .insertRow))
        }
        return Merge(
            table: changed(), source: relation(1), condition: expression(1), clauses: some(2) { $0.choose(clauses) })
    }

    // MARK: Definitions

    private mutating func options() -> [DefinitionOption] {
        guard chance(3) else { return [] }
        return [DefinitionOption(name: QualifiedName("fillfactor"), value: .integer(70))]
    }

    private mutating func attributes() -> [ConstraintAttribute] {
        guard isPostgres, chance(3) else { return [] }
        return choose([[.deferrable, .initiallyDeferred], [.notDeferrable], [.deferrable, .initiallyImmediate]])
    }

    private mutating func foreignTarget() -> ForeignTarget {
        var target = ForeignTarget(table: qualifiedName(), columns: names())
        guard isPostgres else { return target }
        target.match = choose([nil, "FULL", "SIMPLE"])
        target.onDelete = choose([nil, .cascade, .restrict, .noAction, .setNull, .setDefault])
        target.onUpdate = choose([nil, .cascade])
        return target
    }

    private mutating func columnConstraint() -> ColumnConstraint {
        var rules: [ColumnConstraint.Rule] = [.notNull, .primaryKey, .default(expression(1))]
        rules.append(.references(foreignTarget()))
        rules.append(.collate(isPostgres ? QualifiedName("c") : QualifiedName([Identifier("und:ci", quoted: true)])))
        rules.append(.generated(expression(1)))
        if isPostgres {
            rules += [.null, .unique, .check(expression(1)), .identity(always: chance(2), sequence: sequence())]
        } else {
            rules.append(.options([DefinitionOption(name: QualifiedName("description"), value: .string("d"))]))
        }
        var constraint = ColumnConstraint(name: isPostgres ? maybe(4) { $0.name() } : nil, rule: choose(rules))
        if case .collate = constraint.rule { constraint.name = nil }
        if constraint.rule == .unique { constraint.nullsDistinct = choose([nil, true, false]) }
        return constraint
    }

    private mutating func sequence() -> [String] {
        choose([[], ["START WITH 10"], ["INCREMENT BY -2", "NO MAXVALUE", "CYCLE"]])
    }

    private mutating func column() -> ColumnDefinition {
        ColumnDefinition(name: name(), type: type(), constraints: chance(2) ? [columnConstraint()] : [])
    }

    private mutating func tableConstraint() -> TableConstraint {
        var constraint = TableConstraint(name: maybe(2) { $0.name() }, rule: .primaryKey(names()))
        constraint.rule = choose([.primaryKey(names()), .foreignKey(names(), foreignTarget())])
        guard isPostgres else {
            constraint.enforced = false
            return constraint
        }
        constraint.attributes = attributes()
        switch pick(5) {
        case 2:
            let element = Exclusion.Element(key: IndexKey(value: expression(1)), symbol: choose(["=", "&&", "<->"]))
            constraint.rule = .exclude(
                Exclusion(method: maybe(2) { $0.name() }, elements: [element], condition: maybe(2) { $0.expression(1) })
            )
        case 0:
            constraint.rule = .unique(names())
            constraint.nullsDistinct = choose([nil, true, false])
            constraint.include = chance(2) ? names() : []
        case 1:
            constraint.rule = .check(expression(1))
            constraint.attributes = choose([[], [.noInherit], [.notValid]])
        default: break
        }
        return constraint
    }

    private mutating func createTable() -> CreateTable {
        var table = CreateTable(name: qualifiedName())
        table.ifNotExists = chance(3)
        table.options = options()
        if isPostgres {
            table.persistence = choose([nil, .temporary, .unlogged])
            if table.persistence == .temporary { table.onCommit = choose([nil, .drop, .deleteRows, .preserveRows]) }
        } else {
            table.orReplace = chance(4)
        }
        switch pick(6) {
        case 0:
            table.query = query(2)
            if isPostgres { table.withData = choose([nil, true, false]) }
        case 1 where isPostgres: table.partitionOf = PartitionOf(parent: qualifiedName(), bound: bound())
        case 1:
            table.template = choose([.like, .copy, .clone])
            table.templateTable = qualifiedName()
        default:
            table.elements = some(3) { .column($0.column()) }
            if chance(2) { table.elements.append(.constraint(tableConstraint())) }
            if isPostgres, chance(4) {
                table.elements.append(.like(qualifiedName(), options: ["INCLUDING ALL", "EXCLUDING INDEXES"]))
            }
            if isPostgres, chance(4) { table.inherits = [qualifiedName()] }
        }
        if isPostgres, table.query == nil, table.inherits.isEmpty, chance(3) {
            table.partitioning = Partitioning(
                method: choose(["RANGE", "LIST", "HASH"]), keys: [.column("a"), expression(1)])
        } else if !isPostgres, table.template == nil, chance(3) {
            table.partitioning = Partitioning(keys: [.column("a")])
            table.clusterBy = [.column("b")]
        }
        return table
    }

    private mutating func bound() -> PartitionOf.Bound {
        choose([
            .others, .list([.integer(1)]), .range(from: [.integer(1)], to: [.column("maxvalue")]),
            .hash(modulus: 4, remainder: 1),
        ])
    }

    private mutating func createView() -> CreateView {
        var view = CreateView(name: qualifiedName(), query: query(2))
        view.columns = chance(3) ? [ColumnDefinition(name: name())] : []
        view.materialized = chance(3)
        guard isPostgres else {
            view.orReplace = chance(3)
            view.options = options()
            return view
        }
        if view.materialized {
            view.ifNotExists = chance(2)
            view.withData = choose([nil, true, false])
        } else {
            view.orReplace = chance(3)
            view.temporary = chance(3)
            view.recursive = !view.columns.isEmpty && chance(2)
            view.checkOption = choose([nil, .unsaid, .local, .cascaded])
            if view.recursive { view.checkOption = nil }
        }
        return view
    }

    private mutating func createSchema() -> CreateSchema {
        CreateSchema(
            ifNotExists: chance(2), name: isPostgres ? QualifiedName([name()]) : qualifiedName(),
            authorization: isPostgres ? maybe(2) { $0.name() } : nil, options: isPostgres ? [] : options())
    }

    private mutating func indexKey() -> IndexKey {
        IndexKey(
            value: expression(1), operatorClass: isPostgres ? maybe(3) { _ in QualifiedName("s", "ops") } : nil,
            direction: choose([nil, .ascending, .descending]), nulls: choose([nil, .first, .last]))
    }

    private mutating func createIndex() -> CreateIndex {
        var index = CreateIndex(unique: chance(3), name: QualifiedName([name()]), table: qualifiedName(), keys: [])
        index.keys = some(2) { $0.indexKey() }
        guard isPostgres else { return index }
        index.concurrently = chance(3)
        index.ifNotExists = chance(3)
        index.method = maybe(2) { _ in "btree" }
        index.include = chance(3) ? names() : []
        index.nullsDistinct = choose([nil, true, false])
        index.options = options()
        index.condition = maybe(2) { $0.expression(1) }
        index.only = chance(4)
        return index
    }

    private mutating func drop() -> Drop {
        var kinds: [Drop.Kind] = [.table, .view, .materializedView, .schema, .index, .function, .procedure]
        kinds += isPostgres ? [.sequence, .type, .extension] : [.tableFunction, .externalTable, .snapshotTable]
        var drop = Drop(kind: choose(kinds), ifExists: chance(2), names: [qualifiedName()])
        if drop.kind == .schema || drop.kind == .extension { drop.names = [QualifiedName([name()])] }
        guard isPostgres else { return drop }
        drop.concurrently = drop.kind == .index && chance(2)
        if drop.kind == .function { drop.signature = choose([nil, [], [type()]]) }
        if !drop.concurrently { drop.behavior = choose([nil, .cascade, .restrict]) }
        return drop
    }

    private mutating func alterTable() -> AlterTable {
        AlterTable(ifExists: chance(3), name: qualifiedName(), actions: [isPostgres ? action() : googleAction()])
    }

    private mutating func action() -> AlterTable.Action {
        let column = name()
        switch pick(26) {
        case 21: return .addIdentity(column, always: chance(2), sequence: sequence())
        case 22: return .setIdentity(column, choose([["RESTART"], ["SET GENERATED ALWAYS", "SET CACHE 3"]]))
        case 23: return choose([.dropIdentity(column, ifExists: chance(2)), .dropExpression(column, ifExists: true)])
        case 24: return .setLogged(chance(2))
        case 25: return choose([.setStatistics(column, -1), .setStorage(column, "PLAIN")])
        case 0: return .addColumn(self.column(), ifNotExists: chance(2))
        case 1: return .dropColumn(column, ifExists: chance(2), choose([nil, .cascade, .restrict]))
        case 2: return .renameColumn(column, to: name())
        case 3: return .rename(QualifiedName([name()]))
        case 4: return .setDefault(column, expression(1))
        case 5: return .dropDefault(column)
        case 6: return .setNotNull(column)
        case 7: return .dropNotNull(column)
        case 8, 9: return .setType(column, type(), using: maybe(2) { $0.expression(1) })
        case 10: return .setSchema(name())
        case 11, 12: return .addConstraint(tableConstraint())
        case 13: return .dropConstraint(name(), ifExists: chance(2), choose([nil, .cascade]))
        case 14: return .renameConstraint(name(), to: name())
        case 15: return .validateConstraint(name())
        case 16:
            return .setParameters([DefinitionOption(name: QualifiedName("fillfactor"), value: .integer(70))])
        case 17: return .resetParameters([DefinitionOption(name: QualifiedName("fillfactor"))])
        case 18: return .setOwner(name())
        case 19: return .attachPartition(qualifiedName(), bound())
        default: return .detachPartition(qualifiedName(), concurrently: chance(2))
        }
    }

    private mutating func googleAction() -> AlterTable.Action {
        let options = [DefinitionOption(name: QualifiedName("description"), value: .string("d"))]
        switch pick(7) {
        case 6: return .setDefaultCollation(QualifiedName([Identifier("und:ci", quoted: true)]))
        case 0: return .setColumnOptions(name(), options)
        case 1: return .setOptions(options)
        case 2: return .dropPrimaryKey(ifExists: chance(2))
        case 3: return .addColumn(column(), ifNotExists: chance(2))
        case 4: return .setType(name(), type(), using: nil)
        default: return .dropColumn(name(), ifExists: chance(2), nil)
        }
    }

    // MARK: The rest

    private mutating func grant() -> Grant {
        guard isPostgres else {
            let role = Grant.Privilege(name: "roles/bigquery.dataViewer", isRole: true)
            return Grant(
                revokes: chance(2), privileges: [role], kind: "SCHEMA", names: [qualifiedName()],
                grantees: [.member("user:a@example.com")])
        }
        var grant = Grant(
            revokes: chance(2), privileges: [.init(name: "SELECT", columns: chance(2) ? names() : [])],
            kind: choose([nil, "TABLE"]), names: [qualifiedName()], grantees: [.role("reader")])
        grant.option = choose([nil, .grant])
        if chance(4) {
            grant.privileges = [.init(name: "ADMINS")]
            grant.kind = nil
            grant.names = []
            grant.option = .admin
            return grant
        }
        if grant.revokes { grant.behavior = choose([nil, .cascade]) }
        if chance(3) {
            grant.privileges = [.init(name: "EXECUTE")]
            grant.kind = "FUNCTION"
            grant.signature = chance(2) ? [] : [type(), type()]
        }
        return grant
    }

    private mutating func explain() -> Explain {
        Explain(
            options: choose([[], [.init(name: "ANALYZE"), .init(name: "FORMAT", value: "JSON")]]),
            statement: .query(query(1)))
    }

    private mutating func utility() -> Utility { isPostgres ? postgresUtility() : googleUtility() }

    private mutating func postgresUtility() -> Utility {
        switch pick(8) {
        case 0, 1: return .transaction(transaction())
        case 2:
            var set = SetVariable(scope: choose([nil, .session, .local]), target: .name(QualifiedName("work_mem")))
            set.values = chance(3) ? [] : [choose([.string("64MB"), .integer(1)])]
            return .set(set)
        case 3: return .set(SetVariable(target: choose([.all, .name(QualifiedName("a", "b"))]), resets: true))
        case 4: return .show(ShowVariable(name: chance(2) ? nil : QualifiedName("work_mem")))
        case 5:
            var comment = CommentOn(kind: "TABLE", name: qualifiedName(), text: chance(3) ? nil : "it's")
            if chance(3) { (comment.kind, comment.signature) = ("FUNCTION", [type()]) }
            return .comment(comment)
        case 6:
            if chance(2) {
                return .refresh(
                    RefreshView(concurrently: chance(2), name: qualifiedName(), withData: choose([nil, true, false])))
            }
            let kind = choose([Maintenance.Kind.vacuum, .analyze])
            return .maintenance(
                Maintenance(
                    kind: kind, options: chance(2) ? [.init(name: "VERBOSE")] : [],
                    targets: [.init(table: qualifiedName())]))
        default: return chance(2) ? .call(procedureCall()) : .createRoutine(routine())
        }
    }

    private mutating func transaction() -> Transaction {
        switch pick(7) {
        case 0: return Transaction(action: .begin, modes: ["ISOLATION LEVEL REPEATABLE READ", "READ ONLY"])
        case 1: return Transaction(action: .commit, chains: choose([nil, true, false]))
        case 2: return Transaction(action: .rollback)
        case 3: return Transaction(action: .savepoint(name()))
        case 4: return Transaction(action: .release(name()))
        case 5: return Transaction(action: .rollbackTo(name()))
        default: return Transaction(action: .characteristics, modes: ["ISOLATION LEVEL SERIALIZABLE"])
        }
    }

    private mutating func procedureCall() -> ProcedureCall {
        ProcedureCall(call: FunctionCall(name: "p", arguments: [Argument(expression(1))]))
    }

    private mutating func routine() -> CreateRoutine {
        var routine = CreateRoutine(kind: choose([.function, .procedure]), name: qualifiedName(), body: .text("x"))
        routine.orReplace = chance(2)
        routine.parameters = [.init(name: "n", type: type())]
        guard isPostgres else {
            routine.kind = choose([.function, .procedure, .tableFunction])
            switch routine.kind {
            case .function:
                routine.temporary = chance(3)
                if chance(2) { routine.parameters.append(.init(name: "any_of", type: nil)) }
                routine.result = maybe(2) { .type($0.type()) }
                routine.body = .expression(leaf())
            case .procedure: routine.body = .block(block())
            case .tableFunction: routine.body = .query(query(1))
            }
            return routine
        }
        if routine.kind == .function {
            let columns = [TableAlias.Column(name: "c", type: type())]
            routine.result = choose([.type(type()), .setOf(type()), .table(columns)])
            routine.attributes = choose([[], ["IMMUTABLE", "STRICT"]])
        }
        routine.language = choose(["sql", "plpgsql"])
        if routine.language == "sql", chance(2) { routine.body = .expression(expression(1)) }
        return routine
    }

    private mutating func googleUtility() -> Utility {
        switch pick(7) {
        case 0: return .transaction(Transaction(action: choose([.begin, .commit, .rollback])))
        case 1: return .set(SetVariable(target: .name(QualifiedName([name()])), values: [expression(1)]))
        case 2: return .set(SetVariable(target: choose([.names(names()), .system("time_zone")]), values: [leaf()]))
        case 3:
            return .declare(Declaration(names: names(), type: type(), value: maybe(2) { $0.expression(1) }))
        case 4: return .block(block())
        case 5:
            return .execute(
                ExecuteImmediate(
                    text: .string("SELECT ?"), into: chance(2) ? names() : [], using: [SelectItem(leaf(), as: "p")]))
        default: return chance(2) ? .call(procedureCall()) : .createRoutine(routine())
        }
    }

    private mutating func block() -> Block {
        Block(
            statements: some(2) { .query($0.query(1)) },
            handler: maybe(2) { maker in maker.some(2) { _ in .utility(.transaction(Transaction(action: .rollback))) } }
        )
    }
}
