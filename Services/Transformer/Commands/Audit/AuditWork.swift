import ModelProject
import Pipeline
import Planning

/// Runs the audits of an environment's models.
struct AuditWork: Sendable {
    let environment: EnvironmentCatalog.Environment
    let store: StateStore
    let catalog: EnvironmentCatalog
    let tables: ModelTables

    /// What came of one audit.
    struct Result: Encodable, Sendable {
        enum Outcome: String, Encodable, Sendable { case passed, warned, failed }
        let model: String, audit: String
        let outcome: Outcome
        let failures: Int
        /// File and line, and what was found; nil when it passed.
        let message: String?
        /// The first rows that it found, as JSON objects.
        let rows: [String]

        /// For people.
        var text: String {
            switch outcome {
            case .passed: "\(model)  \(audit)  passed"
            case .warned: "\(model)  \(audit)  warning  \(message ?? "")"
            case .failed: "\(model)  \(audit)  FAILED  \(message ?? "")"
            }
        }
    }

    /// - Parameters:
    ///   - name: One model alone.
    ///   - interval: Which rows; nil: all.
    ///   - report: Told of each as soon as the model's are over.
    func run(
        _ name: ModelName?, in interval: Interval?, execution: Moment, report: (Result) -> Void
    ) async throws -> [Result] {
        let names = environment.models.map(\.name).filter { name == nil || $0 == name }
        let models = try await catalog.read(names, of: environment)
        let relations = try await catalog.relations(of: environment)
        var results: [Result] = []
        for model in names.compactMap({ models[$0] }) where model.hasRelation {
            let label = WorkHolder.thisProcess.label(model.name, in: environment.name)
            let findings = try await Auditor(store: store, tables: tables.labelled(label)).audit(
                model, among: relations, in: interval, execution: execution)
            for audit in model.snapshot.audits {
                let finding = findings.first { $0.call == audit.call.description }
                let outcome: Result.Outcome = finding.map { $0.isBlocking ? .failed : .warned } ?? .passed
                let result = Result(
                    model: model.name.description, audit: audit.call.description, outcome: outcome,
                    failures: finding?.failures ?? 0, message: finding?.message, rows: finding?.rows ?? [])
                report(result)
                results.append(result)
            }
        }
        return results
    }
}

/// What audits found in the last 30 days.
struct KeptFailures: Encodable {
    struct Failure: Encodable {
        let at: String, model: String, version: String, audit: String, isBlocking: Bool, failures: Int
        /// The first rows that it found, as JSON objects.
        let rows: [String]
    }

    /// The latest first.
    let failures: [Failure]

    init(_ kept: [AuditFailure]) {
        failures = kept.map {
            Failure(
                at: $0.at, model: $0.model, version: $0.version, audit: $0.audit, isBlocking: $0.isBlocking,
                failures: $0.failures, rows: $0.rows)
        }
    }

    /// For people.
    var text: String {
        if failures.isEmpty { return "No audit has found anything in the last 30 days." }
        return failures.flatMap { failure in
            let word = failure.isBlocking ? "refused" : "warned"
            return ["\(failure.at)  \(failure.model)  \(failure.audit)  \(word)  \(failure.failures) failures"]
                + failure.rows.map { "  \($0)" }
        }.joined(separator: "\n")
    }
}
