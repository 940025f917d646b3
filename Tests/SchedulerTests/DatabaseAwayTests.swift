import Foundation
import HTTPTypes
import Postgres
import TestKit
import Testing
import Web

@testable import Scheduler

@Suite("A state database that is away", .enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(10)))
struct DatabaseAwayTests {
    @Test(
        "is said to be away: 503 with a time to come back, not the scheduler's own failure",
        arguments: ["/api/v1/dags", "/api/v1/dags/prod", "/api/v1/dags/prod/runs"])
    func away(path: String) async throws {
        try await API.with { api in
            let rows = try await api.harness.pool.query("SELECT current_database() AS name")
            let database: String = try #require(try rows.first?.get("name"))
            try await withPool(connectionsMax: 1) { admin in
                try await admin.execute("ALTER DATABASE \(identifier: database) ALLOW_CONNECTIONS false")
                _ = try await admin.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(database)")
                let answer = try await api.get(path, as: .viewer)
                #expect(answer.status == .serviceUnavailable, "\(answer.text)")
                #expect(answer.headers[.retryAfter] == "5")
                #expect(answer.headers[.contentType]?.hasPrefix("application/problem+json") == true)
                let act = try await api.post("/api/v1/dags/prod/pause", "", as: .operator_)
                #expect(act.status == .serviceUnavailable, "\(act.text)")
                try await admin.execute("ALTER DATABASE \(identifier: database) ALLOW_CONNECTIONS true")
                #expect(try await api.get(path, as: .viewer).status == .ok)
            }
        }
    }
}
