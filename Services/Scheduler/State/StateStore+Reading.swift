// What pages and commands show.
import Foundation
import Postgres
import Timetable

/// A DAG with its last runs.
public struct DAGOverview: Decodable, Sendable {
    public var dag: DAGRecord
    /// Oldest first.
    public var lastRuns: [RunRecord]
    public var activeRuns: Int
}

extension DAGOverview {
    private enum CodingKeys: String, CodingKey {
        case dag, lastRuns, activeRuns
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            dag: try container.decode(DAGRecord.self, forKey: .dag),
            lastRuns: try container.decode([ReadableRun].self, forKey: .lastRuns).compactMap(\.run),
            activeRuns: try container.decode(Int.self, forKey: .activeRuns))
    }
}

/// A run among others: one that cannot be read leaves the others to be read.
private struct ReadableRun: Decodable {
    let run: RunRecord?

    init(from decoder: any Decoder) throws {
        do { run = try RunRecord(from: decoder) } catch is DecodingError { run = nil }
    }
}

extension StateStore {
    static let lastRunsMax = 14

    /// DAGs by name.
    /// - Parameters:
    ///   - after: The last name of the page before.
    ///   - names: Only these; `nil`: all.
    public func overviews(
        after: String? = nil, names: [String]? = nil, limit: Int
    ) async throws -> [DAGOverview] {
        let wanted = try StateJSON.text(names ?? [])
        return try await rows(
            """
            SELECT d.dag, jsonb_build_object('dag', to_jsonb(d),
                'last_runs', coalesce((SELECT jsonb_agg(to_jsonb(r) ORDER BY r.run) FROM (
                    SELECT * FROM scheduler.runs r WHERE r.dag = d.dag ORDER BY run DESC LIMIT \(sql: "\(Self.lastRunsMax)")) r), '[]'),
                'active_runs', (SELECT count(*) FROM scheduler.runs r WHERE r.dag = d.dag AND r.state IN ('queued', 'running')))::text
            FROM scheduler.dags d WHERE NOT d.is_removed AND d.dag > \(after ?? "")
                AND (\(names == nil)::boolean OR d.dag IN (SELECT jsonb_array_elements_text(\(wanted)::jsonb)))
            ORDER BY d.dag LIMIT \(limit)::int
            """
        ).values
    }

    /// All DAGs by name, a page after the other.
    func allOverviews() async throws -> [DAGOverview] {
        let pageMax = 500
        var all: [DAGOverview] = []
        while true {
            let page = try await overviews(after: all.last?.dag.dag, limit: pageMax)
            all += page
            if page.count < pageMax { return all }
        }
    }

    /// - Throws: ``RequestError/unknownDAG(_:)``.
    public func overview(of name: String) async throws -> DAGOverview {
        let dag = try await dag(name)
        struct Counted: Decodable {
            var lastRuns: [ReadableRun]
            var activeRuns: Int
        }
        let found: [Counted] = try await values(
            """
            SELECT jsonb_build_object(
                'last_runs', coalesce((SELECT jsonb_agg(to_jsonb(r) ORDER BY r.run) FROM (
                    SELECT * FROM scheduler.runs r WHERE r.dag = \(name) ORDER BY run DESC LIMIT \(sql: "\(Self.lastRunsMax)")) r), '[]'),
                'active_runs', (SELECT count(*) FROM scheduler.runs r WHERE r.dag = \(name) AND r.state IN ('queued', 'running')))::text
            """)
        return DAGOverview(
            dag: dag, lastRuns: (found.first?.lastRuns ?? []).compactMap(\.run),
            activeRuns: found.first?.activeRuns ?? 0)
    }

    /// Runs of a DAG with their tasks, newest first.
    /// - Parameters:
    ///   - before: The last run's id of the page before.
    ///   - states: Only runs in these; `nil`: all.
    public func runs(
        of dag: String, before: UUID? = nil, states: Set<RunPhase>? = nil, limit: Int
    ) async throws -> [StoredRun] {
        let wanted = try StateJSON.text((states ?? []).map(\.rawValue))
        let last = before?.uuidString.lowercased() ?? "ffffffff-ffff-ffff-ffff-ffffffffffff"
        return try await rows(
            """
            SELECT r.run::text, jsonb_build_object('run', to_jsonb(r), 'attempts', '[]'::jsonb,
                'tasks', coalesce((SELECT jsonb_agg(to_jsonb(t) ORDER BY t.position) FROM scheduler.tasks t WHERE t.run = r.run), '[]'))::text
            FROM scheduler.runs r WHERE r.dag = \(dag) AND r.run < \(last)::uuid
                AND (\(states == nil)::boolean OR r.state IN (SELECT jsonb_array_elements_text(\(wanted)::jsonb)))
            ORDER BY r.run DESC LIMIT \(limit)::int
            """
        ).values
    }

    /// A run with its tasks and all their attempts.
    /// - Throws: ``RequestError/unknownRun(_:)``.
    public func run(_ id: String) async throws -> StoredRun {
        guard let uuid = UUID(uuidString: id) else { throw RequestError.unknownRun(id) }
        let found: [StoredRun] = try await values(
            """
            SELECT jsonb_build_object('run', to_jsonb(r),
                'tasks', coalesce((SELECT jsonb_agg(to_jsonb(t) ORDER BY t.position) FROM scheduler.tasks t WHERE t.run = r.run), '[]'),
                'attempts', coalesce((SELECT jsonb_agg(to_jsonb(a) ORDER BY a.task, a.attempt) FROM scheduler.tasks t
                    JOIN scheduler.attempts a ON a.task = t.task WHERE t.run = r.run), '[]'),
                'audit', coalesce((SELECT jsonb_agg(to_jsonb(a) ORDER BY a.sequence) FROM scheduler.audit a WHERE a.run = r.run), '[]'))::text
            FROM scheduler.runs r WHERE r.run = \(uuid.uuidString.lowercased())::uuid
            """)
        guard let run = found.first else { throw RequestError.unknownRun(id) }
        return run
    }
}
