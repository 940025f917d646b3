import Foundation
import Logging
import ModelProject
import Pipeline
import Planning
import Postgres

/// The schema `transformer`: environments, what has been computed, the commands inbox and the outbox.
///
/// Transactions that change what counts as done, or whose views show what, run one at a time (an advisory lock held for a
/// few milliseconds). That is what makes "a landing that arrives while an interval is computed is not lost" easy to see.
struct StateStore: Sendable {
    let database: Database

    /// Creates or brings up to date the schema. Any replica may do so at any time.
    func migrate(logger: Logger) async throws {
        try await database.migrate(StateMigrations.all, logger: logger)
    }

    /// A short transaction that no other one of its kind overlaps.
    @discardableResult
    func change<R: Sendable>(_ body: @Sendable (Session) async throws -> R) async throws -> R {
        try await database.transaction { session in
            try await session.execute("SELECT pg_advisory_xact_lock(hashtextextended('transformer.state', 0))")
            return try await body(session)
        }
    }

    // MARK: Environments

    /// Names and current plans of all environments.
    func plans(_ session: Session? = nil) async throws -> [String: String] {
        let rows = try await (session ?? database.session).rows(
            "SELECT name, plan::text AS plan FROM transformer.environments")
        return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.text("name"), try $0.text("plan")) })
    }

    /// What is known of an environment without reading its models.
    struct Outline: Sendable {
        /// The plan that made it what it is.
        let plan: String
        let models: Set<ModelName>
        /// What its project runs before and after everything else; nil where an earlier version promoted it.
        let statements: EnvironmentStatements?
    }

    /// All environments, by name.
    func outlines() async throws -> [String: Outline] {
        var found: [String: Outline] = [:]
        for row in try await database.session.rows(
            """
            SELECT e.name, e.plan::text AS plan, e.statements::text AS statements, (
              SELECT coalesce(json_agg(m.name), '[]') FROM transformer.environment_models m WHERE m.environment = e.name
            )::text AS models FROM transformer.environments e
            """)
        {
            let name = try row.text("name")
            let models: [String] = try StoredJSON.decode("models", of: name, row)
            found[name] = Outline(
                plan: try row.text("plan"), models: Set(models.compactMap { ModelName($0) }),
                statements: try row["statements"].map { _ in try StoredJSON.decode("statements", of: name, row) })
        }
        return found
    }

    /// Forgets an environment, in the transaction of `session`.
    func remove(_ environment: String, _ session: Session) async throws {
        // From now on nothing may show its tables.
        try await session.execute(
            """
            UPDATE transformer.snapshots s SET used_at = now() FROM transformer.environment_models m
            WHERE m.environment = \(environment) AND m.name = s.name AND m.version = s.version
            """)
        let removed = try await session.execute("DELETE FROM transformer.environments WHERE name = \(environment)")
        if removed == 0 {
            throw TransformerError.unknownEnvironment(environment, known: try await plans(session).keys.sorted())
        }
    }

    // MARK: Snapshots

    /// The version of each fingerprint that has ever had a table.
    func versions() async throws -> [SnapshotKey: String] {
        var found: [SnapshotKey: String] = [:]
        for row in try await database.session.rows("SELECT name, fingerprint, version FROM transformer.snapshots") {
            guard let name = ModelName(try row.text("name")) else { continue }
            found[SnapshotKey(name: name, fingerprint: try row.text("fingerprint"))] = try row.text("version")
        }
        return found
    }

    /// Says that tables are empty: they were made again after somebody took them away.
    func forgetDone(_ versions: [VersionID], _ session: Session) async throws {
        for version in versions {
            try await session.execute(
                """
                DELETE FROM transformer.intervals
                WHERE name = \(version.name.description) AND version = \(version.version)
                """)
        }
    }

    /// Says that a plan counts on tables, so that the janitor leaves them alone.
    func use(_ versions: [VersionID]) async throws {
        _ = try await database.session.execute(
            """
            UPDATE transformer.snapshots AS s SET used_at = now()
            FROM unnest(\(versions.map(\.name.description))::text[], \(versions.map(\.version))::text[])
              AS given (name, version)
            WHERE s.name = given.name AND s.version = given.version
            """)
    }

    /// Notes which table stands for which fingerprint, and what it is made from. The first table of a fingerprint wins.
    /// - Parameters:
    ///   - all: The models among which `models` find those that they read.
    ///   - seconds: How long tables stay when nothing shows them; nil: as long as they do so far.
    func remember(
        _ models: [PromotedModel], among all: [PromotedModel], keptFor seconds: Int64? = nil, _ session: Session
    ) async throws {
        let versions = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.id) })
        let keys = models.map { $0.id.key(fingerprint: $0.fingerprint).fingerprint }
        let reads = try models.map { try StoredJSON.encode(TableReads($0.facts, versions)) }
        try await session.execute(
            """
            INSERT INTO transformer.snapshots AS s (name, fingerprint, version, reads, kept_for)
            SELECT name, fingerprint, version, reads::jsonb, \(seconds.map { String($0) })::bigint
            FROM unnest(\(models.map(\.name.description))::text[], \(keys)::text[],
              \(models.map(\.version))::text[], \(reads)::text[]) AS given (name, fingerprint, version, reads)
            ON CONFLICT (name, fingerprint) DO UPDATE SET reads = excluded.reads, used_at = now(),
              kept_for = coalesce(excluded.kept_for, s.kept_for)
            """)
    }

    /// Every table that has rows and what it is made from, as stored, shown by an environment or not.
    func reads() async throws -> [(table: VersionID, reads: String)] {
        try await database.session.rows(
            """
            SELECT DISTINCT s.name, s.version, s.reads::text AS reads FROM transformer.snapshots s
            JOIN transformer.intervals i ON i.name = s.name AND i.version = s.version
            WHERE s.reads IS NOT NULL
            """
        ).map { (VersionID(name: try $0.modelName("name"), version: try $0.text("version")), try $0.text("reads")) }
    }
}
