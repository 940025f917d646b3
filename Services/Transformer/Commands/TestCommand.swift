import ArgumentParser
import ModelProject
import Pipeline
import Planning
import ServiceRuntime

/// `transformer test`
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run the pipeline's unit tests on the real engine; nothing of them stays.")
    @Argument(help: "Names of tests; all when left out.")
    var names: [String] = []
    @OptionGroup var choice: ProjectChoice

    func run() async throws {
        let (names, choice) = (names, choice)
        try await CommandSupport.withWorkbench { workbench, settings in
            let project = try CommandSupport.project(settings, choice)
            if project.models.isEmpty {
                throw ExitError(.failed, "There are no models in \(try PipelineLocation(settings).path)/models.")
            }
            if project.tests.isEmpty {
                throw ExitError(.failed, "There are no unit tests in \(try PipelineLocation(settings).path)/tests.")
            }
            try await TestWork.run(
                project, database: workbench.database,
                only: names.isEmpty ? nil : Set(names),
                quiet: false)
        }
    }
}

/// Runs unit tests and tells of them.
enum TestWork {
    /// - Throws: ``ExitError`` when one fails.
    static func run(
        _ project: Project, database: Database, only names: Set<String>?, quiet: Bool,
        report: @Sendable (String) -> Void = { Output.line($0) }
    ) async throws {
        let runner = UnitTestRunner(database: database, project: project, graph: try ProjectGraph(project))
        if let unknown = names?.first(where: { name in !project.tests.contains { $0.name == name } }) {
            throw ExitError(.usage, "There is no test \(unknown).")
        }
        var failed = 0
        var passed = 0
        for test in project.tests where names?.contains(test.name) ?? true {
            let result: UnitTestResult
            do {
                result = try await runner.run(test)
            } catch let error as PipelineError {
                failed += 1
                report("FAILED  \(test.name)\n        \(error)")
                continue
            }
            if result.problems.isEmpty {
                passed += 1
                if !quiet { report("passed  \(test.name)") }
            } else {
                failed += 1
                let lines = ["FAILED  \(test.name)  (\(result.model), \(test.file):\(test.line))"]
                report((lines + result.problems.map { "        \($0)" }).joined(separator: "\n"))
            }
        }
        if failed > 0 { throw ExitError(.failed, "\(failed) of \(failed + passed) unit tests failed.") }
        if !quiet || passed > 0 { report("\(passed) unit tests passed.") }
    }
}
