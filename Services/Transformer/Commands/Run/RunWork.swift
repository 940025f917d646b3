import Foundation
import ModelProject
import Pipeline
import Planning
import ServiceRuntime
import Synchronization

/// Runs an environment from the command line.
struct RunWork {
    var target: EnvironmentTarget
    /// As somebody writes it; nil: all.
    let model: String?
    let upTo: Moment
    /// What it is taken to be; models see it as their execution time.
    let now: Moment
    /// Says what was computed at the end, as data.
    let json: Bool
    /// Computed again even where done; nil: only what is missing.
    var from: Moment?
    /// Expressions that name models; empty: all.
    var selected: [String] = []
    /// What the selected ones read is computed too.
    var takesParents = true
    /// Nothing outside of it is computed.
    var window: Interval?
    var ignoresCron = false

    func run() async throws {
        let work = self
        try await CommandSupport.withWorkbench { workbench, settings in
            var work = work
            work.target = try work.target.resolved(settings)
            try await work.run(workbench)
        }
    }

    private var environment: String { target.environment }

    private func run(_ workbench: Workbench) async throws {
        if let from, from >= now {
            throw ExitError(.usage, "--start \(from) is in the future: there is nothing to compute yet.")
        }
        let name = try model.map(CommandSupport.model)
        var request = EnvironmentRunner.Request(
            environment: environment, model: name, upTo: min(upTo, now), from: from, includesReaders: from != nil)
        request.selected = try await selection(workbench)
        request.window = window
        request.ignoresCron = ignoresCron
        let computed = Mutex<[RunDocument.Model]>([])
        let isQuiet = json
        let outcome = try await workbench.runner.run(request, ticket: ModelRunner.Ticket(execution: now)) {
            name, outcome in
            computed.withLock { $0.append(RunDocument.Model(name, outcome)) }
            if !isQuiet { Output.line("\(name): \(outcome.rows) rows for \(IntervalText.days(outcome.intervals))") }
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

extension RunWork {
    /// The models that are named, with what they read; nil: all.
    private func selection(_ workbench: Workbench) async throws -> Set<ModelName>? {
        if selected.isEmpty { return nil }
        let environment = try await workbench.catalog.environment(environment)
        let candidates = environment.models.map(ModelSelection.Candidate.init)
        return try CommandSupport.models(selected, withParents: takesParents, among: candidates)
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
