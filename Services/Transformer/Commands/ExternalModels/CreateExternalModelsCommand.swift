import ArgumentParser
import Foundation
import Pipeline
import Planning
import SQL
import ServiceRuntime

/// `transformer create-external-models`
struct CreateExternalModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-external-models",
        abstract: "Write the columns of the tables that models read, and that are no models, to external_models.yaml.",
        discussion: "What the file says besides of a table, and of tables that no model reads, stays.",
        aliases: ["create_external_models"])
    @OptionGroup var choice: ProjectChoice
    @Flag(help: "End with 1, and write nothing, when one of the tables is not there.")
    var strict = false

    func run() async throws {
        let (strict, choice) = (strict, choice)
        try await CommandSupport.withWorkbench { workbench, settings in
            let graph = try ProjectGraph(try CommandSupport.projectWithModels(settings, choice))
            let folder = try PipelineFolder(at: try PipelineLocation(settings).path)
            var tables: [(name: String, columns: [StoredColumn])] = []
            var missing: [String] = []
            for source in Set(graph.snapshots.flatMap(\.sources)).sorted() {
                let parts = source.split(separator: ".").map(String.init)
                let relation = RelationPath(parts.dropLast().last ?? "public", parts.last ?? "")
                let columns = try await workbench.database.columns(of: relation)
                if columns.isEmpty { missing.append(source) } else { tables.append((source, columns)) }
            }
            for table in missing { Output.note("There is no table \(table) in the database; it is left out.") }
            if strict, !missing.isEmpty {
                throw ExitError(.failed, "Nothing was written: \(missing.count) tables are not there.")
            }
            guard !tables.isEmpty else { return Output.line("No model reads a table that is no model.") }
            let (text, new) = try ExternalModels(folder).updated(with: tables)
            try text.write(toFile: "\(folder.path)/\(ExternalModels.path)", atomically: true, encoding: .utf8)
            let words = new.isEmpty ? "none of them new" : "new: \(new.joined(separator: ", "))"
            Output.line("\(ExternalModels.path) has the columns of \(tables.count) tables, \(words).")
        }
    }
}
