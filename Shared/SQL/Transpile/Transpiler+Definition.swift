// Statements that define tables and views. How rows are stored (partitions, clusters, fill factors) does not change what
// is read, so that what the target cannot say of it is left out.

extension Transpiler {
    // MARK: CREATE TABLE

    mutating func rewritten(_ create: CreateTable) throws(SQLError) -> CreateTable {
        var create = create
        create.name = table(create.name)
        if direction == .toBigQuery {
            try forBigQuery(&create)
        } else {
            try forPostgres(&create)
        }
        for index in create.elements.indices {
            switch create.elements[index] {
            case .column(let column): create.elements[index] = .column(try rewritten(column))
            case .constraint(let constraint): create.elements[index] = .constraint(try rewritten(constraint))
            case .like(let name, _):
                guard direction == .toBigQuery else { break }
                try refuse("LIKE beside columns", "Write the columns.", at: name.range)
            }
        }
        if var query = create.query {
            try rewrite(&query)
            create.query = query
        }
        return create
    }

    private mutating func forBigQuery(_ create: inout CreateTable) throws(SQLError) {
        if create.persistence == .unlogged { create.persistence = nil }
        create.options = []
        if create.partitionOf != nil || !create.inherits.isEmpty || create.onCommit != nil {
            try refuse(
                "PARTITION OF, INHERITS and ON COMMIT", "Define one table with all columns.", at: create.info.range)
        }
        if create.withData == false {
            try refuse("WITH NO DATA", "Write LIMIT 0 behind the query.", at: create.info.range)
        }
        create.withData = nil
        if create.elements.count == 1, case .like(let name, _) = create.elements[0] {
            create.elements = []
            create.template = .like
            create.templateTable = table(name)
        }
        create.partitioning = day(of: create)
        guard let query = create.query, !create.elements.isEmpty else { return }
        // Names without types stand in the query.
        let names = create.elements.compactMap { element -> Identifier? in
            if case .column(let column) = element, column.type == nil { return column.name }
            return nil
        }
        guard names.count == create.elements.count else { return }
        create.query = try named(query, names)
        create.elements = []
    }

    /// GoogleSQL partitions by one date, or the day of a moment.
    private func day(of create: CreateTable) -> Partitioning? {
        guard let partitioning = create.partitioning, partitioning.keys.count == 1,
            partitioning.method?.uppercased() ?? "RANGE" == "RANGE", case .column(let key) = partitioning.keys[0]
        else { return nil }
        for case .column(let column) in create.elements where source.key(column.name) == source.key(key.name) {
            switch column.type?.kind {
            case .date: return Partitioning(keys: [.column(named(key))])
            case .timestamp, .timestampTZ: return Partitioning(keys: [.call("DATE", .column(named(key)))])
            default: return nil
            }
        }
        return nil
    }

    private mutating func forPostgres(_ create: inout CreateTable) throws(SQLError) {
        create.partitioning = nil
        create.clusterBy = []
        try refuseOptions(create.options, create.info.range)
        try refuse(create.defaultCollation)
        if create.orReplace {
            try refuse("CREATE OR REPLACE TABLE", "Write DROP TABLE IF EXISTS before it.", at: create.info.range)
        }
        guard let template = create.template, let other = create.templateTable else { return }
        guard template == .like else {
            return try refuse("COPY and CLONE", "Write CREATE TABLE … AS SELECT.", at: create.info.range)
        }
        create.template = nil
        create.templateTable = nil
        create.elements = [.like(table(other), options: [])]
    }

    private mutating func refuse(_ defaultCollation: QualifiedName?) throws(SQLError) {
        guard let defaultCollation else { return }
        try refuse("DEFAULT COLLATE", "Compare with lower().", at: defaultCollation.range)
    }

    private mutating func refuseOptions(_ options: [DefinitionOption], _ range: SourceRange) throws(SQLError) {
        guard let first = options.first else { return }
        try refuse("OPTIONS (\(first.name) = …)", "Write COMMENT ON for a description.", at: range)
    }

    mutating func rewritten(_ column: ColumnDefinition) throws(SQLError) -> ColumnDefinition {
        var column = column
        column.name = identifier(column.name)
        if let type = column.type { column.type = try self.type(type) }
        var constraints: [ColumnConstraint] = []
        for constraint in column.constraints {
            if let changed = try rewritten(constraint, column.name.range) { constraints.append(changed) }
        }
        column.constraints = constraints
        return column
    }

    /// Nil for what holds anyway.
    private mutating func rewritten(
        _ constraint: ColumnConstraint, _ range: SourceRange
    ) throws(SQLError) -> ColumnConstraint? {
        var constraint = constraint
        // GoogleSQL knows keys, and does not check them.
        let isBigQuery = direction == .toBigQuery
        switch constraint.rule {
        case .notNull: break
        case .null: return nil
        case .primaryKey: constraint.enforced = isBigQuery ? false : nil
        case .references(let target):
            constraint.rule = .references(try rewritten(target))
            constraint.enforced = isBigQuery ? false : nil
        case .default(var value):
            try rewriteAlone(&value)
            constraint.rule = .default(value)
        case .unique, .check, .generated, .identity:
            if isBigQuery {
                try refuse(
                    "UNIQUE, CHECK and generated columns", "Check and compute where rows are written.", at: range)
            }
        case .collate(let collation):
            guard !isBigQuery || !Self.isBytewise(collation) else { return nil }
            try refuse("a collation of a column", "Compare with lower().", at: range)
        case .options(let options):
            try refuseOptions(options, range)
            return nil
        }
        constraint.attributes = isBigQuery ? [] : constraint.attributes
        return constraint
    }

    /// An expression that belongs to no query, so that it has neither numbers nor types yet.
    private mutating func rewriteAlone(_ expression: inout Expression) throws(SQLError) {
        var numbering = NodeNumbering(types: types)
        try numbering.rewrite(&expression)
        try inferTypes(of: .query(Query(Select(items: [SelectItem(value: expression)]))), strictly: false)
        try rewrite(&expression)
        var ranges = NodeRanges(types: types)
        try ranges.rewrite(&expression)
    }

    private mutating func rewritten(_ target: ForeignTarget) throws(SQLError) -> ForeignTarget {
        var target = target
        target.table = table(target.table)
        target.columns = identifiers(target.columns)
        if direction == .toBigQuery {
            if target.onDelete != nil || target.onUpdate != nil {
                try refuse("ON DELETE and ON UPDATE", "Change the rows by statements.", at: target.table.range)
            }
            target.match = nil
        }
        return target
    }

    private mutating func rewritten(_ constraint: TableConstraint) throws(SQLError) -> TableConstraint {
        var constraint = constraint
        switch constraint.rule {
        case .primaryKey(let columns): constraint.rule = .primaryKey(identifiers(columns))
        case .foreignKey(let columns, let target):
            constraint.rule = .foreignKey(identifiers(columns), try rewritten(target))
        case .unique(let columns):
            if direction == .toBigQuery {
                try refuse("UNIQUE", "Check where rows are written.", at: columns.first?.range ?? .none)
            }
        case .check(var value):
            if direction == .toBigQuery { try refuse("CHECK", "Check where rows are written.", at: value.info.range) }
            try rewriteAlone(&value)
            constraint.rule = .check(value)
        case .exclude(let exclusion):
            let range = exclusion.elements.first?.key.value.info.range ?? .none
            if direction == .toBigQuery { try refuse("EXCLUDE", "Check where rows are written.", at: range) }
        }
        constraint.nullsDistinct = nil
        constraint.include = []
        constraint.enforced = direction == .toBigQuery ? false : nil
        if direction == .toBigQuery { constraint.attributes = [] }
        return constraint
    }

    // MARK: Views and schemas

    mutating func rewritten(_ create: CreateView) throws(SQLError) -> CreateView {
        var create = create
        create.name = table(create.name)
        for index in create.columns.indices { create.columns[index] = try rewritten(create.columns[index]) }
        switch direction {
        case .toBigQuery:
            create.options = []
            if create.temporary || create.recursive || create.checkOption != nil || create.withData == false {
                try refuse(
                    "TEMPORARY, RECURSIVE, CHECK OPTION and NO DATA of views", "Leave them out.", at: create.info.range)
            }
            create.withData = nil
        case .toPostgres:
            try refuseOptions(create.options, create.info.range)
            create.partitioning = nil
            create.clusterBy = []
            if create.orReplace, create.materialized {
                try refuse(
                    "CREATE OR REPLACE MATERIALIZED VIEW", "Write DROP MATERIALIZED VIEW before it.",
                    at: create.info.range)
            }
            if create.ifNotExists, !create.materialized {
                try refuse("CREATE VIEW IF NOT EXISTS", "Write OR REPLACE.", at: create.info.range)
            }
        }
        try rewrite(&create.query)
        return create
    }

    mutating func rewritten(_ create: CreateSchema) throws(SQLError) -> CreateSchema {
        var create = create
        create.name = table(create.name)
        try refuseOptions(create.options, create.info.range)
        try refuse(create.defaultCollation)
        if direction == .toBigQuery, create.authorization != nil {
            try refuse("AUTHORIZATION", "Leave it out.", at: create.info.range)
        }
        return create
    }

    // MARK: DROP and ALTER

    mutating func rewritten(_ drop: Drop) throws(SQLError) -> Drop {
        var drop = drop
        drop.names = drop.names.map { table($0) }
        switch drop.kind {
        case .table, .view, .materializedView, .schema: break
        default: try refuse("DROP \(drop.kind.rawValue)", "Leave it out.", at: drop.info.range)
        }
        guard direction == .toBigQuery else { return drop }
        if drop.names.count > 1 { try refuse("DROP of several", "Write a statement for each.", at: drop.info.range) }
        if drop.behavior == .cascade, drop.kind != .schema {
            try refuse("DROP … CASCADE", "Drop what depends on it first.", at: drop.info.range)
        }
        if drop.behavior == .restrict { drop.behavior = nil }
        return drop
    }

    mutating func rewritten(_ alter: AlterTable) throws(SQLError) -> AlterTable {
        var alter = alter
        alter.name = table(alter.name)
        alter.only = false
        for index in alter.actions.indices {
            alter.actions[index] = try rewritten(alter.actions[index], alter.info.range)
        }
        return alter
    }

    private mutating func rewritten(
        _ action: AlterTable.Action, _ range: SourceRange
    ) throws(SQLError) -> AlterTable.Action {
        switch action {
        case .addColumn(let column, let ifNotExists):
            return .addColumn(try rewritten(column), ifNotExists: ifNotExists)
        case .dropColumn(let name, let ifExists, let behavior):
            if direction == .toBigQuery, behavior == .cascade {
                try refuse("DROP COLUMN … CASCADE", "Drop what depends on it first.", at: range)
            }
            return .dropColumn(identifier(name), ifExists: ifExists, direction == .toBigQuery ? nil : behavior)
        case .renameColumn(let name, let other): return .renameColumn(identifier(name), to: identifier(other))
        case .rename(let name): return .rename(table(name))
        case .setDefault(let name, var value):
            try rewriteAlone(&value)
            return .setDefault(identifier(name), value)
        case .dropDefault(let name): return .dropDefault(identifier(name))
        case .dropNotNull(let name): return .dropNotNull(identifier(name))
        case .setNotNull where direction == .toPostgres: return action
        case .setType(let name, let type, let using):
            if using != nil { try refuse("USING with a new type", "Make a new column, and fill it.", at: range) }
            return .setType(identifier(name), try self.type(type), using: nil)
        case .addConstraint(let constraint): return .addConstraint(try rewritten(constraint))
        case .dropConstraint(let name, let ifExists, _):
            return .dropConstraint(identifier(name), ifExists: ifExists, nil)
        default:
            try refuse("this form of ALTER TABLE", "Make a new table from the old one.", at: range)
            return action
        }
    }
}
