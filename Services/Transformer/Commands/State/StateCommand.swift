import ArgumentParser
import Foundation
import Planning
import Postgres
import ServiceRuntime

/// `transformer state`
struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Write what the transformer knows into a file, or take it from one.",
        subcommands: [StateExportCommand.self, StateImportCommand.self])
}

/// `transformer state export`
struct StateExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write environments, their models and what is computed into a JSON file.",
        discussion: """
            The file has the texts of models with the values of the variables that they use; no rows, and nothing of
            connections.

              transformer state export -o state.json
              transformer state export -o dev.json --environment dev
            """)
    @Option(name: [.customLong("output-file"), .customShort("o")], help: "The file to write.")
    var file: String
    @Option(name: [.long, .customShort("e")], help: "This environment alone; may be given several times.")
    var environment: [String] = []

    func run() async throws {
        let (file, environments) = (file, environment)
        try await CommandSupport.withWorkbench { workbench, _ in
            let text = try await workbench.store.export(environments.isEmpty ? nil : environments)
            do {
                try await OffPool.run {
                    try Data("\(text)\n".utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
                }
            } catch { throw ExitError(.failed, "\(file) cannot be written: \(error.localizedDescription)") }
            let state = try StateFile(Data(text.utf8), from: file)
            Output.line("\(file): \(state.environments.map(\.name).joined(separator: ", "))")
        }
    }
}

/// `transformer state import`
struct StateImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take environments from a file that `state export` has written.",
        discussion: """
            All of the file or nothing. Tables that this state knows keep what it knows of them. The rows are where they were:
            where a table or a view is not there, `transformer plan` says so, and `apply` makes it. Late data that came
            after the export is not known: `transformer backfill`.

              transformer state import -i state.json
            """)
    @Option(name: [.customLong("input-file"), .customShort("i")], help: "The file to read.")
    var file: String
    @Flag(help: "Make environments that are there what the file says.")
    var replace = false

    func run() async throws {
        let (file, replace) = (file, replace)
        let data: Data
        do {
            data = try await OffPool.run { try Data(contentsOf: URL(fileURLWithPath: file)) }
        } catch { throw ExitError(.failed, "\(file) cannot be read: \(error.localizedDescription)") }
        let state = try StateFile(data, from: file)
        for name in state.environments.map(\.name) {
            if let problem = RelationNames.problem(withEnvironment: name) { throw ExitError(.failed, problem) }
        }
        try await CommandSupport.withWorkbench { workbench, _ in
            let taken: [StoredEnvironment]
            do {
                taken = try await workbench.store.importState(
                    String(decoding: data, as: UTF8.self), environments: state.environments.map(\.name),
                    replacing: replace)
            } catch let error as PostgresError where !error.isConnectionGone {
                throw ExitError(.failed, "\(file) is not whole: \(error.message) Nothing was changed.")
            }
            for environment in taken {
                Output.line("\(environment.name): \(environment.models.count) models")
            }
        }
    }
}
