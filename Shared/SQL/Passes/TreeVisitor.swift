/// Something that looks at a tree, node by node, in the order of the text. Each `visit` says what to do at a node, and
/// goes on below it with `walk`.
protocol TreeVisitor {
    mutating func visit(_ expression: Expression)
    mutating func visit(_ query: Query)
    mutating func visit(_ body: QueryBody)
    mutating func visit(_ select: Select)
    mutating func visit(_ relation: Relation)
    mutating func visit(_ join: Join)
    mutating func visit(_ statement: Statement)
}

extension TreeVisitor {
    mutating func visit(_ expression: Expression) { walk(expression) }
    mutating func visit(_ query: Query) { walk(query) }
    mutating func visit(_ body: QueryBody) { walk(body) }
    mutating func visit(_ select: Select) { walk(select) }
    mutating func visit(_ relation: Relation) { walk(relation) }
    mutating func visit(_ join: Join) { walk(join) }
    mutating func visit(_ statement: Statement) { walk(statement) }
}

// MARK: - Queries

extension TreeVisitor {
    mutating func walk(_ statement: Statement) {
        switch statement {
        case .query(let query): visit(query)
        case .insert(let node): walk(node)
        case .update(let node):
            if let with = node.with { walk(with) }
            for assignment in node.assignments { walk(assignment) }
            walk(node.from)
            walk(node.condition)
            walk(node.returning)
        case .delete(let node):
            if let with = node.with { walk(with) }
            walk(node.using)
            walk(node.condition)
            walk(node.returning)
        case .merge(let node): walk(node)
        case .createTable(let node):
            for element in node.elements { walk(element) }
            if let query = node.query { visit(query) }
        case .createView(let node): visit(node.query)
        case .utility(let node): walk(node)
        case .createIndex(let node):
            for key in node.keys { visit(key.value) }
            walk(node.condition)
        case .alterTable(let node): for action in node.actions { walk(action) }
        case .explain(let node): visit(node.statement)
        case .truncate, .createSchema, .drop, .grant: break
        }
    }

    private mutating func walk(_ with: With) {
        for table in with.tables { visit(table.statement) }
    }

    private mutating func walk(_ insert: Insert) {
        if let with = insert.with { walk(with) }
        if case .query(let query) = insert.source { visit(query) }
        if case .update(let assignments, let condition)? = insert.onConflict?.action {
            for assignment in assignments { walk(assignment) }
            walk(condition)
        }
        walk(insert.returning)
    }

    private mutating func walk(_ merge: Merge) {
        if let with = merge.with { walk(with) }
        visit(merge.source)
        visit(merge.condition)
        for clause in merge.clauses {
            walk(clause.condition)
            switch clause.action {
            case .update(let assignments): for assignment in assignments { walk(assignment) }
            case .insert(_, let values), .insertOverriding(_, _, let values): walk(values)
            case .nothing, .delete, .insertRow, .insertDefaults: break
            }
        }
        walk(merge.returning)
    }

    private mutating func walk(_ assignment: Assignment) {
        for steps in assignment.steps {
            for case .position(let position) in steps { walk(position) }
        }
        visit(assignment.value)
    }

    private mutating func walk(_ utility: Utility) {
        switch utility {
        case .set(let node): walk(node.values)
        case .call(let node): walk(node.call)
        case .createRoutine(let node):
            for parameter in node.parameters { walk(parameter.defaultValue) }
            switch node.body {
            case .expression(let value): visit(value)
            case .query(let query): visit(query)
            case .text: break
            case .block(let block): walk(block)
            }
        case .declare(let node): walk(node.value)
        case .block(let node): walk(node)
        case .execute(let node):
            visit(node.text)
            walk(node.using)
        case .transaction, .show, .comment, .maintenance, .refresh: break
        }
    }

    private mutating func walk(_ block: Block) {
        for statement in block.statements { visit(statement) }
        for statement in block.handler ?? [] { visit(statement) }
    }

    private mutating func walk(_ element: TableElement) {
        switch element {
        case .column(let column): for constraint in column.constraints { walk(constraint) }
        case .constraint(let constraint): walk(constraint)
        case .like: break
        }
    }

    private mutating func walk(_ constraint: TableConstraint) {
        switch constraint.rule {
        case .check(let condition): visit(condition)
        case .exclude(let exclusion):
            for element in exclusion.elements { visit(element.key.value) }
            walk(exclusion.condition)
        case .primaryKey, .unique, .foreignKey: break
        }
    }

    private mutating func walk(_ constraint: ColumnConstraint) {
        switch constraint.rule {
        case .default(let value), .check(let value), .generated(let value): visit(value)
        default: break
        }
    }

    private mutating func walk(_ action: AlterTable.Action) {
        switch action {
        case .addColumn(let column, _): for constraint in column.constraints { walk(constraint) }
        case .setDefault(_, let value): visit(value)
        case .setType(_, _, let value): walk(value)
        case .addConstraint(let constraint): walk(constraint)
        default: break
        }
    }

    mutating func walk(_ query: Query) {
        if let with = query.with {
            for table in with.tables { visit(table.statement) }
        }
        visit(query.body)
        walk(query.orderBy)
        walk(query.limit?.count)
        walk(query.offset)
    }

    mutating func walk(_ body: QueryBody) {
        switch body {
        case .select(let select): visit(select)
        case .setOperation(let operation): for operand in operation.operands { visit(operand) }
        case .values(let values): for row in values.rows { for value in row { visit(value) } }
        case .query(let query): visit(query)
        case .table, .placeholder: break
        case .pipe(let pipe):
            switch pipe.source {
            case .from(let items): walk(items)
            case .query(let body): visit(body)
            }
            for operation in pipe.operators { walk(operation) }
        }
    }

    mutating func walk(_ select: Select) {
        if case .on(let keys) = select.distinct { walk(keys) }
        walk(select.items)
        walk(select.from)
        walk(select.condition)
        if let groupBy = select.groupBy { for element in groupBy.elements { walk(element) } }
        walk(select.having)
        walk(select.qualify)
        for window in select.windows { walk(window.window) }
    }

    mutating func walk(_ element: GroupBy.Element) {
        switch element {
        case .expression(let value): visit(value)
        case .rollup(let sets), .cube(let sets): for keys in sets { walk(keys) }
        case .groupingSets(let elements): for element in elements { walk(element) }
        case .empty: break
        case .set(let keys): walk(keys)
        }
    }

    mutating func walk(_ items: [FromItem]) {
        for item in items { walk(item) }
    }

    mutating func walk(_ item: FromItem) {
        visit(item.relation)
        for join in item.joins { visit(join) }
    }

    mutating func walk(_ join: Join) {
        visit(join.relation)
        if case .on(let condition) = join.condition { visit(condition) }
    }

    mutating func walk(_ relation: Relation) {
        switch relation {
        case .table(let table):
            walk(table.systemTime)
            walk(table.suffixes)
        case .subquery(let derived):
            visit(derived.query)
            walk(derived.suffixes)
        case .function(let function):
            for call in function.calls { visit(call.call) }
            walk(function.suffixes)
        case .unnest(let unnest):
            for array in unnest.arrays { visit(array.value) }
            walk(unnest.suffixes)
        case .join(let joined):
            walk(joined.item)
            walk(joined.suffixes)
        case .placeholder: break
        }
    }

    mutating func walk(_ suffixes: [RelationSuffix]) {
        for suffix in suffixes { walk(suffix) }
    }

    mutating func walk(_ suffix: RelationSuffix) {
        switch suffix {
        case .sample(let sample):
            walk(sample.arguments)
            walk(sample.seed)
        case .pivot(let pivot):
            walk(pivot.aggregates)
            visit(pivot.input)
            walk(pivot.values)
        case .unpivot(let unpivot):
            for column in unpivot.columns {
                for reference in column.columns { visit(.column(reference)) }
                walk(column.label)
            }
        }
    }

    mutating func walk(_ operation: PipeOperator) {
        switch operation {
        case .select(let select): visit(select)
        case .extend(let items), .set(let items), .rename(let items), .window(let items): walk(items)
        case .drop, .alias, .distinct: break
        case .condition(let condition): visit(condition)
        case .limit(let limit, let offset):
            walk(limit.count)
            walk(offset)
        case .aggregate(let items, let keys, _):
            for item in items { visit(item.item.value) }
            for key in keys {
                switch key {
                case .key(let item): visit(item.item.value)
                case .sets(let sets): walk(sets)
                }
            }
        case .orderBy(let items): walk(items)
        case .join(let join): visit(join)
        case .call(let function): visit(.function(function))
        case .suffix(let suffix): walk(suffix)
        case .setOperation(_, _, _, let queries): for query in queries { visit(query) }
        case .with(let tables): for table in tables { visit(table.statement) }
        }
    }
}

// MARK: - Expressions

extension TreeVisitor {
    mutating func walk(_ expression: Expression?) {
        if let expression { visit(expression) }
    }

    mutating func walk(_ expressions: [Expression]) {
        for expression in expressions { visit(expression) }
    }

    mutating func walk(_ items: [SelectItem]) {
        for item in items { visit(item.value) }
    }

    mutating func walk(_ items: [OrderItem]) {
        for item in items { visit(item.value) }
    }

    mutating func walk(_ window: Window) {
        guard case .specification(let window) = window else { return }
        walk(window.partitionBy)
        walk(window.orderBy)
        guard let frame = window.frame else { return }
        walk(frame.start)
        if let end = frame.end { walk(end) }
    }

    private mutating func walk(_ bound: WindowFrame.Bound) {
        switch bound {
        case .preceding(let distance), .following(let distance): visit(distance)
        case .unboundedPreceding, .currentRow, .unboundedFollowing: break
        }
    }

    mutating func walk(_ expression: Expression) {
        switch expression {
        case .column, .literal, .typedLiteral, .parameter, .placeholder, .timePart: break
        case .star(let node): walk(node.replace)
        case .interval(let node): visit(node.value)
        case .unary(let node): visit(node.operand)
        case .binary(let node):
            visit(node.left)
            visit(node.right)
        case .chain(let node):
            visit(node.first)
            for link in node.links { visit(link.operand) }
        case .symbolic(let node):
            walk(node.left)
            visit(node.right)
        case .logical(let node): walk(node.operands)
        case .isTest(let node): visit(node.operand)
        case .between(let node):
            visit(node.operand)
            visit(node.lower)
            visit(node.upper)
        case .membership(let node): walk(node)
        case .match(let node):
            visit(node.operand)
            visit(node.pattern)
            walk(node.escape)
        case .quantified(let node):
            visit(node.operand)
            visit(node.set)
        case .conditional(let node): walk(node)
        case .cast(let node):
            visit(node.operand)
            walk(node.format)
            walk(node.formatTimeZone)
        case .function(let node): walk(node)
        case .subquery(let node), .exists(let node): visit(node.query)
        case .array(let node):
            switch node.content {
            case .elements(let elements): walk(elements)
            case .query(let query): visit(query)
            }
        case .row(let node): walk(node.fields)
        case .subscripted(let node): walk(node)
        case .field(let node): visit(node.operand)
        case .atTimeZone(let node):
            visit(node.operand)
            visit(node.zone)
        case .collated(let node): visit(node.operand)
        }
    }

    private mutating func walk(_ membership: Membership) {
        visit(membership.operand)
        switch membership.source {
        case .list(let values): walk(values)
        case .query(let query): visit(query)
        case .unnest(let array): visit(array)
        case .placeholder: break
        }
    }

    private mutating func walk(_ conditional: Conditional) {
        walk(conditional.operand)
        for branch in conditional.branches {
            visit(branch.condition)
            visit(branch.result)
        }
        walk(conditional.otherwise)
    }

    private mutating func walk(_ access: SubscriptAccess) {
        visit(access.operand)
        walk(access.position)
    }

    private mutating func walk(_ position: SubscriptAccess.Position) {
        switch position {
        case .index(let index), .offset(let index, _), .ordinal(let index, _), .key(let index, _): visit(index)
        case .slice(let from, let to):
            walk(from)
            walk(to)
        }
    }

    mutating func walk(_ call: FunctionCall) {
        for argument in call.arguments { visit(argument.value) }
        guard let modifiers = call.modifiers else { return }
        switch modifiers.having {
        case .maximum(let value), .minimum(let value): visit(value)
        case nil: break
        }
        walk(modifiers.orderBy)
        walk(modifiers.limit)
        walk(modifiers.withinGroup)
        walk(modifiers.filter)
        if let over = modifiers.over { walk(over) }
    }
}
