import Yams

/// A YAML node that knows its file, so that every mistake can be pointed at.
public struct YAMLValue {
    /// As the YAML parser has it.
    public let node: Node
    /// Relative to the pipeline folder.
    public let file: String

    /// A node of `file`.
    public init(node: Node, file: String) {
        self.node = node
        self.file = file
    }

    /// The text of a scalar; empty for anything else.
    public var text: String { node.scalar?.string ?? "" }

    /// True for nothing, `~` and `null` without quotes.
    public var isNull: Bool {
        guard let scalar = node.scalar else { return false }
        return scalar.tag == Tag(.null)
            || (scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string))
    }

    /// An error that points here.
    public func error(_ message: String) -> PipelineError {
        PipelineError(file: file, line: node.mark?.line, column: node.mark?.column, message: message)
    }

    /// The pairs of a mapping, in the order of the file; none for null.
    public func mapping() throws(PipelineError) -> [(key: YAMLValue, value: YAMLValue)] {
        if isNull { return [] }
        guard let mapping = node.mapping else { throw error("Expected `key: value` lines here.") }
        return mapping.map { (YAMLValue(node: $0.key, file: file), YAMLValue(node: $0.value, file: file)) }
    }

    /// The elements of a list; none for null.
    public func sequence() throws(PipelineError) -> [YAMLValue] {
        if isNull { return [] }
        guard let sequence = node.sequence else { throw error("Expected a list here.") }
        return sequence.map { YAMLValue(node: $0, file: file) }
    }

    /// The text of a scalar.
    public func string() throws(PipelineError) -> String {
        guard let scalar = node.scalar else { throw error("Expected a single value here.") }
        return scalar.string
    }

    /// A scalar that is true or false.
    public func boolean() throws(PipelineError) -> Bool {
        guard let value = node.bool else { throw error("Expected true or false.") }
        return value
    }
}

/// Reads YAML into values with places.
public enum YAMLReader {
    /// Parses a file with one document. An empty file is an empty mapping.
    public static func parse(_ source: SourceFile) throws(PipelineError) -> YAMLValue {
        do {
            // What a value is, is asked where it is read: rules that guess types are regular expressions, which take longer
            // to make than most files to read.
            let node = try Yams.compose(yaml: source.text, .basic) ?? Node([(Node, Node)]())
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
