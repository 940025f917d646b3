import Pipeline

/// A call of a macro as it stands in SQL: `@name(argument, name := argument)`.
struct MacroCall {
    /// Lower case.
    let name: String
    let text: MacroText
    /// Where its `@` stands.
    let start: Int
    /// Behind its closing parenthesis.
    let end: Int
    /// As written, trimmed.
    let arguments: [Range<Int>]

    func error(_ message: String) -> PipelineError { text.error(at: start, message) }

    /// `name := value` taken apart; nil for an argument without a name.
    func named(_ range: Range<Int>) -> (name: String, value: Range<Int>)? {
        let skimmer = text.skimmer
        guard range.lowerBound < range.upperBound, skimmer.piece(at: range.lowerBound).kind == .word else { return nil }
        let word = skimmer.piece(at: range.lowerBound)
        let sign = skimmer.code(from: word.end)
        guard sign + 1 < range.upperBound, skimmer.bytes[sign] == UInt8(ascii: ":"),
            skimmer.bytes[sign + 1] == UInt8(ascii: "=")
        else { return nil }
        return (skimmer.text(range.lowerBound..<word.end).lowercased(), skimmer.trimmed(sign + 2..<range.upperBound))
    }

    /// `x -> body` or `(x, y) -> body` as a function; nil for anything else.
    func function(_ range: Range<Int>) -> MacroScope.Function? {
        let skimmer = text.skimmer
        guard range.lowerBound < range.upperBound else { return nil }
        var names: [Range<Int>] = []
        var index = range.lowerBound
        let first = skimmer.piece(at: index)
        if first.kind == .word {
            names = [index..<first.end]
            index = first.end
        } else if first.kind == .mark(UInt8(ascii: "(")), let list = skimmer.list(openedAt: index) {
            names = list.elements
            index = list.end
        }
        index = skimmer.code(from: index)
        let areNames = names.allSatisfy { !$0.isEmpty && skimmer.piece(at: $0.lowerBound) == (.word, $0.upperBound) }
        guard !names.isEmpty, areNames, index + 1 < range.upperBound, skimmer.bytes[index] == UInt8(ascii: "-"),
            skimmer.bytes[index + 1] == UInt8(ascii: ">"), skimmer.at(index + 2) != UInt8(ascii: ">")
        else { return nil }
        return MacroScope.Function(
            parameters: names.map { skimmer.text($0).lowercased() }, text: text,
            body: skimmer.trimmed(index + 2..<range.upperBound))
    }
}

/// The arguments of a call, expanded: in order, and by name.
struct MacroArguments {
    let call: MacroCall
    var positional: [MacroValue] = []
    var named: [String: MacroValue] = [:]

    /// - Parameters:
    ///   - names: Of the parameters, in order.
    ///   - required: How many of them must be given.
    /// - Throws: When an argument has no parameter, or a parameter that is needed no argument.
    func bound(to names: [String], required: Int) throws(PipelineError) -> [String: MacroValue] {
        guard positional.count <= names.count else {
            throw call.error("@\(call.name) takes \(names.count) arguments at most: \(names.joined(separator: ", ")).")
        }
        var bound = named
        for (name, value) in zip(names, positional) {
            guard bound[name] == nil else { throw call.error("The argument \(name) of @\(call.name) is here twice.") }
            bound[name] = value
        }
        if let unknown = bound.keys.sorted().first(where: { !names.contains($0) }) {
            throw call.error("@\(call.name) has no argument \(unknown). Known: \(names.joined(separator: ", ")).")
        }
        for name in names.prefix(required) where bound[name] == nil {
            throw call.error("@\(call.name) needs the argument \(name).")
        }
        return bound
    }
}
