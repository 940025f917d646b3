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
        case .literal(let node): return Resolved(type: TypeRules.type(of: node, functions))
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
            let type = TypeRules.type(of: node.operation, left.type, right.type, functions)
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
            type: TypeRules.type(of: expression, values.types), lineage: values.lineage.used(.computed))
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
        var result = Resolved(type: columns.columns.first?.type)
        if columns.isStructure, !columns.isOpen { result.type = .structure(fields(columns.columns)) }
        for column in columns.columns { result.lineage.merge(column.lineage) }
        result.lineage.merge(columns.filters.used(.computed))
        return result
    }

    private mutating func resolve(_ conditional: inout Conditional) throws(SQLError) -> Resolved {
        var result = Resolved()
        if var operand = conditional.operand {
            result.lineage.merge(try resolve(&operand).lineage)
            conditional.operand = operand
        }
        for index in conditional.branches.indices {
            result.lineage.merge(try resolve(&conditional.branches[index].condition).lineage)
            let value = try resolve(&conditional.branches[index].result)
            result.type = TypeRules.common(result.type, value.type)
            result.lineage.merge(value.lineage)
        }
        if var otherwise = conditional.otherwise {
            let value = try resolve(&otherwise)
            result.type = TypeRules.common(result.type, value.type)
            result.lineage.merge(value.lineage)
            conditional.otherwise = otherwise
        }
        result.lineage = result.lineage.used(.computed)
        return result
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
        var element: DataType.Kind? = array.elementType?.kind
        var lineage: [LineageEntry] = []
        switch array.content {
        case .elements(var elements):
            for index in elements.indices {
                let value = try resolve(&elements[index])
                if array.elementType == nil { element = TypeRules.common(element, value.type) }
                lineage.merge(value.lineage)
            }
            array.content = .elements(elements)
        case .query(var query):
            let value = value(of: try resolve(&query))
            element = value.type
            lineage = value.lineage
            array.content = .query(query)
        }
        return Resolved(type: element.map { .array(DataType(kind: $0)) }, lineage: lineage.used(.computed))
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
        let type = row.kind == .structure ? row.type?.kind ?? .structure(fields) : nil
        return Resolved(type: type, lineage: lineage.used(.computed))
    }

    // MARK: Calls and windows

    private mutating func resolve(_ call: inout FunctionCall) throws(SQLError) -> Resolved {
        var lineage: [LineageEntry] = []
        var types: [DataType.Kind?] = []
        for index in call.arguments.indices {
            // `f(TABLE t)`: not a column.
            if case .word = call.arguments[index].label { continue }
            let value = try resolve(&call.arguments[index].value)
            types.append(value.type)
            lineage.merge(value.lineage)
        }
        let name = call.qualifier.isEmpty ? dialect.key(Identifier(call.name.name)).lowercased() : ""
        if var modifiers = call.modifiers {
            lineage.merge(try resolve(&modifiers))
            call.modifiers = modifiers
        }
        let isAggregate = functions.aggregates.contains(name) && call.modifiers?.over == nil
        return Resolved(
            type: TypeRules.type(of: functions.results[name], types, functions),
            lineage: lineage.used(isAggregate ? .aggregated : .computed))
    }

    private mutating func resolve(_ modifiers: inout CallModifiers) throws(SQLError) -> [LineageEntry] {
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
        lineage.merge(try resolve(&modifiers.withinGroup))
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
    var types: [DataType.Kind?] = []
    var lineage: [LineageEntry] = []
}

extension Resolver: TreeRewriter {
    /// A child of the node that is gone through.
    mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
        let value = try resolve(&expression)
        children.types.append(value.type)
        children.lineage.merge(value.lineage)
    }

    mutating func rewrite(_ query: inout Query) throws(SQLError) { _ = try resolve(&query) }
}
