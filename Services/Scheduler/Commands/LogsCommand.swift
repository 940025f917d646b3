import ArgumentParser
import Foundation

/// `scheduler logs`: what was said about a run's attempts.
struct LogsCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what was said about a run's attempts: by the scheduler, transformers and tasks.",
        discussion: """
              scheduler logs 01935a22-7c1e-7b90-8f51-b3f0d2a91c44
              scheduler logs 01935a22-7c1e-7b90-8f51-b3f0d2a91c44 --task analytics.sessions --attempt 2
              scheduler logs 01935a22-7c1e-7b90-8f51-b3f0d2a91c44 --follow
            """)

    @Argument(help: "The run's id.") var run: String
    @Option(help: "Only of this task, by its name in the run.") var task: String?
    @Option(help: "Only of this attempt.") var attempt: Int?
    @Flag(help: "Go on until the run is over.") var follow = false

    private static let pageMax = 1_000

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        var last: Int64 = 0
        while true {
            let stored = try await store.run(run)
            while true {
                let lines = try await store.logs(
                    of: stored.run.run, name: task, attempt: attempt, after: last, limit: Self.pageMax)
                if !lines.isEmpty { print(LogText.text(lines), terminator: "") }
                last = lines.last?.sequence ?? last
                if lines.count < Self.pageMax { break }
            }
            guard follow, !stored.run.state.isOver else { return }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
