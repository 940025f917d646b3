import ArgumentParser
import ServiceRuntime

/// `scheduler`: the commands.
public struct SchedulerCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "scheduler",
        abstract: "Decides when models are computed, asks for it, and remembers what came of it.",
        discussion: """
            An environment is a DAG: its models in the order in which they read each other, each on its own schedule. It
            appears by itself when a plan is applied to the environment.

              scheduler serve                                   the service; start two, and one stands by
              scheduler dags                                    environments, their schedules and last runs
              scheduler trigger prod --wait                     bring prod up to date now, and say how it went
              scheduler backfill prod --start 2026-11-01 --end 2026-11-08 --dry-run
              scheduler clear RUN                               try again what failed in a run
            """,
        subcommands: [
            ServeCommand.self, DagsCommand.self, RunsCommand.self, TriggerCommand.self, BackfillCommand.self,
            CancelCommand.self, ClearCommand.self, MarkCommand.self, PauseCommand.self, UnpauseCommand.self,
            SetAsideCommand.self, ValidateCommand.self, AlertsCommand.self, TestAlertCommand.self,
            SilenceCommand.self, LogsCommand.self,
        ])

    public init() {}
}
