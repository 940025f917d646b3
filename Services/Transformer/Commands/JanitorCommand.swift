import ArgumentParser
import ServiceRuntime

/// `transformer janitor`
struct JanitorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "janitor", abstract: "Take away what nothing needs any more.",
        discussion: """
            Environments other than prod go a week after their last promotion, or `environment_ttl` of config.yaml. What an
            environment was can be gone back to for a week, or `snapshot_ttl`, once something else has been promoted; a
            table goes when nothing has shown it, or counted on it, for that long. `transformer serve` does the same every hour.
            """)

    @Flag(help: "Take away everything that nothing shows now: nobody can go back any more.") var ignoreTTL = false

    func run() async throws {
        let ignoresTTL = ignoreTTL
        try await CommandSupport.withWorkbench { workbench, settings in
            let outcome = try await workbench.janitor.clean(retention: ignoresTTL ? 0 : nil)
            for environment in outcome.environments { Output.line("removed the environment \(environment)") }
            for table in outcome.tables { Output.line("dropped \(table)") }
            for kept in outcome.kept { Output.line("left alone: \(kept)") }
            if outcome == Janitor.Outcome() { Output.line("There is nothing to take away.") }
        }
    }
}
