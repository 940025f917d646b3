/// Functions of regular expressions. Patterns are literals: what a pattern means depends on every letter of it.
enum RegexFunctions {
    static let toBigQuery: FunctionTable.Family = [
        ("regexp_like", .written(like)),
        ("regexp_replace", .written(replaceToBigQuery)),
        ("regexp_match", .written(match)),
        ("regexp_substr", .written(substringAll)),
        ("regexp_count", .written(count)),
        ("regexp_instr", .written(place)),
        ("regexp_matches", .refused("Write UNNEST(REGEXP_EXTRACT_ALL(text, pattern)) in FROM.")),
        (
            "regexp_split_to_array regexp_split_to_table",
            .refused("Write SPLIT(REGEXP_REPLACE(text, pattern, mark), mark).")
        ),
    ]

    static let toPostgres: FunctionTable.Family = [
        ("regexp_contains", .written(contains)),
        ("regexp_extract regexp_substr", .written(extract)),
        ("regexp_extract_all", .written(extractAll)),
        ("regexp_replace", .written(replaceToPostgres)),
        ("regexp_instr", .written(place)),
    ]

    // MARK: Patterns

    /// The pattern in the target's language, as a literal; nil when it has been refused.
    static func pattern(
        _ transpiler: inout Transpiler, _ value: Expression, ignoringCase: Bool = false, onlyGroup: Int? = nil,
        isTest: Bool = false
    ) throws(SQLError) -> RegexPattern? {
        guard let text = value.stringLiteral else {
            let advice = "The pattern has to be a literal."
            try transpiler.refuse("a regular expression that is made by the query", advice, at: value.info.range)
            return nil
        }
        do throws(RegexPattern.Unsupported) {
            return try RegexPattern(
                text, transpiler.direction, ignoringCase: ignoringCase, onlyGroup: onlyGroup, isTest: isTest)
        } catch {
            try transpiler.refuse("\(error.construct) in a regular expression", at: value.info.range)
            return nil
        }
    }

    /// What an argument of flags asks for; nil when it asks for something else.
    private static func flags(_ value: Expression?) -> (isGlobal: Bool, ignoresCase: Bool)? {
        guard let value else { return (false, false) }
        guard let text = value.stringLiteral, text.allSatisfy({ "gic".contains($0) }) else { return nil }
        return (text.contains("g"), text.contains("i"))
    }

    private static func refuseFlags(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) {
        let name = call.name.name.lowercased()
        try transpiler.refuse("these arguments of \(name)", "The flags i and g are known.", at: call.info.range)
    }

    // MARK: To GoogleSQL

    private static func like(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count > 1, let flags = flags(values.count > 2 ? values[2] : nil) else {
            try refuseFlags(&transpiler, call)
            return .function(call)
        }
        guard let pattern = try pattern(&transpiler, values[1], ignoringCase: flags.ignoresCase, isTest: true) else {
            return .function(call)
        }
        return .call("REGEXP_CONTAINS", values[0], .string(pattern.text))
    }

    /// The first match is replaced, or with the flag g each of them.
    private static func replaceToBigQuery(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 3 || values.count == 4, let flags = flags(values.count > 3 ? values[3] : nil) else {
            try refuseFlags(&transpiler, call)
            return .function(call)
        }
        guard let pattern = try pattern(&transpiler, values[1], ignoringCase: flags.ignoresCase),
            let replacement = try replacement(&transpiler, values[2], shift: flags.isGlobal ? 0 : 1)
        else { return .function(call) }
        if flags.isGlobal {
            return .call("REGEXP_REPLACE", values[0], .string(pattern.text), .string(replacement))
        }
        // What stands before the first match is matched too, and put back: an anchored pattern matches but once.
        let anchored = "^((?s:.*?))(?:\(pattern.text))"
        return .call("REGEXP_REPLACE", values[0], .string(anchored), .string("\\1" + replacement))
    }

    /// `\1` is a group in both; the whole match is `\&` in PostgreSQL and `\0` in GoogleSQL.
    private static func replacement(
        _ transpiler: inout Transpiler, _ value: Expression, shift: Int
    ) throws(SQLError) -> String? {
        guard let text = value.stringLiteral else {
            let advice = "The replacement has to be a literal."
            try transpiler.refuse("a replacement that is made by the query", advice, at: value.info.range)
            return nil
        }
        var result = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            guard character == "\\", let next = rest.popFirst() else {
                result.append(character)
                continue
            }
            switch (next, transpiler.direction) {
            case ("&", .toBigQuery):
                guard shift == 0 else {
                    try transpiler.refuse("\\& where the first match only is replaced", at: value.info.range)
                    return nil
                }
                result += "\\0"
            case ("0", .toPostgres): result += "\\&"
            default:
                if let group = next.wholeNumberValue, group > 0 {
                    guard group + shift < 10 else {
                        try transpiler.refuse("group \(group) of a replacement", at: value.info.range)
                        return nil
                    }
                    result += "\\\(group + shift)"
                } else {
                    result += "\\" + String(next)
                }
            }
        }
        return result
    }

    /// `substring(s FROM pattern)`: the first group, or the whole match of a pattern without groups.
    static func substring(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        guard let pattern = try pattern(&transpiler, call.values[1], onlyGroup: 1) else { return .function(call) }
        return .call("REGEXP_EXTRACT", call.values[0], .string(pattern.text))
    }

    /// `regexp_match`: the groups of the first match as an array, or the whole match.
    private static func match(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count > 1, let flags = flags(values.count > 2 ? values[2] : nil) else {
            try refuseFlags(&transpiler, call)
            return .function(call)
        }
        guard let first = try pattern(&transpiler, values[1], ignoringCase: flags.ignoresCase, onlyGroup: 1) else {
            return .function(call)
        }
        var elements: [Expression] = [.call("REGEXP_EXTRACT", values[0], .string(first.text))]
        for group in 1..<max(2, first.groupCount + 1) where group > 1 {
            let other = try pattern(&transpiler, values[1], ignoringCase: flags.ignoresCase, onlyGroup: group)
            elements.append(.call("REGEXP_EXTRACT", values[0], .string(other?.text ?? "")))
        }
        let array = Expression.list(elements)
        return .call("IF", .call("REGEXP_CONTAINS", values[0], .string(first.text)), array, .null)
    }

    private static func substringAll(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        try withoutGroups(&transpiler, call) { .call("REGEXP_EXTRACT", $0) }
    }

    private static func count(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        try withoutGroups(&transpiler, call) { .call("ARRAY_LENGTH", .call("REGEXP_EXTRACT_ALL", $0)) }
    }

    private static func withoutGroups(
        _ transpiler: inout Transpiler, _ call: FunctionCall, _ make: ([Expression]) -> Expression
    ) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 2 else {
            try refuseFlags(&transpiler, call)
            return .function(call)
        }
        guard let pattern = try pattern(&transpiler, values[1], onlyGroup: 0) else { return .function(call) }
        return make([values[0], .string(pattern.text)])
    }

    // MARK: Both ways

    private static func place(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let name = transpiler.direction == .toPostgres ? "regexp_instr" : "REGEXP_INSTR"
        return try withoutGroups(&transpiler, call) { .call(name, $0) }
    }

    // MARK: To PostgreSQL

    private static func contains(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 2 else { return try transpiler.wrongArguments(call) }
        guard let pattern = try pattern(&transpiler, values[1], isTest: true) else { return .function(call) }
        return .binary(values[0], .matches, .string(pattern.text))
    }

    /// `substring(s FROM pattern)` gives the group too; from another place or match on, `regexp_substr` does.
    private static func extract(_ transpiler: inout Transpiler, _ call: FunctionCall) throws(SQLError) -> Expression {
        var values = call.values
        guard values.count > 1, let pattern = try pattern(&transpiler, values[1]) else { return .function(call) }
        values[1] = .string(pattern.text)
        guard values.count > 2 else {
            var substring = call.with(values, name: "substring")
            substring.arguments[1].label = .from
            return .function(substring)
        }
        if values.count == 3 { values.append(.integer(1)) }
        return try extractForm.filled(with: values + [.integer(pattern.groupCount)])
    }

    private static let extractForm = FunctionForm(
        "regexp_substr($1, $2, $3::integer, $4::integer, '', $5)", .postgres)

    private static func extractAll(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 2, let pattern = try pattern(&transpiler, values[1]) else { return .function(call) }
        return try extractAllForm.filled(with: [values[0], .string(pattern.text)])
    }

    private static let extractAllForm = FunctionForm(
        "ARRAY(SELECT found[1] FROM regexp_matches($1, $2, 'g') AS found)", .postgres)

    private static func replaceToPostgres(
        _ transpiler: inout Transpiler, _ call: FunctionCall
    ) throws(SQLError) -> Expression {
        let values = call.values
        guard values.count == 3, let pattern = try pattern(&transpiler, values[1]),
            let replacement = try replacement(&transpiler, values[2], shift: 0)
        else { return .function(call) }
        return .call("regexp_replace", values[0], .string(pattern.text), .string(replacement), .string("g"))
    }
}
