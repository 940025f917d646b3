import ControlPlane
import Postgres
import Testing

@testable import Transformer

@Suite("Environments are removed", .enabled(if: TestDatabase.isAvailable)) struct EnvironmentRemovalTests {
    private let models = [
        "models/a.sql": "MODEL (name a, kind FULL); SELECT user_id FROM raw.events",
        "models/b.sql": "MODEL (name b, kind VIEW); SELECT user_id FROM a",
    ]

    @Test("views, schema and place in the state go, prod stays, everybody is told; a second time it is unknown")
    func removed() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            let project = try TestPipelines.make(models)
            try await test.apply(project, at: day(10))
            try await test.apply(project, to: "dev", at: day(10))
            try await test.workbench.promoter.remove("dev")
            let schemas = "SELECT count(*)::text FROM pg_namespace WHERE nspname = 'analytics__dev'"
            #expect(try await test.value(PostgresQuery(schemas)) == "0")
            #expect(try await test.value("SELECT user_id FROM analytics.b") == "ada")
            #expect(try await test.workbench.catalog.all().environments.map(\.name) == ["prod"])
            #expect(
                try await test.value("SELECT type || payload FROM transformer.outbox ORDER BY position DESC LIMIT 1")
                    == #"environment.removed{"environment":"dev"}"#)
            let error = await #expect(throws: TransformerError.self) { try await test.workbench.promoter.remove("dev") }
            #expect(error?.code == .unknownEnvironment)

            let plan = try await test.apply(project, to: "dev", at: day(10))
            #expect(!plan.stages.contains { if case .backfill = $0 { true } else { false } }, "its tables were kept")
            #expect(try await test.value("SELECT user_id FROM analytics__dev.b") == "ada")
        }
    }

    @Test("what others made keeps its place: a view over it refuses the removal, a table beside it keeps the schema")
    func others() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make(models)
            try await test.apply(project, to: "dev", at: day(10))
            try await test.execute("CREATE VIEW public.mine AS SELECT * FROM analytics__dev.a")
            let error = await #expect(throws: TransformerError.self) { try await test.workbench.promoter.remove("dev") }
            #expect(error?.code == .conflict)
            #expect(try await test.value("SELECT count(*)::text FROM analytics__dev.b") == "0", "nothing is gone")
            try await test.execute("DROP VIEW public.mine")
            try await test.execute("CREATE TABLE analytics__dev.mine (id int)")
            try await test.workbench.promoter.remove("dev")
            #expect(try await test.value("SELECT count(*)::text FROM analytics__dev.mine") == "0")
        }
    }
}
