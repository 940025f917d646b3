import ControlPlane
import Foundation
import Postgres

/// A message to be sent because of what the state says.
struct OutboxMessage: Sendable {
    let id: String
    let type: String
    let payload: String

    init(_ message: some ControlMessage) throws {
        id = UUIDv7.make().text
        type = Swift.type(of: message).type
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .millisecondsSince1970
        payload = String(decoding: try encoder.encode(message), as: UTF8.self)
    }

    init(_ row: Row) throws {
        id = try row.text("id")
        type = try row.text("type")
        payload = try row.text("payload")
    }

    /// The message, or nil when this version does not know its type.
    func message() throws -> (any ControlMessage)? {
        guard let type = ControlMessages.all.first(where: { $0.type == self.type }) else { return nil }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .millisecondsSince1970
        return try decoder.decode(type, from: Data(payload.utf8))
    }
}

extension StateStore {
    /// Puts messages into the outbox, in the transaction of `session`.
    func send(_ messages: [OutboxMessage], _ session: Session) async throws {
        for message in messages {
            try await session.execute(
                """
                INSERT INTO transformer.outbox (id, type, payload)
                VALUES (\(message.id)::uuid, \(message.type), \(message.payload))
                """)
        }
    }

    /// Hands the oldest unsent messages to `publish` and forgets those it sent. One process at a time does so.
    /// - Returns: How many were sent; 0 also when another process is at it.
    func drainOutbox(limit: Int, _ publish: @Sendable (OutboxMessage) async throws -> Void) async throws -> Int {
        try await database.transaction { session in
            let locked = try await session.rows(
                "SELECT pg_try_advisory_xact_lock(hashtextextended('transformer.outbox', 0))::text AS locked")
            guard try locked.first?.text("locked") == "true" else { return 0 }
            let rows = try await session.rows(
                """
                SELECT position::text AS position, id::text AS id, type, payload FROM transformer.outbox
                ORDER BY position LIMIT \(limit)::integer
                """)
            for row in rows {
                try await publish(try OutboxMessage(row))
                try await session.execute(
                    "DELETE FROM transformer.outbox WHERE position = \(try row.text("position"))::bigint")
            }
            return rows.count
        }
    }
}
