import OrderedCollections
import Pipeline

/// A unit test of a model: input rows, and what the query must make of them.
public struct ModelTest: Sendable {
    /// The key in the file.
    public var name: String
    /// Relative to the pipeline folder.
    public var file: String
    /// Where the test starts in the file, from 1.
    public var line: Int
    /// The model's name as written.
    public var model: String
    public var description: String?
    /// Input relations by name as written.
    public var inputs: OrderedDictionary<String, Input>
    /// The rows the query must give, in any order; nil when the test only asserts.
    public var outputs: Output?
    /// Outputs of single CTEs of the query.
    public var ctes: OrderedDictionary<String, Output>
    /// SQL conditions over the output, such as `min(events) >= 0`.
    public var assertions: [String]
    /// `start`, `end`, `execution_time` and the model's variables.
    public var variables: [String: VariableValue]
    /// The gateway that it names.
    public var gateway: String?

    /// Rows given to the query in place of a relation.
    public struct Input: Sendable {
        /// The rows, each by column, the names as written.
        public var rows: [OrderedDictionary<String, TestValue>]
        /// SQL of the engine that gives the rows; nil: ``rows`` are them.
        public var query: String?
        /// Types of columns, by name as written, where the test states them.
        public var columns: OrderedDictionary<String, String>
    }

    /// Rows expected of the query.
    public struct Output: Sendable {
        /// The rows, each by column, the names as written.
        public var rows: [OrderedDictionary<String, TestValue>]
        /// SQL of the engine that gives the rows; nil: ``rows`` are them.
        public var query: String?
        /// True when columns that the test does not name are not compared.
        public var partial: Bool
    }

    /// An error that points at the test.
    public func error(_ message: String) -> PipelineError {
        PipelineError(file: file, line: line, message: "\(name): \(message)")
    }
}

extension ModelTest {
    /// Reads a file of `tests/`: a mapping from test names to tests.
    /// - Parameter files: Reads a file of rows, by its path in the pipeline folder.
    public static func parse(
        _ source: SourceFile,
        _ files: (String) throws(PipelineError) -> SourceFile = { path throws(PipelineError) in
            throw PipelineError(file: path, message: "There is no such file.")
        }
    ) throws(PipelineError) -> [ModelTest] {
        var tests: [ModelTest] = []
        for (key, value) in try YAMLReader.parse(source).mapping() {
            tests.append(try ModelTest(key: key, value, files))
        }
        return tests
    }

    private init(key: YAMLValue, _ value: YAMLValue, _ files: TestRows.Files) throws(PipelineError) {
        name = key.text
        file = key.file
        line = key.node.mark?.line ?? 1
        model = ""
        inputs = [:]
        ctes = [:]
        assertions = []
        variables = [:]
        for (key, part) in try value.mapping() {
            switch key.text {
            case "model": model = try part.string()
            case "description": description = try part.string()
            case "vars": variables = try part.variables()
            case "inputs":
                for (name, input) in try part.mapping() {
                    inputs[name.text.lowercased()] = try Input(input, files)
                }
            case "outputs": try readOutputs(part, files)
            case "gateway": gateway = part.isNull ? nil : try part.string()
            case "schema": _ = try part.string()  // the tables of a test are in a transaction that nobody sees
            case "assert":
                if part.node.sequence == nil {
                    assertions = [try part.string()]
                } else {
                    for assertion in try part.sequence() { assertions.append(try assertion.string()) }
                }
            default:
                throw key.error(
                    "Unknown key `\(key.text)`. Known: model, description, inputs, outputs, assert, vars, gateway, schema."
                )
            }
        }
        if model.isEmpty { throw key.error("The test \(name) names no model.") }
        if outputs == nil && assertions.isEmpty && ctes.isEmpty {
            throw key.error("The test \(name) expects nothing: give it outputs or assert.")
        }
    }

    private mutating func readOutputs(_ value: YAMLValue, _ files: TestRows.Files) throws(PipelineError) {
        if value.node.sequence != nil {
            outputs = Output(rows: try TestRows.rows(value), partial: false)
            return
        }
        var partial = false
        let pairs = try value.mapping()
        for (key, part) in pairs where key.text == "partial" { partial = try part.boolean() }
        for (key, part) in pairs {
            switch key.text {
            case "partial": break
            case "vars": variables.merge(try part.variables()) { _, own in own }
            case "query": outputs = try Self.output(part, partial: partial, files)
            case "rows": outputs = Output(rows: try TestRows.rows(part), partial: partial)
            case "ctes":
                for (name, cte) in try part.mapping() {
                    ctes[name.text.lowercased()] = try Self.output(cte, partial: partial, files)
                }
            default: throw key.error("Unknown key `\(key.text)`. Known: query, ctes, rows, partial, vars.")
            }
        }
    }

    private static func output(
        _ value: YAMLValue, partial: Bool, _ files: TestRows.Files
    ) throws(PipelineError) -> Output {
        if value.node.sequence != nil { return Output(rows: try TestRows.rows(value), partial: partial) }
        let pairs = try value.mapping()
        let given = try TestRows(pairs, of: value, files)
        var output = Output(rows: given.rows, query: given.query, partial: partial)
        for (key, part) in pairs where !TestRows.keys.contains(key.text) {
            guard key.text == "partial" else {
                throw key.error(
                    "Unknown key `\(key.text)`. Known: \((TestRows.keys + ["partial"]).joined(separator: ", ")).")
            }
            output.partial = try part.boolean()
        }
        return output
    }
}

extension ModelTest.Input {
    init(_ value: YAMLValue, _ files: TestRows.Files) throws(PipelineError) {
        rows = []
        columns = [:]
        if value.node.sequence != nil || value.isNull {
            rows = try TestRows.rows(value)
            return
        }
        let pairs = try value.mapping()
        let given = try TestRows(pairs, of: value, files)
        (rows, query) = (given.rows, given.query)
        for (key, part) in pairs where !TestRows.keys.contains(key.text) {
            guard key.text == "columns" else {
                throw key.error(
                    "Unknown key `\(key.text)`. Known: \((TestRows.keys + ["columns"]).joined(separator: ", ")).")
            }
            for (name, type) in try part.mapping() { columns[name.text] = try type.string() }
        }
    }
}
