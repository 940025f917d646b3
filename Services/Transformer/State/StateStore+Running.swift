import ModelProject
import Pipeline
import Planning
import Postgres

/// A batch that is being computed.
struct RunningWork: Sendable, Equatable {
    /// The statement that runs for it.
    struct Statement: Sendable, Equatable {
        /// The process of the database: `pg_cancel_backend` ends it.
        let process: Int
        let since: Moment
        /// What it waits for, as the database names it; nil: for nothing.
        let waitsFor: String?
    }

    let model: ModelName
    let environment: String
    let computed: IntervalSet
    let startedAt: Moment
    /// Who computes.
    let holder: String
    /// The command of the inbox that it belongs to.
    let task: String?
    /// The plan that it belongs to.
    let plan: String?
    /// Nil between two statements.
    let statement: Statement?
}

extension StateStore {
    /// What is computed now, the longest at it first. What the database shows a statement of, or a worker renews its lease
    /// for: what a process that died has left is none of it.
    func running(limit: Int) async throws -> [RunningWork] {
        try await database.session.rows(
            """
            SELECT w.name, w.environment, w.computed::text AS computed, w.started_at::text AS started_at, w.holder,
              w.task, w.plan, a.pid::text AS process, a.query_start::text AS since, a.waits
            FROM transformer.active_work w
            LEFT JOIN LATERAL (
              SELECT s.pid, s.query_start,
                CASE WHEN s.state = 'active' THEN s.wait_event_type || ': ' || s.wait_event END AS waits
              FROM pg_stat_activity s
              WHERE s.datname = current_database()
                AND starts_with(s.application_name, 'millrace transformer ' || left(w.id::text, 8) || ' ')
              LIMIT 1) AS a ON true
            WHERE w.environment IS NOT NULL AND (a.pid IS NOT NULL OR EXISTS (
              SELECT FROM transformer.commands c
              WHERE c.task = w.task AND c.worker = w.holder AND c.state = 'running' AND c.lease_until > now()))
            ORDER BY w.started_at, w.id LIMIT \(limit)::integer
            """
        ).map { row in
            RunningWork(
                model: try row.modelName("name"), environment: try row.text("environment"),
                computed: MultirangeText.read(try row.text("computed")) ?? IntervalSet(),
                startedAt: try row.moment("started_at"), holder: try row.text("holder"), task: row["task"],
                plan: row["plan"],
                statement: try row["process"] == nil
                    ? nil
                    : RunningWork.Statement(
                        process: row.integer("process"), since: row.moment("since"), waitsFor: row["waits"]))
        }
    }
}
