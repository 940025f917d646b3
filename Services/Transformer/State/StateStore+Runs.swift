import ModelProject
import Pipeline
import Planning
import Postgres

/// One batch of a model that was computed, or failed.
struct ModelRun: Sendable, Equatable {
    let model: ModelName
    let version: String
    let startedAt: Moment
    let finishedAt: Moment
    /// What was computed, or was to be.
    let computed: IntervalSet
    let rows: Int
    /// Why it failed; nil: it did not.
    let error: String?
}

extension StateStore {
    /// What was computed, the latest first.
    /// - Parameters:
    ///   - models: Of these tables; nil: of all.
    ///   - limit: At most so many.
    func runs(of tables: [VersionID]? = nil, limit: Int) async throws -> [ModelRun] {
        try await database.session.rows(
            """
            SELECT r.name, r.version, r.started_at::text AS started_at, r.finished_at::text AS finished_at,
              r.computed::text AS computed, r.rows::text AS rows, r.error
            FROM transformer.model_runs r
            WHERE \(tables == nil)::boolean OR (r.name, r.version) IN (
              SELECT * FROM unnest(\((tables ?? []).map(\.name.description))::text[],
                \((tables ?? []).map(\.version))::text[]))
            ORDER BY r.finished_at DESC, r.id DESC LIMIT \(limit)::integer
            """
        ).map(ModelRun.init)
    }

    /// The last that was computed of each of `tables`; those of which nothing is known are left out.
    func lastRuns(of tables: [VersionID]) async throws -> [VersionID: ModelRun] {
        let runs = try await database.session.rows(
            """
            SELECT r.name, r.version, r.started_at::text AS started_at, r.finished_at::text AS finished_at,
              r.computed::text AS computed, r.rows::text AS rows, r.error
            FROM unnest(\(tables.map(\.name.description))::text[], \(tables.map(\.version))::text[]) AS t (name, version),
              LATERAL (
                SELECT * FROM transformer.model_runs r WHERE r.name = t.name AND r.version = t.version
                ORDER BY r.finished_at DESC, r.id DESC LIMIT 1) AS r
            """
        ).map(ModelRun.init)
        return runs.reduce(into: [:]) { found, run in
            found[VersionID(name: run.model, version: run.version)] = run
        }
    }

    /// Forgets what was computed long ago.
    func forgetRuns(olderThan seconds: Int) async throws {
        _ = try await database.session.execute(
            """
            DELETE FROM transformer.model_runs
            WHERE finished_at < now() - make_interval(secs => \(seconds)::integer)
            """)
    }
}

extension ModelRun {
    fileprivate init(_ row: Row) throws {
        self.init(
            model: try row.modelName("name"), version: try row.text("version"),
            startedAt: try row.moment("started_at"), finishedAt: try row.moment("finished_at"),
            computed: MultirangeText.read(try row.text("computed")) ?? IntervalSet(), rows: try row.integer("rows"),
            error: row["error"])
    }
}
