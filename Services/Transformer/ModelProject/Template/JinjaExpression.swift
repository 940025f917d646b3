import Pipeline

/// The expressions of the Jinja subset.
indirect enum JinjaExpression: Sendable, Equatable {
    case literal(VariableValue, offset: Int)
    case name(String, offset: Int)
    case call(String, [JinjaExpression], offset: Int)
    case not(JinjaExpression)
    case binary(JinjaOperator, JinjaExpression, JinjaExpression)

    func collectNames(into names: inout Set<String>) {
        switch self {
        case .literal: break
        case .name(let name, _): names.insert(name.lowercased())
        case .call(_, let arguments, _): for argument in arguments { argument.collectNames(into: &names) }
        case .not(let inner): inner.collectNames(into: &names)
        case .binary(_, let left, let right):
            left.collectNames(into: &names)
            right.collectNames(into: &names)
        }
    }

    func calls(_ function: String) -> Bool {
        switch self {
        case .literal, .name: false
        case .call(let name, let arguments, _): name == function || arguments.contains { $0.calls(function) }
        case .not(let inner): inner.calls(function)
        case .binary(_, let left, let right): left.calls(function) || right.calls(function)
        }
    }
}

enum JinjaOperator: String, Sendable {
    case and, or
    case equal = "=="
    case different = "!="
}

/// Reads one expression, or the head of a tag, from a range of the file.
struct JinjaParser {
    private let source: SourceFile
    private let bytes: [UInt8]
    private let end: Int
    private var position: Int

    init(source: SourceFile, range: Range<Int>) {
        self.source = source
        bytes = Array(source.text.utf8)
        position = range.lowerBound
        end = range.upperBound
    }

    /// What a template, or `config.yaml`, may call.
    private static let functions: Set = ["is_incremental", "ref", "source", "var", "env_var"]

    /// The expression that fills the rest of the range.
    mutating func parseWhole() throws(PipelineError) -> JinjaExpression {
        let expression = try parseOr(depth: 0)
        try expectEnd()
        return expression
    }

    /// `name = expression`, the rest of a `set` tag.
    mutating func parseAssignment() throws(PipelineError) -> (String, JinjaExpression) {
        guard let name = word() else { throw expected("a name after set") }
        guard skip("=") else { throw expected("= after \(name)") }
        return (name, try parseWhole())
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

    mutating func expectEnd() throws(PipelineError) {
        skipSpace()
        if position < end {
            let rest = ArgumentList.trimmed(bytes[position..<end])
            let at = position
            if skip("|"), let filter = word() {
                throw source.error(at: at, "The filter `\(filter)` is not supported: no Jinja filter is.")
            }
            throw source.error(at: at, "Unexpected `\(rest)`: not part of the supported Jinja subset.")
        }
    }

    private mutating func parseOr(depth: Int) throws(PipelineError) -> JinjaExpression {
        guard depth < 64 else { throw source.error(at: position, "This expression is nested too deeply (64 levels).") }
        var left = try parseAnd(depth: depth)
        while skipWord("or") { left = .binary(.or, left, try parseAnd(depth: depth)) }
        return left
    }

    private mutating func parseAnd(depth: Int) throws(PipelineError) -> JinjaExpression {
        var left = try parseComparison(depth: depth)
        while skipWord("and") { left = .binary(.and, left, try parseComparison(depth: depth)) }
        return left
    }

    private mutating func parseComparison(depth: Int) throws(PipelineError) -> JinjaExpression {
        if skipWord("not") { return .not(try parseComparison(depth: depth + 1)) }
        let left = try parseTerm(depth: depth)
        if skip("==") { return .binary(.equal, left, try parseTerm(depth: depth)) }
        if skip("!=") { return .binary(.different, left, try parseTerm(depth: depth)) }
        return left
    }

    private mutating func parseTerm(depth: Int) throws(PipelineError) -> JinjaExpression {
        skipSpace()
        let start = position
        guard position < end else { throw expected("an expression") }
        if skip("(") {
            let inner = try parseOr(depth: depth + 1)
            guard skip(")") else { throw expected("a closing parenthesis") }
            return inner
        }
        if bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\"") {
            return .literal(.string(try quoted()), offset: start)
        }
        if (48...57).contains(bytes[position]) || bytes[position] == UInt8(ascii: "-") {
            return .literal(try number(), offset: start)
        }
        guard let name = word() else { throw expected("an expression") }
        switch name {
        case "true", "True": return .literal(.boolean(true), offset: start)
        case "false", "False": return .literal(.boolean(false), offset: start)
        default: break
        }
        guard skip("(") else { return .name(name, offset: start) }
        guard Self.functions.contains(name.lowercased()) else {
            let instead =
                name == "config"
                ? "Say it in a block at the top of the file: MODEL (name …, kind …)."
                : "Known: is_incremental(), ref('model'), source('schema', 'table'), var('name', default)."
            throw source.error(at: start, "`\(name)(…)` is not supported. \(instead)")
        }
        var arguments: [JinjaExpression] = []
        if skip(")") { return .call(name, arguments, offset: start) }
        repeat { arguments.append(try parseOr(depth: depth + 1)) } while skip(",")
        guard skip(")") else { throw expected("a closing parenthesis") }
        return .call(name, arguments, offset: start)
    }

    private mutating func quoted() throws(PipelineError) -> String {
        let quote = bytes[position]
        let start = position
        var content: [UInt8] = []
        position += 1
        while position < end, bytes[position] != quote {
            if bytes[position] == UInt8(ascii: "\\"), position + 1 < end { position += 1 }
            content.append(bytes[position])
            position += 1
        }
        guard position < end else { throw source.error(at: start, "This quote is never closed.") }
        position += 1
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func number() throws(PipelineError) -> VariableValue {
        let start = position
        position += 1
        while position < end, (48...57).contains(bytes[position]) || bytes[position] == UInt8(ascii: ".") {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if let integer = Int(text) { return .integer(integer) }
        if let number = Double(text) { return .number(number) }
        throw source.error(at: start, "`\(text)` is not a number.")
    }

    private mutating func skipSpace() { while position < end, bytes[position] <= 32 { position += 1 } }

    private mutating func skip(_ text: String) -> Bool {
        skipSpace()
        let wanted = Array(text.utf8)
        guard position + wanted.count <= end, Array(bytes[position..<position + wanted.count]) == wanted else {
            return false
        }
        position += wanted.count
        return true
    }

    private mutating func skipWord(_ text: String) -> Bool {
        let before = position
        if word() == text { return true }
        position = before
        return false
    }

    private func expected(_ what: String) -> PipelineError {
        source.error(at: min(position, end), "Expected \(what).")
    }
}
