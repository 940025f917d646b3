import Foundation
import ModelProject
import Pipeline
import Planning
import Testing

@testable import Transformer

private let base = [
    "config.yaml": "",
    "models/good.sql": "MODEL (name good, kind FULL); SELECT COUNT(*) AS n FROM raw.events",
    "models/bad.sql": "MODEL (name bad, kind FULL); SELECT 1 / COUNT(*) AS n FROM raw.events",
    "models/child.sql": "MODEL (name child, kind FULL); SELECT n FROM bad",
    "models/grandchild.sql": "MODEL (name grandchild, kind FULL); SELECT n FROM child",
    "models/other.sql": "MODEL (name other, kind FULL); SELECT n FROM good",
]

private func failure(_ body: () async throws -> Void) async -> TransformerError? {
    do {
        try await body()
        return nil
    } catch {
        return TransformerError.from(error)
    }
}

@Suite("A failure stops what depends on it, and nothing passes an audit unseen", .enabled(if: TestDatabase.isAvailable))
struct FailureTests {
    @Test("a model that fails in a plan holds up only what reads it, and the next plan does the rest")
    func plan() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make(base)
            let failed = await failure { try await test.apply(project, at: day(10)) }
            #expect(failed?.code == .sqlError)
            #expect(failed?.message.contains("division by zero") == true)
            #expect(
                failed?.message.contains("analytics.child, analytics.grandchild") == true, "\(failed?.message ?? "")")
            #expect(try await test.workbench.catalog.all().plans.isEmpty, "nothing was promoted")
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            let plan = try await test.workbench.planner.plan(project, for: "prod", upTo: day(10))
            #expect(
                Set(backfills(of: plan).map(\.model.name.name)) == ["bad", "child", "grandchild"],
                "good and other are done")
        }
    }

    @Test("a model that fails in a run holds up only what reads it")
    func run() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(try TestPipelines.make(base), at: day(10))
            try await test.execute("DELETE FROM raw.events")
            let failed = await failure { try await test.run(at: day(11)) }
            #expect(failed?.code == .sqlError)
            #expect(try await test.value("SELECT n FROM analytics.other") == "0")
            #expect(try await test.value("SELECT n FROM analytics.bad") == "1", "as it was")
        }
    }

    @Test("an audit that refused a table in dev refuses it in every other environment")
    func bypass() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            func project(_ audits: String) throws -> Project {
                try TestPipelines.make([
                    "config.yaml": "",
                    "models/m.sql":
                        "MODEL (name m, kind FULL\(audits)); SELECT user_id, NULL::text AS b FROM raw.events",
                ])
            }
            try await test.apply(try project(""), to: "dev", at: day(10))
            let audited = try project(", audits (not_null(columns := (b)))")
            for environment in ["dev", "prod", "other"] {
                let failed = await failure { try await test.apply(audited, to: environment, at: day(10)) }
                #expect(failed?.code == .auditFailed, "\(environment)")
            }
            #expect(try await test.workbench.catalog.all().plans.keys.sorted() == ["dev"])
        }
    }

    @Test("the rows that an audit refuses are kept for who looks into it, and so are those it only warns of")
    func kept() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z"), ("bob", "view", "2026-11-05 11:00Z")])
            func project(_ name: String) throws -> Project {
                try TestPipelines.make([
                    "config.yaml": "",
                    "models/m.sql": """
                    MODEL (name m, kind FULL, audits (\(name)));
                    SELECT user_id, NULLIF(user_id, 'bob') AS b FROM raw.events
                    """,
                    "audits/known.sql": "AUDIT (name known); SELECT * FROM @this_model WHERE b IS NULL",
                    "audits/warns.sql": "AUDIT (name warns, blocking false); SELECT user_id FROM @this_model",
                ])
            }
            let failed = await failure { try await test.apply(try project("known"), at: day(10)) }
            #expect(failed?.code == .auditFailed)
            let refused = try #require(try await test.workbench.store.auditFailures(of: ModelName("m")).first)
            #expect(refused.model == "analytics.m" && refused.isBlocking && refused.failures == 1)
            #expect(refused.rows == [#"{"b": null, "user_id": "bob"}"#])
            try await test.apply(try project("warns"), at: day(10))
            let warned = try #require(try await test.workbench.store.auditFailures(of: nil).first)
            #expect(!warned.isBlocking && warned.failures == 2 && warned.rows.count == 2)
            #expect(try await test.workbench.store.auditFailures(of: ModelName("other")).isEmpty)
        }
    }

    @Test("a table that was promoted under its audits is not audited again for another environment")
    func known() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            let project = try TestPipelines.make([
                "config.yaml": "",
                "models/m.sql":
                    "MODEL (name m, kind FULL, audits (not_null(columns := (user_id)))); SELECT user_id FROM raw.events",
            ])
            try await test.apply(project, to: "dev", at: day(10))
            let plan = try await test.workbench.planner.plan(project, for: "prod", upTo: day(10))
            #expect(!plan.stages.contains { if case .audit = $0 { true } else { false } })
        }
    }

    @Test("a backfill of one model brings its readers along")
    func readers() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make([
                "config.yaml": "",
                "models/a.sql": "MODEL (name a, kind FULL); SELECT COUNT(*) AS n FROM raw.events",
                "models/b.sql": "MODEL (name b, kind FULL); SELECT n FROM a",
                "models/c.sql": "MODEL (name c, kind FULL); SELECT 1 AS n",
            ])
            try await test.apply(project, at: day(10))
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            let request = EnvironmentRunner.Request(
                environment: "prod", model: ModelName("a"), upTo: day(10), from: day(5), includesReaders: true)
            _ = try await test.workbench.runner.run(request, ticket: ModelRunner.Ticket(execution: day(10)))
            #expect(try await test.value("SELECT n FROM analytics.b") == "1")
        }
    }
}
