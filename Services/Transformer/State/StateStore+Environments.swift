import ModelProject
import Pipeline
import Planning
import Postgres

extension StateStore {
    /// The stored models of an environment, parents first; nil when there is no such environment. Texts are not read, apart
    /// from those of models that the version before this one promoted.
    func environment(_ name: String, _ session: Session? = nil) async throws -> StoredEnvironment? {
        let rows = try await (session ?? database.session).rows(
            """
            SELECT e.plan::text AS plan, e.promoted_at::text AS promoted_at, m.name, m.fingerprint, m.version, m.data_hash,
              m.metadata_hash, m.columns::text AS columns, s.facts::text AS facts,
              CASE WHEN s.id IS NULL THEN m.bundle::text END AS bundle
            FROM transformer.environments e LEFT JOIN transformer.environment_models m ON m.environment = e.name
            LEFT JOIN transformer.model_snapshots s ON s.id = m.snapshot
            WHERE e.name = \(name) ORDER BY m.position
            """)
        guard let head = rows.first else { return nil }
        return StoredEnvironment(
            name: name, plan: try head.text("plan"), promotedAt: Moment(try head.text("promoted_at")) ?? .epoch,
            models: try rows.filter { $0["name"] != nil }.map { try StoredModel($0) })
    }

    /// The texts of an environment's models, as they were promoted; for those of another form, the error that says so.
    func bundles(
        of names: [ModelName], in environment: String, _ session: Session? = nil
    ) async throws -> [ModelName: Result<ModelBundle, any Error>] {
        var found: [ModelName: Result<ModelBundle, any Error>] = [:]
        for row in try await (session ?? database.session).rows(
            """
            SELECT m.name, coalesce(s.bundle, m.bundle)::text AS bundle FROM transformer.environment_models m
            LEFT JOIN transformer.model_snapshots s ON s.id = m.snapshot
            WHERE m.environment = \(environment) AND m.name = ANY (\(names.map(\.description))::text[])
            """)
        {
            let name = try row.modelName("name")
            found[name] = Result { try StoredJSON.decode("bundle", of: name, row) }
        }
        return found
    }

    /// Writes snapshots down that are not there yet, in the transaction of `session`.
    func keep(_ snapshots: [StoredSnapshot], _ session: Session) async throws {
        let known = Set(
            try await session.rows(
                "SELECT id FROM transformer.model_snapshots WHERE id = ANY (\(snapshots.map(\.id))::text[])"
            ).map { try $0.text("id") })
        let new = snapshots.filter { !known.contains($0.id) }
        guard !new.isEmpty else { return }
        try await session.execute(
            """
            INSERT INTO transformer.model_snapshots (id, name, fingerprint, data_hash, metadata_hash, facts, bundle)
            SELECT id, name, fingerprint, data_hash, metadata_hash, facts::jsonb, bundle::jsonb
            FROM unnest(\(new.map(\.id))::text[], \(new.map(\.model.name.description))::text[],
              \(new.map(\.model.fingerprint))::text[], \(new.map(\.model.dataHash))::text[],
              \(new.map(\.model.metadataHash))::text[], \(new.map(\.facts))::text[], \(new.map(\.bundle))::text[])
              AS given (id, name, fingerprint, data_hash, metadata_hash, facts, bundle)
            ON CONFLICT (id) DO NOTHING
            """)
    }

    /// Makes the environment a list of snapshots, in the transaction of `session`, and notes that it was that.
    /// - Parameters:
    ///   - snapshots: The snapshot of each model of `environment`, in its order; they must be there.
    ///   - seconds: How long it can be gone back to once something else has been promoted; nil: as long as the one
    ///     before.
    func save(
        _ environment: StoredEnvironment, snapshots: [String], keptFor seconds: Int64?, _ session: Session
    ) async throws {
        let models = environment.models
        try await session.execute(
            """
            INSERT INTO transformer.environments (name, plan, promoted_at)
            VALUES (\(environment.name), \(environment.plan)::uuid, \(environment.promotedAt.description)::timestamptz)
            ON CONFLICT (name) DO UPDATE SET plan = excluded.plan, promoted_at = excluded.promoted_at
            """)
        let names = models.map(\.id.name.description)
        try await session.execute(
            """
            DELETE FROM transformer.environment_models
            WHERE environment = \(environment.name) AND name <> ALL (\(names)::text[])
            """)
        let columns = try models.map { try StoredJSON.encode($0.columns) }
        try await session.execute(
            """
            INSERT INTO transformer.environment_models AS m
              (environment, position, name, fingerprint, version, data_hash, metadata_hash, bundle, columns, snapshot)
            SELECT \(environment.name), given.position - 1, s.name, s.fingerprint, given.version, s.data_hash,
              s.metadata_hash, s.bundle, given.columns::jsonb, s.id
            FROM unnest(\(snapshots)::text[], \(models.map(\.id.version))::text[], \(columns)::text[]) WITH ORDINALITY
              AS given (snapshot, version, columns, position)
            JOIN transformer.model_snapshots s ON s.id = given.snapshot
            ON CONFLICT (environment, name) DO UPDATE
            SET position = excluded.position, fingerprint = excluded.fingerprint, version = excluded.version,
              data_hash = excluded.data_hash, metadata_hash = excluded.metadata_hash, bundle = excluded.bundle,
              columns = excluded.columns, snapshot = excluded.snapshot
            WHERE (m.position, m.version, m.columns, m.snapshot)
              IS DISTINCT FROM (excluded.position, excluded.version, excluded.columns, excluded.snapshot)
            """)
        try await session.execute(
            """
            INSERT INTO transformer.promotions (plan, environment, promoted_at, snapshots, versions, kept_for)
            VALUES (\(environment.plan)::uuid, \(environment.name), \(environment.promotedAt.description)::timestamptz,
              \(snapshots)::text[], \(models.map(\.id.version))::text[],
              coalesce(\(seconds.map { String($0) })::bigint, (
                SELECT p.kept_for FROM transformer.promotions p WHERE p.environment = \(environment.name)
                ORDER BY p.promoted_at DESC, p.plan DESC LIMIT 1)))
            """)
    }

    /// Says when the janitor may take an environment away, in the transaction of `session`; nil: never.
    func setExpiry(of environment: String, to moment: Moment?, _ session: Session) async throws {
        try await session.execute(
            """
            UPDATE transformer.environments SET expires_at = \(moment?.description)::timestamptz
            WHERE name = \(environment)
            """)
    }
}
