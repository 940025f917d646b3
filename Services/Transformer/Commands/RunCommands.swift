import ArgumentParser
import Foundation
import ModelProject
import Pipeline
import Planning
import ServiceRuntime

/// `transformer run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Compute what is missing in an environment, as each model's cron has it.")
    @OptionGroup var target: EnvironmentTarget
    @Option(help: "One model alone.")
    var model: String?

    func run() async throws {
        try await RunWork(
            environment: target.environment, model: try model.map(CommandSupport.model), from: nil, upTo: nil
        )
        .run()
    }
}

/// `transformer backfill`
struct BackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Compute a range of days again, done or not.",
        discussion: "  transformer backfill --start '2024-04-01' --end '2024-04-30' --environment prod")
    @OptionGroup var target: EnvironmentTarget
    @Option(help: "The first day, as 2024-04-01.")
    var start: String
    @Option(help: "The last day; the whole of it is computed.")
    var end: String
    @Option(help: "One model, and what reads it.")
    var model: String?

    func run() async throws {
        let from = try CommandSupport.moment(start, named: "start")
        let upTo = try CommandSupport.end(end)
        guard from < upTo else { throw ExitError(.usage, "--end is before --start.") }
        try await RunWork(
            environment: target.environment, model: try model.map(CommandSupport.model), from: from, upTo: upTo
        ).run()
    }
}

/// Runs an environment from the command line.
private struct RunWork {
    let environment: String
    let model: ModelName?
    let from: Moment?
    let upTo: Moment?

    func run() async throws {
        let (environment, model, from, upTo) = (environment, model, from, upTo)
        try await CommandSupport.withWorkbench { workbench, settings in
            let now = Moment(Date())
            let request = EnvironmentRunner.Request(
                environment: environment, model: model, upTo: min(upTo ?? now, now), from: from,
                includesReaders: from != nil)
            if let from, from >= now {
                throw ExitError(.usage, "--start \(from) is in the future: there is nothing to compute yet.")
            }
            let outcome = try await workbench.runner.run(request, ticket: ModelRunner.Ticket(execution: now)) {
                Output.line("\($0): \($1.rows) rows for \($1.intervals)")
            }
            guard outcome.intervals.isEmpty else { return }
            guard from == nil else {
                let reasons = try await workbench.runner.reasons(request).joined(separator: "\n")
                throw ExitError(.failed, "Nothing was computed.\n\(reasons)")
            }
            Output.line("Nothing is missing in \(environment).")
        }
    }
}

/// `transformer audit`
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Run the audits of an environment's models over what is there.")
    @OptionGroup var target: EnvironmentOption
    @Option(help: "One model alone.")
    var model: String?
    @Option(help: "The first day to look at.")
    var start: String?
    @Option(help: "The last day to look at.")
    var end: String?
    @Flag(help: "Run nothing: show what audits found in the last 30 days, in any environment, with the first rows.")
    var kept = false

    func run() async throws {
        let environment = target.environment
        let name = try model.map(CommandSupport.model)
        let interval = try DayRange.interval(start, end)
        let showsKept = kept
        try await CommandSupport.withWorkbench { workbench, _ in
            if showsKept { return Self.show(try await workbench.store.auditFailures(of: name)) }
            let found = try await workbench.catalog.environment(environment)
            if let name, found[name] == nil { throw TransformerError.unknownModel(name.description, in: environment) }
            var failed = 0
            let names = found.models.map(\.name).filter { name == nil || $0 == name }
            let models = try await workbench.catalog.read(names, of: found)
            let relations = try await workbench.catalog.relations(of: found)
            for model in names.compactMap({ models[$0] }) where model.hasRelation {
                let findings = try await Auditor(tables: workbench.tables).audit(
                    model, among: relations, in: interval, execution: Moment(Date()))
                for audit in model.snapshot.audits {
                    let finding = findings.first { $0.call == audit.call.description }
                    let words = finding.map { "\($0.isBlocking ? "FAILED" : "warning")  \($0.message)" }
                    Output.line("\(model.name)  \(audit.call)  \(words ?? "passed")")
                }
                failed += findings.filter(\.isBlocking).count
            }
            if failed > 0 { throw ExitError(.failed, "\(failed) audits failed in \(environment).") }
        }
    }

    private static func show(_ failures: [AuditFailure]) {
        if failures.isEmpty { print("No audit has found anything in the last 30 days.") }
        for failure in failures {
            let word = failure.isBlocking ? "refused" : "warned"
            print("\(failure.at)  \(failure.model)  \(failure.audit)  \(word)  \(failure.failures) failures")
            for row in failure.rows { print("  \(row)") }
        }
    }
}
