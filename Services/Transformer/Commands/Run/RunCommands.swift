import ArgumentParser
import Foundation
import Pipeline
import ServiceRuntime

/// `transformer run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Compute what is missing in an environment, as each model's cron has it.")
    @OptionGroup var target: EnvironmentTarget
    @Option(help: "One model alone.")
    var model: String?
    @Option(
        name: .customLong("select-model"),
        help: ArgumentHelp(
            "These models, and what they read; may be given several times. Names with *, tag:x, x+ with what reads it, & and "
                + "| and ^ for and, or, not.", valueName: "models"))
    var selected: [String] = []
    @Flag(help: "With --select-model: leave out what they read.")
    var noAutoUpstream = false
    @Option(name: [.long, .customShort("s")], help: "Compute nothing before this day.")
    var start: String?
    @Option(help: "Compute nothing after this day.")
    var end: String?
    @Option(help: "Run as if it were this time, as 2024-04-30 or 2024-04-30 12:00:00.")
    var executionTime: String?
    @Flag(help: "Compute all that is over, whatever the crons say.")
    var ignoreCron = false
    @Flag(help: "What was computed as one JSON document.")
    var json = false
    @OptionGroup var refused: RefusedRunOptions

    func validate() throws {
        if model != nil, !selected.isEmpty { throw ValidationError("Give either --model or --select-model.") }
        if noAutoUpstream, selected.isEmpty { throw ValidationError("--no-auto-upstream goes with --select-model.") }
    }

    func run() async throws {
        let now = try CommandSupport.executionTime(executionTime)
        var work = RunWork(target: target, model: model, upTo: now, now: now, json: json)
        work.selected = selected
        work.takesParents = !noAutoUpstream
        work.window = try DayRange.interval(start, end)
        work.ignoresCron = ignoreCron
        try await work.run()
    }
}

/// Options of SQLMesh's `run` that have no meaning here: refused by name, with what to do instead.
struct RefusedRunOptions: ParsableArguments {
    @Flag(help: .hidden) var skipJanitor = false
    @Option(help: .hidden) var exitOnEnvUpdate: Int?

    func validate() throws {
        if skipJanitor {
            throw ValidationError(
                "--skip-janitor of SQLMesh is not supported. A run takes nothing away: `transformer janitor` does, and `serve`."
            )
        }
        if exitOnEnvUpdate != nil {
            throw ValidationError(
                "--exit-on-env-update of SQLMesh is not supported. A run goes on with the tables that it began with.")
        }
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
        var work = RunWork(target: target, model: model, upTo: upTo, now: Moment(Date()), json: json)
        work.from = from
        try await work.run()
    }
}
