// The part of `TreeRewriter` below expressions.

extension TreeRewriter {
    mutating func descend(_ expression: inout Expression?) throws(SQLError) {
        guard var changed = expression else { return }
        try rewrite(&changed)
        expression = changed
    }

    mutating func descend(_ expressions: inout [Expression]) throws(SQLError) {
        for index in expressions.indices { try rewrite(&expressions[index]) }
    }

    mutating func descend(_ items: inout [SelectItem]) throws(SQLError) {
        for index in items.indices { try rewrite(&items[index].value) }
    }

    mutating func descend(_ items: inout [OrderItem]) throws(SQLError) {
        for index in items.indices { try rewrite(&items[index].value) }
    }

    mutating func descend(_ window: inout Window) throws(SQLError) {
        guard case .specification(var changed) = window else { return }
        try descend(&changed.partitionBy)
        try descend(&changed.orderBy)
        if var frame = changed.frame {
            try descend(&frame.start)
            if var end = frame.end {
                try descend(&end)
                frame.end = end
            }
            changed.frame = frame
        }
        window = .specification(changed)
    }

    private mutating func descend(_ bound: inout WindowFrame.Bound) throws(SQLError) {
        switch bound {
        case .preceding(var distance):
            try rewrite(&distance)
            bound = .preceding(distance)
        case .following(var distance):
            try rewrite(&distance)
            bound = .following(distance)
        case .unboundedPreceding, .currentRow, .unboundedFollowing: break
        }
    }

    mutating func descend(_ expression: inout Expression) throws(SQLError) {
        switch expression {
        case .column, .literal, .typedLiteral, .parameter, .placeholder, .timePart: break
        case .star(var node):
            guard !node.replace.isEmpty else { return }
            try descend(&node.replace)
            expression = .star(node)
        case .interval(var node):
            try rewrite(&node.value)
            expression = .interval(node)
        case .unary(var node):
            try rewrite(&node.operand)
            expression = .unary(node)
        case .binary(var node):
            try rewrite(&node.left)
            try rewrite(&node.right)
            expression = .binary(node)
        case .chain(var node):
            try rewrite(&node.first)
            for index in node.links.indices { try rewrite(&node.links[index].operand) }
            expression = .chain(node)
        case .symbolic(var node):
            try descend(&node.left)
            try rewrite(&node.right)
            expression = .symbolic(node)
        case .logical(var node):
            try descend(&node.operands)
            expression = .logical(node)
        case .isTest(var node):
            try rewrite(&node.operand)
            expression = .isTest(node)
        case .between(var node):
            try rewrite(&node.operand)
            try rewrite(&node.lower)
            try rewrite(&node.upper)
            expression = .between(node)
        case .membership(var node):
            try descend(&node)
            expression = .membership(node)
        case .match(var node):
            try rewrite(&node.operand)
            try rewrite(&node.pattern)
            try descend(&node.escape)
            expression = .match(node)
        case .quantified(var node):
            try rewrite(&node.operand)
            try rewrite(&node.set)
            expression = .quantified(node)
        case .conditional(var node):
            try descend(&node)
            expression = .conditional(node)
        case .cast(var node):
            try rewrite(&node.operand)
            try descend(&node.format)
            try descend(&node.formatTimeZone)
            expression = .cast(node)
        case .function(var node):
            try descend(&node)
            expression = .function(node)
        case .subquery(var node):
            try rewrite(&node.query)
            expression = .subquery(node)
        case .exists(var node):
            try rewrite(&node.query)
            expression = .exists(node)
        case .array(var node):
            try descend(&node)
            expression = .array(node)
        case .row(var node):
            try descend(&node.fields)
            expression = .row(node)
        case .subscripted(var node):
            try descend(&node)
            expression = .subscripted(node)
        case .field(var node):
            try rewrite(&node.operand)
            expression = .field(node)
        case .atTimeZone(var node):
            try rewrite(&node.operand)
            try rewrite(&node.zone)
            expression = .atTimeZone(node)
        case .collated(var node):
            try rewrite(&node.operand)
            expression = .collated(node)
        }
    }

    private mutating func descend(_ membership: inout Membership) throws(SQLError) {
        try rewrite(&membership.operand)
        switch membership.source {
        case .list(var values):
            try descend(&values)
            membership.source = .list(values)
        case .query(var query):
            try rewrite(&query)
            membership.source = .query(query)
        case .unnest(var array):
            try rewrite(&array)
            membership.source = .unnest(array)
        case .placeholder: break
        }
    }

    private mutating func descend(_ conditional: inout Conditional) throws(SQLError) {
        try descend(&conditional.operand)
        for index in conditional.branches.indices {
            try rewrite(&conditional.branches[index].condition)
            try rewrite(&conditional.branches[index].result)
        }
        try descend(&conditional.otherwise)
    }

    private mutating func descend(_ array: inout ArrayConstructor) throws(SQLError) {
        switch array.content {
        case .elements(var elements):
            try descend(&elements)
            array.content = .elements(elements)
        case .query(var query):
            try rewrite(&query)
            array.content = .query(query)
        }
    }

    private mutating func descend(_ access: inout SubscriptAccess) throws(SQLError) {
        try rewrite(&access.operand)
        try descend(&access.position)
    }

    mutating func descend(_ position: inout SubscriptAccess.Position) throws(SQLError) {
        switch position {
        case .index(var index):
            try rewrite(&index)
            position = .index(index)
        case .offset(var index, let safe):
            try rewrite(&index)
            position = .offset(index, safe: safe)
        case .ordinal(var index, let safe):
            try rewrite(&index)
            position = .ordinal(index, safe: safe)
        case .key(var index, let safe):
            try rewrite(&index)
            position = .key(index, safe: safe)
        case .slice(var from, var to):
            try descend(&from)
            try descend(&to)
            position = .slice(from, to)
        }
    }

    mutating func descend(_ call: inout FunctionCall) throws(SQLError) {
        for index in call.arguments.indices { try rewrite(&call.arguments[index].value) }
        guard var modifiers = call.modifiers else { return }
        switch modifiers.having {
        case .maximum(var value):
            try rewrite(&value)
            modifiers.having = .maximum(value)
        case .minimum(var value):
            try rewrite(&value)
            modifiers.having = .minimum(value)
        case nil: break
        }
        try descend(&modifiers.orderBy)
        try descend(&modifiers.limit)
        try descend(&modifiers.withinGroup)
        try descend(&modifiers.filter)
        if var over = modifiers.over {
            try descend(&over)
            modifiers.over = over
        }
        call.modifiers = modifiers
    }
}
