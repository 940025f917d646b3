import ArgumentParser
import Foundation
import Pipeline
import Planning
import ServiceRuntime

/// `transformer fetch`
struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Show the rows that a model's query, or any other, gives; change nothing.",
        discussion: """
            A model is taken from the pipeline folder, as its file is now, over the tables of the environment. In other SQL, names of
            models stand for the views of the environment.

              transformer fetch analytics.sessions --environment dev --start 2024-04-30 --limit 20
              transformer fetch 'SELECT count(*) FROM analytics.sessions' --json
            """,
        aliases: ["evaluate", "fetchdf"])
    @Argument(help: "A model's name, or a query.")
    var query: String
    @OptionGroup var target: EnvironmentOption
    @OptionGroup var choice: ProjectChoice
    @Option(
        name: [.long, .customShort("s")],
        help: "The first day that the model is computed for. (default: --end's, or yesterday)")
    var start: String?
    @Option(help: "The last day. (default: --start's, or yesterday)")
    var end: String?
    @Option(help: "What the model takes for the present, as 2024-04-30 or 2024-04-30 12:00:00.")
    var executionTime: String?
    @Option(help: "How many rows at most.")
    var limit = 1_000
    @Flag(help: "One JSON document, its rows as objects.")
    var json = false

    func validate() throws {
        guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit is 1 to 1000000.") }
    }

    func run() async throws {
        let command = self
        let execution =
            try executionTime.map { try CommandSupport.moment($0, named: "execution-time") } ?? Moment(Date())
        let interval = try DayRange.days(start, end, now: execution)
        try await CommandSupport.withWorkbench { workbench, settings in
            let fetch = RowFetch(
                database: workbench.database, catalog: workbench.catalog, environment: command.target.environment,
                limit: command.limit)
            let sql = try await fetch.sql(
                command.query, in: interval, execution: execution,
                project: { try CommandSupport.project(settings, command.choice) })
            if command.json { return print(try await fetch.json(sql)) }
            print(try await fetch.text(sql))
        }
    }
}
