import ModelProject
import Pipeline
import Planning
import Postgres

/// What the state no longer needs.
extension StateStore {
    /// Environments whose time is over.
    func expiredEnvironments() async throws -> [String] {
        try await database.session.rows(
            "SELECT name FROM transformer.environments WHERE expires_at < now() ORDER BY name"
        ).map { try $0.text("name") }
    }

    /// When the janitor may take environments away, by name; those that stay for ever are left out.
    func expiryTimes() async throws -> [String: Moment] {
        try await database.session.rows(
            "SELECT name, expires_at::text AS expires FROM transformer.environments WHERE expires_at IS NOT NULL"
        ).reduce(into: [:]) { found, row in found[try row.text("name")] = try row.moment("expires") }
    }

    /// How long what nothing shows stays where nobody has said it, in seconds: a week.
    private static let lifetime = 7 * 86_400

    /// Forgets promotions that nobody can go back to any more: something else has been promoted instead for long enough.
    /// The current one of each environment stays.
    /// - Parameter seconds: How long is long enough; nil: as the project said.
    func forgetPromotions(olderThan seconds: Int?) async throws {
        _ = try await database.session.execute(
            """
            DELETE FROM transformer.promotions p
            WHERE NOT EXISTS (SELECT FROM transformer.environments e WHERE e.plan = p.plan)
              AND coalesce(
                (SELECT min(n.promoted_at) FROM transformer.promotions n
                 WHERE n.environment = p.environment AND n.promoted_at > p.promoted_at), p.promoted_at)
                < now() - make_interval(secs => coalesce(
                  \(seconds.map { String($0) })::bigint, p.kept_for, \(Self.lifetime)::bigint))
            """)
    }

    /// Tables that no environment shows, nobody can go back to, and no plan has counted on for so many seconds; nil: for as
    /// long as the project said. The latest first: views are younger than the tables that they read.
    func unusedTables(for seconds: Int?) async throws -> [VersionID] {
        let rows = try await database.session.rows(
            """
            SELECT u.name, u.version FROM (\(Self.unused(for: seconds))) AS u
            ORDER BY u.first_at DESC, u.name DESC
            """)
        return try rows.map { VersionID(name: try $0.modelName("name"), version: try $0.text("version")) }
    }

    /// Whether a table is still one of those, in the transaction of `session`.
    func isUnused(_ version: VersionID, for seconds: Int?, _ session: Session) async throws -> Bool {
        try await !session.rows(
            """
            SELECT 1 AS found FROM (\(Self.unused(for: seconds))) AS u
            WHERE u.name = \(version.name.description) AND u.version = \(version.version)
            """
        ).isEmpty
    }

    private static func unused(for seconds: Int?) -> PostgresQuery {
        """
        SELECT s.name, s.version, min(s.created_at) AS first_at FROM transformer.snapshots s
        WHERE NOT EXISTS (
            SELECT FROM transformer.environment_models m WHERE m.name = s.name AND m.version = s.version)
          AND NOT EXISTS (
            SELECT FROM transformer.promotions p, unnest(p.snapshots, p.versions) AS shown (snapshot, version)
            JOIN transformer.model_snapshots x ON x.id = shown.snapshot
            WHERE x.name = s.name AND shown.version = s.version)
          AND NOT EXISTS (
            SELECT FROM transformer.active_work w WHERE w.name = s.name AND w.version = s.version)
        GROUP BY s.name, s.version
        HAVING max(s.used_at + make_interval(secs => coalesce(
          \(seconds.map { String($0) })::bigint, s.kept_for, \(lifetime)::bigint))) < now()
        """
    }

    /// Forgets a table, in the transaction of `session`.
    func forget(_ version: VersionID, _ session: Session) async throws {
        let (name, version) = (version.name.description, version.version)
        try await session.execute("DELETE FROM transformer.intervals WHERE name = \(name) AND version = \(version)")
        try await session.execute("DELETE FROM transformer.audit_results WHERE name = \(name) AND version = \(version)")
        try await session.execute(
            "DELETE FROM transformer.auto_restatements WHERE name = \(name) AND version = \(version)")
        try await session.execute("DELETE FROM transformer.snapshots WHERE name = \(name) AND version = \(version)")
    }

    /// Forgets texts that neither an environment nor a promotion has.
    func forgetSnapshots() async throws {
        try await change { session in
            try await session.execute(
                """
                DELETE FROM transformer.model_snapshots s
                WHERE NOT EXISTS (SELECT FROM transformer.environment_models m WHERE m.snapshot = s.id)
                  AND NOT EXISTS (
                    SELECT FROM transformer.promotions p, unnest(p.snapshots) AS had (id) WHERE had.id = s.id)
                """)
        }
    }
}
