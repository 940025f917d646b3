import ArgumentParser
import Foundation
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
    @Flag(help: "One JSON document.")
    var json = false

    func run() async throws {
        let (names, choice, json) = (names, choice, json)
        try await CommandSupport.withWorkbench { workbench, settings in
            let project = try CommandSupport.project(settings, choice)
            if project.models.isEmpty {
                throw ExitError(.failed, "There are no models in \(try PipelineLocation(settings).path)/models.")
            }
            if project.tests.isEmpty {
                throw ExitError(.failed, "There are no unit tests in \(try PipelineLocation(settings).path)/tests.")
            }
            let only = names.isEmpty ? nil : Set(names)
            let runner = UnitTestRunner(
                database: workbench.database, project: project, graph: try ProjectGraph(project))
            guard json else { return try await TestWork.run(runner, only: only, quiet: false) }
            let document = TestsDocument(try await TestWork.results(of: runner, only: only))
            print(try CommandJSON.text(document))
            if document.failed > 0 { throw ExitError(.failed, "") }
        }
    }
}

/// Runs unit tests, tells of them, and keeps in the state what came of each.
enum TestWork {
    /// - Throws: ``ExitError`` when one fails.
    static func run(
        _ runner: UnitTestRunner, only names: Set<String>?, quiet: Bool,
        report: @escaping @Sendable (String) -> Void = { Output.line($0) }
    ) async throws {
        let results = try await results(of: runner, only: names) { result in
            if result.problems.isEmpty {
                if !quiet { report("passed  \(result.name)") }
            } else {
                let lines = ["FAILED  \(result.name)  (\(result.model), \(result.file):\(result.line))"]
                report((lines + result.problems.map { "        \($0)" }).joined(separator: "\n"))
            }
        }
        let failed = results.count { !$0.problems.isEmpty }
        if failed > 0 { throw ExitError(.failed, "\(failed) of \(results.count) unit tests failed.") }
        if !quiet || !results.isEmpty { report("\(results.count) unit tests passed.") }
    }

    /// - Parameter report: Told of each as soon as it is over.
    static func results(
        of runner: UnitTestRunner, only names: Set<String>?, report: @Sendable (TestResult) -> Void = { _ in }
    ) async throws -> [TestResult] {
        let project = runner.project
        if let unknown = names?.first(where: { name in !project.tests.contains { $0.name == name } }) {
            throw ExitError(.usage, "There is no test \(unknown).")
        }
        var results: [TestResult] = []
        for test in project.tests where names?.contains(test.name) ?? true {
            var problems: [String]
            do {
                problems = try await runner.run(test).problems
            } catch let error as PipelineError {
                problems = ["\(error)"]
            }
            let model = project.index.find(test.model)?.description ?? test.model
            let result = TestResult(
                model: model, name: test.name, file: test.file, line: test.line,
                dataHash: ModelName(model).flatMap { runner.graph[$0]?.dataHash }, problems: problems,
                at: Moment(Date()))
            report(result)
            results.append(result)
        }
        try await StateStore(database: runner.database).keep(results, isAll: names == nil)
        return results
    }
}

/// What came of the unit tests, as data.
struct TestsDocument: Encodable {
    struct Test: Encodable {
        let name: String, model: String, file: String, line: Int, passed: Bool, problems: [String]
    }
    let passed: Int, failed: Int
    let tests: [Test]

    init(_ results: [TestResult]) {
        tests = results.map {
            Test(
                name: $0.name, model: $0.model, file: $0.file, line: $0.line, passed: $0.problems.isEmpty,
                problems: $0.problems)
        }
        passed = tests.count(where: \.passed)
        failed = tests.count - passed
    }
}
