import ArgumentParser
import Pipeline
import ServiceRuntime

/// `transformer run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Compute what is missing in an environment, as each model's cron has it.")
    @OptionGroup var target: EnvironmentTarget
    @Option(help: "One model alone.")
    var model: String?
    @Flag(help: "Compute all that is over, whatever the crons say.")
    var ignoreCron = false
    @Flag(help: "What was computed as one JSON document.")
    var json = false

    func run() async throws {
        try await RunWork(
            environment: target.environment, model: model, from: nil, upTo: nil, ignoresCron: ignoreCron, json: json
        ).run()
    }
}

/// `transformer backfill`
struct BackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Compute a range of days again, done or not.",
        discussion: "  transformer backfill --start '2024-04-01' --end '2024-04-30' --environment prod")
    @OptionGroup var target: EnvironmentTarget
    @Option(name: [.long, .customShort("s")], help: "The first day, as 2024-04-01.")
    var start: String
    @Option(help: "The last day; the whole of it is computed.")
    var end: String
    @Option(help: "One model, and what reads it.")
    var model: String?
    @Flag(help: "What was computed as one JSON document.")
    var json = false

    func run() async throws {
        let from = try CommandSupport.moment(start, named: "start")
        let upTo = try CommandSupport.end(end)
        guard from < upTo else { throw ExitError(.usage, "--end is before --start.") }
        try await RunWork(environment: target.environment, model: model, from: from, upTo: upTo, json: json).run()
    }
}
