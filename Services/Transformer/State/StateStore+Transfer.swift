import ModelProject
import Pipeline
import Planning
import Postgres

/// The state as a file, and back. A file has environments with their models' texts and facts, and which table has rows of
/// which times. It has no rows, and nothing of connections. Texts go through as they are stored.
extension StateStore {
    /// Environments as one JSON text, all as they are at one moment.
    /// - Parameter names: These alone, with the tables that they show; nil: all, with every table.
    /// - Throws: `unknownEnvironment`; `invalidRequest` for an environment that an earlier version promoted.
    func export(_ names: [String]?) async throws -> String {
        let known = try await plans()
        if let unknown = names?.first(where: { known[$0] == nil }) {
            throw TransformerError.unknownEnvironment(unknown, known: known.keys.sorted())
        }
        let (isAll, names) = (String(names == nil), names ?? [])
        let old = try await database.session.rows(
            """
            SELECT DISTINCT environment FROM transformer.environment_models
            WHERE snapshot IS NULL AND (\(isAll)::boolean OR environment = ANY (\(names)::text[])) ORDER BY 1
            """
        ).map { try $0.text("environment") }
        if let first = old.first {
            throw TransformerError(
                .invalidRequest,
                "\(old.joined(separator: ", ")) was promoted by an earlier version: `transformer apply \(first)` writes it "
                    + "anew, and then it can be exported.")
        }
        let rows = try await database.session.rows(
            """
            WITH wanted AS (
                SELECT * FROM transformer.environments WHERE \(isAll)::boolean OR name = ANY (\(names)::text[])),
              models AS (
                SELECT m.* FROM transformer.environment_models m JOIN wanted w ON w.name = m.environment),
              tables AS (
                SELECT s.name, s.version, jsonb_object_agg(s.fingerprint, s.reads) AS fingerprints
                FROM transformer.snapshots s
                WHERE \(isAll)::boolean
                  OR EXISTS (SELECT FROM models m WHERE m.name = s.name AND m.version = s.version)
                GROUP BY s.name, s.version)
            SELECT jsonb_pretty(jsonb_build_object(
              'format', \(StateFile.format)::text, 'version', \(StateFile.version)::integer, 'exported_at', now(),
              'environments', (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                  'name', w.name, 'plan', w.plan, 'promoted_at', w.promoted_at, 'expires_at', w.expires_at,
                  'statements', w.statements, 'models', (
                    SELECT coalesce(jsonb_agg(jsonb_build_object(
                      'snapshot', m.snapshot, 'version', m.version, 'columns', m.columns) ORDER BY m.position), '[]')
                    FROM models m WHERE m.environment = w.name)) ORDER BY w.name), '[]') FROM wanted w),
              'snapshots', (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                  'id', s.id, 'name', s.name, 'fingerprint', s.fingerprint, 'data_hash', s.data_hash,
                  'metadata_hash', s.metadata_hash, 'facts', s.facts, 'bundle', s.bundle) ORDER BY s.name, s.id), '[]')
                FROM transformer.model_snapshots s WHERE EXISTS (SELECT FROM models m WHERE m.snapshot = s.id)),
              'tables', (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                  'name', t.name, 'version', t.version, 'fingerprints', t.fingerprints, 'done', i.done::text)
                  ORDER BY t.name, t.version), '[]')
                FROM tables t LEFT JOIN transformer.intervals i ON i.name = t.name AND i.version = t.version)
              )) AS text
            """)
        guard let row = rows.first else { return "" }
        return try row.text("text")
    }

    /// Takes in the environments of an exported state, in one transaction, and tells everybody what they are.
    /// What this state knows of a table holds, whatever the file says: rows may have come since.
    /// - Parameters:
    ///   - text: What ``StateFile`` has found readable.
    ///   - replacing: Whether environments that are there become what the file says.
    /// - Returns: What was taken in.
    /// - Throws: `conflict` for an environment that is there; `pipelineError` for what this version cannot read.
    @discardableResult
    func importState(
        _ text: String, environments names: [String], replacing: Bool
    ) async throws -> [StoredEnvironment] {
        try await change { session in
            let known = try await plans(session)
            let there = names.filter { known[$0] != nil }
            guard there.isEmpty || replacing else {
                throw TransformerError(
                    .conflict,
                    "There is \(there.joined(separator: ", ")) already. Nothing was changed; --replace makes it what the file "
                        + "says.")
            }
            try await take(text, session)
            var environments: [StoredEnvironment] = []
            for name in names {
                guard let stored = try await environment(name, session) else { continue }
                // What cannot be read here is no state of this version.
                for bundle in try await bundles(of: stored.models.map(\.id.name), in: name, session).values {
                    _ = try bundle.get()
                }
                try await send(
                    try Announcements.promoted(stored, changed: stored.models.map(\.id.name.description)), session)
                environments.append(stored)
            }
            return environments
        }
    }

    private func take(_ text: String, _ session: Session) async throws {
        let statements: [PostgresQuery] = [
            """
            INSERT INTO transformer.model_snapshots (id, name, fingerprint, data_hash, metadata_hash, facts, bundle)
            SELECT id, name, fingerprint, data_hash, metadata_hash, facts, bundle
            FROM jsonb_to_recordset(\(text)::jsonb -> 'snapshots') AS given (
              id text, name text, fingerprint text, data_hash text, metadata_hash text, facts jsonb, bundle jsonb)
            ON CONFLICT (id) DO NOTHING
            """,
            """
            INSERT INTO transformer.snapshots (name, fingerprint, version, reads)
            SELECT given.name, f.key, given.version, nullif(f.value, 'null')
            FROM jsonb_to_recordset(\(text)::jsonb -> 'tables') AS given (name text, version text, fingerprints jsonb),
              jsonb_each(given.fingerprints) AS f
            ON CONFLICT (name, fingerprint) DO NOTHING
            """,
            """
            INSERT INTO transformer.intervals (name, version, done)
            SELECT name, version, done
            FROM jsonb_to_recordset(\(text)::jsonb -> 'tables') AS given (name text, version text, done tstzmultirange)
            WHERE done IS NOT NULL ON CONFLICT (name, version) DO NOTHING
            """,
            """
            INSERT INTO transformer.environments (name, plan, promoted_at, expires_at, statements)
            SELECT name, plan, promoted_at, expires_at, nullif(statements, 'null')
            FROM jsonb_to_recordset(\(text)::jsonb -> 'environments') AS given (
              name text, plan uuid, promoted_at timestamptz, expires_at timestamptz, statements jsonb)
            ON CONFLICT (name) DO UPDATE SET plan = excluded.plan, promoted_at = excluded.promoted_at,
              expires_at = excluded.expires_at, statements = excluded.statements
            """,
            """
            DELETE FROM transformer.environment_models
            WHERE environment IN (
              SELECT name FROM jsonb_to_recordset(\(text)::jsonb -> 'environments') AS given (name text))
            """,
            """
            INSERT INTO transformer.environment_models
              (environment, position, name, fingerprint, version, data_hash, metadata_hash, bundle, columns, snapshot)
            SELECT given.name, m.position - 1, s.name, s.fingerprint, m.model ->> 'version', s.data_hash,
              s.metadata_hash, s.bundle, m.model -> 'columns', m.model ->> 'snapshot'
            FROM jsonb_to_recordset(\(text)::jsonb -> 'environments') AS given (name text, models jsonb),
              jsonb_array_elements(given.models) WITH ORDINALITY AS m (model, position)
            LEFT JOIN transformer.model_snapshots s ON s.id = m.model ->> 'snapshot'
            """,
            """
            INSERT INTO transformer.promotions (plan, environment, promoted_at, snapshots, versions)
            SELECT given.plan, given.name, given.promoted_at,
              ARRAY (SELECT m.model ->> 'snapshot' FROM jsonb_array_elements(given.models) WITH ORDINALITY AS m (model, position)
                ORDER BY m.position),
              ARRAY (SELECT m.model ->> 'version' FROM jsonb_array_elements(given.models) WITH ORDINALITY AS m (model, position)
                ORDER BY m.position)
            FROM jsonb_to_recordset(\(text)::jsonb -> 'environments') AS given (
              name text, plan uuid, promoted_at timestamptz, models jsonb)
            ON CONFLICT (plan) DO NOTHING
            """,
        ]
        for statement in statements { try await session.execute(statement) }
    }
}
