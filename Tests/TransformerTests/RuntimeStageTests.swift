import ModelProject
import Planning
import Postgres
import Testing

@testable import Transformer

@Suite("@runtime_stage", .enabled(if: TestDatabase.isAvailable)) struct RuntimeStageTests {
    private func project(_ more: String = "") throws -> Project {
        try TestPipelines.make([
            "config.yaml": "",
            "models/t.sql": """
            MODEL (name t, kind FULL);
            @IF(@runtime_stage = 'creating', INSERT INTO raw.told VALUES ('t before creating'));
            @IF(@runtime_stage = 'evaluating', INSERT INTO raw.told VALUES ('t before evaluating'));
            SELECT user_id, @runtime_stage AS stage\(more) FROM raw.events;
            @IF(@runtime_stage = 'creating', CREATE INDEX ON @this_model (user_id));
            INSERT INTO raw.told VALUES ('t after');
            """,
            "models/v.sql": """
            MODEL (name v, kind VIEW);
            SELECT COUNT(*) AS n, @runtime_stage AS stage FROM t;
            @IF(@runtime_stage = 'creating', INSERT INTO raw.told VALUES ('v creating'));
            @IF(@runtime_stage = 'evaluating', INSERT INTO raw.told VALUES ('v evaluating'));
            INSERT INTO raw.told VALUES ('v always');
            ON_VIRTUAL_UPDATE_BEGIN;
            @IF(@runtime_stage = 'promoting', COMMENT ON VIEW @this_model IS 'promoted');
            @IF(@runtime_stage = 'evaluating', COMMENT ON VIEW @this_model IS 'evaluated');
            ON_VIRTUAL_UPDATE_END;
            """,
        ])
    }

    @Test("is creating when tables and views are made, evaluating when rows come, promoting when views are pointed")
    func stages() async throws {
        try await withDatabase { test in
            try await test.execute("CREATE TABLE raw.told (what text)")
            func told() async throws -> [String] {
                let rows = try await test.rows("SELECT what FROM raw.told ORDER BY what")
                try await test.execute("DELETE FROM raw.told")
                return rows.map { $0[0] }
            }
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(try project(), at: day(6))
            let first = [
                "t after", "t before creating", "t before evaluating", "v always", "v creating", "v evaluating",
            ]
            #expect(try await told() == first)
            #expect(try await test.value("SELECT stage FROM analytics.t") == "evaluating")
            #expect(try await test.value("SELECT stage FROM analytics.v") == "evaluating")
            let table = try #require(try await test.workbench.catalog.environment("prod").models.first)
            let indexes: PostgresQuery = """
                SELECT count(*)::text FROM pg_indexes WHERE tablename = \(RelationNames.table(table.id).name)
                """
            #expect(try await test.value(indexes) == "1")
            #expect(try await test.value("SELECT obj_description('analytics.v'::regclass)") == "promoted")
            for number in 7...8 {
                try await test.run(at: day(number))
                #expect(try await told() == ["t after", "t before evaluating"], "the table and the view are there")
                #expect(try await test.value(indexes) == "1")
            }
            try await test.apply(try project(", event"), at: day(8))
            #expect(try await told() == first, "another table, and another view over it")
            try await test.apply(try project(", event"), to: "dev", at: day(8))
            #expect(try await told().isEmpty, "nothing is made")
        }
    }
}
