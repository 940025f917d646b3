import ArgumentParser
import Planning
import ServiceRuntime

/// `transformer table-name`
struct TableNameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table-name", abstract: "Say which table holds the rows that a model shows in an environment.",
        aliases: ["table_name"])
    @Argument(help: "The model.")
    var model: String
    @OptionGroup var target: EnvironmentOption

    func run() async throws {
        let (model, environment) = (model, target.environment)
        try await CommandSupport.withWorkbench { workbench, _ in
            let found = try await workbench.catalog.environment(environment)
            let promoted = try CommandSupport.model(model, in: found)
            guard promoted.facts.hasRelation else {
                throw ExitError(.failed, "\(promoted.name) has no table: it stands in what reads it.")
            }
            print(RelationNames.table(promoted.id))
        }
    }
}
