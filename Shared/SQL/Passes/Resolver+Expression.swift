// Expressions: names, types and lineage from the leaves up.

extension Resolver {
    mutating func resolve(_ expression: inout Expression) throws(SQLError) -> Resolved {
        let result = try resolveNode(&expression)
        if recorded != nil { record(result.type, of: expression) }
        return result
    }

    private mutating func resolveNode(_ expression: inout Expression) throws(SQLError) -> Resolved {
        switch expression {
        case .column(var node):
            let result = try resolve(&node)
            expression = .column(node)
            return result
        case .star(let node): return star(node)
        case .literal(let node): return TypeRules.value(of: node, functions)
        case .typedLiteral(let node): return Resolved(type: node.type.kind)
        case .parameter, .placeholder, .timePart: return Resolved()
        case .function(var node):
            let result = try resolve(&node)
            expression = .function(node)
            return result
        case .cast(var node):
            let value = try resolve(&node.operand)
            let type = node.type.kind
            expression = .cast(node)
            return Resolved(type: type, lineage: value.lineage.used(.computed))
        case .binary(var node):
            let left = try resolve(&node.left)
            let right = try resolve(&node.right)
            let type = TypeRules.type(of: node.operation, left, right, functions)
            expression = .binary(node)
            var lineage = left.lineage
            lineage.merge(right.lineage)
            return Resolved(type: type, lineage: lineage.used(.computed))
        case .logical(var node):
            let lineage = try resolveAll(&node.operands)
            expression = .logical(node)
            return Resolved(type: .boolean, lineage: lineage.used(.computed))
        case .conditional(var node):
            let result = try resolve(&node)
            expression = .conditional(node)
            return result
        case .subquery(var node):
            let columns = try resolve(&node.query)
            expression = .subquery(node)
            return value(of: columns)
        case .exists(var node):
            let columns = try resolve(&node.query)
            expression = .exists(node)
            return Resolved(type: .boolean, lineage: value(of: columns).lineage.used(.computed))
        case .membership(var node):
            let lineage = try resolve(&node)
            expression = .membership(node)
            return Resolved(type: .boolean, lineage: lineage.used(.computed))
        case .array(var node):
            let result = try resolve(&node)
            expression = .array(node)
            return result
        case .row(var node):
            let result = try resolve(&node)
            expression = .row(node)
            return result
        default: return try resolveOther(&expression)
        }
    }

    /// The rest, which only hold expressions.
    private mutating func resolveOther(_ expression: inout Expression) throws(SQLError) -> Resolved {
        let outer = children
        children = ChildValues()
        try descend(&expression)
        let values = children
        children = outer
        return Resolved(
            type: TypeRules.type(of: expression, values.values, functions), lineage: values.lineage.used(.computed))
    }

    @discardableResult
    mutating func resolveAll(_ expressions: inout [Expression]) throws(SQLError) -> [LineageEntry] {
        var lineage: [LineageEntry] = []
        for index in expressions.indices { lineage.merge(try resolve(&expressions[index]).lineage) }
        return lineage
    }

    /// `COUNT(*)`: every row counts, none of its values.
    private func star(_ star: Star) -> Resolved { Resolved() }

    /// The value of a query of one column; what decides on its rows decides on the value.
    private func value(of columns: ColumnSet) -> Resolved {
        var result = Resolved(type: columns.columns.first?.outputType(functions))
        if columns.isStructure, !columns.isOpen { result.type = .structure(fields(columns.columns)) }
        for column in columns.columns { result.lineage.merge(column.lineage) }
        result.lineage.merge(columns.filters.used(.computed))
        return result
    }

    private mutating func resolve(_ conditional: inout Conditional) throws(SQLError) -> Resolved {
        var lineage: [LineageEntry] = []
        if var operand = conditional.operand {
            lineage = try resolve(&operand).lineage
            conditional.operand = operand
        }
        var results: [Resolved] = []
        for index in conditional.branches.indices {
            lineage.merge(try resolve(&conditional.branches[index].condition).lineage)
            let value = try resolve(&conditional.branches[index].result)
            results.append(Resolved(type: value.type, isUntyped: value.isUntyped))
            lineage.merge(value.lineage)
        }
        var otherwise: Resolved?
        if var expression = conditional.otherwise {
            let value = try resolve(&expression)
            otherwise = Resolved(type: value.type, isUntyped: value.isUntyped)
            lineage.merge(value.lineage)
            conditional.otherwise = expression
        }
        // What ELSE says comes first, as PostgreSQL has it.
        let result = results.reduce(otherwise) { TypeRules.joined($0, $1) }
        return Resolved(type: result?.type, lineage: lineage.used(.computed))
    }

    private mutating func resolve(_ membership: inout Membership) throws(SQLError) -> [LineageEntry] {
        var lineage = try resolve(&membership.operand).lineage
        switch membership.source {
        case .list(var values):
            lineage.merge(try resolveAll(&values))
            membership.source = .list(values)
        case .query(var query):
            lineage.merge(value(of: try resolve(&query)).lineage)
            membership.source = .query(query)
        case .unnest(var array):
            lineage.merge(try resolve(&array).lineage)
            membership.source = .unnest(array)
        case .placeholder: break
        }
        return lineage
    }

    private mutating func resolve(_ array: inout ArrayConstructor) throws(SQLError) -> Resolved {
        var element: Resolved? = array.elementType.map { Resolved(type: $0.kind) }
        var lineage: [LineageEntry] = []
        switch array.content {
        case .elements(var elements):
            for index in elements.indices {
                let value = try resolve(&elements[index])
                if array.elementType == nil { element = TypeRules.joined(element, value) }
                lineage.merge(value.lineage)
            }
            array.content = .elements(elements)
        case .query(var query):
            let value = value(of: try resolve(&query))
            element = Resolved(type: value.type)
            lineage = value.lineage
            array.content = .query(query)
        }
        var type = element?.type.map { DataType.Kind.array(DataType(kind: $0)) }
        if functions.arraysAreFlat, case .array? = element?.type { type = element?.type }
        return Resolved(type: type, lineage: lineage.used(.computed))
    }

    private mutating func resolve(_ row: inout RowConstructor) throws(SQLError) -> Resolved {
        var lineage: [LineageEntry] = []
        var fields: [DataType.Field] = []
        for index in row.fields.indices {
            let value = try resolve(&row.fields[index].value)
            lineage.merge(value.lineage)
            var name = row.fields[index].alias
            if name == nil, case .column(let column) = row.fields[index].value { name = column.name }
            fields.append(
                DataType.Field(name: name, type: DataType(kind: value.type ?? .named(QualifiedName("unknown")))))
        }
        let isStructure = row.kind == .structure || naming.pathsReachFields
        let type = isStructure ? row.type?.kind ?? .structure(fields) : .named(QualifiedName("record"))
        return Resolved(type: type, lineage: lineage.used(.computed))
    }

    // MARK: Calls and windows

    private mutating func resolve(_ call: inout FunctionCall) throws(SQLError) -> Resolved {
        if call.namesVariables { return try resolveNaming(&call) }
        var lineage: [LineageEntry] = []
        var arguments: [Resolved] = []
        for index in call.arguments.indices {
            // `f(TABLE t)`: not a column.
            if case .word = call.arguments[index].label { continue }
            let value = try resolve(&call.arguments[index].value)
            arguments.append(Resolved(type: value.type, isUntyped: value.isUntyped))
            lineage.merge(value.lineage)
        }
        var ordered: Resolved?
        if var modifiers = call.modifiers {
            lineage.merge(try resolve(&modifiers, ordered: &ordered))
            call.modifiers = modifiers
        }
        let name = key(of: call)
        let isAggregate = functions.aggregates.contains(name) && call.modifiers?.over == nil
        return Resolved(
            type: type(of: call, name, arguments, ordered: ordered),
            lineage: lineage.used(isAggregate ? .aggregated : .computed))
    }

    /// The name as the tables of functions have it: without the schema of the system's own, and without `SAFE.`.
    private func key(of call: FunctionCall) -> String {
        let name = call.name.name.lowercased()
        guard let first = call.qualifier.first else { return name }
        let qualifier = first.name.lowercased()
        return qualifier == "safe" || qualifier == "pg_catalog" ? name : "\(qualifier).\(name)"
    }

    private func type(
        of call: FunctionCall, _ name: String, _ arguments: [Resolved], ordered: Resolved?
    ) -> DataType.Kind? {
        if let type = call.modifiers?.json?.returning { return type.kind }
        if name == "extract", case .timePart(let part)? = call.arguments.first?.value {
            if part.name == "DATE" { return .date }
            if part.name == "TIME" { return .time }
        }
        return TypeRules.type(of: functions.results[name], arguments, ordered: ordered, functions)
    }

    /// GoogleSQL's `WITH(a AS 1, b AS a + 1, a * b)`: each argument sees the names of those before it.
    private mutating func resolveNaming(_ call: inout FunctionCall) throws(SQLError) -> Resolved {
        scopes.append(Scope())
        var result = Resolved()
        for index in call.arguments.indices {
            result = try resolve(&call.arguments[index].value)
            if case .variable(let name)? = call.arguments[index].label {
                scopes[scopes.count - 1].outputs[dialect.key(name)] = result
            }
        }
        scopes.removeLast()
        return Resolved(type: result.type, lineage: result.lineage.used(.computed))
    }

    private mutating func resolve(
        _ modifiers: inout CallModifiers, ordered: inout Resolved?
    ) throws(SQLError) -> [LineageEntry] {
        var lineage: [LineageEntry] = []
        if var filter = modifiers.filter {
            lineage.merge(try resolve(&filter).lineage)
            modifiers.filter = filter
        }
        switch modifiers.having {
        case .maximum(var value):
            lineage.merge(try resolve(&value).lineage)
            modifiers.having = .maximum(value)
        case .minimum(var value):
            lineage.merge(try resolve(&value).lineage)
            modifiers.having = .minimum(value)
        case nil: break
        }
        lineage.merge(try resolve(&modifiers.orderBy))
        for index in modifiers.withinGroup.indices {
            let key = try resolve(&modifiers.withinGroup[index].value)
            if index == 0 { ordered = Resolved(type: key.type, isUntyped: key.isUntyped) }
            lineage.merge(key.lineage)
        }
        if var over = modifiers.over {
            lineage.merge(try resolve(&over))
            modifiers.over = over
        }
        return lineage
    }

    mutating func resolve(_ items: inout [OrderItem]) throws(SQLError) -> [LineageEntry] {
        var lineage: [LineageEntry] = []
        for index in items.indices { lineage.merge(try resolve(&items[index].value).lineage) }
        return lineage
    }

    mutating func resolve(_ window: inout Window) throws(SQLError) -> [LineageEntry] {
        guard case .specification(var changed) = window else {
            if case .name(let name) = window { return try windowLineage(name) }
            return []
        }
        var lineage = try changed.base.map { name throws(SQLError) in try windowLineage(name) } ?? []
        lineage.merge(try resolveAll(&changed.partitionBy))
        lineage.merge(try resolve(&changed.orderBy))
        window = .specification(changed)
        return lineage
    }

    /// What a window of the WINDOW clause is made of.
    private mutating func windowLineage(_ name: Identifier) throws(SQLError) -> [LineageEntry] {
        let known = scopes.last?.windows ?? [:]
        if let lineage = known[dialect.key(name)] { return lineage }
        let hint = Suggestion.text(for: name.name, in: known.keys.sorted())
        return try report(SQLError(.unresolved, "No window is called \(name.name).\(hint)", at: name.range)).lineage
    }
}

/// What is known of the children of a node that needs no care of its own.
struct ChildValues {
    /// Without their lineage, which is beside them.
    var values: [Resolved] = []
    var lineage: [LineageEntry] = []
}

extension Resolver: TreeRewriter {
    /// A child of the node that is gone through.
    mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
        let value = try resolve(&expression)
        children.values.append(Resolved(type: value.type, isUntyped: value.isUntyped))
        children.lineage.merge(value.lineage)
    }

    mutating func rewrite(_ query: inout Query) throws(SQLError) { _ = try resolve(&query) }
}

extension FunctionCall {
    fileprivate var namesVariables: Bool {
        arguments.contains { if case .variable? = $0.label { true } else { false } }
    }
}
