import Pipeline

/// Macros that call a function for each element of a list: `@EACH`, `@FILTER`, `@REDUCE`.
extension MacroExpander {
    mutating func evaluateOverList(_ call: MacroCall) throws(PipelineError) -> MacroValue {
        guard let last = call.arguments.last, call.arguments.count >= 2 else {
            throw call.error("@\(call.name) takes a list and a function, such as @\(call.name)([a, b], x -> …).")
        }
        guard let function = call.function(last) else {
            throw call.text.error(at: last.lowerBound, "Expected a function here, such as x -> … or (x, y) -> ….")
        }
        let elements = try elements(call.arguments.dropLast(), of: call)
        switch call.name {
        case "filter":
            var kept: [String] = []
            for element in elements {
                let answer = try apply(
                    function, to: parts(of: element, for: function), keepingParameters: true, at: call)
                if try isTrue(answer, at: call) { kept.append(element) }
            }
            return .list(kept)
        case "reduce":
            guard var result = elements.first else { throw call.error("@REDUCE needs a list with something in it.") }
            for element in elements.dropFirst() {
                let value = try apply(
                    function, to: [.sql(result), .sql(element)], keepingParameters: true, at: call)
                result = value.text ?? "NULL"
            }
            return .sql(result)
        default:
            var results: [String] = []
            for element in elements {
                switch try apply(function, to: parts(of: element, for: function), keepingParameters: true, at: call) {
                case .nothing: break
                case .list(let more): results += more
                case let value: if let text = value.text { results.append(text) }
                }
            }
            return .list(results)
        }
    }

    /// What a function of several parameters gets of one element: the parts of a tuple.
    private func parts(of element: String, for function: MacroScope.Function) -> [MacroValue] {
        guard function.parameters.count > 1, let parts = SQLPiece(element).elements else { return [.sql(element)] }
        return parts.map { .sql($0) }
    }

    /// The elements of the list that the arguments are: of the only one, or the arguments themselves.
    private mutating func elements(
        _ arguments: ArraySlice<Range<Int>>, of call: MacroCall
    ) throws(PipelineError) -> [String] {
        if arguments.count == 1, let only = arguments.first {
            return list(try value(of: only, in: call.text))
        }
        var elements: [String] = []
        for range in arguments {
            switch try value(of: range, in: call.text) {
            case .list(let more): elements += more
            case let value: if let text = value.text { elements.append(text) }
            }
        }
        return elements
    }

    /// The elements of a value: of a list, an array or a tuple; of anything else itself.
    func list(_ value: MacroValue) -> [String] {
        switch value {
        case .nothing: []
        case .list(let elements): elements
        case .constant(.list(let values)): values.map(\.literal)
        case .constant(let value): [value.literal]
        case .sql(let text): SQLPiece(text).elements ?? [text]
        }
    }
}
