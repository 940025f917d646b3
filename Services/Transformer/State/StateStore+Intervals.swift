import Foundation
import ModelProject
import Pipeline
import Planning
import Postgres

/// An interval under computation, between `begin` and `complete`.
struct ActiveWork: Sendable {
    let id: String
    let version: VersionID
}

extension StateStore {
    /// What has been computed, by table.
    func done() async throws -> [VersionID: IntervalSet] {
        let rows = try await database.session.rows(
            "SELECT name, version, done::text AS done FROM transformer.intervals")
        var found: [VersionID: IntervalSet] = [:]
        for row in rows {
            guard let name = ModelName(try row.text("name")) else { continue }
            // What cannot be read counts as not done: to compute again what was is harmless.
            let done = MultirangeText.read(try row.text("done")) ?? IntervalSet()
            found[VersionID(name: name, version: try row.text("version"))] = done
        }
        return found
    }

    /// What has been computed of one table.
    func done(_ version: VersionID) async throws -> IntervalSet {
        let rows = try await database.session.rows(
            """
            SELECT done::text AS done FROM transformer.intervals
            WHERE name = \(version.name.description) AND version = \(version.version)
            """)
        return try rows.first.flatMap { MultirangeText.read(try $0.text("done")) } ?? IntervalSet()
    }

    /// Says that an interval of `version` is about to be computed. Must be called before its input is read: whatever
    /// changes from here on is noted, and then not called done by `complete`.
    /// - Parameters:
    ///   - environment: What it is computed for.
    ///   - computed: What is computed.
    func begin(
        _ version: VersionID, in environment: String, computing computed: IntervalSet, by holder: WorkHolder
    ) async throws -> ActiveWork {
        let work = ActiveWork(id: UUID().uuidString.lowercased(), version: version)
        try await change { session in
            try await session.execute(
                """
                INSERT INTO transformer.active_work
                  (id, name, version, environment, computed, holder, task, plan)
                VALUES (\(work.id)::uuid, \(version.name.description), \(version.version), \(environment),
                  \(MultirangeText.write(computed))::tstzmultirange, \(holder.name), \(holder.task), \(holder.plan))
                """)
        }
        return work
    }

    /// Says that the work came to nothing.
    /// - Parameters:
    ///   - tried: What was to be computed.
    ///   - error: Why it failed, for people; nil leaves no trace of it.
    func abandon(_ work: ActiveWork, tried: IntervalSet = IntervalSet(), error: String? = nil) async throws {
        _ = try await database.session.execute(
            """
            WITH ended AS (
              DELETE FROM transformer.active_work WHERE id = \(work.id)::uuid RETURNING id, name, version, started_at)
            INSERT INTO transformer.model_runs (id, name, version, started_at, computed, rows, error)
            SELECT id, name, version, started_at, \(MultirangeText.write(tried))::tstzmultirange, 0, \(error)::text
            FROM ended WHERE \(error)::text IS NOT NULL
            """)
    }

    /// Says that the rows of `computed` are in the table. In one transaction: `complete` counts as done, apart from what was
    /// reopened meanwhile; what reads the model is reopened there; and the messages that say so go into the outbox.
    /// - Parameters:
    ///   - rows: How many were written.
    ///   - complete: The part of `computed` that is over and need not be computed again.
    ///   - reopening: The late-data rule over all environments, by their current plans.
    ///   - check: Throws when the caller has lost its right to say so.
    func finish(
        _ work: ActiveWork, computed: IntervalSet, rows: Int, complete: IntervalSet, reopening: Reopening,
        plans: [String: String], messages: [OutboxMessage], check: @Sendable (Session) async throws -> Void
    ) async throws {
        try await change { session in
            try await check(session)
            guard try await self.plans(session) == plans else { throw StalePlans() }
            let removed = try await session.rows(
                """
                WITH ended AS (
                  DELETE FROM transformer.active_work WHERE id = \(work.id)::uuid RETURNING *),
                noted AS (
                  INSERT INTO transformer.model_runs (id, name, version, started_at, computed, rows)
                  SELECT id, name, version, started_at, \(MultirangeText.write(computed))::tstzmultirange,
                    \(rows)::bigint FROM ended)
                SELECT reopened::text AS reopened FROM ended
                """)
            // Gone means that somebody took this worker for dead: nothing was noted for it, so nothing counts as done.
            // So with what cannot be read.
            let reopened = try removed.first.flatMap { MultirangeText.read(try $0.text("reopened")) } ?? computed
            let done = complete.subtracting(reopened)
            try await markDone(done, of: work.version, session)
            try await reopen(reopening.computed(work.version, computed), session)
            try await send(messages, session)
        }
    }

    /// Counts intervals as done, in the transaction of `session`.
    func markDone(_ done: IntervalSet, of version: VersionID, _ session: Session) async throws {
        try await session.execute(
            """
            INSERT INTO transformer.intervals AS i (name, version, done)
            VALUES (\(version.name.description), \(version.version), \(MultirangeText.write(done))::tstzmultirange)
            ON CONFLICT (name, version) DO UPDATE SET done = i.done + excluded.done
            """)
    }

    /// Rows have landed in a raw table: the days that got them are to be computed again.
    /// - Parameter watermark: How far the table has come; nil where nobody can say.
    func landed(
        _ table: String, _ times: IntervalSet, rows: Int, at time: Moment, watermark: Moment? = nil,
        reopening: Reopening
    ) async throws {
        try await change { session in
            try await reopen(reopening.landed(in: table, times), session)
            try await session.execute(
                """
                INSERT INTO transformer.landings AS l (table_name, rows, landed_at, low_watermark)
                VALUES (\(table), \(rows)::bigint, \(time.description)::timestamptz,
                  \(watermark?.description)::timestamptz)
                ON CONFLICT (table_name) DO UPDATE SET rows = l.rows + excluded.rows,
                  landed_at = greatest(l.landed_at, excluded.landed_at),
                  -- It may step back. A message that comes again is no news.
                  low_watermark = CASE WHEN excluded.low_watermark IS NULL OR excluded.landed_at < l.landed_at
                    THEN l.low_watermark ELSE excluded.low_watermark END
                """)
        }
    }

    /// Takes intervals as missing, also in work that is under way; in the transaction of `session`.
    func reopen(_ sets: [VersionID: IntervalSet], _ session: Session) async throws {
        for (version, set) in sets.sorted(by: { $0.key < $1.key }) {
            let range = MultirangeText.write(set)
            try await session.execute(
                """
                UPDATE transformer.intervals SET done = done - \(range)::tstzmultirange
                WHERE name = \(version.name.description) AND version = \(version.version)
                  AND done && \(range)::tstzmultirange
                """)
            try await session.execute(
                """
                UPDATE transformer.active_work SET reopened = reopened + \(range)::tstzmultirange
                WHERE name = \(version.name.description) AND version = \(version.version)
                """)
        }
    }

    /// Forgets work of processes that died: older than any statement may take.
    func forgetAbandonedWork(olderThan seconds: Int) async throws {
        _ = try await database.session.execute(
            "DELETE FROM transformer.active_work WHERE started_at < now() - make_interval(secs => \(seconds)::integer)")
    }
}

/// An environment was promoted between looking and writing: look again.
struct StalePlans: Error {}
