import Pipeline
import Planning

/// When rows came last into a raw table.
struct Landing: Sendable, Equatable {
    let table: String
    let at: Moment
}

extension StateStore {
    /// How far each of `tables` has come that models wait for. Where they wait for none, nobody is asked.
    func readiness(of tables: [String]) async throws -> Readiness {
        if tables.isEmpty { return Readiness([:]) }
        let marks: [String: Moment] = try await database.session.rows(
            """
            SELECT table_name, low_watermark::text AS mark FROM transformer.landings
            WHERE table_name = ANY (\(tables)::text[]) AND low_watermark IS NOT NULL
            """
        ).reduce(into: [:]) { found, row in found[try row.text("table_name")] = try row.moment("mark") }
        return Readiness(marks)
    }

    /// The last landing in each of `tables` that anything is known of.
    func landings(in tables: [String]) async throws -> [Landing] {
        try await database.session.rows(
            """
            SELECT table_name, landed_at::text AS landed_at FROM transformer.landings
            WHERE table_name = ANY (\(tables)::text[]) ORDER BY table_name
            """
        ).map { Landing(table: try $0.text("table_name"), at: try $0.moment("landed_at")) }
    }

    /// Since when a table has been computed by somebody who has not said that it is over; nil when nobody is at it.
    func activeSince(_ table: VersionID) async throws -> Moment? {
        try await database.session.rows(
            """
            SELECT min(started_at)::text AS since FROM transformer.active_work
            WHERE name = \(table.name.description) AND version = \(table.version) HAVING min(started_at) IS NOT NULL
            """
        ).first?.moment("since")
    }
}
