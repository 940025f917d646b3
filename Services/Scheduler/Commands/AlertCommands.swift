import ArgumentParser
import Foundation
import ServiceRuntime

/// `scheduler alerts`: what was sent, and what not.
struct AlertsCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "List alerts: where they went, and why some did not.",
        discussion: """
            Who is told of what is said by alerts.yaml in the pipeline's folder.

              scheduler alerts
              scheduler alerts --dag prod --limit 100
            """)

    @Option(help: "Only of this DAG.") var dag: String?
    @Option(help: "How many, newest first.") var limit = 30

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit is \(limit); it must be 1 to 1000.") }
    }

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        let rows = try await store.alerts(dag: dag, limit: limit).map { alert in
            [
                TimeText.write(alert.at), alert.channel, alert.event.rawValue, alert.state.rawValue,
                String(alert.tries), alert.subject, alert.reason ?? "",
            ]
        }
        if rows.isEmpty { return print("There are no alerts.") }
        print(TextTable.text(["AT", "CHANNEL", "OF", "STATE", "RETRIES", "SAYS", "REASON"], rows))
    }
}

/// `scheduler test-alert`: whether a channel works.
struct TestAlertCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "test-alert",
        abstract: "Send a test to a channel of alerts.yaml; exit with 1 when it does not arrive.",
        discussion: """
            The leading scheduler sends it, as it sends others.

              scheduler test-alert team
            """)

    @Argument(help: "The channel's name.") var channel: String

    private static let waitMax: Duration = .seconds(60)

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        let id = try await store.requestTestAlert(channel, by: who, at: Date())
        let end = ContinuousClock.now + Self.waitMax
        while ContinuousClock.now < end {
            if let alert = try await store.alert(id) {
                switch alert.state {
                case .sent: return Output.line("sent to \(channel)")
                case .failed, .silenced: throw ExitError(.failed, "Not sent: \(alert.reason ?? alert.state.rawValue).")
                case .waiting: break
                }
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        let reason = try await store.alert(id)?.reason ?? "is a scheduler serving?"
        throw ExitError(.failed, "Not sent yet: \(reason) See `scheduler alerts`.")
    }
}

/// `scheduler silence`: hear nothing of a DAG for a while.
struct SilenceCommand: StateCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence", abstract: "Send no alerts of a DAG for a while; list silences, or end one.",
        discussion: """
              scheduler silence prod --hours 2 --reason "new warehouse"
              scheduler silence 'dev_*' --hours 24
              scheduler silence
              scheduler silence --end 3f0c9f0e-6d0c-4c43-9b0e-0a6f0f0f4c11
            """)

    @Argument(help: "The DAG; * stands for any letters. Without it, silences are listed.") var dag: String?
    @Option(help: "For how long.") var hours: Double = 1
    @Option(help: "Why.") var reason: String?
    @Option(help: "End this silence now.") var end: String?

    func validate() throws {
        guard hours > 0, hours <= 24 * 90 else {
            throw ValidationError("--hours is \(hours); it must be 2160 at most.")
        }
        guard dag == nil || end == nil else { throw ValidationError("Name a DAG, or a silence to end.") }
    }

    func run(on store: StateStore, _ settings: SchedulerSettings) async throws {
        let now = Date()
        if let end {
            guard try await store.endSilence(end, at: now) else {
                throw ExitError(.failed, "There is no such silence.")
            }
            return Output.line("\(end) is over")
        }
        guard let dag else {
            let rows = try await store.silences(at: now).filter { $0.untilAt > now }.map { silence in
                [silence.id, silence.dag, TimeText.write(silence.untilAt), silence.who, silence.reason ?? ""]
            }
            return print(
                rows.isEmpty ? "Nothing is silenced." : TextTable.text(["ID", "DAG", "UNTIL", "WHO", "REASON"], rows))
        }
        let record = SilenceRecord(
            id: UUID().uuidString.lowercased(), dag: dag, fromAt: now, untilAt: now.addingTimeInterval(hours * 3600),
            who: who, reason: reason)
        try await store.silence(record)
        Output.line(record.id)
    }
}
