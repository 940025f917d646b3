import ArgumentParser
import Pipeline
import ServiceRuntime

/// `scheduler validate`: whether the files of `dags/` are good.
struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check dags/ and alerts.yaml of a pipeline's folder; exit with 1 when a file is bad.",
        discussion: """
            Tells each mistake as file:line:column. Asks no server: models of environments are looked up when a run begins.

              scheduler validate
              scheduler validate Pipelines/web-analytics
            """)

    @Argument(help: "The pipeline's folder; MILLRACE_PIPELINE when left out.") var folder: String?

    func run() async throws {
        var path = folder ?? ""
        if path.isEmpty {
            let settings = try await Settings.load(schedulerService, groups: [PipelineLocation.group])
            path = try PipelineLocation(settings).path
        }
        let read = try PipelineFolder(at: path).definitions()
        for definition in read.definitions {
            Output.line(
                "\(definition.file): \(definition.name), \(definition.tasks.count) tasks, "
                    + (definition.scheduleText ?? "no schedule"))
        }
        guard read.problems.isEmpty else {
            throw ExitError(.failed, read.problems.map(\.description).joined(separator: "\n"))
        }
        if read.files.isEmpty { Output.line("There is nothing in \(path)/\(PipelineFolder.dagsFolder).") }
    }
}
