extension SQLWriter {
    mutating func call(_ call: FunctionCall) {
        qualifier(call.qualifier)
        // Quotes say nothing of case where unquoted names are not folded.
        let isFolded = !call.name.quoted || (words.folding != .lower && dialect.isPlain(call.name.name))
        if style.canonical, isFolded, call.qualifier.isEmpty {
            name(Identifier(call.name.name.lowercased()), .function)
        } else {
            name(call.name, call.qualifier.isEmpty ? .function : .member)
        }
        guard call.hasParentheses else { return }
        let modifiers = call.modifiers
        write("(")
        fit { writer in
            writer.insides(call, modifiers)
        } orElse: { writer in
            // Nothing but long arguments is worth lines of their own.
            guard call.arguments.count > 1 else { return writer.insides(call, modifiers) }
            writer.level += 1
            writer.newLine()
            writer.insides(call, modifiers, separated: true)
            writer.level -= 1
            writer.newLine()
        }
        write(")")
        if let modifiers { outer(modifiers) }
    }

    private mutating func insides(_ call: FunctionCall, _ modifiers: CallModifiers?, separated: Bool = false) {
        if modifiers?.distinct ?? false { write("DISTINCT ") }
        for (index, argument) in call.arguments.enumerated() {
            let next = index + 1 < call.arguments.count ? call.arguments[index + 1].label : nil
            let precedesIn = next == .in || next == .similar || (index == 0 && isSubstring(call))
            self.argument(argument, at: index, separated: separated, precedesIn: precedesIn)
        }
        guard let modifiers else { return }
        if let nulls = modifiers.nulls, !modifiers.nullsOutside.value || style.canonical { treatment(nulls) }
        switch modifiers.having {
        case .maximum(let value):
            write(" HAVING MAX ")
            expression(value)
        case .minimum(let value):
            write(" HAVING MIN ")
            expression(value)
        case nil: break
        }
        if !modifiers.orderBy.isEmpty {
            write(" ORDER BY ")
            list(modifiers.orderBy) { $0.orderItem($1) }
        }
        if let limit = modifiers.limit {
            write(" LIMIT ")
            expression(limit)
        }
        if let clauses = modifiers.json { json(clauses) }
    }

    private mutating func json(_ clauses: CallModifiers.JSONClauses) {
        if let keepsNulls = clauses.keepsNulls {
            if keepsNulls { write(" NULL ON NULL") } else { write(" ABSENT ON NULL") }
        }
        if let uniqueKeys = clauses.uniqueKeys {
            if uniqueKeys { write(" WITH UNIQUE KEYS") } else { write(" WITHOUT UNIQUE KEYS") }
        }
        if let type = clauses.returning {
            write(" RETURNING ")
            self.type(type)
        }
    }

    /// The first argument of SUBSTRING is followed by words that could be operators.
    private func isSubstring(_ call: FunctionCall) -> Bool {
        call.qualifier.isEmpty && !call.name.quoted && call.name.name.lowercased() == "substring"
    }

    private mutating func treatment(_ nulls: CallModifiers.NullTreatment) {
        if nulls == .ignore { write(" IGNORE NULLS") } else { write(" RESPECT NULLS") }
    }

    private mutating func argument(_ argument: Argument, at index: Int, separated: Bool, precedesIn: Bool) {
        if index > 0 {
            switch argument.label {
            case nil, .name, .variadic, .word, .variable:
                write(",")
                if separated { newLine() } else { write(" ") }
            default: write(" ")
            }
        }
        switch argument.label {
        case nil: break
        case .name(let name):
            self.name(name, .label)
            write(" => ")
        case .from: write("FROM ")
        case .for: write("FOR ")
        case .in: write("IN ")
        case .placing: write("PLACING ")
        case .both: write("BOTH ")
        case .leading: write("LEADING ")
        case .trailing: write("TRAILING ")
        case .bothFrom: write("BOTH FROM ")
        case .leadingFrom: write("LEADING FROM ")
        case .trailingFrom: write("TRAILING FROM ")
        case .variadic: write("VARIADIC ")
        case .value: write("VALUE ")
        case .variable(let name):
            self.name(name)
            write(" AS ")
        case .similar: write("SIMILAR ")
        case .escape: write("ESCAPE ")
        case .word(let word):
            write(string: word)
            write(" ")
        }
        if precedesIn || argument.label == .similar {
            simple(argument.value, above: operators.precedence.range)
        } else {
            expression(argument.value)
        }
        alias(argument.alias)
    }

    private mutating func outer(_ modifiers: CallModifiers) {
        if !modifiers.withinGroup.isEmpty {
            write(" WITHIN GROUP (ORDER BY ")
            list(modifiers.withinGroup) { $0.orderItem($1) }
            write(")")
        }
        if let filter = modifiers.filter {
            write(" FILTER (WHERE ")
            expression(filter)
            write(")")
        }
        if let nulls = modifiers.nulls, modifiers.nullsOutside.value, !style.canonical { treatment(nulls) }
        if let over = modifiers.over {
            write(" OVER ")
            window(over)
        }
    }

    // MARK: Windows

    mutating func window(_ window: Window) {
        switch window {
        case .name(let name): self.name(name)
        case .specification(let specification):
            write("(")
            fit {
                $0.window(specification)
            } orElse: { writer in
                writer.level += 1
                writer.newLine()
                writer.window(specification)
                writer.level -= 1
                writer.newLine()
            }
            write(")")
        }
    }

    private mutating func window(_ window: WindowSpecification) {
        var isFirst = true
        func separate(_ writer: inout SQLWriter) {
            if !isFirst { writer.newLine() }
            isFirst = false
        }
        if let base = window.base {
            separate(&self)
            name(base)
        }
        if !window.partitionBy.isEmpty {
            separate(&self)
            write("PARTITION BY ")
            list(window.partitionBy) { $0.expression($1) }
        }
        if !window.orderBy.isEmpty {
            separate(&self)
            write("ORDER BY ")
            list(window.orderBy) { $0.orderItem($1) }
        }
        guard let frame = window.frame else { return }
        separate(&self)
        self.frame(frame)
    }

    private mutating func frame(_ frame: WindowFrame) {
        switch frame.unit {
        case .rows: write("ROWS ")
        case .range: write("RANGE ")
        case .groups: write("GROUPS ")
        }
        if let end = frame.end {
            write("BETWEEN ")
            bound(frame.start)
            write(" AND ")
            bound(end)
        } else {
            bound(frame.start)
        }
        switch frame.exclusion {
        case .currentRow: write(" EXCLUDE CURRENT ROW")
        case .group: write(" EXCLUDE GROUP")
        case .ties: write(" EXCLUDE TIES")
        case .noOthers: write(" EXCLUDE NO OTHERS")
        case nil: break
        }
    }

    private mutating func bound(_ bound: WindowFrame.Bound) {
        switch bound {
        case .unboundedPreceding: write("UNBOUNDED PRECEDING")
        case .preceding(let distance):
            expression(distance, above: operators.precedence.range)
            write(" PRECEDING")
        case .currentRow: write("CURRENT ROW")
        case .following(let distance):
            expression(distance, above: operators.precedence.range)
            write(" FOLLOWING")
        case .unboundedFollowing: write("UNBOUNDED FOLLOWING")
        }
    }

    mutating func orderItem(_ item: OrderItem) {
        leadingComments(item.info)
        expression(item.value)
        switch item.direction {
        case .ascending: write(" ASC")
        case .descending: write(" DESC")
        case .using(let operation):
            write(" USING ")
            write(string: operators.binary(operation)?.text ?? "<")
        case nil: break
        }
        switch item.nulls {
        case .first: write(" NULLS FIRST")
        case .last: write(" NULLS LAST")
        case nil: break
        }
        trailingComments(item.info)
    }
}
