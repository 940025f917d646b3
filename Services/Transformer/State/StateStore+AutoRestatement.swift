import ModelProject
import Pipeline
import Planning
import Postgres

/// What of a table is computed again because its cron says so.
enum RestatementByCron: Sendable, Equatable {
    /// Nothing now.
    case none
    /// These times; they are missing from now on.
    case times(IntervalSet)
    /// All of it, from an empty table on, until `forgetPendingRestatement`.
    case whole
}

/// When tables were last computed again because their cron said so.
extension StateStore {
    /// From when on ticks of their crons count for tables of which nothing is known yet; those of models without such a
    /// cron are forgotten.
    func watchRestatements(of models: [PlannedModel], from now: Moment) async throws {
        let (watched, others) = models.reduce(into: ([VersionID](), [VersionID]())) { found, model in
            if AutoRestatement(model.snapshot) != nil { found.0.append(model.id) } else { found.1.append(model.id) }
        }
        try await database.session.execute(
            """
            WITH given AS (
              SELECT * FROM unnest(\(others.map(\.name.description))::text[], \(others.map(\.version))::text[])
                AS given (name, version)),
            gone AS (
              DELETE FROM transformer.auto_restatements a USING given
              WHERE a.name = given.name AND a.version = given.version)
            INSERT INTO transformer.auto_restatements (name, version, since)
            SELECT name, version, \(now.description)::timestamptz
            FROM unnest(\(watched.map(\.name.description))::text[], \(watched.map(\.version))::text[])
              AS watched (name, version)
            ON CONFLICT (name, version) DO NOTHING
            """)
    }

    /// Takes what is to be computed again as missing, once a tick whoever asks, and whatever becomes of the work.
    func restate(_ table: VersionID, _ restatement: AutoRestatement, at now: Moment) async throws -> RestatementByCron {
        try await change { session in
            let rows = try await session.rows(
                """
                SELECT since::text AS since, pending::text AS pending FROM transformer.auto_restatements
                WHERE name = \(table.name.description) AND version = \(table.version)
                """)
            guard let row = rows.first else {
                try await session.execute(
                    """
                    INSERT INTO transformer.auto_restatements (name, version, since)
                    VALUES (\(table.name.description), \(table.version), \(now.description)::timestamptz)
                    """)
                return .none
            }
            let isPending = try row.text("pending") == "true"
            guard restatement.isDue(since: try row.moment("since"), at: now) else { return isPending ? .whole : .none }
            try await session.execute(
                """
                UPDATE transformer.auto_restatements
                SET since = \(now.description)::timestamptz, pending = \(restatement.isOfWhole)::boolean
                WHERE name = \(table.name.description) AND version = \(table.version)
                """)
            if restatement.isOfWhole { return .whole }
            let times = restatement.times(at: now)
            try await reopen([table: times], session)
            return .times(times)
        }
    }

    /// The whole table has been computed again.
    func forgetPendingRestatement(of table: VersionID) async throws {
        try await database.session.execute(
            """
            UPDATE transformer.auto_restatements SET pending = false
            WHERE name = \(table.name.description) AND version = \(table.version)
            """)
    }
}
