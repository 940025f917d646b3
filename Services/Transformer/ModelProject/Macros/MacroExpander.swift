import Pipeline
import SQL

/// Replaces the macros of SQL: variables, functions of SQLMesh's, and those that `@DEF` makes.
///
/// A call's arguments are expanded first, each for itself. What a macro gives is put in where it stood; text outside of
/// macros stays as it is, with its place.
struct MacroExpander {
    let context: RenderContext
    var scope = MacroScope()
    /// The relations whose columns were asked for, by the name that was asked, lower case.
    var relationsRead: [String: [RelationColumn]] = [:]
    private var depth = 0
    private var written = 0

    /// Calls within calls, of functions that call themselves too.
    static let depthMax = 64
    /// Bytes that macros may make in one template.
    static let writtenMax = 16 << 20

    init(_ context: RenderContext) { self.context = context }

    /// Replaces the macros in `range` of `text`.
    mutating func expand(_ text: MacroText, _ range: Range<Int>) throws(PipelineError) -> MacroOutput {
        var output = MacroOutput()
        let skimmer = SQLSkimmer(
            bytes: text.bytes, end: range.upperBound, stringsHaveEscapes: text.skimmer.stringsHaveEscapes)
        var index = range.lowerBound
        while index < range.upperBound {
            let piece = skimmer.piece(at: index)
            switch piece.kind {
            case .mark(UInt8(ascii: "@")) where !isInOperator(index, text, range):
                index = try expandMacro(at: index, skimmer, text, into: &output)
            case .word where !(48...57).contains(text.bytes[index]):
                index = try expandName(at: index, skimmer, text, into: &output)
            case .quotedName:
                try expandQuotedName(index..<piece.end, text, into: &output)
                index = piece.end
            default:
                output.append(text.bytes[index..<piece.end], piece.kind, from: index)
                index = piece.end
            }
        }
        return output
    }

    /// True for the `@` of `<@`, `@@` and other operators.
    private func isInOperator(_ index: Int, _ text: MacroText, _ range: Range<Int>) -> Bool {
        index > range.lowerBound && "<@~!#%^&?".utf8.contains(text.bytes[index - 1])
    }

    // MARK: Names and strings

    /// A word, with the variables in it: `orders`, `col_@{x}`, `@{a}_@{b}`.
    private mutating func expandName(
        at start: Int, _ skimmer: SQLSkimmer, _ text: MacroText, into output: inout MacroOutput
    ) throws(PipelineError) -> Int {
        let (parts, end) = nameParts(at: start, skimmer)
        guard parts.contains(where: { $0.isVariable }) else {
            let word = skimmer.text(start..<end)
            if let value = scope.parameters[word.lowercased()], skimmer.at(end) != UInt8(ascii: "(") {
                try insert(value, at: start, before: skimmer.at(end), text, into: &output)
            } else {
                output.append(text.bytes[start..<end], .word, from: start)
            }
            return end
        }
        if parts.count == 1, !parts[0].isBraced {
            let value = try self.value(ofVariable: parts[0].text, at: start, text)
            try insert(value, at: start, before: skimmer.at(end), text, into: &output)
            return end
        }
        var name = ""
        for part in parts {
            name += part.isVariable ? try value(ofVariable: part.text, at: start, text).embedded : part.text
        }
        output.insert(SQLText.name(name, dialect: context.dialect), from: start)
        return end
    }

    private struct NamePart {
        let text: String
        var isVariable = false
        var isBraced = false
    }

    private func nameParts(at start: Int, _ skimmer: SQLSkimmer) -> (parts: [NamePart], end: Int) {
        var parts: [NamePart] = []
        var index = start
        while let byte = skimmer.at(index) {
            if TemplateLexer.isWord(byte) {
                let end = skimmer.piece(at: index).end
                parts.append(NamePart(text: skimmer.text(index..<end)))
                index = end
            } else if byte == UInt8(ascii: "@"), let variable = variable(at: index, skimmer) {
                parts.append(
                    NamePart(
                        text: variable.name, isVariable: true, isBraced: skimmer.at(index + 1) == UInt8(ascii: "{")))
                index = variable.end
            } else {
                break
            }
        }
        return (parts, index)
    }

    /// The variable whose `@` stands at `index`: `@name` or `@{name}`.
    private func variable(at index: Int, _ skimmer: SQLSkimmer) -> (name: String, end: Int)? {
        guard let next = skimmer.at(index + 1) else { return nil }
        if next == UInt8(ascii: "{") {
            var end = index + 2
            while let byte = skimmer.at(end), byte != UInt8(ascii: "}") { end += 1 }
            let name = skimmer.trimmed(index + 2..<end)
            guard end < skimmer.end, !name.isEmpty, skimmer.bytes[name].allSatisfy(TemplateLexer.isWord) else {
                return nil
            }
            return (skimmer.text(name), end + 1)
        }
        guard TemplateLexer.isWord(next), !(48...57).contains(next) else { return nil }
        let end = skimmer.piece(at: index + 1).end
        return (skimmer.text(index + 1..<end), end)
    }

    /// `"q_@{x}"`. Only names in braces count, and only those that mean something.
    private mutating func expandQuotedName(
        _ range: Range<Int>, _ text: MacroText, into output: inout MacroOutput
    ) throws(PipelineError) {
        let written = text.skimmer.text(range)
        guard written.contains("@{") else {
            return output.append(text.bytes[range], .quotedName, from: range.lowerBound)
        }
        let name = filled(StatementText.unquoted(written), bracesOnly: true)
        let quote = written.prefix(1)
        output.insert(quote + name.replacing(quote, with: quote + quote) + quote, from: range.lowerBound)
    }

    /// `text` with the variables in it replaced that mean something: the content of `@'…'`.
    func filled(_ text: String, bracesOnly: Bool = false) -> String {
        let bytes = Array(text.utf8)
        let skimmer = SQLSkimmer(bytes: bytes, end: bytes.count, stringsHaveEscapes: false)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "@"), !bracesOnly || skimmer.at(index + 1) == UInt8(ascii: "{"),
                let variable = variable(at: index, skimmer), let value = known(variable.name.lowercased())
            {
                result += Array(value.embedded.utf8)
                index = variable.end
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    // MARK: Macros

    /// The macro whose `@` stands at `start`; where it ends.
    private mutating func expandMacro(
        at start: Int, _ skimmer: SQLSkimmer, _ text: MacroText, into output: inout MacroOutput
    ) throws(PipelineError) -> Int {
        if skimmer.at(start + 1) == UInt8(ascii: "'") {
            let end = skimmer.piece(at: start + 1).end
            let string = filled(skimmer.text(start + 1..<end).trimmingQuotes())
            output.insert(SQLText.literal(string), from: start)
            return end
        }
        if let call = try call(at: start, skimmer, text) {
            if let clause = ClauseMacro(rawValue: call.name), scope.functions[call.name] == nil {
                return try expand(clause, call, skimmer, into: &output)
            }
            let value = try evaluate(call)
            try insert(value, at: start, before: skimmer.at(call.end), text, into: &output)
            return call.end
        }
        if variable(at: start, skimmer) != nil { return try expandName(at: start, skimmer, text, into: &output) }
        if skimmer.at(start + 1) == UInt8(ascii: "{") {
            throw text.error(at: start, "Expected @{name}: letters, digits and _ in braces.")
        }
        output.append(text.bytes[start...start], .mark(UInt8(ascii: "@")), from: start)
        return start + 1
    }

    /// The call whose `@` stands at `start`; nil when there is none.
    private func call(at start: Int, _ skimmer: SQLSkimmer, _ text: MacroText) throws(PipelineError) -> MacroCall? {
        guard let next = skimmer.at(start + 1), TemplateLexer.isWord(next), !(48...57).contains(next) else {
            return nil
        }
        let open = skimmer.piece(at: start + 1).end
        guard skimmer.at(open) == UInt8(ascii: "(") else { return nil }
        guard let list = skimmer.list(openedAt: open) else {
            throw text.error(at: open, "This parenthesis is never closed.")
        }
        return MacroCall(
            name: skimmer.text(start + 1..<open).lowercased(), text: text, start: start, end: list.end,
            arguments: list.elements)
    }

    /// What `range` of `text` stands for: the value of the macro that it is, or SQL.
    mutating func value(of range: Range<Int>, in text: MacroText) throws(PipelineError) -> MacroValue {
        let skimmer = SQLSkimmer(
            bytes: text.bytes, end: range.upperBound, stringsHaveEscapes: text.skimmer.stringsHaveEscapes)
        guard let first = skimmer.at(range.lowerBound) else { return .nothing }
        if first == UInt8(ascii: "@") {
            if let call = try call(at: range.lowerBound, skimmer, text), call.end == range.upperBound {
                return try evaluate(call)
            }
            if skimmer.at(range.lowerBound + 1) != UInt8(ascii: "{"),
                let variable = variable(at: range.lowerBound, skimmer), variable.end == range.upperBound
            {
                return try value(ofVariable: variable.name, at: range.lowerBound, text)
            }
        } else if TemplateLexer.isWord(first), skimmer.piece(at: range.lowerBound).end == range.upperBound,
            let value = scope.parameters[skimmer.text(range).lowercased()]
        {
            return value
        }
        let output = try expand(text, range)
        let all = MacroText(output.text, from: text.place(of: range.lowerBound).source, at: 0, dialect: context.dialect)
        let code = all.skimmer.trimmed(all.whole)
        return code.isEmpty ? .nothing : .sql(all.skimmer.text(code))
    }

    private mutating func evaluate(_ call: MacroCall) throws(PipelineError) -> MacroValue {
        guard depth < Self.depthMax else {
            throw call.error(
                "Macros are nested too deeply here: \(Self.depthMax) levels. Does @\(call.name) call itself?")
        }
        depth += 1
        defer { depth -= 1 }
        if let function = scope.functions[call.name] {
            let arguments = try values(of: call)
            return try apply(function, to: arguments, keepingParameters: false, at: call)
        }
        return try evaluatePredefined(call)
    }

    /// What `function` makes of the arguments.
    /// - Parameter keepingParameters: True for a function that stands within another one's body and sees its parameters.
    mutating func apply(
        _ function: MacroScope.Function, to arguments: [MacroValue], keepingParameters: Bool, at call: MacroCall
    ) throws(PipelineError) -> MacroValue {
        guard arguments.count == function.parameters.count else {
            let names = function.parameters.joined(separator: ", ")
            throw call.error(
                "The function (\(names)) -> … takes \(function.parameters.count) values, not \(arguments.count).")
        }
        let outer = scope.parameters
        if !keepingParameters { scope.parameters = [:] }
        for (name, value) in zip(function.parameters, arguments) { scope.parameters[name] = value }
        defer { scope.parameters = outer }
        return try value(of: function.body, in: function.text)
    }

    // MARK: Putting values in

    /// Puts `value` in for the macro at `offset`, in quotes that fit its place.
    private mutating func insert(
        _ value: MacroValue, at offset: Int, before next: UInt8?, _ text: MacroText, into output: inout MacroOutput
    ) throws(PipelineError) {
        guard var sql = value.text else { return output.leaveOut() }
        if let string = value.string, isNamePlace(output, next) {
            let isRelation = output.lastWord() != "as" && !output.endsInDot && next != UInt8(ascii: ".")
            let parts = isRelation ? string.split(separator: ".").map(String.init) : [string]
            sql = parts.map { SQLText.quotedName($0, dialect: context.dialect) }.joined(separator: ".")
        }
        written += sql.utf8.count
        guard written <= Self.writtenMax else {
            throw text.error(at: offset, "Macros make more than \(Self.writtenMax >> 20) MiB of SQL here.")
        }
        output.insert(sql, from: offset)
    }

    /// True where a string would make no sense and a name does: behind AS, FROM and their like, and beside a dot.
    private func isNamePlace(_ output: MacroOutput, _ next: UInt8?) -> Bool {
        if next == UInt8(ascii: ".") || output.endsInDot { return true }
        switch output.lastWord() {
        case "as", "join", "into", "update", "table": return true
        case "from": return output.lastWord(1) != "distinct"
        default: return false
        }
    }

    // MARK: Variables

    private func value(ofVariable name: String, at offset: Int, _ text: MacroText) throws(PipelineError) -> MacroValue {
        if let value = known(name.lowercased()) { return value }
        switch name.lowercased() {
        case "this_env", "schemas", "views":
            throw text.error(at: offset, "@\(name.lowercased()) is known in before_all and after_all only.")
        default: break
        }
        let hint = KnownMacros.hint(for: name, besides: Array(context.variables.keys) + Array(scope.values.keys))
        throw text.error(
            at: offset,
            "Unknown macro @\(name.lowercased()).\(hint) Known: @start_…, @end_…, @execution_… (dt, date, ds, ts, epoch …), "
                + "@this_model, @runtime_stage, names of @DEF and of blueprints, and the names under `variables` in "
                + "config.yaml.")
    }

    /// The value of a variable, by its name in lower case; nil for one that nobody knows.
    private func known(_ name: String) -> MacroValue? {
        if let value = scope.parameters[name] ?? scope.values[name] { return value }
        if let argument = context.arguments[name] { return .sql(argument) }
        if let variable = TimeVariable(name, in: context) { return variable.value(dialect: context.dialect) }
        switch name {
        case "this_model": return .sql(context.thisModel)
        case "gateway": return .constant(.string(context.gateway))
        case "model_kind_name": return .constant(.string(context.kindName))
        case "runtime_stage": return .constant(.string(context.stage.rawValue))
        case "this_env": if let environment = context.environment { return .constant(.string(environment)) }
        case "schemas": if let schemas = context.schemas { return .constant(.list(schemas.map { .string($0) })) }
        case "views": if let views = context.views { return .constant(.list(views.map { .string($0) })) }
        default: break
        }
        if let text = context.blueprint[name] { return .sql(text) }
        return context.variables[name].map { .constant($0) }
    }
}
