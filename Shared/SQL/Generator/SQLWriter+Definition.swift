// CREATE, DROP and ALTER.

extension SQLWriter {
    mutating func createTable(_ table: CreateTable) {
        write("CREATE ")
        if table.orReplace { write("OR REPLACE ") }
        switch table.persistence {
        case .temporary: write("TEMPORARY ")
        case .unlogged: write("UNLOGGED ")
        case nil: break
        }
        write("TABLE ")
        if table.ifNotExists { write("IF NOT EXISTS ") }
        name(table.name)
        if let part = table.partitionOf {
            write(" PARTITION OF ")
            name(part.parent)
        }
        if !table.elements.isEmpty {
            write(" (")
            elements(table.elements)
            write(")")
        } else if !grammar.hasScripts, table.query == nil, table.partitionOf == nil, table.template == nil {
            write(" ()")
        }
        if let part = table.partitionOf { bound(part.bound) }
        if !table.inherits.isEmpty {
            write(" INHERITS (")
            list(table.inherits) { $0.name($1) }
            write(")")
        }
        if let template = table.template, let name = table.templateTable {
            switch template {
            case .like: write(" LIKE ")
            case .copy: write(" COPY ")
            case .clone: write(" CLONE ")
            }
            self.name(name)
        }
        defaultCollation(table.defaultCollation)
        storage(table.partitioning, table.clusterBy, table.options)
        if let onCommit = table.onCommit {
            write(" ON COMMIT ")
            write(string: onCommit.rawValue)
        }
        guard let query = table.query else { return }
        write(" AS")
        newLine()
        self.query(query)
        withData(table.withData)
    }

    private mutating func defaultCollation(_ collation: QualifiedName?) {
        guard let collation else { return }
        write(" DEFAULT COLLATE ")
        self.collation(collation)
    }

    private mutating func elements(_ elements: [TableElement]) {
        fit { writer in
            writer.list(elements) { $0.element($1) }
        } orElse: { writer in
            writer.level += 1
            for (index, element) in elements.enumerated() {
                writer.newLine()
                writer.element(element)
                if index + 1 < elements.count { writer.write(",") }
            }
            writer.level -= 1
            writer.newLine()
        }
    }

    private mutating func element(_ element: TableElement) {
        switch element {
        case .column(let column): self.column(column)
        case .constraint(let constraint): self.constraint(constraint)
        case .like(let table, let options):
            write("LIKE ")
            name(table)
            for option in options {
                write(" ")
                write(string: option)
            }
        }
    }

    mutating func column(_ column: ColumnDefinition) {
        name(column.name, .label)
        if let type = column.type {
            write(" ")
            self.type(type)
        }
        constraints(column.constraints)
    }

    /// What holds for a column or a field, each with a blank before it.
    mutating func constraints(_ constraints: [ColumnConstraint]) {
        for constraint in constraints {
            write(" ")
            constraintName(constraint.name)
            rule(constraint.rule)
            nullsDistinct(constraint.nullsDistinct)
            enforced(constraint.enforced)
            attributes(constraint.attributes)
        }
    }

    private mutating func nullsDistinct(_ distinct: Bool?) {
        switch distinct {
        case true?: write(" NULLS DISTINCT")
        case false?: write(" NULLS NOT DISTINCT")
        case nil: break
        }
    }

    private mutating func attributes(_ attributes: [ConstraintAttribute]) {
        for attribute in attributes {
            write(" ")
            write(string: attribute.rawValue)
        }
    }

    private mutating func constraintName(_ name: Identifier?) {
        guard let name else { return }
        write("CONSTRAINT ")
        self.name(name)
        write(" ")
    }

    private mutating func enforced(_ enforced: Bool?) {
        switch enforced {
        case true?: write(" ENFORCED")
        case false?: write(" NOT ENFORCED")
        case nil: break
        }
    }

    private mutating func rule(_ rule: ColumnConstraint.Rule) {
        switch rule {
        case .notNull: write("NOT NULL")
        case .null: write("NULL")
        case .primaryKey: write("PRIMARY KEY")
        case .unique: write("UNIQUE")
        case .default(let value):
            write("DEFAULT ")
            if grammar.hasScripts {
                expression(value, above: operators.precedence.not)
            } else {
                simple(value, above: operators.precedence.range)
            }
        case .check(let condition): parenthesized("CHECK ", condition)
        case .references(let target): self.target(target)
        case .generated(let value):
            parenthesized("GENERATED ALWAYS AS ", value)
            write(" STORED")
        case .identity(let always, let sequence): identity(always: always, sequence)
        case .collate(let collation):
            write("COLLATE ")
            self.collation(collation)
        case .options(let options): self.options(options)
        }
    }

    private mutating func identity(always: Bool, _ sequence: [String]) {
        if always { write("GENERATED ALWAYS AS IDENTITY") } else { write("GENERATED BY DEFAULT AS IDENTITY") }
        if sequence.isEmpty { return }
        write(string: " (" + sequence.joined(separator: " ") + ")")
    }

    private mutating func parenthesized(_ word: StaticString, _ value: Expression) {
        write(word)
        write("(")
        expression(value)
        write(")")
    }

    mutating func constraint(_ constraint: TableConstraint) {
        constraintName(constraint.name)
        switch constraint.rule {
        case .primaryKey(let columns):
            write("PRIMARY KEY ")
            key(columns, constraint.include)
        case .unique(let columns):
            write("UNIQUE")
            nullsDistinct(constraint.nullsDistinct)
            write(" ")
            key(columns, constraint.include)
        case .foreignKey(let columns, let target):
            write("FOREIGN KEY ")
            nameList(columns)
            write(" ")
            self.target(target)
        case .check(let condition): parenthesized("CHECK ", condition)
        case .exclude(let exclusion): self.exclusion(exclusion)
        }
        enforced(constraint.enforced)
        attributes(constraint.attributes)
    }

    private mutating func key(_ columns: [Identifier], _ include: [Identifier]) {
        nameList(columns)
        if include.isEmpty { return }
        write(" INCLUDE ")
        nameList(include)
    }

    private mutating func exclusion(_ exclusion: Exclusion) {
        write("EXCLUDE ")
        if let method = exclusion.method {
            write("USING ")
            name(method)
            write(" ")
        }
        write("(")
        list(exclusion.elements) { writer, element in
            writer.indexKey(element.key)
            writer.write(" WITH ")
            writer.write(string: element.symbol)
        }
        write(")")
        if let condition = exclusion.condition { parenthesized(" WHERE ", condition) }
    }

    private mutating func nameList(_ columns: [Identifier]) {
        write("(")
        names(columns)
        write(")")
    }

    private mutating func target(_ target: ForeignTarget) {
        write("REFERENCES ")
        name(target.table)
        if !target.columns.isEmpty {
            write(" ")
            nameList(target.columns)
        }
        if let match = target.match {
            write(" MATCH ")
            write(string: match)
        }
        if let action = target.onDelete {
            write(" ON DELETE ")
            write(string: action.rawValue)
        }
        if let action = target.onUpdate {
            write(" ON UPDATE ")
            write(string: action.rawValue)
        }
    }

    private mutating func bound(_ bound: PartitionOf.Bound) {
        switch bound {
        case .others: write(" DEFAULT")
        case .list(let values): self.bound(" FOR VALUES IN ", values)
        case .range(let lower, let upper):
            self.bound(" FOR VALUES FROM ", lower)
            self.bound(" TO ", upper)
        case .hash(let modulus, let remainder):
            write(" FOR VALUES WITH (MODULUS ")
            write(modulus)
            write(", REMAINDER ")
            write(remainder)
            write(")")
        }
    }

    private mutating func bound(_ words: StaticString, _ values: [Expression]) {
        write(words)
        write("(")
        list(values) { $0.expression($1) }
        write(")")
    }

    private mutating func storage(
        _ partitioning: Partitioning?, _ clusterBy: [Expression], _ options: [DefinitionOption]
    ) {
        if let partitioning {
            newLine()
            write("PARTITION BY ")
            if let method = partitioning.method {
                write(string: method)
                write(" (")
                list(partitioning.keys) { $0.indexKey(IndexKey(value: $1)) }
                write(")")
            } else {
                list(partitioning.keys) { $0.expression($1) }
            }
        }
        if !clusterBy.isEmpty {
            newLine()
            write("CLUSTER BY ")
            list(clusterBy) { $0.expression($1) }
        }
        if !options.isEmpty {
            newLine()
            self.options(options)
        }
    }

    mutating func options(_ options: [DefinitionOption]) {
        write(string: grammar.optionsWord)
        write(" ")
        parameters(options)
    }

    private mutating func parameters(_ options: [DefinitionOption]) {
        write("(")
        list(options) { writer, option in
            for (index, part) in option.name.parts.enumerated() {
                if index > 0 { writer.write(".") }
                writer.name(part, index > 0 ? .member : .label)
            }
            guard let value = option.value else { return }
            writer.write(" = ")
            writer.expression(value)
        }
        write(")")
    }

    mutating func withData(_ withData: Bool?) {
        switch withData {
        case true?: write(" WITH DATA")
        case false?: write(" WITH NO DATA")
        case nil: break
        }
    }

    // MARK: Views, schemas, indexes

    mutating func createView(_ view: CreateView) {
        write("CREATE ")
        if view.orReplace { write("OR REPLACE ") }
        if view.temporary { write("TEMPORARY ") }
        if view.materialized { write("MATERIALIZED ") }
        if view.recursive { write("RECURSIVE ") }
        write("VIEW ")
        if view.ifNotExists { write("IF NOT EXISTS ") }
        name(view.name)
        if !view.columns.isEmpty {
            write(" (")
            list(view.columns) { $0.column($1) }
            write(")")
        }
        storage(view.partitioning, view.clusterBy, view.options)
        write(" AS")
        newLine()
        query(view.query)
        withData(view.withData)
        guard let option = view.checkOption else { return }
        newLine()
        write(string: option.rawValue)
    }

    mutating func createSchema(_ schema: CreateSchema) {
        write("CREATE SCHEMA ")
        if schema.ifNotExists { write("IF NOT EXISTS ") }
        name(schema.name)
        if let role = schema.authorization {
            write(" AUTHORIZATION ")
            name(role)
        }
        defaultCollation(schema.defaultCollation)
        if !schema.options.isEmpty {
            write(" ")
            options(schema.options)
        }
    }

    mutating func createIndex(_ index: CreateIndex) {
        write("CREATE ")
        if index.unique { write("UNIQUE ") }
        write("INDEX ")
        if index.concurrently { write("CONCURRENTLY ") }
        if index.ifNotExists { write("IF NOT EXISTS ") }
        if let name = index.name {
            self.name(name)
            write(" ")
        }
        write("ON ")
        if index.only { write("ONLY ") }
        name(index.table)
        if let method = index.method {
            write(" USING ")
            name(method)
        }
        write(" (")
        list(index.keys) { $0.indexKey($1) }
        write(")")
        if !index.include.isEmpty {
            write(" INCLUDE ")
            nameList(index.include)
        }
        nullsDistinct(index.nullsDistinct)
        if !index.options.isEmpty {
            write(" ")
            options(index.options)
        }
        if let condition = index.condition {
            write(" WHERE ")
            expression(condition)
        }
    }

    /// A call without what only queries have behind its parentheses.
    private func isWindowless(_ call: FunctionCall) -> Bool {
        guard let modifiers = call.modifiers else { return true }
        return modifiers.filter == nil && modifiers.withinGroup.isEmpty && modifiers.over == nil
    }

    mutating func indexKey(_ key: IndexKey) {
        switch key.value {
        case .column(let column) where column.qualifier.isEmpty: expression(key.value)
        case .function(let call) where isWindowless(call): expression(key.value)
        case .collated(let collated):
            indexKey(IndexKey(value: collated.operand))
            write(" COLLATE ")
            collation(collated.collation)
        default:
            write("(")
            expression(key.value)
            write(")")
        }
        if let operatorClass = key.operatorClass {
            write(" ")
            name(operatorClass)
        }
        switch key.direction {
        case .ascending: write(" ASC")
        case .descending: write(" DESC")
        default: break
        }
        switch key.nulls {
        case .first: write(" NULLS FIRST")
        case .last: write(" NULLS LAST")
        case nil: break
        }
    }

    // MARK: DROP and ALTER

    mutating func drop(_ drop: Drop) {
        write("DROP ")
        write(string: drop.kind.rawValue)
        write(" ")
        if drop.concurrently { write("CONCURRENTLY ") }
        if drop.ifExists { write("IF EXISTS ") }
        list(drop.names) { $0.name($1) }
        if let types = drop.signature { signature(types) }
        behavior(drop.behavior)
    }

    /// The types in the parentheses behind a function's name.
    mutating func signature(_ types: [DataType]) {
        write("(")
        list(types) { $0.type($1) }
        write(")")
    }

    mutating func alterTable(_ alter: AlterTable) {
        write("ALTER ")
        write(string: alter.kind.rawValue)
        write(" ")
        if alter.ifExists { write("IF EXISTS ") }
        if alter.only { write("ONLY ") }
        name(alter.name)
        write(" ")
        list(alter.actions) { $0.action($1) }
    }

    private mutating func action(_ action: AlterTable.Action) {
        switch action {
        case .addColumn(let column, let ifNotExists):
            write("ADD COLUMN ")
            if ifNotExists { write("IF NOT EXISTS ") }
            self.column(column)
        case .dropColumn(let column, let ifExists, let behavior):
            write("DROP COLUMN ")
            if ifExists { write("IF EXISTS ") }
            name(column, .label)
            self.behavior(behavior)
        case .renameColumn(let old, let new):
            write("RENAME COLUMN ")
            name(old, .label)
            write(" TO ")
            name(new, .label)
        case .rename(let name):
            write("RENAME TO ")
            self.name(name)
        case .setDefault(let column, let value):
            alter(column, "SET DEFAULT ")
            expression(value)
        case .dropDefault(let column): alter(column, "DROP DEFAULT")
        case .setNotNull(let column): alter(column, "SET NOT NULL")
        case .dropNotNull(let column): alter(column, "DROP NOT NULL")
        case .addIdentity(let column, let always, let sequence):
            alter(column, "ADD ")
            identity(always: always, sequence)
        case .setIdentity(let column, let changes):
            alter(column, "")
            write(string: changes.joined(separator: " "))
        case .dropIdentity(let column, let ifExists):
            alter(column, "DROP IDENTITY")
            if ifExists { write(" IF EXISTS") }
        case .dropExpression(let column, let ifExists):
            alter(column, "DROP EXPRESSION")
            if ifExists { write(" IF EXISTS") }
        case .setStatistics(let column, let target):
            alter(column, "SET STATISTICS ")
            write(target)
        case .setStorage(let column, let storage):
            alter(column, "SET STORAGE ")
            write(string: storage)
        case .setType(let column, let type, let value):
            alter(column, "SET DATA TYPE ")
            self.type(type)
            if let value {
                write(" USING ")
                expression(value)
            }
        case .setColumnOptions(let column, let options):
            alter(column, "SET ")
            self.options(options)
        case .setOptions(let options):
            write("SET ")
            self.options(options)
        case .setDefaultCollation(let collation):
            write("SET")
            defaultCollation(collation)
        case .setLogged(let logged): if logged { write("SET LOGGED") } else { write("SET UNLOGGED") }
        case .setSchema(let schema):
            write("SET SCHEMA ")
            name(schema)
        case .addConstraint(let constraint):
            write("ADD ")
            self.constraint(constraint)
        case .dropConstraint(let constraint, let ifExists, let behavior):
            write("DROP CONSTRAINT ")
            if ifExists { write("IF EXISTS ") }
            name(constraint)
            self.behavior(behavior)
        case .renameConstraint(let old, let new):
            write("RENAME CONSTRAINT ")
            name(old)
            write(" TO ")
            name(new)
        case .validateConstraint(let constraint):
            write("VALIDATE CONSTRAINT ")
            name(constraint)
        case .dropPrimaryKey(let ifExists):
            write("DROP PRIMARY KEY")
            if ifExists { write(" IF EXISTS") }
        case .setParameters(let options):
            write("SET ")
            parameters(options)
        case .resetParameters(let options):
            write("RESET ")
            parameters(options)
        case .setOwner(let role):
            write("OWNER TO ")
            name(role, .label)
        case .attachPartition(let part, let bound):
            write("ATTACH PARTITION ")
            name(part)
            self.bound(bound)
        case .detachPartition(let part, let concurrently):
            write("DETACH PARTITION ")
            name(part)
            if concurrently { write(" CONCURRENTLY") }
        }
    }

    private mutating func alter(_ column: Identifier, _ words: StaticString) {
        write("ALTER COLUMN ")
        name(column, .label)
        write(" ")
        write(words)
    }
}
