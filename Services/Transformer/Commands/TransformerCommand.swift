import ArgumentParser
import ServiceRuntime

/// `transformer`
public struct TransformerCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "transformer",
        abstract: "Builds tables from SQL models: plans, environments, intervals, audits, tests.",
        discussion: """
            A pipeline folder (MILLRACE_PIPELINE) holds the models. An environment is a set of views over versioned tables:
            `prod` has the models' own names, `dev` has schemas that end in __dev.

              transformer plan --environment dev           what would happen
              transformer apply --environment dev          make it so
              transformer backfill --start '2024-04-01' --end '2024-04-30' --environment prod

            \(SettingsDocument.help(for: transformerService))
            """,
        subcommands: [
            ServeCommand.self, PlanCommand.self, ApplyCommand.self, ExplainCommand.self, FetchCommand.self,
            TableDiffCommand.self, RunCommand.self,
            BackfillCommand.self,
            AuditCommand.self, TestCommand.self, LineageCommand.self, DagCommand.self, RenderCommand.self,
            EnvironmentsCommand.self,
            LintCommand.self, FormatCommand.self, InfoCommand.self, InitCommand.self, CreateTestCommand.self,
            CreateExternalModelsCommand.self, RollbackCommand.self, JanitorCommand.self, SetAsideCommand.self,
        ])

    public init() {}
}

/// Which environment a command is about.
struct EnvironmentOption: ParsableArguments {
    @Option(name: [.long, .customShort("e")], help: "The environment, such as dev or prod.")
    var environment: String = "prod"
}
