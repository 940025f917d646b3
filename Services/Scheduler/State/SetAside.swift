// SetAside: what could not be dealt with. One such thing stops nothing: it is tried a few times, written down here with the
// reason, and everything else goes on. People look at it, and have it tried again or dropped.
import ControlPlane
import Foundation
import Postgres

/// A row of `scheduler.set_aside`.
public struct SetAsideRecord: Codable, Sendable, Equatable {
    /// What kind of thing it is: what can be done about it hangs on that.
    /// Open: a newer version may know more.
    public struct Kind: RawRepresentable, Codable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// A manifest, or the end, of an environment. A later one takes its place.
        public static let environment = Kind(rawValue: "environment")
        /// What a transformer said.
        public static let answer = Kind(rawValue: "answer")
        /// A run that is not over.
        public static let run = Kind(rawValue: "run")
        /// A tick that became no run.
        public static let tick = Kind(rawValue: "tick")
        /// What somebody wanted done to a run.
        public static let act = Kind(rawValue: "act")
        /// A file of `dags/`. It is in order when the file is, or is gone.
        public static let definition = Kind(rawValue: "definition")
        /// A row of `scheduler.dags`.
        public static let dag = Kind(rawValue: "dag")
        /// A message that the brokers will not take.
        public static let outbox = Kind(rawValue: "outbox")
    }

    /// The kind and a name: `environment/prod`, `answer/millrace.events/1@77`.
    public var id: String
    public var kind: Kind
    /// The DAG that it is about, where that is known.
    public var dag: String?
    /// The control message's type, and the message as JSON.
    public var type: String?
    public var payload: String?
    public var reason: String
    public var at: Date
    /// How often it was set aside.
    public var times: Int
    /// Somebody wants it tried again.
    public var isRetry: Bool

    private static let nameMax = 200
    private static let reasonMax = 2_000

    init(
        _ kind: Kind, _ name: String, dag: String? = nil, type: String? = nil, payload: String? = nil,
        reason: any Error, at now: Date
    ) {
        id = Self.id(kind, name)
        self.kind = kind
        self.dag = dag.map { ControlText.cut($0, to: Self.nameMax) }
        self.type = type
        self.payload = payload
        self.reason = ControlText.cut("\(reason)", to: Self.reasonMax)
        at = now
        times = 1
        isRetry = false
    }

    static func id(_ kind: Kind, _ name: String) -> String {
        "\(kind.rawValue)/\(ControlText.cut(name, to: nameMax))"
    }
}

/// Something that is wrong with what was stored or sent, in words.
struct Unusable: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension StateStore {
    /// What is set aside, oldest first.
    public func setAside(limit: Int = 1000) async throws -> [SetAsideRecord] {
        try await values("SELECT to_jsonb(s)::text FROM scheduler.set_aside s ORDER BY at, id LIMIT \(limit)::int")
    }

    /// Asks the leader to try things again: those named, or all.
    /// - Returns: Their ids.
    public func retrySetAside(_ ids: [String]?) async throws -> [String] {
        let wanted = try StateJSON.text(ids ?? [])
        let notice = try StateJSON.text(StateChange.Notice(dag: "*", isRequest: true))
        return try await texts(
            """
            WITH asked AS (
                UPDATE scheduler.set_aside SET is_retry = true
                WHERE kind NOT IN ('tick', 'act', 'definition') AND (\(ids == nil)::boolean OR id IN (SELECT jsonb_array_elements_text(\(wanted)::jsonb)))
                RETURNING id
            )
            SELECT id, pg_notify('millrace_scheduler', \(notice)) FROM asked ORDER BY id
            """)
    }

    /// Forgets things: those named, or all. A run that is set aside is cancelled with it.
    /// - Returns: Their ids.
    public func dropSetAside(_ ids: [String]?) async throws -> [String] {
        let wanted = try StateJSON.text(ids ?? [])
        let notice = try StateJSON.text(StateChange.Notice(dag: "*", isRequest: true))
        return try await texts(
            """
            WITH dropped AS (
                DELETE FROM scheduler.set_aside
                WHERE \(ids == nil)::boolean OR id IN (SELECT jsonb_array_elements_text(\(wanted)::jsonb))
                RETURNING id, kind
            ), cancelled AS (
                UPDATE scheduler.runs SET state = 'cancelled', finished_at = clock_timestamp() FROM dropped
                WHERE dropped.kind = 'run' AND dropped.id = 'run/' || run::text AND state IN ('queued', 'running')
            )
            SELECT id, pg_notify('millrace_scheduler', \(notice)) FROM dropped ORDER BY id
            """)
    }

    /// Takes a message that cannot be sent out of the outbox.
    func setAsideOutbox(_ messageID: String, reason: any Error, at now: Date) async throws {
        let record = SetAsideRecord(.outbox, messageID, reason: reason, at: now)
        _ = try await texts(
            """
            WITH moved AS (
                DELETE FROM scheduler.outbox WHERE message_id = \(messageID)::uuid RETURNING type, payload
            )
            INSERT INTO scheduler.set_aside (id, kind, type, payload, reason, at)
            SELECT \(record.id), 'outbox', type, payload, \(record.reason), \(StateTime.text(now))::timestamptz FROM moved
            ON CONFLICT (id) DO UPDATE SET reason = EXCLUDED.reason, times = scheduler.set_aside.times + 1, is_retry = false
            RETURNING id, pg_notify('millrace_scheduler', '{"dag":"*"}')
            """)
    }

    /// How the outbox and what is set aside stand.
    func standing() async throws -> StateStanding {
        let found: [StateStanding] = try await values(
            """
            SELECT jsonb_build_object(
                'waiting', (SELECT count(*) FROM scheduler.outbox),
                'oldest_seconds', (SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM scheduler.outbox),
                'set_aside', (SELECT count(*) FROM scheduler.set_aside),
                'examples', coalesce((SELECT jsonb_agg(id) FROM (SELECT id FROM scheduler.set_aside ORDER BY at, id LIMIT 3) s), '[]')
            )::text
            """)
        return found.first ?? StateStanding()
    }
}

/// How the outbox and what is set aside stand, at a moment.
struct StateStanding: Codable, Sendable, Equatable {
    /// Messages that wait to be sent.
    var waiting = 0
    /// How long the oldest of them has waited.
    var oldestSeconds: Double?
    var setAside = 0
    var examples: [String] = []
}
