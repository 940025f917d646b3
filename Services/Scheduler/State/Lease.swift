// Lease: who leads. One row; its clock is PostgreSQL's, so that no machine's clock matters.
// Always: an epoch belongs to one holder; a holder that has not renewed in time has lost the place, whether it knows or not.
import Foundation
import Postgres

/// The leader's place.
struct Lease: Sendable {
    let store: StateStore
    /// This process, for people: host and process id.
    let holder: String
    let length: Duration

    private var milliseconds: Int { max(1, Int(length.seconds * 1000)) }

    /// Takes the place when it is free.
    /// - Returns: The epoch, higher than any before; `nil` when somebody holds it.
    func acquire() async throws -> Int64? {
        try await store.texts(
            """
            UPDATE scheduler.lease SET holder = \(holder), epoch = epoch + 1,
                expires_at = clock_timestamp() + \(milliseconds)::int * interval '1 millisecond'
            WHERE id = 1 AND expires_at < clock_timestamp() RETURNING epoch::text
            """
        ).first.flatMap { Int64($0) }
    }

    /// Keeps the place.
    /// - Returns: False when it is lost.
    func renew(_ epoch: Int64) async throws -> Bool {
        try await !store.texts(
            """
            UPDATE scheduler.lease SET expires_at = clock_timestamp() + \(milliseconds)::int * interval '1 millisecond'
            WHERE id = 1 AND epoch = \(epoch)::bigint AND expires_at > '-infinity' RETURNING epoch::text
            """
        ).isEmpty
    }

    /// Gives the place up and wakes whoever waits for it.
    func release(_ epoch: Int64) async throws {
        _ = try await store.texts(
            """
            WITH freed AS (
                UPDATE scheduler.lease SET expires_at = '-infinity' WHERE id = 1 AND epoch = \(epoch)::bigint RETURNING epoch
            )
            SELECT pg_notify('millrace_scheduler', '{"dag":"","is_request":true}')::text FROM freed
            """)
    }

    /// How long the present holder has left, at most `length`; zero when nobody holds the place.
    func remaining() async throws -> Duration {
        let left =
            try await store.texts(
                """
                SELECT (greatest(0, least(\(milliseconds)::float8, extract(epoch FROM expires_at - clock_timestamp()) * 1000)))::int::text
                FROM scheduler.lease WHERE id = 1 AND expires_at > '-infinity'
                """
            ).first.flatMap { Int64($0) } ?? 0
        return .milliseconds(left)
    }
}
