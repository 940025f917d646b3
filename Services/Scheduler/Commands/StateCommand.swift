// StateCommand: what the commands for people share: they work on the state database, and a notice wakes the leader.
import ArgumentParser
import Foundation
import Postgres
import ServiceRuntime

/// A command that works on the state.
protocol StateCommand: AsyncParsableCommand {
    func run(on store: StateStore, _ settings: SchedulerSettings) async throws
}

extension StateCommand {
    func run() async throws {
        let settings = try await Settings.load(
            schedulerService, groups: [PostgresEndpoint.group, SchedulerSettings.group])
        let logger = try Observability.bootstrap(settings, level: .warning)
        let pool = PostgresPool(
            PostgresSettings(try PostgresEndpoint(settings), applicationName: "scheduler-cli"), logger: logger)
        do {
            let store = StateStore(pool)
            try await store.migrate(logger: logger)
            try await run(on: store, try SchedulerSettings(settings))
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }

    /// Who asks, for the record.
    var who: String {
        "\(ProcessInfo.processInfo.environment["USER"] ?? "somebody")@\(ProcessInfo.processInfo.hostName)"
    }
}

extension StateStore {
    /// The DAG, waited for a little: right after `transformer apply` its manifest may still be on its way.
    func dag(_ name: String, within time: Duration) async throws -> DAGRecord {
        let end = ContinuousClock.now + time
        while true {
            do {
                return try await dag(name)
            } catch RequestError.unknownDAG(let name) {
                guard ContinuousClock.now < end else { throw RequestError.unknownDAG(name) }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}

/// Times as people give and read them.
enum TimeText {
    /// `2026-11-01` (midnight UTC) or `2026-11-01T12:00:00Z`.
    static func date(_ text: String) -> Date? {
        // not a time: the caller says so
        try? Date(text.utf8.count == 10 ? "\(text)T00:00:00Z" : text, strategy: .iso8601)
    }

    /// The same of a flag.
    static func read(_ text: String, _ flag: String) throws -> Date {
        guard let date = date(text) else {
            throw ValidationError("\(flag) is \"\(text)\"; write 2026-11-01 or 2026-11-01T12:00:00Z.")
        }
        return date
    }

    static func write(_ date: Date?) -> String { date.map { $0.formatted(.iso8601) } ?? "-" }

    static func duration(_ from: Date?, _ to: Date?) -> String {
        guard let from else { return "-" }
        return String(format: "%.1f s", (to ?? Date()).timeIntervalSince(from))
    }
}

/// Columns of text, as wide as they must be.
enum TextTable {
    static func text(_ header: [String], _ rows: [[String]]) -> String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.enumerated().map { $1.padding(toLength: widths[$0], withPad: " ", startingAt: 0) }
                .joined(separator: "  ").replacing(/\s+$/, with: "")
        }.joined(separator: "\n")
    }
}
