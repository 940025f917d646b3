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

    /// A message that was set aside.
    init(type: String, payload: String) {
        id = UUIDv7.make().text
        self.type = type
        self.payload = payload
    }

    /// The message, or nil when this version does not know its type. Also as it goes over the wire: that is how messages
    /// are set aside that could not be read.
    func message() throws -> (any ControlMessage)? {
        guard let type = ControlMessages.all.first(where: { $0.type == self.type }) else { return nil }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            if let milliseconds = try? container.decode(Double.self) {  // not a number: a text
                return Date(timeIntervalSince1970: milliseconds / 1000)
            }
            let text = try container.decode(String.self)
            guard let date = ControlTime.date(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is not a time")
            }
            return date
        }
        return try decoder.decode(type, from: Data(payload.utf8))
    }

    /// Types that this version can send. Those of a newer one are left to it.
    static let types = ControlMessages.all.map { $0.type }
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

    /// What became of a message of the outbox.
    enum Sending: Sendable {
        case sent
        /// It will never be taken: it is set aside.
        case refused(reason: String)
        /// Not now; those behind it wait.
        case later(any Error)
    }

    /// Hands the oldest unsent messages to `publish`. Those it sent are forgotten, those that nobody will ever take are set
    /// aside. One process at a time does so.
    /// - Returns: How many are out of the way; 0 also when another process is at it.
    /// - Throws: The error of the first that has to wait, when none before it is out of the way.
    func drainOutbox(limit: Int, _ publish: @Sendable (OutboxMessage) async -> Sending) async throws -> Int {
        let types = String(decoding: try JSONEncoder().encode(OutboxMessage.types), as: UTF8.self)
        return try await database.transaction { session in
            let locked = try await session.rows(
                "SELECT pg_try_advisory_xact_lock(hashtextextended('transformer.outbox', 0))::text AS locked")
            guard try locked.first?.text("locked") == "true" else { return 0 }
            let rows = try await session.rows(
                """
                SELECT position::text AS position, id::text AS id, type, payload FROM transformer.outbox
                WHERE type IN (SELECT jsonb_array_elements_text(\(types)::jsonb))
                ORDER BY position LIMIT \(limit)::integer
                """)
            for (count, row) in rows.enumerated() {
                let message = try OutboxMessage(row)
                switch await publish(message) {
                case .sent: break
                case .refused(let reason):
                    try await setAside(
                        Self.outboxKind, message.id, type: message.type, payload: message.payload, reason: reason,
                        session)
                case .later(let error):
                    guard count > 0 else { throw error }
                    return count
                }
                try await session.execute(
                    "DELETE FROM transformer.outbox WHERE position = \(try row.text("position"))::bigint")
            }
            return rows.count
        }
    }
}
