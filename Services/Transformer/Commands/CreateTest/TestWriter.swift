import Foundation
import ModelProject
import Pipeline
import Planning
import ServiceRuntime

/// Writes unit tests from rows that there are.
struct TestWriter: Sendable {
    let workbench: Workbench
    let project: Project
    let graph: ProjectGraph
    let environment: String
    /// Queries that give the rows of inputs, by relation in lower case.
    let queries: [String: String]
    let limit: Int

    /// The text of a file with one test, whose outputs are what the model's query makes of its inputs now.
    func test(
        of snapshot: ModelSnapshot, named name: String, path: String, start: String?, end: String?
    ) async throws -> String {
        let relations = (snapshot.parents.map(\.description) + snapshot.sources).sorted()
        let known = Set(relations)
        if let other = queries.keys.sorted().first(where: { !known.contains(full($0)) }) {
            throw ExitError(.usage, "\(snapshot.name) does not read \(other): \(relations.joined(separator: ", ")).")
        }
        var lines = ["\(YAMLText.scalar(name)):", "  model: \(snapshot.name)"]
        var variables: [String] = []
        if let start {
            variables.append("    start: \(YAMLText.quoted(start))")
            variables.append("    end: \(YAMLText.quoted(end ?? start))")
        }
        if try Self.asksForTime(snapshot) {
            variables.append("    execution_time: \(YAMLText.quoted(Moment(Date()).description))")
        }
        if !variables.isEmpty { lines += ["  vars:"] + variables }
        lines.append(relations.isEmpty ? "  inputs: {}" : "  inputs:")
        for relation in relations { lines += try await input(relation) }
        lines.append("  outputs:\n    query:")
        let source = SourceFile(path: path, text: (lines + ["      rows: []", ""]).joined(separator: "\n"))
        guard let draft = try ModelTest.parse(source).first else { return source.text }
        let runner = UnitTestRunner(database: workbench.database, project: project, graph: graph)
        lines += try await rows(of: runner.outputs(of: draft), "      ")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Whether what the query gives depends on when it runs: then the test says when.
    private static func asksForTime(_ snapshot: ModelSnapshot) throws(PipelineError) -> Bool {
        let rendering = ModelRendering(snapshot)
        let context = rendering.context(for: .always, execution: .epoch, isIncremental: false)
        let stopped = try rendering.parsedQuery(context, frozenAt: .epoch)
        return try rendering.parsedQuery(context).canonical != stopped.canonical
    }

    private func full(_ name: String) -> String { project.index.find(name)?.description ?? name }

    /// Columns and rows of one relation.
    private func input(_ name: String) async throws -> [String] {
        let query = queries.first { full($0.key) == name }?.value
        let fetch = RowFetch(
            database: workbench.database, catalog: workbench.catalog, environment: environment, limit: limit)
        let relation = name.split(separator: ".").map { SQLText.identifier(String($0)) }.joined(separator: ".")
        let prepared = try await fetch.query(query ?? "SELECT * FROM \(relation)")
        let (types, rows) = try await fetch.typed(prepared)
        var lines = ["    \(name):", "      columns:"]
        lines += types.map { "        \(YAMLText.scalar($0.name)): \($0.type)" }
        return lines + self.rows(of: (types, rows), "      ")
    }

    private func rows(of table: ([StoredColumn], [[String?]]), _ indent: String) -> [String] {
        let (columns, rows) = table
        if rows.isEmpty { return ["\(indent)rows: []"] }
        return ["\(indent)rows:"]
            + rows.map { row in
                let cells = zip(columns, row).map {
                    "\(YAMLText.scalar($0.name)): \(YAMLText.value($1, type: $0.type))"
                }
                return "\(indent)  - {\(cells.joined(separator: ", "))}"
            }
    }
}

/// Scalars of YAML that read back as they were.
enum YAMLText {
    /// Plain where it can be nothing but text; else quoted.
    static func scalar(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy {
            (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 95
        }
        let isWord = text.utf8.first.map { !(48...57).contains($0) } ?? false
        let reserved: Set = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        return isPlain && isWord && !reserved.contains(text.lowercased()) ? text : quoted(text)
    }

    /// A value as the database writes it: numbers and truth values plain, NULL as null, all else quoted.
    static func value(_ text: String?, type: String) -> String {
        guard let text else { return "null" }
        let isNumber =
            ["smallint", "integer", "bigint", "numeric"].contains { type.hasPrefix($0) } && Double(text) != nil
        if isNumber { return text }
        if type == "boolean" { return ["t": "true", "f": "false"][text] ?? text }
        return quoted(text)
    }

    /// In double quotes where it holds what a line cannot; else in single ones.
    static func quoted(_ text: String) -> String {
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            var escaped = ""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"": escaped += "\\\""
                case "\\": escaped += "\\\\"
                case "\n": escaped += "\\n"
                case "\t": escaped += "\\t"
                default:
                    let isControl = scalar.properties.generalCategory == .control
                    let code = String(scalar.value, radix: 16)
                    escaped += isControl ? "\\x" + (code.count < 2 ? "0" : "") + code : String(scalar)
                }
            }
            return "\"\(escaped)\""
        }
        return "'\(text.replacing("'", with: "''"))'"
    }
}
