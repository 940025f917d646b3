import ArgumentParser
import Foundation
import ServiceRuntime
import Timetable

/// What commands that start a run share.
struct RunOptions: ParsableArguments {
    @Argument(help: "The DAG: an environment's name, or that of a file in dags/.") var dag: String
    @Option(
        help: "Only these models, comma separated.",
        transform: { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } })
    var models: [String]?
    @Option(
        help: "Only these tasks of a file's DAG, comma separated.",
        transform: { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } })
    var tasks: [String]?
    @Option(help: ArgumentHelp("A parameter of a file's DAG; again for more.", valueName: "name=value"))
    var param: [String] = []
    @Flag(help: "Wait for the run to end; exit with 1 when it fails.") var wait = false

    /// Models or tasks; `nil`: all.
    var names: [String]? { models ?? tasks }

    /// What --param says, each as its type has it.
    func parameters(of dag: DAGRecord) throws -> [String: ParameterValue] {
        var values: [String: ParameterValue] = [:]
        for text in param {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw ValidationError("--param is \"\(text)\"; write name=value.") }
            let type = dag.definition?.parameters.first { $0.name == parts[0] }?.type ?? .string
            values[parts[0]] = ParameterValue(parts[1], as: type) ?? .text(parts[1])
        }
        return values
    }

    /// A DAG may be on its way: its environment was promoted a moment ago.
    static let dagWaitMax: Duration = .seconds(10)

    func follow(_ run: String, on store: StateStore) async throws {
        guard wait else { return Output.line("\(run)") }
        while true {
            let stored = try await store.run(run)
            if stored.run.state.isOver {
                Output.line(RunText.text(stored))
                if stored.run.state != .succeeded { throw ExitError(.failed, "") }
                return
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}

/// `scheduler trigger`: a run now.
struct TriggerCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "trigger", abstract: "Begin a run of a DAG now.",
        discussion: """
            Prints the run's id. It begins when the run before it has ended; a serving scheduler does the work.

              scheduler trigger prod
              scheduler trigger prod --models analytics.sessions,analytics.daily_active_users --wait
              scheduler trigger nightly --param day=2026-11-01 --tasks export.upload --wait
            """)

    @OptionGroup var options: RunOptions

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        let dag = try await store.dag(options.dag, within: RunOptions.dagWaitMax)
        let plan = try await store.planner(of: dag, retry: settings.retry)
            .manual(options.names, try options.parameters(of: dag), by: who, at: Date())
        try await options.follow(try await store.request(plan, by: who), on: store)
    }
}

/// `scheduler backfill`: a stretch of time again.
struct BackfillCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Compute a stretch of time again, whether done or not.",
        discussion: """
            The next scheduled run stays where it is. --dry-run shows what would be computed.

              scheduler backfill prod --start 2026-11-01 --end 2026-11-08 --dry-run
              scheduler backfill prod --start 2026-11-01 --end 2026-11-08 --models analytics.sessions --wait
            """)

    @OptionGroup var options: RunOptions
    @Option(help: "From this time on: 2026-11-01 or 2026-11-01T12:00:00Z.") var start: String
    @Option(help: "Up to this time, without it.") var end: String
    @Flag(help: "Show what would be computed, and start nothing.") var dryRun = false

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        let (from, upTo) = (try TimeText.read(start, "--start"), try TimeText.read(end, "--end"))
        let dag = try await store.dag(options.dag, within: RunOptions.dagWaitMax)
        let plan = try await store.planner(of: dag, retry: settings.retry).backfill(
            from: from, upTo: upTo, options.names, try options.parameters(of: dag), by: who, at: Date())
        if dryRun {
            let rows = plan.tasks.map {
                [$0.model, TimeText.write($0.fromAt), TimeText.write($0.upTo), plan.notes[$0.model] ?? ""]
            }
            return print(TextTable.text(["MODEL", "FROM", "UP TO", "NOTE"], rows))
        }
        try await options.follow(try await store.request(plan, by: who), on: store)
    }
}

/// `scheduler pause`.
struct PauseCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop a DAG's schedule. Runs under way go on; triggers work.",
        discussion: "  scheduler pause prod")

    @Argument(help: "The DAG: an environment's name, or that of a file in dags/.") var dag: String

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        try await store.setPaused(true, dag: dag, by: who, at: Date())
        Output.line("\(dag) is paused")
    }
}

/// `scheduler unpause`.
struct UnpauseCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpause",
        abstract: "Go on with a DAG's schedule; missed ticks are caught up with as SCHEDULER_CATCH_UP says.",
        discussion: "  scheduler unpause prod")

    @Argument(help: "The DAG: an environment's name, or that of a file in dags/.") var dag: String

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        try await store.setPaused(false, dag: dag, by: who, at: Date())
        Output.line("\(dag) is on schedule")
    }
}
