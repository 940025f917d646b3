import Yams

/// A YAML node that knows its file, so that every mistake can be pointed at.
struct YAMLValue {
    let node: Node
    let file: String

    /// The text of a scalar; empty for anything else.
    var text: String { node.scalar?.string ?? "" }

    var isNull: Bool {
        node.tag == Tag(.null)
            || (node.scalar.map { $0.style == .plain && ["", "~", "null"].contains($0.string) } ?? false)
    }

    func error(_ message: String) -> PipelineError {
        PipelineError(file: file, line: node.mark?.line, column: node.mark?.column, message: message)
    }

    func mapping() throws(PipelineError) -> [(key: YAMLValue, value: YAMLValue)] {
        if isNull { return [] }
        guard let mapping = node.mapping else { throw error("Expected `key: value` lines here.") }
        return mapping.map { (YAMLValue(node: $0.key, file: file), YAMLValue(node: $0.value, file: file)) }
    }

    func sequence() throws(PipelineError) -> [YAMLValue] {
        if isNull { return [] }
        guard let sequence = node.sequence else { throw error("Expected a list here.") }
        return sequence.map { YAMLValue(node: $0, file: file) }
    }

    func string() throws(PipelineError) -> String {
        guard let scalar = node.scalar else { throw error("Expected a single value here.") }
        return scalar.string
    }

    func boolean() throws(PipelineError) -> Bool {
        guard let value = node.bool else { throw error("Expected true or false.") }
        return value
    }

    /// A scalar with its YAML type.
    func variable() throws(PipelineError) -> VariableValue {
        let text = try string()
        guard node.scalar?.style == .plain else { return .string(text) }
        if let value = node.bool { return .boolean(value) }
        if let value = Int(text) { return .integer(value) }
        if let value = Double(text) { return .number(value) }
        return .string(text)
    }

    func variables() throws(PipelineError) -> [String: VariableValue] {
        var found: [String: VariableValue] = [:]
        for (key, value) in try mapping() { found[key.text.lowercased()] = try value.variable() }
        return found
    }
}

enum YAMLReader {
    /// Parses a file with one document. An empty file is an empty mapping.
    static func parse(_ source: SourceFile) throws(PipelineError) -> YAMLValue {
        do {
            let node = try Yams.compose(yaml: source.text) ?? Node([(Node, Node)]())
            return YAMLValue(node: node, file: source.path)
        } catch let error as YamlError {
            throw describe(error, in: source.path)
        } catch {
            throw PipelineError(file: source.path, message: "Not valid YAML: \(error)")
        }
    }

    private static func describe(_ error: YamlError, in file: String) -> PipelineError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            PipelineError(file: file, line: mark.line, column: mark.column, message: "Not valid YAML: \(problem).")
        case .duplicatedKeysInMapping(let keys, let context):
            PipelineError(
                file: file, line: context.mark.line, column: context.mark.column,
                message: "\(keys.map { "`\($0)`" }.joined(separator: ", ")) is here more than once.")
        default: PipelineError(file: file, message: "Not valid YAML: \(error)")
        }
    }
}
