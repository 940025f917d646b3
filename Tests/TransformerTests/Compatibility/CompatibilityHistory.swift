import Foundation
import ModelProject
import Pipeline
import Planning
import Yams

/// What happens to a project and its raw tables, step by step, and what SQLMesh's tables were after each step:
/// a folder of `Tests/Compatibility`, whose README says how it is made.
struct CompatibilityHistory {
    struct Step: Decodable {
        let step: String
        let at: String
        let sql: [String]?
        let landed: [String: [String]]?
        let write: [String: String?]?
        let edit: [String: [String]]?
        let plan: String?
        let run: String?
        let restate: [String]?
        let start: String?
        let end: String?
        let forwardOnly: Bool?
        let differs: [String: String]?

        enum CodingKeys: String, CodingKey {
            case step, at, sql, landed, write, edit, plan, run, restate, start, end, differs
            case forwardOnly = "forward_only"
        }
    }

    /// A table as both engines show it. Rows are texts, in no order.
    struct Table: Decodable, Equatable {
        let columns: [String]
        let rows: [[String?]]

        init(columns: [String], rows: [[String?]]) {
            self.columns = columns
            self.rows = rows
        }

        static func == (one: Table, other: Table) -> Bool {
            one.columns == other.columns && one.lines.sorted() == other.lines.sorted()
        }

        /// What only this one has, and what only the other has.
        func difference(from other: Table) -> String {
            if columns != other.columns { return "columns \(columns), not \(other.columns)" }
            let (own, others) = (lines, other.lines)
            let more = own.filter { !others.contains($0) }
            let fewer = others.filter { !own.contains($0) }
            return "\(own.count) rows, not \(others.count); only here: \(more.sorted()); only there: \(fewer.sorted())"
        }

        private var lines: [String] { rows.map { row in row.map { $0 ?? "NULL" }.joined(separator: " | ") } }
    }

    private struct File: Decodable {
        let project: String?
        let steps: [Step]
    }

    let folder: URL
    /// As it is in the beginning.
    let project: URL
    let steps: [Step]

    private static var tests: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    /// All there are, by their folders.
    static var names: [String] {
        get throws {
            let folder = tests.appending(path: "Compatibility").path()
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().filter {
                FileManager.default.fileExists(atPath: "\(folder)/\($0)/history.yaml")
            }
        }
    }

    /// - Parameter name: The folder's.
    init(_ name: String) throws {
        folder = Self.tests.appending(path: "Compatibility/\(name)")
        let text = try String(contentsOf: folder.appending(path: "history.yaml"), encoding: .utf8)
        let file = try YAMLDecoder().decode(File.self, from: text)
        steps = file.steps
        let root = Self.tests.deletingLastPathComponent()
        project = file.project.map { root.appending(path: $0) } ?? folder.appending(path: "project")
    }

    /// The tables of each environment that differ from those after the step before; nil: the table is no more.
    func changes(at index: Int) throws -> [String: [String: Table?]] {
        let prefix = (index < 9 ? "0" : "") + "\(index + 1)-"
        let recording = folder.appending(path: "recording")
        let names = try FileManager.default.contentsOfDirectory(atPath: recording.path())
        guard let name = names.first(where: { $0.hasPrefix(prefix) }) else {
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: recording.appending(path: prefix).path()])
        }
        return try JSONDecoder().decode(
            [String: [String: Table?]].self, from: Data(contentsOf: recording.appending(path: name)))
    }
}

/// A copy of a history's project that changes from step to step.
final class EditedProject {
    struct NotThereOnce: Error { let path: String, text: String }

    private let folder = FileManager.default.temporaryDirectory.appending(path: "millrace-\(UUID().uuidString)")

    init(of history: CompatibilityHistory) throws {
        try FileManager.default.copyItem(at: history.project, to: folder)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func change(_ step: CompatibilityHistory.Step) throws {
        for (path, text) in step.write ?? [:] {
            let file = folder.appending(path: path)
            if let text {
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            } else {
                try FileManager.default.removeItem(at: file)
            }
        }
        for (path, texts) in step.edit ?? [:] {
            let file = folder.appending(path: path)
            let text = try String(contentsOf: file, encoding: .utf8)
            guard texts.count == 2, text.components(separatedBy: texts[0]).count == 2 else {
                throw NotThereOnce(path: path, text: texts.first ?? "")
            }
            try Data(text.replacing(texts[0], with: texts[1]).utf8).write(to: file)
        }
    }

    func load() throws -> Project { try PipelineFolder(at: folder.path()).project(ProjectOptions(environment: [:])) }
}
