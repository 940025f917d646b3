import ArgumentParser
import Foundation
import Timetable

/// `scheduler dags`: the DAGs.
struct DagsCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "dags", abstract: "List DAGs: schedule, next run, last run.",
        discussion: "  scheduler dags")

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        let now = Date()
        let rows = try await store.allOverviews().map { overview in
            let summary = DAGSummaryAnswer(overview, now: now)
            return [
                summary.id, summary.paused ? "paused" : "on", String(summary.tasks ?? summary.models),
                summary.schedules.prefix(2).joined(separator: ", ") + (summary.schedules.count > 2 ? ", ..." : ""),
                TimeText.write(summary.nextRunAt), overview.lastRuns.last?.state.rawValue ?? "-",
            ]
        }
        print(TextTable.text(["DAG", "STATE", "TASKS", "SCHEDULE", "NEXT RUN", "LAST RUN"], rows))
    }
}

/// `scheduler runs`: runs of a DAG, or one run with its tasks.
struct RunsCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List the last runs of a DAG, or show one run with its tasks.",
        discussion: """
              scheduler runs prod
              scheduler runs prod --limit 50
              scheduler runs prod --state failed
              scheduler runs --run 01935a22-7c1e-7b90-8f51-b3f0d2a91c44
            """)

    @Argument(help: "The DAG: an environment's name, or that of a file in dags/.") var dag: String?
    @Option(help: "Show this run instead.") var run: String?
    @Option(help: "How many runs, newest first.") var limit = 20
    @Option(help: "Only runs in this state; again for more: \(RunPhase.allValueStrings.joined(separator: ", ")).")
    var state: [RunPhase] = []

    func validate() throws {
        guard (dag == nil) != (run == nil) else { throw ValidationError("Name a DAG, or a run with --run.") }
        guard run == nil || state.isEmpty else { throw ValidationError("--state chooses among runs of a DAG.") }
        guard (1...1000).contains(limit) else { throw ValidationError("--limit is \(limit); it must be 1 to 1000.") }
    }

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        if let run { return print(RunText.text(try await store.run(run))) }
        let dag = try await store.dag(dag ?? "")
        let rows = try await store.runs(
            of: dag.dag, states: state.isEmpty ? nil : Set(state), limit: limit
        ).map { stored in
            let run = stored.run
            return [
                run.run, run.trigger.rawValue, run.state.rawValue, TimeText.write(run.scheduledFor),
                TimeText.duration(run.startedAt, run.finishedAt),
                "\(stored.tasks.count { $0.state == .succeeded }) of \(stored.tasks.count)", run.failedModel ?? "",
            ]
        }
        print(TextTable.text(["RUN", "TRIGGER", "STATE", "FOR", "DURATION", "DONE", "FAILED AT"], rows))
    }
}

extension RunPhase: ExpressibleByArgument {}

/// A run as text.
enum RunText {
    static func text(_ stored: StoredRun) -> String {
        let run = stored.run
        var lines = [
            "run \(run.run): \(run.trigger.rawValue) of \(run.dag) for \(TimeText.write(run.scheduledFor)), \(run.state.rawValue), "
                + TimeText.duration(run.startedAt, run.finishedAt)
        ]
        lines.append(
            TextTable.text(
                ["TASK", "STATE", "ATTEMPT", "DURATION", "ROWS"],
                stored.tasks.map { task in
                    let last = stored.attempts.last { $0.task == task.task }
                    return [
                        task.model, task.state.rawValue,
                        "\(task.attempt) of \((task.attemptsBefore ?? 0) + task.retriesMax + 1)",
                        TimeText.duration(task.startedAt ?? task.queuedAt, task.finishedAt),
                        last?.rows.map(String.init) ?? "",
                    ]
                }))
        for attempt in stored.attempts {
            guard let failure = attempt.failure else { continue }
            let model = stored.tasks.first { $0.task == attempt.task }?.model ?? ""
            lines.append("\(model), attempt \(attempt.attempt): \(failure.code): \(failure.message)")
        }
        for line in stored.audit ?? [] {
            lines.append(
                "\(TimeText.write(line.at)) \(line.who): \(line.action)\(line.detail.map { ": \($0)" } ?? "")")
        }
        return lines.joined(separator: "\n")
    }
}
