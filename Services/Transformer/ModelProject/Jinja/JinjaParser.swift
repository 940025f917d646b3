import Pipeline

/// Reads one expression, or the head of a tag, from a range of the file.
struct JinjaParser {
    private let source: SourceFile
    private let bytes: [UInt8]
    private let end: Int
    private(set) var position: Int
    private var depth = 0

    /// - Parameter bytes: The UTF-8 of the whole file.
    init(source: SourceFile, bytes: [UInt8], range: Range<Int>) {
        self.source = source
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    init(source: SourceFile, range: Range<Int>) {
        self.init(source: source, bytes: Array(source.text.utf8), range: range)
    }

    /// The expression that fills the rest of the range.
    mutating func parseWhole() throws(PipelineError) -> JinjaExpression {
        let expression = try parseExpression()
        try expectEnd()
        return expression
    }

    /// The next word, if there is one.
    mutating func word() -> String? {
        skipSpace()
        let start = position
        while position < end, TemplateLexer.isWord(bytes[position]) { position += 1 }
        guard position > start, !(48...57).contains(bytes[start]) else {
            position = start
            return nil
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// The next word, which must be there.
    mutating func name(_ what: String) throws(PipelineError) -> String {
        guard let word = word() else { throw expected(what) }
        return word
    }

    mutating func expectEnd() throws(PipelineError) {
        skipSpace()
        guard position < end else { return }
        let rest = ArgumentList.trimmed(bytes[position..<end])
        throw source.error(at: position, "Unexpected `\(rest)`: not part of the supported Jinja subset.")
    }

    mutating func skip(_ text: String) -> Bool {
        skipSpace()
        guard position + text.utf8.count <= end, bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    mutating func skipWord(_ text: String) -> Bool {
        let before = position
        if word() == text { return true }
        position = before
        return false
    }

    func expected(_ what: String) -> PipelineError { source.error(at: min(position, end), "Expected \(what).") }

    var isAtEnd: Bool {
        var copy = self
        copy.skipSpace()
        return copy.position >= end
    }

    private mutating func skipSpace() { while position < end, bytes[position] <= 32 { position += 1 } }

    // MARK: Expressions, from the loosest to the tightest

    mutating func parseExpression() throws(PipelineError) -> JinjaExpression {
        guard depth < 64 else { throw source.error(at: position, "This expression is nested too deeply (64 levels).") }
        depth += 1
        defer { depth -= 1 }
        let value = try parseOr()
        guard skipWord("if") else { return value }
        let condition = try parseOr()
        let otherwise = skipWord("else") ? try parseExpression() : nil
        return JinjaExpression(.conditional(value, condition: condition, otherwise: otherwise), at: value.offset)
    }

    mutating func parseOr() throws(PipelineError) -> JinjaExpression {
        var left = try parseAnd()
        while skipWord("or") { left = JinjaExpression(.binary(.or, left, try parseAnd()), at: left.offset) }
        return left
    }

    private mutating func parseAnd() throws(PipelineError) -> JinjaExpression {
        var left = try parseNot()
        while skipWord("and") { left = JinjaExpression(.binary(.and, left, try parseNot()), at: left.offset) }
        return left
    }

    private mutating func parseNot() throws(PipelineError) -> JinjaExpression {
        var isNegated = false
        var start: Int?
        while skipWord("not") {
            start = start ?? position - 3
            isNegated.toggle()
        }
        let inner = try parseComparison()
        return isNegated ? JinjaExpression(.not(inner), at: start ?? inner.offset) : inner
    }

    private mutating func parseComparison() throws(PipelineError) -> JinjaExpression {
        var left = try parseSum()
        var chain: JinjaExpression?
        while let operation = comparison() {
            let right = try parseSum()
            let next = JinjaExpression(.binary(operation, left, right), at: left.offset)
            chain = chain.map { JinjaExpression(.binary(.and, $0, next), at: $0.offset) } ?? next
            left = right
        }
        return chain ?? left
    }

    private mutating func comparison() -> JinjaOperator? {
        for operation in [JinjaOperator.equal, .different, .lessOrEqual, .greaterOrEqual, .less, .greater]
        where skip(operation.rawValue) {
            return operation
        }
        if skipWord("in") { return .in }
        let before = position
        if skipWord("not"), skipWord("in") { return .notIn }
        position = before
        return nil
    }

    private mutating func parseSum() throws(PipelineError) -> JinjaExpression {
        try parseLevel([.add, .subtract, .concatenate]) { parser throws(PipelineError) in
            try parser.parseLevel([.floorDivide, .multiply, .divide, .modulo]) { parser throws(PipelineError) in
                try parser.parseUnary()
            }
        }
    }

    private mutating func parseLevel(
        _ operators: [JinjaOperator], _ operand: (inout JinjaParser) throws(PipelineError) -> JinjaExpression
    ) throws(PipelineError) -> JinjaExpression {
        var left = try operand(&self)
        while !startsWith("**"), let operation = operators.first(where: { skip($0.rawValue) }) {
            left = JinjaExpression(.binary(operation, left, try operand(&self)), at: left.offset)
        }
        return left
    }

    private mutating func startsWith(_ text: String) -> Bool {
        let before = position
        defer { position = before }
        return skip(text)
    }

    private mutating func parseUnary() throws(PipelineError) -> JinjaExpression {
        skipSpace()
        let start = position
        if skip("-") {
            guard depth < 64 else { throw expected("fewer signs") }
            depth += 1
            defer { depth -= 1 }
            return JinjaExpression(.minus(try parseUnary()), at: start)
        }
        if skip("+") { return try parseUnary() }
        let base = try parsePostfix(try parsePrimary())
        guard skip("**") else { return base }
        return JinjaExpression(.binary(.power, base, try parseUnary()), at: start)
    }

    private mutating func parsePostfix(_ primary: JinjaExpression) throws(PipelineError) -> JinjaExpression {
        var value = primary
        while true {
            if skip(".") {
                value = JinjaExpression(.attribute(value, try name("a name after the dot")), at: value.offset)
            } else if skip("[") {
                value = try parseItem(of: value)
            } else if skip("(") {
                value = JinjaExpression(.call(value, try parseArguments()), at: value.offset)
            } else if skip("|") {
                skipSpace()
                let start = position
                let filter = try name("the name of a filter")
                try JinjaFilters.check(filter, in: source, at: start)
                value = JinjaExpression(
                    .filter(value, filter, skip("(") ? try parseArguments() : JinjaArguments()), at: value.offset)
            } else if skipWord("is") {
                value = try parseTest(of: value)
            } else {
                return value
            }
        }
    }

    private mutating func parseItem(of value: JinjaExpression) throws(PipelineError) -> JinjaExpression {
        var from: JinjaExpression?
        if !startsWith(":") { from = try parseExpression() }
        if skip(":") {
            let to = startsWith("]") ? nil : try parseExpression()
            guard skip("]") else { throw expected("a closing bracket") }
            return JinjaExpression(.slice(value, from: from, to: to), at: value.offset)
        }
        guard let from, skip("]") else { throw expected("a closing bracket") }
        return JinjaExpression(.item(value, from), at: value.offset)
    }

    private mutating func parseTest(of value: JinjaExpression) throws(PipelineError) -> JinjaExpression {
        let negated = skipWord("not")
        skipSpace()
        let start = position
        let test = try name("the name of a test")
        guard JinjaTests.names.contains(test) else {
            throw source.error(
                at: start,
                "The test `\(test)` is not supported. Known: \(JinjaTests.names.sorted().joined(separator: ", ")).")
        }
        var arguments: [JinjaExpression] = []
        if skip("(") {
            arguments = try parseArguments().positional
        } else if JinjaTests.binary.contains(test) {
            arguments = [try parseUnary()]
        }
        return JinjaExpression(.test(value, test, arguments, negated: negated), at: value.offset)
    }

    /// What follows an opening parenthesis, past the closing one.
    mutating func parseArguments() throws(PipelineError) -> JinjaArguments {
        var arguments = JinjaArguments()
        while !skip(")") {
            let before = position
            if let name = word(), skip("="), !startsWith("=") {
                arguments.named[name] = try parseExpression()
            } else {
                position = before
                guard !startsWith("*") else { throw source.error(at: position, "Unpacking with * is not supported.") }
                arguments.positional.append(try parseExpression())
            }
            if skip(",") { continue }
            guard skip(")") else { throw expected("a closing parenthesis") }
            break
        }
        return arguments
    }

    private mutating func parsePrimary() throws(PipelineError) -> JinjaExpression {
        skipSpace()
        let start = position
        guard position < end else { throw expected("an expression") }
        if skip("(") { return try parseParenthesised(from: start) }
        if skip("[") { return JinjaExpression(.list(try parseElements(until: "]")), at: start) }
        if skip("{") { return try parseMapping(from: start) }
        if bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\"") {
            var text = try quoted()
            while startsWith("'") || startsWith("\"") { text += try quoted() }
            return JinjaExpression(.literal(.string(text)), at: start)
        }
        if (48...57).contains(bytes[position]) { return JinjaExpression(.literal(try number()), at: start) }
        switch try name("an expression") {
        case "true", "True": return JinjaExpression(.literal(.boolean(true)), at: start)
        case "false", "False": return JinjaExpression(.literal(.boolean(false)), at: start)
        case "none", "None": return JinjaExpression(.literal(.null), at: start)
        case let name:
            if startsWith("(") || startsWith(".") { try JinjaFunctions.check(name, in: source, at: start) }
            return JinjaExpression(.name(name), at: start)
        }
    }

    private mutating func parseParenthesised(from start: Int) throws(PipelineError) -> JinjaExpression {
        if skip(")") { return JinjaExpression(.list([]), at: start) }
        let first = try parseExpression()
        if skip(")") { return first }
        guard skip(",") else { throw expected("a closing parenthesis") }
        return JinjaExpression(.list([first] + (try parseElements(until: ")"))), at: start)
    }

    private mutating func parseElements(until close: String) throws(PipelineError) -> [JinjaExpression] {
        var elements: [JinjaExpression] = []
        while !skip(close) {
            elements.append(try parseExpression())
            if skip(",") { continue }
            guard skip(close) else { throw expected("`\(close)`") }
            break
        }
        return elements
    }

    private mutating func parseMapping(from start: Int) throws(PipelineError) -> JinjaExpression {
        var pairs: [JinjaPair] = []
        while !skip("}") {
            let key = try parseExpression()
            guard skip(":") else { throw expected("`:` behind the key") }
            pairs.append(JinjaPair(key: key, value: try parseExpression()))
            if skip(",") { continue }
            guard skip("}") else { throw expected("a closing brace") }
            break
        }
        return JinjaExpression(.mapping(pairs), at: start)
    }

    private mutating func quoted() throws(PipelineError) -> String {
        skipSpace()
        let quote = bytes[position]
        let start = position
        var content: [UInt8] = []
        position += 1
        while position < end, bytes[position] != quote {
            if bytes[position] == UInt8(ascii: "\\"), position + 1 < end {
                position += 1
                content.append(contentsOf: Self.escaped(bytes[position]))
            } else {
                content.append(bytes[position])
            }
            position += 1
        }
        guard position < end else { throw source.error(at: start, "This quote is never closed.") }
        position += 1
        return String(decoding: content, as: UTF8.self)
    }

    private static func escaped(_ byte: UInt8) -> [UInt8] {
        switch byte {
        case UInt8(ascii: "n"): [10]
        case UInt8(ascii: "t"): [9]
        case UInt8(ascii: "r"): [13]
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): [byte]
        default: [UInt8(ascii: "\\"), byte]
        }
    }

    private mutating func number() throws(PipelineError) -> VariableValue {
        let start = position
        func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) || byte == UInt8(ascii: "_") }
        while position < end, isDigit(bytes[position]) { position += 1 }
        if position + 1 < end, bytes[position] == UInt8(ascii: "."), isDigit(bytes[position + 1]) {
            position += 1
            while position < end, isDigit(bytes[position]) { position += 1 }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self).replacing("_", with: "")
        if let integer = Int(text) { return .integer(integer) }
        if let number = Double(text) { return .number(number) }
        throw source.error(at: start, "`\(text)` is not a number.")
    }
}
