// What people want done to runs waits in a table until the leader has done it: it alone knows where a run is.
import Foundation
import Postgres
import Timetable

/// A row of `scheduler.acts`.
struct ActRecord: StateRow, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, run, dag, act, models, downstream, who, at
    }

    static let table = "acts", key: [CodingKeys] = [.id]
    static let fixed = Set(CodingKeys.allCases)

    var id: String
    var run: String
    var dag: String
    var act: RunAct
    /// The tasks that are meant, by model; `nil`: the run.
    var models: [String]?
    var downstream: Bool
    var who: String
    var at: Date
}

extension StateStore {
    /// Writes down what somebody wants; the leader does it, and writes what came of it into the run's history.
    func request(_ act: ActRecord) async throws {
        struct Document: Encodable {
            var acts: [ActRecord]
            var notice: StateChange.Notice
        }
        let document = Document(acts: [act], notice: .init(dag: act.dag, run: act.run, isRequest: true))
        _ = try await texts(
            PostgresQuery(
                """
                WITH d AS MATERIALIZED (SELECT $1::jsonb AS document), acts AS (
                    \(ActRecord.insert("document -> 'acts'", from: "d"))
                    ON CONFLICT DO NOTHING
                )
                SELECT pg_notify('millrace_scheduler', (document -> 'notice')::text)::text FROM d
                """, [try StateJSON.text(document)]))
    }

    /// What is wanted and not done yet, oldest first.
    func acts() async throws -> StoredRows<ActRecord> {
        try await rows("SELECT id::text, to_jsonb(a)::text FROM scheduler.acts a ORDER BY a.id")
    }

    func isWaiting(_ act: String) async throws -> Bool {
        try await !texts("SELECT id::text FROM scheduler.acts WHERE id = \(act)::uuid").isEmpty
    }
}
