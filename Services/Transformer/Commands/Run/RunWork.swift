import Foundation
import ModelProject
import Pipeline
import Planning
import ServiceRuntime
import Synchronization

/// Runs an environment from the command line.
struct RunWork {
    let environment: String
    /// As somebody writes it; nil: all.
    let model: String?
    /// Computed again even where done; nil: only what is missing.
    let from: Moment?
    /// Nil: up to now.
    let upTo: Moment?
    /// All that is over is due, whatever the crons say.
    var ignoresCron = false
    /// Says what was computed at the end, as data.
    let json: Bool

    func run() async throws {
        let work = self
        try await CommandSupport.withWorkbench { workbench, _ in try await work.run(workbench) }
    }

    private func run(_ workbench: Workbench) async throws {
        let now = Moment(Date())
        if let from, from >= now {
            throw ExitError(.usage, "--start \(from) is in the future: there is nothing to compute yet.")
        }
        let name = try model.map(CommandSupport.model)
        let request = EnvironmentRunner.Request(
            environment: environment, model: name, upTo: min(upTo ?? now, now), from: from, ignoresCron: ignoresCron,
            includesReaders: from != nil)
        let computed = Mutex<[RunDocument.Model]>([])
        let isQuiet = json
        let outcome = try await workbench.runner.run(request, ticket: ModelRunner.Ticket(execution: now)) {
            name, outcome in
            computed.withLock { $0.append(RunDocument.Model(name, outcome)) }
            if !isQuiet { Output.line("\(name): \(outcome.rows) rows for \(outcome.intervals)") }
        }
        if outcome.intervals.isEmpty, from != nil {
            let reasons = try await workbench.runner.reasons(request).joined(separator: "\n")
            throw ExitError(.failed, "Nothing was computed.\n\(reasons)")
        }
        if json {
            print(try CommandJSON.text(RunDocument(environment: environment, models: computed.withLock { $0 })))
        } else if outcome.intervals.isEmpty {
            let waiting = try await workbench.runner.waiting(request)
            Output.line(waiting.isEmpty ? "Nothing is missing in \(environment)." : waiting.joined(separator: "\n"))
        }
    }
}

/// What a run computed, as data.
struct RunDocument: Encodable {
    struct Model: Encodable {
        let model: String, rows: Int, intervals: [TimeSpan]
        /// What audits that do not block have found.
        let warnings: [String]

        init(_ name: ModelName, _ outcome: ModelOutcome) {
            model = name.description
            rows = outcome.rows
            intervals = TimeSpan.list(outcome.intervals)
            warnings = outcome.findings.map(\.message)
        }
    }
    let environment: String
    /// In the order in which they were done.
    let models: [Model]
}
