// What people ask for is written by whoever takes the request, leader or not; a notice wakes the leader.
import Foundation
import Postgres
import Timetable

extension StateStore {
    /// The DAG as it is now.
    /// - Throws: ``RequestError/unknownDAG(_:)``, also for one that was removed.
    public func dag(_ name: String) async throws -> DAGRecord {
        let found: [DAGRecord] = try await values(
            "SELECT to_jsonb(d)::text FROM scheduler.dags d WHERE dag = \(name) AND NOT is_removed")
        guard let dag = found.first else { throw RequestError.unknownDAG(name) }
        return dag
    }

    /// What makes runs of a DAG.
    public func planner(of dag: DAGRecord, retry: RetryPolicy) async throws -> DAGPlanner {
        let wanted = try StateJSON.text((dag.definition?.environments ?? []).sorted())
        let environments: [DAGRecord] =
            dag.definition == nil
            ? []
            : try await values(
                """
                SELECT to_jsonb(d)::text FROM scheduler.dags d WHERE NOT is_removed AND definition IS NULL
                    AND dag IN (SELECT jsonb_array_elements_text(\(wanted)::jsonb))
                """)
        return DAGPlanner(
            dag: dag,
            manifests: Dictionary(environments.map { ($0.dag, $0.manifest) }) { first, _ in first }, retry: retry)
    }

    /// Writes a run that somebody asked for; the leader begins it.
    /// - Returns: The run's id: that of the earlier run when its idempotency key was used before.
    public func request(_ plan: RunPlan, by who: String, detail: String? = nil) async throws -> String {
        struct Document: Encodable {
            var runs: [RunRecord]
            var tasks: [TaskRecord]
            var audit: [AuditRecord]
            var notice: StateChange.Notice
        }
        let audit = AuditRecord(
            at: plan.run.createdAt, who: who, action: plan.run.trigger.rawValue, dag: plan.run.dag, run: plan.run.run,
            detail: detail)
        let document = Document(
            runs: [plan.run], tasks: plan.tasks, audit: [audit],
            notice: StateChange.Notice(dag: plan.run.dag, run: plan.run.run, isRequest: true))
        let query = PostgresQuery(
            """
            WITH d AS MATERIALIZED (SELECT $1::jsonb AS document), runs AS (
                \(RunRecord.insert("document -> 'runs'", from: "d"))
                ON CONFLICT DO NOTHING RETURNING run
            ), tasks AS (
                \(TaskRecord.insert("document -> 'tasks'", from: "runs, d"))
            ), audit AS (
                \(AuditRecord.insert("document -> 'audit'", from: "runs, d"))
            )
            SELECT run::text, pg_notify('millrace_scheduler', (document -> 'notice')::text) FROM runs, d
            """, [try StateJSON.text(document)])
        if let run = try await texts(query).first { return run }
        guard let key = plan.run.idempotencyKey,
            let earlier = try await texts(
                "SELECT run::text FROM scheduler.runs WHERE dag = \(plan.run.dag) AND idempotency_key = \(key)"
            ).first
        else { throw RequestError.unknownRun(plan.run.run) }
        return earlier
    }

    /// Pauses or unpauses. Saying it twice changes nothing.
    public func setPaused(_ isPaused: Bool, dag: String, by who: String, at now: Date) async throws {
        let notice = try StateJSON.text(StateChange.Notice(dag: dag, isRequest: true))
        let changed = try await texts(
            """
            WITH changed AS (
                UPDATE scheduler.dags SET is_paused = \(isPaused)::boolean WHERE dag = \(dag) AND NOT is_removed RETURNING dag
            ), audit AS (
                INSERT INTO scheduler.audit (at, who, action, dag)
                SELECT \(StateTime.text(now))::timestamptz, \(who), \(isPaused ? "pause" : "unpause"), dag FROM changed
            )
            SELECT dag, pg_notify('millrace_scheduler', \(notice)) FROM changed
            """)
        guard !changed.isEmpty else { throw RequestError.unknownDAG(dag) }
    }
}
