import Foundation
import Logging
import ModelProject
import Pipeline
import Planning
import Postgres
import Testing

@testable import Transformer

/// m counts events; r reads it.
private func project(_ add: Int, besides files: [String: String] = [:]) throws -> Project {
    try TestPipelines.make(
        [
            "config.yaml": "",
            "models/m.sql": "MODEL (name m, kind FULL); SELECT COUNT(*) + \(add) AS n FROM raw.events",
            "models/r.sql": "MODEL (name r, kind VIEW); SELECT n * 10 AS n FROM m",
        ].merging(files) { $1 })
}

private func error(_ body: () async throws -> Void) async -> TransformerError? {
    do {
        try await body()
        return nil
    } catch {
        return TransformerError.from(error)
    }
}

@Suite("An environment goes back to what it was", .enabled(if: TestDatabase.isAvailable)) struct RollbackTests {
    @Test("in one step and without computing, there and back again, with models that came and went")
    func thereAndBack() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(try project(0), at: day(10))
            let extra = ["models/x.sql": "MODEL (name x, kind FULL); SELECT 1 AS one"]
            try await test.apply(try project(100, besides: extra), at: day(10))
            for _ in 1...2 {
                try await test.execute("DELETE FROM transformer.outbox")
                try await test.workbench.rollback.carryOut(on: "prod")
                #expect(try await test.value("SELECT n FROM analytics.m") == "1")
                #expect(try await test.value("SELECT n FROM analytics.r") == "10")
                #expect(try await test.value("SELECT to_regclass('analytics.x')::text") == "NULL")
                #expect(try await test.workbench.catalog.environment("prod").models.map(\.name.name) == ["m", "r"])
                let told = try await test.rows("SELECT DISTINCT type FROM transformer.outbox ORDER BY 1")
                #expect(told.map { $0[0] } == ["environment.manifest", "environment.promoted", "model.updated"])
                try await test.workbench.rollback.carryOut(on: "prod")
                #expect(try await test.value("SELECT n FROM analytics.m") == "101")
                #expect(try await test.value("SELECT one FROM analytics.x") == "1")
            }
            #expect(try await test.run(at: day(10)).rows == 0, "nothing was computed, and nothing has to be")
            let plan = try await test.workbench.planner.plan(
                try project(100, besides: extra), for: "prod", upTo: day(10))
            #expect(plan.isEmpty, "the state knows what it is")
        }
    }

    @Test("to any earlier promotion, by the beginning of its name; what came in since is computed by the next run")
    func named() async throws {
        try await withDatabase { test in
            for add in [0, 10, 20] { try await test.apply(try project(add), at: day(10)) }
            let known = try await test.workbench.store.promotions(of: "prod", limit: 10)
            #expect(known.count == 3)
            let first = try #require(known.last?.plan)
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.landed(days(5...5))
            try await test.workbench.rollback.carryOut(on: "prod", to: String(first.uppercased()))
            #expect(try await test.value("SELECT n FROM analytics.m") == "0")
            try await test.run(at: day(10))
            #expect(try await test.value("SELECT n FROM analytics.m") == "1")
            let unknown = await error { try await test.workbench.rollback.carryOut(on: "prod", to: "ffff") }
            #expect(unknown?.code == .invalidRequest)
            let many = await error { try await test.workbench.rollback.carryOut(on: "prod", to: "0") }
            #expect(many?.message.contains("more than one promotion") == true, "\(many?.message ?? "")")
            let other = await error { try await test.workbench.rollback.carryOut(on: "dev") }
            #expect(other?.code == .unknownEnvironment)
        }
    }

    @Test("refused when nothing is known, when a table is gone, and when somebody's view would break")
    func refused() async throws {
        try await withDatabase { test in
            try await test.apply(try project(0), at: day(10))
            let none = await error { try await test.workbench.rollback.carryOut(on: "prod") }
            #expect(none?.code == .invalidRequest)
            let extra = ["models/x.sql": "MODEL (name x, kind FULL); SELECT 1 AS one"]
            try await test.apply(try project(5, besides: extra), at: day(10))
            try await test.execute("CREATE VIEW public.mine AS SELECT one FROM analytics.x")
            let read = await error { try await test.workbench.rollback.carryOut(on: "prod") }
            #expect(read?.message.contains("analytics.x cannot be changed: it would go, and public.mine") == true)
            #expect(try await test.value("SELECT n FROM analytics.m") == "5")
            try await test.execute("DROP VIEW public.mine")
            let old = try #require(try await test.workbench.store.promotions(of: "prod", limit: 5).last?.plan)
            let earlier = try #require(try await test.workbench.store.promotion(old, of: "prod"))
            for model in earlier.models.reversed() {
                let kind = model.facts.isView ? "VIEW" : "TABLE"
                try await test.execute("DROP \(sql: kind) \(sql: RelationNames.table(model.id).quoted(in: .postgres))")
            }
            let gone = await error { try await test.workbench.rollback.carryOut(on: "prod") }
            #expect(gone?.code == .conflict && gone?.message.contains("is gone") == true, "\(gone?.message ?? "")")
            #expect(try await test.value("SELECT n FROM analytics.r") == "50")
        }
    }
}

@Suite("The janitor takes away what nothing needs", .enabled(if: TestDatabase.isAvailable)) struct JanitorTests {
    private func tables(_ test: TestDatabase) async throws -> Int {
        let found = try await test.value(
            """
            SELECT count(*)::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'millrace__analytics' AND c.relkind IN ('r', 'v')
            """)
        return Int(found) ?? -1
    }

    @Test("tables of promotions that nobody can go back to, with what the state knows of them; twice is as once")
    func old() async throws {
        try await withDatabase { test in
            for add in 0...2 { try await test.apply(try project(add), at: day(10)) }
            #expect(try await tables(test) == 6)
            #expect(try await test.workbench.janitor.clean() == Janitor.Outcome(), "a week has not gone by")
            try await test.execute("UPDATE transformer.snapshots SET used_at = now() - interval '8 days'")
            #expect(try await test.workbench.janitor.clean() == Janitor.Outcome(), "they can be gone back to")
            try await test.execute("UPDATE transformer.promotions SET promoted_at = now() - interval '8 days'")
            let outcome = try await test.workbench.janitor.clean()
            #expect(outcome.tables.count == 4 && outcome.kept.isEmpty)
            #expect(try await tables(test) == 2)
            #expect(try await test.workbench.janitor.clean() == Janitor.Outcome())
            #expect(try await test.value("SELECT count(*)::text FROM transformer.model_snapshots") == "2")
            #expect(try await test.value("SELECT count(*)::text FROM transformer.snapshots") == "2")
            #expect(try await test.value("SELECT n FROM analytics.r") == "20")
            // The texts are still there: what was taken away is made again.
            try await test.apply(try project(0), at: day(10))
            #expect(try await test.value("SELECT n FROM analytics.r") == "0")
        }
    }

    @Test("an environment whose time is over; one that is promoted again gets another week, and prod none")
    func expired() async throws {
        try await withDatabase { test in
            try await test.apply(try project(0), at: day(10))
            try await test.apply(try project(1), to: "dev", at: day(10))
            try await test.apply(try project(2), to: "stage", at: day(10))
            #expect(
                try await test.rows("SELECT name FROM transformer.environments WHERE expires_at IS NULL")
                    == [["prod"]])
            try await test.execute(
                "UPDATE transformer.environments SET expires_at = now() - interval '1 hour' WHERE name <> 'prod'")
            try await test.apply(try project(3), to: "stage", at: day(10))
            try await test.execute("CREATE VIEW public.mine AS SELECT n FROM analytics__dev.m")
            let kept = try await test.workbench.janitor.clean()
            #expect(kept.environments.isEmpty && kept.kept.count == 1, "somebody reads it")
            try await test.execute("DROP VIEW public.mine")
            #expect(try await test.workbench.janitor.clean().environments == ["dev"])
            #expect(try await test.workbench.catalog.all().plans.keys.sorted() == ["prod", "stage"])
            #expect(try await test.value("SELECT n FROM analytics__stage.m") == "3")
        }
    }

    @Test("as config.yaml has it: environment_ttl says how long, pinned_environments which stay")
    func configured() async throws {
        try await withDatabase { test in
            let config = "environment_ttl: in 2 days\npinned_environments: [stage]\n"
            let pinned = try project(0, besides: ["config.yaml": config])
            for environment in ["dev", "stage", "prod"] { try await test.apply(pinned, to: environment, at: day(10)) }
            let expiry: PostgresQuery = """
                SELECT name, coalesce(round(extract(epoch FROM expires_at - now()) / 3600)::text, 'never')
                FROM transformer.environments ORDER BY name
                """
            #expect(try await test.rows(expiry) == [["dev", "48"], ["prod", "never"], ["stage", "never"]])
            try await test.apply(try project(1, besides: ["config.yaml": config]), to: "dev", at: day(10))
            try await test.execute("UPDATE transformer.environments SET expires_at = now() WHERE name = 'dev'")
            try await test.workbench.rollback.carryOut(on: "dev")
            #expect(try await test.rows(expiry)[0] == ["dev", "0"], "going back is no new lease of life")
        }
    }

    @Test("as config.yaml has it: snapshot_ttl says how long tables stay and promotions can be gone back to")
    func tables() async throws {
        try await withDatabase { test in
            func apply(_ add: Int, ttl: String) async throws {
                try await test.apply(try project(add, besides: ["config.yaml": "snapshot_ttl: \(ttl)"]), at: day(10))
            }
            func age(days: Int) async throws {
                try await test.execute(
                    "UPDATE transformer.promotions SET promoted_at = promoted_at - make_interval(days => \(days)::integer)"
                )
                try await test.execute(
                    "UPDATE transformer.snapshots SET used_at = used_at - make_interval(days => \(days)::integer)")
            }
            try await apply(0, ttl: "in 3 days")
            try await age(days: 30)
            try await apply(1, ttl: "in 3 days")
            #expect(try await test.workbench.janitor.clean() == Janitor.Outcome(), "it was there until just now")
            try await test.workbench.rollback.carryOut(on: "prod")
            try await test.workbench.rollback.carryOut(on: "prod")
            try await age(days: 2)
            #expect(try await test.workbench.janitor.clean().tables.isEmpty)
            try await age(days: 2)
            let first = try await test.workbench.janitor.clean()
            #expect(first.tables.count == 2 && first.kept.isEmpty, "the first m and r, after 4 days: \(first)")
            try await apply(2, ttl: "in 4 weeks")
            try await apply(3, ttl: "in 4 weeks")
            try await age(days: 8)
            let second = try await test.workbench.janitor.clean()
            #expect(second.tables.count == 2 && second.kept.isEmpty, "those of the second, for 3 days: \(second)")
            try await test.workbench.rollback.carryOut(on: "prod")
            #expect(try await test.value("SELECT n FROM analytics.m") == "2")
        }
    }

    @Test("the tables of an environment that is removed stay for as long, however old they are")
    func removed() async throws {
        try await withDatabase { test in
            try await test.apply(try project(0), to: "dev", at: day(10))
            try await test.execute("UPDATE transformer.promotions SET promoted_at = now() - interval '30 days'")
            try await test.execute("UPDATE transformer.snapshots SET used_at = now() - interval '30 days'")
            try await test.workbench.promoter.remove("dev")
            #expect(try await test.workbench.janitor.clean().tables.isEmpty)
            try await test.execute("UPDATE transformer.snapshots SET used_at = now() - interval '8 days'")
            #expect(try await test.workbench.janitor.clean().tables.count == 2)
        }
    }

    @Test("nothing that somebody reads, and nothing that is being computed")
    func inUse() async throws {
        try await withDatabase { test in
            try await test.apply(try project(0), at: day(10))
            let old = try await test.workbench.catalog.environment("prod").models
            try await test.apply(try project(1), at: day(10))
            try await test.execute("UPDATE transformer.promotions SET promoted_at = now() - interval '8 days'")
            try await test.execute("UPDATE transformer.snapshots SET used_at = now() - interval '8 days'")
            let table = RelationNames.table(old[0].id)
            try await test.execute("CREATE VIEW public.mine AS SELECT n FROM \(sql: table.quoted(in: .postgres))")
            let work = try await test.workbench.store.begin(
                old[0].id, in: "prod", computing: days(1...1), by: .thisProcess)
            #expect(try await test.workbench.janitor.clean().tables == [RelationNames.table(old[1].id)])
            try await test.workbench.store.abandon(work)
            let outcome = try await test.workbench.janitor.clean()
            #expect(outcome.tables.isEmpty && outcome.kept.count == 1, "\(outcome)")
            try await test.execute("DROP VIEW public.mine")
            #expect(try await test.workbench.janitor.clean().tables == [table])
        }
    }
}
