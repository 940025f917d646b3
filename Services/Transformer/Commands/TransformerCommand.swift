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

              transformer plan dev                         what would happen
              transformer apply dev                        make it so
              transformer backfill --start '2024-04-01' --end '2024-04-30' --environment prod

            EXIT CODES: 0 done; 1 it could not, or something that it checks is wrong; 2 the command line is wrong; 78 a
            setting is wrong.

            \(SettingsDocument.help(for: transformerService))
            """,
        subcommands: [
            ServeCommand.self, PlanCommand.self, ApplyCommand.self, ExplainCommand.self, FetchCommand.self,
            DiffCommand.self, TableDiffCommand.self, RunCommand.self,
            BackfillCommand.self,
            AuditCommand.self, TestCommand.self, LineageCommand.self, DagCommand.self, RenderCommand.self,
            EnvironmentsCommand.self,
            LintCommand.self, FormatCommand.self, InfoCommand.self, InitCommand.self, CreateTestCommand.self,
            CreateExternalModelsCommand.self, RollbackCommand.self, StateCommand.self, TableNameCommand.self,
            JanitorCommand.self,
            SetAsideCommand.self,
        ])

    public init() {}
}

/// Which environment a command is about.
struct EnvironmentOption: ParsableArguments {
    @Option(name: [.long, .customShort("e")], help: "The environment, such as dev or prod.")
    var environment: String = "prod"
}
