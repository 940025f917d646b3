// Alerts: written with what they tell of, ended by who sends them; and what people want to hear nothing of.
import Foundation
import Postgres

/// A row of `scheduler.alerts`: an alert for one channel.
public struct AlertRecord: StateRow, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, channel, event, dag, run, subject, detail, at, state, tries, nextAt, batch, endedAt, reason
    }

    static let table = "alerts", key: [CodingKeys] = [.id]
    static let fixed: Set<CodingKeys> = [.channel, .event, .dag, .run, .subject, .detail, .at]

    /// Where it is.
    public enum State: String, Codable, Sendable, CaseIterable {
        case waiting, sent, failed, silenced
    }

    /// What it tells of, and the channel: the same is told once.
    public var id: String
    public var channel: String
    public var event: AlertEvent
    public var dag: String
    public var run: String?
    public var subject: String
    public var detail: String?
    public var at: Date
    public var state: State
    public var tries: Int
    /// When it is sent, or sent again.
    public var nextAt: Date
    /// Names what goes out together, once that is decided.
    public var batch: String?
    public var endedAt: Date?
    /// Why it was not sent, or not yet.
    public var reason: String?
}

/// A row of `scheduler.silences`.
public struct SilenceRecord: StateRow, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, dag, fromAt, untilAt, who, reason
    }

    static let table = "silences", key: [CodingKeys] = [.id]
    static let fixed = Set(CodingKeys.allCases)

    public var id: String
    /// `*` for any letters.
    public var dag: String
    public var fromAt: Date
    public var untilAt: Date
    public var who: String
    public var reason: String?

    func means(_ alert: AlertRecord) -> Bool {
        ModelSelection.matches(alert.dag[...], dag[...]) && alert.at >= fromAt && alert.at < untilAt
    }
}

extension StateStore {
    /// Alerts, newest first.
    public func alerts(dag: String? = nil, limit: Int) async throws -> [AlertRecord] {
        try await rows(
            """
            SELECT id, to_jsonb(a)::text FROM scheduler.alerts a WHERE \(dag == nil)::boolean OR dag = \(dag ?? "")
            ORDER BY at DESC, id LIMIT \(limit)::int
            """
        ).values
    }

    func waitingAlerts() async throws -> [AlertRecord] {
        try await rows(
            "SELECT id, to_jsonb(a)::text FROM scheduler.alerts a WHERE state = 'waiting' ORDER BY at, id LIMIT 1000"
        ).values
    }

    func update(_ alerts: [AlertRecord]) async throws {
        _ = try await texts(
            PostgresQuery(
                """
                WITH d AS MATERIALIZED (SELECT $1::jsonb AS document), alerts AS (
                    \(AlertRecord.upsert("document", from: "d"))
                )
                SELECT pg_notify('millrace_scheduler', $2)::text
                """,
                [try StateJSON.text(alerts), try StateJSON.text(StateChange.Notice(dag: StateChange.Notice.alerts))]))
    }

    /// Has an alert sent that tells of nothing.
    public func requestTestAlert(_ channel: String, by who: String, at now: Date) async throws -> String {
        let alert = AlertRecord(
            id: "test/\(UUID().uuidString.lowercased())", channel: channel, event: .test, dag: "-",
            subject: "A test, asked for by \(who)", detail: "Alerts reach this channel.", at: now, state: .waiting,
            tries: 0, nextAt: now)
        let notice = try StateJSON.text(StateChange.Notice(dag: StateChange.Notice.alerts))
        _ = try await texts(
            PostgresQuery(
                """
                WITH d AS MATERIALIZED (SELECT $1::jsonb AS document), alerts AS (
                    \(AlertRecord.insert("document", from: "d"))
                )
                SELECT pg_notify('millrace_scheduler', $2)::text
                """, [try StateJSON.text([alert]), notice]))
        return alert.id
    }

    /// Where an alert is; `nil` for one that is not known.
    func alert(_ id: String) async throws -> AlertRecord? {
        let found: StoredRows<AlertRecord> = try await rows(
            "SELECT id, to_jsonb(a)::text FROM scheduler.alerts a WHERE id = \(id)")
        return found.values.first
    }

    /// Silences that hold, or held a little while ago: an alert is judged by its own time.
    func silences(at now: Date) async throws -> [SilenceRecord] {
        let since = StateTime.text(now.addingTimeInterval(-86_400))
        return try await rows(
            "SELECT id::text, to_jsonb(s)::text FROM scheduler.silences s WHERE until_at > \(since)::timestamptz ORDER BY id"
        ).values
    }

    /// Silences a DAG, or several.
    public func silence(_ record: SilenceRecord) async throws {
        _ = try await texts(
            PostgresQuery(
                """
                WITH d AS MATERIALIZED (SELECT $1::jsonb AS document), silences AS (
                    \(SilenceRecord.insert("document", from: "d"))
                )
                SELECT ''
                """, [try StateJSON.text([record])]))
    }

    /// Ends a silence now.
    /// - Returns: False when there is none.
    public func endSilence(_ id: String, at now: Date) async throws -> Bool {
        guard let uuid = UUID(uuidString: id) else { return false }
        return try await !texts(
            """
            UPDATE scheduler.silences SET until_at = least(until_at, \(StateTime.text(now))::timestamptz)
            WHERE id = \(uuid.uuidString.lowercased())::uuid RETURNING id::text
            """
        ).isEmpty
    }
}
