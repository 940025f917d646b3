// StateStore: the scheduler's tables. What only the leader writes goes through `write`, which a deposed leader cannot.
import Foundation
import Logging
import Postgres
import Timetable

/// Why the state could not be changed.
public enum StateError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another leader has been elected. Give up the place; nothing was written.
    case deposed

    public var description: String {
        switch self {
        case .deposed: "Another scheduler has taken the lead; nothing was written."
        }
    }
}

/// Reads and writes the schema `scheduler`.
public struct StateStore: Sendable {
    let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Makes the tables, or brings them up to date. Any number of processes may do so at the same time.
    public func migrate(logger: Logger) async throws {
        let steps = [
            Migration(1, "lease, DAGs, runs, tasks, attempts, outbox", StateSchema.first),
            Migration(2, "what is set aside, age of the outbox", StateSchema.second),
            Migration(3, "tasks as nodes: kinds, rules, retries; cancelled runs, marked tasks", StateSchema.third),
            Migration(4, "what people want done to runs", StateSchema.fourth),
            Migration(5, "pools and priorities of tasks", StateSchema.fifth),
            Migration(6, "DAGs of files: what tasks do, what they did, what has landed", StateSchema.sixth),
            Migration(7, "alerts and silences", StateSchema.seventh),
            Migration(8, "logs of attempts", StateSchema.eighth),
        ]
        try await Migrations(schema: StateSchema.name, steps).apply(to: pool, logger: logger)
    }

    /// The same as soon as the database answers: at a start it may still be on its way.
    func migrateWhenReachable(logger: Logger) async throws {
        var pause: Duration = .milliseconds(200)
        while true {
            do {
                return try await migrate(logger: logger)
            } catch let error as PostgresError where error.isRetriable {
                logger.warning("state database not reachable yet", metadata: ["error": "\(error)"])
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    /// Writes a step of the leader elected in `epoch`: all of it.
    /// - Throws: ``StateError/deposed`` when there is another leader; nothing was written then. After any other error it may
    ///   have been: read the state again before going on.
    func write(_ change: StateChange, epoch: Int64) async throws {
        let query = PostgresQuery(StateChange.statement, [epoch, try StateJSON.text(change.compacted())])
        guard try await !texts(query).isEmpty else { throw StateError.deposed }
    }

    // MARK: What a leader starts from

    func dags() async throws -> StoredRows<DAGRecord> {
        try await rows("SELECT dag, to_jsonb(d)::text FROM scheduler.dags d ORDER BY dag")
    }

    /// Whether each DAG is paused: also of rows that cannot be read whole.
    func pauses() async throws -> [String: Bool] {
        let rows = try await pool.query("SELECT dag, is_paused::text FROM scheduler.dags")
        return Dictionary(rows.map { ($0.text(at: 0) ?? "", $0.text(at: 1) == "true") }) { first, _ in first }
    }

    /// DAGs whose last run that came to an end by itself has failed; backfills are none of that.
    func failedDAGs() async throws -> Set<String> {
        Set(
            try await texts(
                """
                SELECT d.dag FROM scheduler.dags d CROSS JOIN LATERAL (
                    SELECT state FROM scheduler.runs r WHERE r.dag = d.dag AND trigger <> 'backfill'
                        AND state IN ('succeeded', 'failed') ORDER BY run DESC LIMIT 1) r
                WHERE r.state = 'failed'
                """))
    }

    /// Runs that are not over, oldest first, each with its tasks and their attempts.
    func activeRuns() async throws -> StoredRows<StoredRun> {
        try await rows(
            """
            SELECT r.run::text, jsonb_build_object('run', to_jsonb(r),
                'tasks', coalesce((SELECT jsonb_agg(to_jsonb(t) ORDER BY t.position) FROM scheduler.tasks t WHERE t.run = r.run), '[]'),
                'attempts', coalesce((SELECT jsonb_agg(to_jsonb(a) ORDER BY a.attempt) FROM scheduler.tasks t
                    JOIN scheduler.attempts a ON a.task = t.task WHERE t.run = r.run), '[]'))::text
            FROM scheduler.runs r WHERE r.state IN ('queued', 'running') ORDER BY r.run
            """)
    }

    func outbox() async throws -> [OutboxRecord] {
        try await values(
            """
            SELECT jsonb_build_object('message_id', message_id, 'type', type, 'payload', payload)::text
            FROM scheduler.outbox ORDER BY sequence
            """)
    }

    /// The broker has them.
    func deleteFromOutbox(_ messageIDs: [String]) async throws {
        let ids = try StateJSON.text(messageIDs)
        _ = try await texts(
            "DELETE FROM scheduler.outbox WHERE message_id IN (SELECT value::uuid FROM jsonb_array_elements_text(\(ids)::jsonb))"
        )
    }

    func positions() async throws -> [PositionRecord] {
        try await values("SELECT to_jsonb(p)::text FROM scheduler.positions p")
    }

    /// Deletes runs that ended before `time`, with their tasks, and what people did before it.
    /// - Returns: How many runs.
    func forgetRuns(before time: Date) async throws -> Int {
        let time = StateTime.text(time)
        _ = try await texts("DELETE FROM scheduler.audit WHERE at < \(time)::timestamptz")
        _ = try await texts("DELETE FROM scheduler.alerts WHERE at < \(time)::timestamptz AND state <> 'waiting'")
        _ = try await texts("DELETE FROM scheduler.silences WHERE until_at < \(time)::timestamptz")
        return try await texts(
            "DELETE FROM scheduler.runs WHERE finished_at < \(time)::timestamptz RETURNING run::text"
        ).count
    }

    // MARK: Plumbing

    /// The first column of each row.
    func texts(_ query: PostgresQuery) async throws(PostgresError) -> [String] {
        try await pool.query(query).compactMap { $0.text(at: 0) }
    }

    func values<Value: Decodable>(_ query: PostgresQuery) async throws -> [Value] {
        try await texts(query).map { try StateJSON.value(Value.self, from: $0) }
    }

    /// The rows of a query for a key and a JSON document, each read by itself.
    func rows<Value: Decodable>(_ query: PostgresQuery) async throws(PostgresError) -> StoredRows<Value> {
        var found = StoredRows<Value>()
        for row in try await pool.query(query) {
            let text = row.text(at: 1) ?? ""
            do {
                found.values.append(try StateJSON.value(Value.self, from: text))
            } catch {
                found.unreadable.append((row.text(at: 0) ?? "", Unusable(StateJSON.reason(error))))
            }
        }
        return found
    }
}

/// Rows as values. One that cannot be read, because a newer version wrote it or somebody changed it, is told by its key
/// and keeps nobody from reading the others.
struct StoredRows<Value: Sendable>: Sendable {
    var values: [Value] = []
    var unreadable: [(key: String, error: Unusable)] = []
}

/// A run as it was written down.
public struct StoredRun: Codable, Sendable {
    public var run: RunRecord
    public var tasks: [TaskRecord]
    /// All attempts at its tasks; empty where a list of runs leaves them out.
    public var attempts: [AttemptRecord]
    /// What people did to it, oldest first; `nil` where a list of runs leaves it out.
    public var audit: [AuditRecord]?
}
