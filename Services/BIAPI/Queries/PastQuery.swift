import Foundation

/// A query of the SQL page, as the history has it.
struct PastQuery: Sendable, Equatable, Encodable {
    enum State: String, Sendable, Encodable {
        case running, succeeded, failed, stopped
    }

    let id: String
    let sql: String
    let state: State
    let rows: Int?
    let elapsedMilliseconds: Double?
    let error: String?
    let startedAt: Date

    enum CodingKeys: String, CodingKey {
        case id, sql, state, rows, elapsedMilliseconds = "elapsed_ms", error, startedAt = "started_at"
    }
}

/// How a query of the SQL page ended.
struct QueryOutcome: Sendable, Equatable {
    let state: PastQuery.State
    var rows: Int?
    let elapsed: Duration
    var error: String?
}

/// Where queries of the SQL page are remembered. Everybody sees their own alone.
protocol QueryHistory: Sendable {
    /// - Returns: False when there is a query of that id already.
    func begin(_ id: String, user: String, sql: String) async throws -> Bool
    func finish(_ id: String, _ outcome: QueryOutcome) async throws
    /// The latest first.
    func queries(of user: String, limit: Int) async throws -> [PastQuery]
    func query(_ id: String, of user: String) async throws -> PastQuery?
}
