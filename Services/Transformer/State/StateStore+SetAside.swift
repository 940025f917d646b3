import ControlPlane
import Foundation
import Postgres

/// Something that could not be dealt with: a message that came, or one that cannot be sent.
struct SetAsideRow: Sendable, Equatable {
    /// The kind and a name: `message/millrace.events/1@77`, `outbox/01935a22-…`, `gap/millrace.events/1`.
    let id: String
    let kind: String
    let type: String
    let payload: String
    let reason: String
    let at: String
    /// How often it was set aside.
    let times: Int
}

/// How the outbox and what is set aside stand, at a moment.
struct StateStanding: Sendable, Equatable {
    /// Messages that wait to be sent.
    var waiting = 0
    /// How long the oldest of them has waited, in seconds.
    var oldestSeconds = 0.0
    var setAside = 0
    /// Ids of the first of them.
    var examples: [String] = []
}

extension StateStore {
    /// A message that came and could not be dealt with, as the outbox keeps messages: its data as JSON.
    static let messageKind = "message"
    /// A message that cannot be sent.
    static let outboxKind = "outbox"
    /// Messages that were deleted before they were read.
    static let gapKind = "gap"
    /// No more is kept than somebody could look at.
    private static let setAsideMax = 1_000

    /// Sets something aside. The same again is noted in its place.
    /// - Returns: False when so much is set aside already that it is left out.
    @discardableResult
    func setAside(
        _ kind: String, _ name: String, type: String, payload: String, reason: String, _ session: Session? = nil
    ) async throws -> Bool {
        let id = "\(kind)/\(ControlText.cut(name, to: 200))"
        return try await (session ?? database.session).execute(
            """
            INSERT INTO transformer.set_aside AS s (id, kind, type, payload, reason)
            SELECT \(id), \(kind), \(ControlText.cut(type, to: 200)), \(ControlText.cut(payload, to: 4 << 20)),
              \(ControlText.cut(reason, to: 2_000))
            WHERE (SELECT count(*) FROM transformer.set_aside) < \(Self.setAsideMax)::integer
            ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, reason = excluded.reason, times = s.times + 1,
              at = now()
            """) == 1
    }

    /// What is set aside, oldest first.
    func setAsideRows() async throws -> [SetAsideRow] {
        try await database.session.rows(
            """
            SELECT id, kind, type, payload, reason, at::text AS at, times::text AS times FROM transformer.set_aside
            ORDER BY transformer.set_aside.at, id
            """
        ).map { row in
            SetAsideRow(
                id: try row.text("id"), kind: try row.text("kind"), type: try row.text("type"),
                payload: try row.text("payload"), reason: try row.text("reason"), at: try row.text("at"),
                times: try row.integer("times"))
        }
    }

    /// Forgets something that is set aside.
    /// - Returns: False when there was none of that id.
    @discardableResult
    func dropSetAside(_ id: String) async throws -> Bool {
        try await database.session.execute("DELETE FROM transformer.set_aside WHERE id = \(id)") == 1
    }

    /// Puts a message that could not be sent back into the outbox.
    func sendAgain(_ row: SetAsideRow) async throws {
        try await change { session in
            try await session.execute(
                """
                INSERT INTO transformer.outbox (id, type, payload)
                VALUES (\(UUIDv7.make().text)::uuid, \(row.type), \(row.payload))
                """)
            try await session.execute("DELETE FROM transformer.set_aside WHERE id = \(row.id)")
        }
    }

    /// Answers a command that is not carried out.
    func refuse(_ answer: TransformFailed) async throws {
        try await change { try await send([try OutboxMessage(answer)], $0) }
    }

    func standing() async throws -> StateStanding {
        let rows = try await database.session.rows(
            """
            SELECT (SELECT count(*) FROM transformer.outbox)::text AS waiting,
              (SELECT count(*) FROM transformer.set_aside)::text AS set_aside,
              (SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM transformer.outbox)::text AS oldest,
              (SELECT string_agg(id, ', ') FROM (SELECT id FROM transformer.set_aside ORDER BY at, id LIMIT 3) s) AS ids
            """)
        guard let row = rows.first else { return StateStanding() }
        return StateStanding(
            waiting: try row.integer("waiting"), oldestSeconds: row["oldest"].flatMap { Double($0) } ?? 0,
            setAside: try row.integer("set_aside"), examples: row["ids"].map { [$0] } ?? [])
    }
}
