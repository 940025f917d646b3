import ArgumentParser
import Foundation
import Pipeline
import Planning
import ServiceRuntime

/// `transformer explain`
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why a model will or will not be computed if it is run now.",
        discussion: "What is done, what is missing and since when, what it reads, its audits, its next tick.")
    @Argument(help: "The model.")
    var model: String
    @OptionGroup var target: EnvironmentOption
    @Flag(help: "One JSON document.")
    var json = false

    func run() async throws {
        let (model, environment, json) = (model, target.environment, json)
        try await CommandSupport.withWorkbench { workbench, _ in
            let inspector = ModelInspector(
                store: workbench.store, catalog: workbench.catalog, now: Moment(Date()))
            let explanation = try await inspector.explain(model, in: environment)
            json ? print(try CommandJSON.text(explanation.document)) : Output.line(explanation.text)
        }
    }
}
