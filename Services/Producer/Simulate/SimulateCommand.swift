import ArgumentParser
import Kafka
import Pipeline
import ServiceLifecycle
import ServiceRuntime
import Web

/// `producer simulate`: events of a scenario, as a service or as many as were asked for.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Send simulated events, as people who browse a shop or use a service would cause them.",
        discussion: """
            Without --count and --to it runs until it is told to stop, and answers /healthz, /readyz and /metrics on its
            port. With --from it first sends history up to --to, or up to now and then live events.

              producer simulate                                  one event a second
              producer simulate --rate 500 --users 2000          500 events a second
              producer simulate --rate 0 --count 1000000         a million, as fast as possible
              producer simulate --from 2026-11-01 --to 2026-11-15 --seed 7
                                                                 two weeks; the same seed gives the same bytes
              producer simulate --scenario subscriptions --from 2018-01-01 --to 2024-12-01 --users 10000 --seed 7
                                                                 seven years of a second pipeline's four topics
              producer simulate --rate 1000 --count 60000 --malformed 0.01 --duplicates 0.01 --log sent.ndjson
                                                                 faults, and an account of what was sent
            """)

    @Option(help: "What happens: \(Scenario.allCases.map(\.rawValue).joined(separator: ", ")).")
    var scenario = Scenario.pageViews
    @Option(help: "Events a second; 0 for as many as possible.")
    var rate = 1.0
    @Option(help: "Stop after so many events.")
    var count: Int?
    @Option(help: "How many people there are; 1000 of page-views, 10000 of subscriptions without it.")
    var users: Int?
    @Option(help: "The same seed gives the same events; random without one.")
    var seed: UInt64?
    @Option(help: "Send history from this time on: 2026-11-01 or 2026-11-01T12:00:00Z.")
    var from: String?
    @Option(help: "End the history here (exclusive), and the run with it.")
    var to: String?
    @Option(help: "The topic of page-views; events without it. The topics of subscriptions are its contracts'.")
    var topic: String?
    @Option(help: "Share of events that are sent twice, 0 to 1.")
    var duplicates = 0.0
    @Option(help: "Share of events that are late.")
    var late = 0.0
    @Option(help: "Seconds by which a late event is late: half of them to all of them.")
    var lateness = 3_600.0
    @Option(help: "Share of messages that are no JSON.")
    var malformed = 0.0
    @Option(help: "Share of messages with unknown fields, values of a wrong type, or a required field missing.")
    var drift = 0.0
    @Option(help: "Append a line of JSON for each message to this file, once Kafka has acknowledged it or it failed.")
    var log: String?

    func run() async throws {
        let simulate = try checked()
        let settings = try await Settings.load(producerService)
        let logger = try Observability.bootstrap(settings)
        let endpoint = try KafkaEndpoint(settings)
        let kafka = KafkaSettings(endpoint, clientID: "producer")
        let progress = SimulationProgress()
        let simulation = Simulation(settings: simulate, kafka: kafka, progress: progress, logger: logger)
        let reporter = ProgressReporter(
            progress: progress, scenario: scenario, total: simulate.count, logger: logger)
        let health = HealthChecks()
        var parts: [any Service] = [reporter]
        if !simulate.isBounded {
            parts.append(HealthServer.make(endpoint: try HTTPEndpoint(settings), health: health, logger: logger))
        }
        try await Lifecycle.run(parts, job: simulation, settings: settings, health: health, logger: logger)
    }

    /// - Throws: `ValidationError` (exit code 2) for values that make no sense.
    func checked() throws -> SimulateSettings {
        guard rate >= 0, rate.isFinite else { throw ValidationError("--rate is \(rate); it must be 0 or more.") }
        if let count, count < 1 { throw ValidationError("--count is \(count); it must be 1 or more.") }
        let users = users ?? scenario.usualUsers
        guard (1...10_000_000).contains(users) else {
            throw ValidationError("--users is \(users); it must be 1 to 10000000.")
        }
        if topic != nil, scenario != .pageViews {
            throw ValidationError("--topic is for page-views; \(scenario.rawValue) has topics of its own.")
        }
        if to != nil, from == nil { throw ValidationError("--to needs --from: where the history begins.") }
        let faults = try checkedFaults()
        func time(_ text: String?, _ flag: String) throws -> Int64? {
            guard let text else { return nil }
            guard let time = Moment(text)?.microseconds else {
                throw ValidationError("\(flag) is \"\(text)\"; write 2026-11-01 or 2026-11-01T12:00:00Z.")
            }
            return time
        }
        let (start, end) = (try time(from, "--from"), try time(to, "--to"))
        if let start, let end, end <= start { throw ValidationError("--to must be later than --from.") }
        return SimulateSettings(
            rate: rate, count: count, users: users, seed: seed ?? .random(in: 0 ... .max), from: start, to: end,
            scenario: scenario, topics: topic.map { [$0] } ?? scenario.topics, faults: faults,
            lateness: Int64(lateness * 1_000_000), log: log)
    }

    private func checkedFaults() throws -> FaultShares {
        for (share, flag) in [
            (duplicates, "--duplicates"), (late, "--late"), (malformed, "--malformed"), (drift, "--drift"),
        ] where !(0...1).contains(share) {
            throw ValidationError("\(flag) is \(share); it must be 0 to 1, such as 0.01 for one in a hundred.")
        }
        let faults = FaultShares(duplicates: duplicates, late: late, malformed: malformed, drift: drift)
        guard faults.sum <= 1 else {
            throw ValidationError(
                "--duplicates, --late, --malformed and --drift make \(faults.sum) together; 1 is the most there is.")
        }
        guard (1...31_536_000).contains(lateness) else {
            throw ValidationError("--lateness is \(lateness); it must be 1 to 31536000 seconds.")
        }
        return faults
    }
}
