import ArgumentParser
import Foundation
import ModelProject
import Pipeline
import Planning
import ServiceRuntime

/// `transformer create-test`
struct CreateTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-test", abstract: "Write a unit test of a model from rows that there are.",
        discussion: """
            Its inputs are the first rows of what the model reads in the environment, or those of --query; its outputs are what the
            model's query makes of them now. Read both before you keep it.

              transformer create-test analytics.sessions --query raw.events "SELECT * FROM raw.events WHERE user_id = 'ada'"
            """,
        aliases: ["create_test"])
    @Argument(help: "The model.")
    var model: String
    @OptionGroup var target: EnvironmentOption
    @Option(
        name: [.long, .customShort("q")], parsing: .upToNextOption,
        help: ArgumentHelp(
            "A relation that the model reads, and the query that gives its rows; pairs.", valueName: "relation sql"))
    var query: [String] = []
    @Option(help: "How many rows each input has at most.")
    var limit = 5
    @Option(name: [.long, .customShort("n")], help: "The test's name. (default: test_ and the model's)")
    var name: String?
    @Option(name: [.long, .customShort("p")], help: "The file, in tests/. (default: the test's name)")
    var path: String?
    @Option(name: [.long, .customShort("s")], help: "The first day that the query is rendered for.")
    var start: String?
    @Option(help: "The last day.")
    var end: String?
    @OptionGroup var choice: ProjectChoice
    @Flag(name: [.long, .customShort("o")], help: "Write over a file that is there.")
    var overwrite = false

    func validate() throws {
        guard query.count.isMultiple(of: 2) else {
            throw ValidationError("--query takes two values: a relation, and the query that gives its rows.")
        }
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit is 1 to 1000.") }
        if start == nil, end != nil { throw ValidationError("--end goes with --start.") }
    }

    func run() async throws {
        let command = self
        try await CommandSupport.withWorkbench { workbench, settings in
            let project = try CommandSupport.projectWithModels(settings, command.choice)
            let graph = try ProjectGraph(project)
            guard let model = project.index.find(command.model), let snapshot = graph[model] else {
                let hint = project.index.nearest(to: command.model).map { " Did you mean \($0)?" } ?? ""
                throw ExitError(.failed, "There is no model \(command.model).\(hint)")
            }
            let name = command.name ?? "test_\(model.name)"
            let folder = try PipelineFolder(at: try PipelineLocation(settings).path)
            let path = "tests/\(command.path ?? "\(name).yaml")"
            guard path.hasSuffix(".yaml") || path.hasSuffix(".yml"), !path.contains("..") else {
                throw ExitError(.usage, "--path is a file of tests/ that ends in .yaml.")
            }
            if folder.contains(path), !command.overwrite {
                throw ExitError(.failed, "There is a \(path) already. Give --overwrite, --name or --path.")
            }
            let pairs = stride(from: 0, to: command.query.count, by: 2).map {
                (command.query[$0].lowercased(), command.query[$0 + 1])
            }
            let writer = TestWriter(
                workbench: workbench, project: project, graph: graph, environment: command.target.environment,
                queries: Dictionary(pairs) { _, last in last }, limit: command.limit)
            let text = try await writer.test(
                of: snapshot, named: name, path: path, start: command.start, end: command.end)
            let file = URL(fileURLWithPath: "\(folder.path)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file, options: .atomic)
            Output.line("\(path): \(name)")
        }
    }
}
