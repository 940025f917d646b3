import Foundation
import ModelProject
import Pipeline
import Planning
import Testing

@testable import Transformer

@Suite("A plan guesses what it will write", .enabled(if: TestDatabase.isAvailable)) struct PlanEstimateTests {
    @Test("from the table that is there, of the environment or of production, and again after it was computed")
    func guesses() async throws {
        try await withDatabase { test in
            func project(_ text: String) throws -> Project {
                try TestPipelines.make([
                    "models/a.sql": """
                    MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01');
                    SELECT \(text) AS x, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
                    """
                ])
            }
            func plan(_ text: String, for environment: String, restating: Bool = false) async throws -> Plan {
                var request = PlanRequest(environment: environment, upTo: day(11))
                if restating { request.restated = [try ModelSelection("a")] }
                return try await test.workbench.planner.plan(try project(text), request)
            }
            let rows = (1...10).flatMap { day in
                (0..<50).map { ("u\($0)", "view", "2026-11-\(day < 10 ? "0" : "")\(day) 10:00Z") }
            }
            try await test.insert(rows)
            #expect(try await plan("1", for: "prod").estimates.isEmpty, "there is nothing to go by")
            try await test.apply(try project("1"), at: day(11))
            for _ in 1...2 {
                try await test.execute("ANALYZE")
                let again = try await plan("1", for: "prod", restating: true).estimates.values.first
                #expect(again?.rows == 500)
                #expect(try await plan("2", for: "dev").estimates.values.first?.rows == 500, "after production's")
                try await test.apply(try project("2"), to: "dev", at: day(6))
                try await test.execute("ANALYZE")
                #expect(try await plan("2", for: "dev").estimates.values.first?.rows == 250, "five days are missing")
                try await test.apply(try project("1"), to: "dev", at: day(11))
                try await test.workbench.promoter.remove("dev")
                try await test.execute("UPDATE transformer.snapshots SET used_at = now() - interval '30 days'")
                try await test.execute("UPDATE transformer.promotions SET promoted_at = now() - interval '30 days'")
                try await test.workbench.janitor.clean()
            }
        }
    }
}
