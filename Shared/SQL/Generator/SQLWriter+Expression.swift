extension SQLWriter {
    /// Writes `expression` in parentheses unless it binds tighter than `level`.
    mutating func expression(_ expression: Expression, above level: Int8 = 0) {
        if isFull() { return }
        if style.comments, expression.info.comments != nil { return commented(expression, above: level) }
        if level > 0, self.level(of: expression) <= level {
            write("(")
            bare(expression)
            write(")")
        } else {
            bare(expression)
        }
    }

    private mutating func commented(_ expression: Expression, above level: Int8) {
        var bare = expression
        let info = bare.info
        bare.info.comments = nil
        leadingComments(info)
        self.expression(bare, above: level)
        trailingComments(info)
    }

    /// How tightly the operator binds that the expression is made with.
    func level(of expression: Expression) -> Int8 {
        let precedence = operators.precedence
        switch expression {
        case .logical(let operation): return operation.connective == .and ? precedence.and : precedence.or
        case .binary(let operation): return operators.binary(operation.operation)?.level ?? precedence.other
        case .chain(let chain):
            return chain.links.first.flatMap { operators.binary($0.operation)?.level } ?? precedence.other
        case .symbolic: return precedence.other
        case .unary(let operation): return operators.unary(operation.operation)?.level ?? precedence.unary
        case .isTest: return precedence.isTest
        case .between, .membership, .match: return precedence.range
        case .quantified(let comparison): return operators.binary(comparison.operation)?.level ?? precedence.other
        case .atTimeZone: return precedence.atTimeZone
        case .collated: return precedence.collate
        case .cast(let cast): return writesDoubleColon(cast) ? precedence.access : precedence.primary
        case .subscripted, .field: return precedence.access
        default: return precedence.primary
        }
    }

    private func writesDoubleColon(_ cast: Cast) -> Bool {
        grammar.hasDoubleColon && cast.notation.value == .doubleColon && !cast.safe && cast.format == nil
            && !style.canonical
    }

    // One small function a case, so that the frame of this one, which deep trees stack up, stays small.
    private mutating func bare(_ expression: Expression) {
        switch expression {
        case .column(let node): column(node)
        case .star(let node): star(node)
        case .literal(let node): literal(node)
        case .typedLiteral(let node): typedLiteral(node)
        case .interval(let node): interval(node)
        case .parameter(let node): parameter(node)
        case .placeholder(let node): placeholder(node)
        case .unary(let node): unary(node)
        case .binary(let node): binary(node)
        case .chain(let node): chain(node)
        case .symbolic(let node): symbolic(node)
        case .logical(let node): logical(node)
        case .isTest(let node): isTest(node)
        case .between(let node): between(node)
        case .membership(let node): membership(node)
        case .match(let node): match(node)
        case .quantified(let node): quantified(node)
        case .conditional(let node): conditional(node)
        case .cast(let node): cast(node)
        case .function(let node): call(node)
        case .timePart(let node): timePart(node)
        case .subquery(let node): subquery(node.query)
        case .exists(let node):
            write("EXISTS ")
            subquery(node.query)
        case .array(let node): array(node)
        case .row(let node): row(node)
        case .subscripted(let node): subscripted(node)
        case .field(let node): field(node)
        case .atTimeZone(let node):
            self.expression(node.operand, above: operators.precedence.atTimeZone - 1)
            write(" AT TIME ZONE ")
            self.expression(node.zone, above: operators.precedence.atTimeZone)
        case .collated(let node):
            self.expression(node.operand, above: operators.precedence.collate - 1)
            write(" COLLATE ")
            collation(node.collation)
        }
    }

    /// A name in PostgreSQL, a string in GoogleSQL.
    mutating func collation(_ collation: QualifiedName) {
        if grammar.hasScripts, collation.parts.count == 1, collation.last.quoted {
            string(collation.last.name)
        } else {
            name(collation)
        }
    }

    private mutating func column(_ column: ColumnReference) {
        if column.qualifier.isEmpty {
            name(column.name)
        } else {
            qualifier(column.qualifier)
            name(column.name, .member)
        }
    }

    private mutating func star(_ star: Star) {
        qualifier(star.qualifier)
        write("*")
        if !star.except.isEmpty {
            write(" EXCEPT (")
            names(star.except)
            write(")")
        }
        if !star.replace.isEmpty {
            write(" REPLACE (")
            list(star.replace) { $0.selectItem($1) }
            write(")")
        }
    }

    private mutating func typedLiteral(_ literal: TypedLiteral) {
        type(literal.type)
        write(" ")
        string(literal.text)
    }

    private mutating func interval(_ interval: IntervalLiteral) {
        write("INTERVAL")
        if let precision = interval.precision, interval.from == nil {
            write("(")
            write(precision)
            write(")")
        }
        write(" ")
        expression(interval.value, above: operators.precedence.comparison)
        guard let from = interval.from else { return }
        write(" ")
        write(string: from)
        if let to = interval.to {
            write(" TO ")
            write(string: to)
        }
        if let precision = interval.precision {
            write("(")
            write(precision)
            write(")")
        }
    }

    // MARK: Operators

    private mutating func unary(_ operation: UnaryOperation) {
        guard let found = operators.unary(operation.operation) else {
            return unwritable("\(operation.operation)", [operation.operand])
        }
        write(string: found.text)
        let start = out.count
        if case .unary = operation.operand {
            expression(operation.operand, above: found.level - 1)
        } else {
            expression(operation.operand, above: found.level)
        }
        // Two minuses side by side would begin a comment, two other signs another operator.
        // An @ right before a name would make a placeholder of it.
        let endsWithAt = start > 0 && out[start - 1] == UInt8(ascii: "@")
        let mayTouch = start >= out.count || isWordByte(out[start]) || out[start] == UInt8(ascii: "(")
        if operation.operation != .not, start < out.count, endsWithAt || !mayTouch {
            out.insert(UInt8(ascii: " "), at: start)
        }
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "'"), UInt8(ascii: "\""), 0x80...:
            true
        default: false
        }
    }

    private mutating func binary(_ operation: BinaryOperation) {
        guard let found = operators.binary(operation.operation) else {
            return unwritable("\(operation.operation)", [operation.left, operation.right])
        }
        expression(operation.left, above: found.chains ? found.level - 1 : found.level)
        write(" ")
        write(string: found.text)
        write(" ")
        expression(operation.right, above: found.level)
    }

    private mutating func chain(_ chain: OperatorChain) {
        let level = level(of: .chain(chain))
        expression(chain.first, above: level - 1)
        for link in chain.links {
            if isFull() { return }
            write(" ")
            write(string: operators.binary(link.operation)?.text ?? "\(link.operation)")
            write(" ")
            expression(link.operand, above: level)
        }
    }

    private mutating func symbolic(_ operation: SymbolicOperation) {
        let level = operators.precedence.other
        if let left = operation.left {
            expression(left, above: level - 1)
            write(" ")
        }
        if operation.qualifier.isEmpty {
            write(string: operation.symbol)
        } else {
            write("OPERATOR(")
            qualifier(operation.qualifier)
            write(string: operation.symbol)
            write(")")
        }
        write(" ")
        if let quantifier = operation.quantifier {
            if quantifier == .any { write("ANY ") } else { write("ALL ") }
            return set(operation.right)
        }
        if operation.left == nil, isPrefix(operation.right) {
            expression(operation.right, above: level - 1)
        } else {
            expression(operation.right, above: level)
        }
    }

    /// An operator before its operand takes what follows it, another such operator included.
    private func isPrefix(_ expression: Expression) -> Bool {
        switch expression {
        case .unary: true
        case .symbolic(let operation): operation.left == nil
        default: false
        }
    }

    /// What the dialect has no operator for is written as a call, so that nothing is lost; it cannot be read back.
    private mutating func unwritable(_ name: String, _ operands: [Expression]) {
        write(string: name)
        write("(")
        list(operands) { $0.expression($1) }
        write(")")
    }

    private mutating func logical(_ operation: LogicalOperation) {
        let level = operation.connective == .and ? operators.precedence.and : operators.precedence.or
        let isAnd = operation.connective == .and
        fit { writer in
            for (index, operand) in operation.operands.enumerated() {
                if index > 0 { if isAnd { writer.write(" AND ") } else { writer.write(" OR ") } }
                writer.expression(operand, above: level)
            }
        } orElse: { writer in
            for (index, operand) in operation.operands.enumerated() {
                if index > 0 {
                    writer.newLine()
                    if isAnd { writer.write("AND ") } else { writer.write("OR ") }
                }
                writer.expression(operand, above: level)
            }
        }
    }

    private mutating func isTest(_ test: IsTest) {
        // Tests follow each other as they are; another operator of their level would take the test from its operand.
        if case .isTest = test.operand {
            expression(test.operand)
        } else {
            expression(test.operand, above: operators.precedence.isTest)
        }
        write(" IS ")
        if test.negated { write("NOT ") }
        switch test.property {
        case .null: write("NULL")
        case .isTrue: write("TRUE")
        case .isFalse: write("FALSE")
        case .unknown: write("UNKNOWN")
        case .normalized(let form):
            if let form {
                write(string: form)
                write(" ")
            }
            write("NORMALIZED")
        case .json(let kind, let uniqueKeys):
            write("JSON")
            if let kind {
                write(" ")
                write(string: kind)
            }
            if uniqueKeys { write(" WITH UNIQUE KEYS") }
        case .document: write("DOCUMENT")
        }
    }

    private mutating func between(_ between: Between) {
        let level = operators.precedence.range
        expression(between.operand, above: level)
        if between.negated { write(" NOT") }
        write(" BETWEEN ")
        if between.symmetric { write("SYMMETRIC ") }
        simple(between.lower, above: level)
        write(" AND ")
        expression(between.upper, above: level)
    }

    /// An operand where PostgreSQL's grammar allows but the simpler operators.
    func isSimple(_ expression: Expression) -> Bool {
        switch expression {
        case .atTimeZone, .collated, .quantified: false
        case .symbolic(let operation):
            operation.quantifier == nil && (operation.left.map(isSimple) ?? true) && isSimple(operation.right)
        case .chain(let chain): chain.operands.allSatisfy(isSimple)
        case .cast(let cast): !writesDoubleColon(cast) || isSimple(cast.operand)
        case .binary(let operation) where operation.operation == .periodOverlaps: false
        case .binary(let operation): isSimple(operation.left) && isSimple(operation.right)
        case .unary(let operation): isSimple(operation.operand)
        default: true
        }
    }

    mutating func simple(_ expression: Expression, above level: Int8) {
        if isSimple(expression) { return self.expression(expression, above: level) }
        write("(")
        self.expression(expression)
        write(")")
    }

    private mutating func membership(_ membership: Membership) {
        expression(membership.operand, above: operators.precedence.range)
        if membership.negated { write(" NOT") }
        write(" IN ")
        switch membership.source {
        case .list(let values):
            write("(")
            list(values) { $0.expression($1) }
            write(")")
        case .query(let query): subquery(query)
        case .unnest(let array):
            write("UNNEST(")
            expression(array)
            write(")")
        case .placeholder(let placeholder): self.placeholder(placeholder)
        }
    }

    private mutating func match(_ match: PatternMatch) {
        let level = operators.precedence.range
        expression(match.operand, above: level)
        if match.negated { write(" NOT") }
        switch match.kind {
        case .like: write(" LIKE ")
        case .ilike: write(" ILIKE ")
        case .similar: write(" SIMILAR TO ")
        }
        if let quantifier = match.quantifier {
            if quantifier == .any { write("ANY ") } else { write("ALL ") }
            set(match.pattern)
        } else {
            expression(match.pattern, above: level)
        }
        if let escape = match.escape {
            write(" ESCAPE ")
            expression(escape, above: level)
        }
    }

    private mutating func quantified(_ comparison: QuantifiedComparison) {
        let found = operators.binary(comparison.operation)
        let level = found?.level ?? operators.precedence.comparison
        expression(comparison.operand, above: found?.chains ?? false ? level - 1 : level)
        write(" ")
        write(string: found?.text ?? "=")
        if comparison.quantifier == .any { write(" ANY ") } else { write(" ALL ") }
        set(comparison.set)
    }

    /// What follows ANY and ALL.
    private mutating func set(_ set: Expression) {
        switch set {
        case .subquery(let node): subquery(node.query)
        case .row(let row) where row.kind == .tuple: self.row(row)
        case .function(let call) where call.name.name.lowercased() == "unnest": self.call(call)
        default:
            write("(")
            expression(set)
            write(")")
        }
    }

    private mutating func conditional(_ conditional: Conditional) {
        fit {
            $0.conditional(conditional, broken: false)
        } orElse: {
            $0.conditional(conditional, broken: true)
        }
    }

    private mutating func conditional(_ conditional: Conditional, broken: Bool) {
        write("CASE")
        if let operand = conditional.operand {
            write(" ")
            expression(operand)
        }
        level += 1
        for branch in conditional.branches {
            newLine()
            leadingComments(branch.info)
            write("WHEN ")
            expression(branch.condition)
            write(" THEN ")
            expression(branch.result)
            trailingComments(branch.info)
        }
        if let otherwise = conditional.otherwise {
            newLine()
            write("ELSE ")
            expression(otherwise)
        }
        level -= 1
        newLine()
        write("END")
    }

    // MARK: Types and access

    private mutating func cast(_ cast: Cast) {
        if writesDoubleColon(cast) {
            expression(cast.operand, above: operators.precedence.access - 1)
            write("::")
            return type(cast.type)
        }
        if cast.safe { write("SAFE_CAST(") } else { write("CAST(") }
        expression(cast.operand)
        write(" AS ")
        type(cast.type)
        if let format = cast.format {
            write(" FORMAT ")
            expression(format, above: operators.precedence.atTimeZone)
        }
        if let zone = cast.formatTimeZone {
            write(" AT TIME ZONE ")
            expression(zone)
        }
        write(")")
    }

    /// The base of `[…]` and `.field`.
    private mutating func base(_ operand: Expression) {
        let isBare: Bool
        switch operand {
        case .parameter(let parameter):
            // The names of system variables have dots in them.
            if case .system = parameter.kind { isBare = false } else { isBare = true }
        // A dot behind digits would go on with the number.
        case .literal(let literal):
            switch literal.value {
            case .integer, .decimal: isBare = false
            default: isBare = !grammar.accessNeedsParentheses
            }
        case .column, .placeholder: isBare = true
        case .subscripted, .field: isBare = true
        case .subquery: isBare = true
        default: isBare = !grammar.accessNeedsParentheses && level(of: operand) >= operators.precedence.access
        }
        if isBare { return expression(operand) }
        write("(")
        expression(operand)
        write(")")
    }

    private mutating func subscripted(_ access: SubscriptAccess) {
        if access.standsAlone {
            write("(")
            expression(access.operand)
            write(")")
        } else {
            base(access.operand)
        }
        position(access.position)
    }

    /// `[…]`.
    mutating func position(_ position: SubscriptAccess.Position) {
        write("[")
        switch position {
        case .index(let index): expression(index)
        case .slice(let from, let to):
            if let from { expression(from) }
            write(":")
            if let to { expression(to) }
        case .offset(let index, let safe): self.position(safe ? "SAFE_OFFSET(" : "OFFSET(", index)
        case .ordinal(let index, let safe): self.position(safe ? "SAFE_ORDINAL(" : "ORDINAL(", index)
        case .key(let key, let safe): self.position(safe ? "SAFE_KEY(" : "KEY(", key)
        }
        write("]")
    }

    private mutating func position(_ word: StaticString, _ index: Expression) {
        write(word)
        expression(index)
        write(")")
    }

    private mutating func field(_ access: FieldAccess) {
        // A field of a column would read as the column of a table.
        if case .column = access.operand {
            write("(")
            expression(access.operand)
            write(")")
        } else {
            base(access.operand)
        }
        write(".")
        if access.field.name == "*", !access.field.quoted { write("*") } else { name(access.field, .member) }
    }

    private mutating func array(_ array: ArrayConstructor) {
        switch array.content {
        case .query(let query):
            write("ARRAY")
            subquery(query)
        case .elements(let elements):
            if let type = array.elementType {
                write("ARRAY<")
                self.type(type)
                write(">")
            } else if !grammar.bracketsAreArrays || (array.hasKeyword.value && !style.canonical) {
                write("ARRAY")
            }
            write("[")
            list(elements) { $0.expression($1) }
            write("]")
        }
    }

    private mutating func row(_ row: RowConstructor) {
        switch row.kind {
        // A tuple of one would read as its only field.
        case .tuple: if row.fields.count < 2 { write("ROW(") } else { write("(") }
        case .row: write("ROW(")
        case .structure:
            if let type = row.type { self.type(type) } else { write("STRUCT") }
            write("(")
        }
        list(row.fields) { $0.selectItem($1) }
        write(")")
    }

    mutating func timePart(_ part: TimePart) {
        write(string: part.name)
        guard let day = part.weekStart else { return }
        write("(")
        write(string: day)
        write(")")
    }

    /// A query in parentheses, on lines of its own where it is long.
    mutating func subquery(_ query: Query) {
        write("(")
        fit {
            $0.query(query)
        } orElse: { writer in
            writer.level += 1
            writer.newLine()
            writer.query(query)
            writer.level -= 1
            writer.newLine()
        }
        write(")")
    }
}
