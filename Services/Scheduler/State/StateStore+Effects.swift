// What tasks did outside, and what they wait for.
import Foundation
import Postgres
import Timetable

extension PostgresConnection {
    /// What the task gave when it was done before; `nil` when it was not.
    func effect(of task: String) async throws -> TaskResult? {
        let rows = try await query("SELECT result, rows::text FROM scheduler.effects WHERE task = \(task)::uuid")
        return rows.first.map { row in TaskResult(value: row.text(at: 0), rows: row.text(at: 1).flatMap { Int($0) }) }
    }
}

extension StateStore {
    /// What the task gave when it was done before; `nil` when it was not.
    func effect(of task: String) async throws -> TaskResult? {
        try await pool.withConnection { try await $0.effect(of: task) }
    }

    /// Notes that it is done. A task that is forgotten meanwhile needs no note.
    func note(_ result: TaskResult, of task: String) async throws {
        try await pool.execute(
            """
            INSERT INTO scheduler.effects (task, result, rows)
            SELECT t.task, \(result.value), \(result.rows)::bigint FROM scheduler.tasks t WHERE t.task = \(task)::uuid
            ON CONFLICT DO NOTHING
            """)
    }

    /// The run whose success `wait` waits for; `nil` while there is none.
    func success(of wait: DAGWait, upTo: Date) async throws -> String? {
        let from = StateTime.text(upTo.addingTimeInterval(-wait.within))
        if let task = wait.task {
            return try await texts(
                """
                SELECT r.run::text FROM scheduler.runs r JOIN scheduler.tasks t ON t.run = r.run
                WHERE r.dag = \(wait.dag) AND t.model = \(task) AND t.state = 'succeeded'
                    AND t.up_to >= \(from)::timestamptz
                ORDER BY r.run DESC LIMIT 1
                """
            ).first
        }
        return try await texts(
            """
            SELECT run::text FROM scheduler.runs
            WHERE dag = \(wait.dag) AND state = 'succeeded' AND up_to >= \(from)::timestamptz AND trigger <> 'backfill'
            ORDER BY run DESC LIMIT 1
            """
        ).first
    }

    /// Up to when all topics of a raw table have landed; `nil` while that is not known.
    func watermark(of table: String) async throws -> Date? {
        try await texts(
            """
            SELECT CASE WHEN bool_and(low_watermark IS NOT NULL) THEN to_char(min(low_watermark) AT TIME ZONE 'UTC',
                'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END
            FROM scheduler.landed WHERE table_name = \(table)
            """
        ).first.flatMap(StateTime.date)
    }
}
