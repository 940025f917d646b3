// StateChange: everything that one step of the leader changes, written by one statement: all of it, or, when another leader
// has been elected meanwhile, nothing.
import Foundation

/// What a step changes. Rows are written whole.
struct StateChange: Encodable, Sendable {
    /// What listeners are told, here and in other processes.
    struct Notice: Codable, Sendable, Hashable {
        var dag: String
        var run: String?
        /// True when the leader has to look: a person asked for something.
        var isRequest: Bool?

        /// In place of a DAG: that data has landed of a table for which tasks wait. No DAG has such a name.
        static let data = "/data"
        /// In place of a DAG: that there is something to send.
        static let alerts = "/alerts"
    }

    private enum CodingKeys: String, CodingKey {
        case dags, cursors, runs, tasks, attempts, outbox, positions, notices, setAside, settled, audit, actsDone,
            landed, alerts, logs
    }

    var dags: [DAGRecord] = []
    /// How far each DAG's ticks are dealt with.
    var cursors: [Cursor] = []
    var runs: [RunRecord] = []
    var tasks: [TaskRecord] = []
    var attempts: [AttemptRecord] = []
    var outbox: [OutboxRecord] = []
    var positions: [PositionRecord] = []
    var notices: Set<Notice> = []
    /// What could not be dealt with.
    var setAside: [SetAsideRecord] = []
    /// Ids of what was set aside and is dealt with now.
    var settled: Set<String> = []
    /// What came of what people wanted.
    var audit: [AuditRecord] = []
    /// Ids of what people wanted and is dealt with now.
    var actsDone: Set<String> = []
    /// How far data has landed, of tables for which tasks wait.
    var landed: [LandedRecord] = []
    /// What is said about attempts.
    var logs: [LogRecord] = []
    /// What people are to be told.
    var alerts: [AlertRecord] = []
    /// Attempts to begin here once this is written, and to end. They are not written: tasks say what is under way.
    var begun: [LocalAttempt] = []
    var ended: [(task: String, attempt: Int)] = []

    struct Cursor: Encodable, Sendable {
        var dag: String
        var cursorAt: Date
    }

    /// Positions alone are not worth a statement: they are written with the next change.
    var isEmpty: Bool {
        dags.isEmpty && cursors.isEmpty && runs.isEmpty && tasks.isEmpty && attempts.isEmpty && outbox.isEmpty
            && setAside.isEmpty && settled.isEmpty && audit.isEmpty && actsDone.isEmpty && landed.isEmpty
            && ended.isEmpty && alerts.isEmpty && logs.isEmpty
    }

    /// The same with each row once, as it was last: a statement may write a row only once. That holds across its parts
    /// too: a DAG's cursor goes with its row when that is written.
    func compacted() -> StateChange {
        func last<Row, Key: Hashable>(_ rows: [Row], _ key: (Row) -> Key) -> [Row] {
            var seen: Set<Key> = []
            return rows.reversed().filter { seen.insert(key($0)).inserted }.reversed()
        }
        var change = self
        let cursors = last(cursors, \.dag)
        let cursorByDAG = Dictionary(cursors.map { ($0.dag, $0.cursorAt) }) { _, last in last }
        change.dags = last(dags, \.dag).map { dag in
            var dag = dag
            dag.cursorAt = cursorByDAG[dag.dag] ?? dag.cursorAt
            return dag
        }
        let written = Set(dags.map(\.dag))
        change.cursors = cursors.filter { !written.contains($0.dag) }
        change.runs = last(runs, \.run)
        change.tasks = last(tasks, \.task)
        change.attempts = last(attempts) { "\($0.task)#\($0.attempt)" }
        change.outbox = last(outbox, \.messageId)
        change.positions = last(positions) { "\($0.topic)/\($0.partition)" }
        change.setAside = last(setAside, \.id)
        change.alerts = last(alerts, \.id)
        change.landed = last(landed) { "\($0.tableName)/\($0.topic)" }
        change.settled.subtract(setAside.map(\.id))
        return change
    }

    /// `$1`: the leader's epoch; `$2`: this value as JSON. Returns the epoch when it was written, no row otherwise.
    /// Locking the lease's row keeps a new leader from being elected in the middle.
    static let statement = """
        WITH fence AS MATERIALIZED (
            SELECT epoch, $2::jsonb AS change FROM scheduler.lease WHERE id = 1 AND epoch = $1::bigint FOR SHARE
        ), dags AS (
            \(DAGRecord.upsert("change -> 'dags'", from: "fence"))
        ), cursors AS (
            UPDATE scheduler.dags d SET cursor_at = c.cursor_at
            FROM fence, jsonb_to_recordset(change -> 'cursors') c(dag text, cursor_at timestamptz) WHERE d.dag = c.dag
        ), runs AS (
            \(RunRecord.upsert("change -> 'runs'", from: "fence"))
        ), tasks AS (
            \(TaskRecord.upsert("change -> 'tasks'", from: "fence"))
        ), attempts AS (
            \(AttemptRecord.upsert("change -> 'attempts'", from: "fence"))
        ), outbox AS (
            INSERT INTO scheduler.outbox (message_id, type, payload)
            SELECT o.message_id, o.type, o.payload FROM fence,
                jsonb_to_recordset(change -> 'outbox') o(message_id uuid, type text, payload text)
            ON CONFLICT (message_id) DO NOTHING
        ), positions AS (
            \(PositionRecord.upsert("change -> 'positions'", from: "fence"))
        ), set_aside AS (
            INSERT INTO scheduler.set_aside (id, kind, dag, type, payload, reason, at)
            SELECT s.id, s.kind, s.dag, s.type, s.payload, s.reason, s.at
            FROM fence, jsonb_populate_recordset(NULL::scheduler.set_aside, change -> 'set_aside') s
            ON CONFLICT (id) DO UPDATE SET type = EXCLUDED.type, payload = EXCLUDED.payload, reason = EXCLUDED.reason,
                at = EXCLUDED.at, times = scheduler.set_aside.times + 1, is_retry = false
        ), settled AS (
            DELETE FROM scheduler.set_aside s USING fence, jsonb_array_elements_text(change -> 'settled') x(id)
            WHERE s.id = x.id
        ), audit AS (
            \(AuditRecord.insert("change -> 'audit'", from: "fence"))
        ), acts_done AS (
            DELETE FROM scheduler.acts a USING fence, jsonb_array_elements_text(change -> 'acts_done') x(id)
            WHERE a.id = x.id::uuid
        ), landed AS (
            \(LandedRecord.upsert("change -> 'landed'", from: "fence"))
        ), alerts AS (
            \(AlertRecord.insert("change -> 'alerts'", from: "fence")) ON CONFLICT (id) DO NOTHING
        ), logs AS (
            \(LogRecord.insert("change -> 'logs'", from: "fence"))
        ), told AS MATERIALIZED (
            SELECT count(pg_notify('millrace_scheduler', n::text)) AS notices
            FROM fence, jsonb_array_elements(change -> 'notices') n
        )
        SELECT fence.epoch::text FROM fence, told
        """
}
