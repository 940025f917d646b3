import ArgumentParser
import ControlPlane
import Foundation
import ServiceRuntime
import Timetable

/// What commands that act on a run share.
struct ActOptions: ParsableArguments {
    @Argument(help: "The run's id.") var run: String
    @Option(
        help: "Only these tasks, by model, comma separated.",
        transform: { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } })
    var tasks: [String]?
    @Flag(help: "Show what would change, and change nothing.") var dryRun = false
    @Flag(help: "Wait for the run to end.") var wait = false

    /// Shows what will change and has the leader do it.
    func act(
        _ kind: RunAct, downstream: Bool = false, by who: String, on store: StateStore, _ settings: SchedulerSettings
    ) async throws {
        let stored = try await store.run(run)
        let now = Date()
        let act = ActRecord(
            id: UUIDv7.make(at: now).text, run: stored.run.run, dag: stored.run.dag, act: kind, models: tasks,
            downstream: downstream, who: who, at: now)
        let preview = try ActPreview(act, on: stored, settings: settings)
        let rows = preview.tasks.map { [$0.model, $0.from.rawValue, $0.to.rawValue] }
        print("run \(stored.run.run): \(preview.from.rawValue) → \(preview.to.rawValue)")
        if !rows.isEmpty { print(TextTable.text(["TASK", "IS", "WILL BE"], rows)) }
        if dryRun { return }
        try await store.request(act)
        guard wait else { return }
        while try await store.isWaiting(act.id) { try await Task.sleep(for: .milliseconds(100)) }
        while true {
            let stored = try await store.run(run)
            if let refused = stored.audit?.last(where: { $0.who == who })?.detail, refused.hasPrefix("refused") {
                throw ExitError(.failed, refused)
            }
            if stored.run.state.isOver { return print(RunText.text(stored)) }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}

/// `scheduler cancel`.
struct CancelCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "End a run, or tasks of it: statements that run in the warehouse are ended too.",
        discussion: """
            Intervals that were finished before stay. What has succeeded before it hears of it has succeeded.

              scheduler cancel 01935a22-7c1e-7b90-8f51-b3f0d2a91c44 --wait
              scheduler cancel 01935a22-7c1e-7b90-8f51-b3f0d2a91c44 --tasks analytics.sessions
            """)

    @OptionGroup var options: ActOptions

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        try await options.act(.cancel, by: who, on: store, settings)
    }
}

/// `scheduler clear`.
struct ClearCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Try again what ended badly in a run: all of it, or some tasks.",
        discussion: """
            A cleared task has all its attempts again; what was not tried because of it follows. The run takes its turn among
            the runs of its DAG.

              scheduler clear 01935a22-7c1e-7b90-8f51-b3f0d2a91c44 --dry-run
              scheduler clear 01935a22-7c1e-7b90-8f51-b3f0d2a91c44 --tasks analytics.sessions --downstream --wait
            """)

    @OptionGroup var options: ActOptions
    @Flag(help: "With --tasks: also what ended badly behind them.") var downstream = false

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        try await options.act(.clear, downstream: downstream, by: who, on: store, settings)
    }
}

/// `scheduler mark`.
struct MarkCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "mark", abstract: "Say how tasks of a run ended, whatever was heard of them.",
        discussion: """
            What was not tried because of a task that is marked as succeeded goes on. `clear` takes a mark back.

              scheduler mark 01935a22-7c1e-7b90-8f51-b3f0d2a91c44 --tasks analytics.sessions --as succeeded
            """)

    /// How it ended.
    enum End: String, ExpressibleByArgument, CaseIterable {
        case succeeded, failed
    }

    @OptionGroup var options: ActOptions
    @Option(name: .customLong("as"), help: "How they ended.") var end: End

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        try await options.act(end == .succeeded ? .markSucceeded : .markFailed, by: who, on: store, settings)
    }
}
