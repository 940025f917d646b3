import ControlPlane
import Foundation
import ModelProject
import Pipeline
import Planning
import Testing

@testable import Transformer

private let a = """
    MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01', description 'first');
    SELECT user_id, event, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
    """
private let b = """
    MODEL (name b, kind FULL, column_descriptions (n = 'How many'));
    SELECT user_id, COUNT(*) AS n FROM a GROUP BY user_id
    """
private let c = "MODEL (name c, kind VIEW); SELECT user_id, n FROM analytics.b"
private let files = ["models/a.sql": a, "models/b.sql": b, "models/c.sql": c]

private func project(_ edits: [String: String?] = [:]) throws -> Project {
    var all = files.merging(["config.yaml": ""]) { first, _ in first }
    for (path, text) in edits { all[path] = text }
    return try TestPipelines.make(all)
}

extension TestDatabase {
    fileprivate func outbox(_ type: String) async throws -> [[String]] {
        try await rows("SELECT payload FROM transformer.outbox WHERE type = \(type) ORDER BY position")
    }

    /// What `body` fails with.
    fileprivate func refused(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "nothing was refused"
        } catch {
            return "\(error)"
        }
    }
}

@Suite("Changes of a project, made twice", .enabled(if: TestDatabase.isAvailable)) struct ChangeTests {
    @Test("descriptions change, go, and come back, and nothing is computed")
    func descriptions() async throws {
        try await withDatabase { test in
            try await test.apply(try project(), at: day(10))
            func comments() async throws -> [String] {
                try await test.rows(
                    """
                    SELECT coalesce(obj_description('analytics.a'::regclass), 'none'),
                      coalesce(col_description('analytics.b'::regclass, 2), 'none')
                    """)[0]
            }
            #expect(try await comments() == ["first", "How many"])
            for _ in 1...2 {
                let edited = try project([
                    "models/a.sql": a.replacing("'first'", with: "'second'"),
                    "models/b.sql": b.replacing(", column_descriptions (n = 'How many')", with: ""),
                ])
                let plan = try await test.apply(edited, at: day(10))
                #expect(plan.stages.count == 1, "only views are pointed")
                #expect(try await comments() == ["second", "none"])
                #expect(try await test.workbench.planner.plan(edited, for: "prod", upTo: day(10)).isEmpty)
                try await test.apply(try project(), at: day(10))
                #expect(try await comments() == ["first", "How many"])
            }
        }
    }

    @Test("a model that others read is neither deleted nor renamed without them, and the readers are named")
    func readers() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(try project(), at: day(10))
            let without = try project(["models/b.sql": nil, "models/c.sql": c.replacing("analytics.b", with: "b")])
            let renamed = try project([
                "models/b.sql": b.replacing("name b", with: "name bb"),
                "models/d.sql": """
                MODEL (name d, kind FULL, audits (as_many));
                SELECT user_id FROM a JOIN
                  b USING (user_id)
                """, "audits/as_many.sql": "AUDIT (name as_many);\nSELECT * FROM analytics.b WHERE n < 0",
            ])
            for _ in 1...2 {
                #expect(
                    await test.refused { try await test.apply(without, at: day(10)) }
                        == "models/c.sql:1:51: analytics.c reads analytics.b, which this plan removes from prod. "
                        + "Change what reads it, or keep the model.")
                let message = await test.refused { try await test.apply(renamed, at: day(10)) }
                #expect(message.contains("models/c.sql:1:51: analytics.c reads analytics.b"), "\(message)")
                #expect(message.contains("models/d.sql:3:3: analytics.d reads analytics.b"), "\(message)")
                #expect(
                    message.contains("audits/as_many.sql:2:15: the audit as_many of analytics.d reads analytics.b"),
                    "\(message)")
                let dev = await test.refused { try await test.apply(without, to: "dev", at: day(10)) }
                #expect(
                    dev.contains("analytics.c reads analytics.b, a model of the environment prod"), "\(dev)")
                #expect(try await test.rows("SELECT * FROM analytics.c") == [["ada", "1"]], "all is as it was")
            }
        }
    }

    @Test("a model is renamed with its readers, and back")
    func renamed() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(try project(), at: day(10))
            let edited = try project([
                "models/b.sql": b.replacing("name b", with: "name bb"), "models/c.sql": c.replacing(".b", with: ".bb"),
            ])
            for _ in 1...2 {
                try await test.apply(edited, at: day(10))
                #expect(try await test.rows("SELECT * FROM analytics.c") == [["ada", "1"]])
                #expect(try await test.rows("SELECT * FROM analytics.bb") == [["ada", "1"]])
                #expect(try await test.value("SELECT to_regclass('analytics.b')::text") == "NULL")
                try await test.apply(try project(), at: day(10))
                #expect(try await test.rows("SELECT * FROM analytics.b") == [["ada", "1"]])
                #expect(try await test.value("SELECT to_regclass('analytics.bb')::text") == "NULL")
            }
        }
    }

    @Test("a plan that takes away more than half is not carried out unless somebody says so")
    func removal() async throws {
        try await withDatabase { test in
            try await test.apply(try project(), at: day(10))
            let one = try project(["models/b.sql": nil, "models/c.sql": nil])
            let none = try project(["models/a.sql": nil, "models/b.sql": nil, "models/c.sql": nil])
            for (smaller, words) in [(one, "removes 2 of 3 models of prod"), (none, "removes all 3 models of prod")] {
                let plan = try await test.workbench.planner.plan(smaller, for: "prod", upTo: day(10))
                #expect(plan.removal?.contains(words) == true, "\(plan.removal ?? "nothing")")
                let message = await test.refused { try await test.workbench.plans.apply(plan, execution: day(10)) }
                #expect(message.contains("--allow-removal"), "\(message)")
                #expect(try await test.value("SELECT to_regclass('analytics.c')::text") == "analytics.c")
            }
            for _ in 1...2 {
                let plan = try await test.workbench.planner.plan(one, for: "prod", upTo: day(10))
                try await test.workbench.plans.apply(plan, execution: day(10), allowingRemoval: true)
                #expect(try await test.value("SELECT to_regclass('analytics.c')::text") == "NULL")
                #expect(try await test.workbench.planner.plan(one, for: "prod", upTo: day(10)).isEmpty)
                try await test.apply(try project(), at: day(10))
            }
            let few = try project(["models/c.sql": nil])
            #expect(try await test.workbench.planner.plan(few, for: "prod", upTo: day(10)).removal == nil)
        }
    }

    @Test("a view of somebody else's goes with the columns that it reads; what would break it is refused")
    func outsideReaders() async throws {
        try await withDatabase { test in
            try await test.apply(try project(), at: day(10))
            try await test.execute("CREATE VIEW public.mine AS SELECT n + 1 AS more FROM analytics.c")
            let tables =
                "SELECT count(*)::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'millrace__analytics'"
            let fewer = try project(["models/c.sql": nil])
            let message = await test.refused { try await test.apply(fewer, at: day(10)) }
            #expect(
                message.contains("analytics.c cannot be changed: it would go, and public.mine reads it"), "\(message)")
            let changed = try project([
                "models/b.sql": b.replacing("COUNT(*)", with: "COUNT(*)::text"),
                "models/a.sql": a.replacing("user_id,", with: "upper(user_id) AS user_id,"),
            ])
            let done = "SELECT count(*)::text FROM transformer.intervals"
            let before = try await test.value("\(sql: done)")
            let second = await test.refused { try await test.apply(changed, at: day(10)) }
            #expect(
                second.contains("analytics.c cannot be changed: the view public.mine reads it and does not fit"),
                "\(second)")
            #expect(try await test.value("\(sql: done)") == before, "nothing was computed")
            #expect(try await test.value("\(sql: tables)") != "0")
            // A text fits, and so do columns in another order: the view is made again, in dev and back too.
            try await test.execute("CREATE OR REPLACE VIEW public.other AS SELECT n FROM analytics.c")
            try await test.execute("DROP VIEW public.mine")
            for edit in [changed, try project(), changed] {
                try await test.apply(edit, at: day(10))
                let expected = try await test.rows("SELECT n FROM analytics.c")
                #expect(try await test.rows("SELECT n FROM public.other") == expected)
            }
        }
    }

    @Test("views and tables that somebody took away by hand come back with the next apply")
    func byHand() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            let project = try project()
            try await test.apply(project, at: day(10))
            for _ in 1...2 {
                try await test.execute("DROP VIEW analytics.a")
                try await test.execute(
                    "CREATE OR REPLACE VIEW analytics.b AS SELECT 'x'::text AS user_id, 0::bigint AS n")
                let plan = try await test.apply(project, at: day(10))
                #expect(plan.stages.count == 1 && plan.changes.isEmpty)
                #expect(try await test.rows("SELECT user_id FROM analytics.a") == [["ada"]])
                #expect(try await test.rows("SELECT * FROM analytics.b") == [["ada", "1"]])
                #expect(try await test.workbench.planner.plan(project, for: "prod", upTo: day(10)).isEmpty)
                let table = try await test.value(
                    """
                    SELECT 'millrace__analytics.analytics__a__' || version FROM transformer.environment_models
                    WHERE name = 'analytics.a'
                    """)
                try await test.execute("DROP TABLE \(sql: table) CASCADE")
                try await test.apply(project, at: day(10))
                #expect(try await test.rows("SELECT user_id FROM analytics.a") == [["ada"]])
                #expect(try await test.rows("SELECT * FROM analytics.c") == [["ada", "1"]])
            }
        }
    }

    @Test("a column that another model reads cannot go: the reader is named, and nothing has happened")
    func columns() async throws {
        let fewer = b.replacing("COUNT(*) AS n", with: "COUNT(*) AS m").replacing("n = ", with: "m = ")
        let error = #expect(throws: PipelineError.self) {
            _ = try ProjectGraph(try project(["models/b.sql": fewer]))
        }
        #expect(error?.description.hasPrefix("models/c.sql:1:44: analytics.c: ") == true, "\(error?.description ?? "")")
        #expect(error?.message.contains("n") == true)
    }

    @Test("rows from before 1970 reach models that have no start, however they are computed")
    func early() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make([
                "models/i.sql": """
                MODEL (name i, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, batch_size 1000));
                SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
                """,
                "models/d.sql": """
                MODEL (name d, kind INCREMENTAL_BY_TIME_RANGE (time_column day));
                SELECT ts::date AS day, COUNT(*) AS n FROM i WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY 1
                """,
                "models/f.sql": "MODEL (name f, kind FULL); SELECT COUNT(*) AS n FROM i",
            ])
            try await test.insert([
                ("old", "view", "0001-01-01 00:00Z"), ("ada", "view", "1969-12-31 23:59Z"),
                ("bob", "view", "1970-01-01 00:00Z"), ("eve", "view", "2026-11-05 10:00Z"),
            ])
            for _ in 1...2 {
                let plan = try await test.apply(project, at: day(10))
                let work = backfills(of: plan)
                #expect(work.allSatisfy { $0.batches.count < 30 }, "no batches for two thousand empty years")
                #expect(
                    try await test.rows("SELECT user_id FROM analytics.i ORDER BY ts")
                        == [["old"], ["ada"], ["bob"], ["eve"]])
                #expect(try await test.rows("SELECT sum(n)::text FROM analytics.d") == [["4"]])
                #expect(try await test.rows("SELECT n FROM analytics.f") == [["4"]])
            }
            try await test.insert([("late", "view", "1950-06-01 10:00Z")])
            let date = Moment(year: 1950, month: 6, day: 1)
            try await test.landed(IntervalSet(from: date, to: date.adding(seconds: 86_400)))
            try await test.run(at: day(10))
            #expect(try await test.rows("SELECT sum(n)::text FROM analytics.d") == [["5"]])
            #expect(try await test.rows("SELECT n FROM analytics.f") == [["5"]])
        }
    }

    @Test("statements around a query run once for each replacement, and set nothing for others")
    func statements() async throws {
        try await withDatabase { test in
            try await test.execute("CREATE TABLE public.log (n int)")
            let project = try TestPipelines.make([
                "models/f.sql": """
                MODEL (name f, kind FULL, depends_on (raw.events));
                SET work_mem = '3MB';
                CREATE TEMPORARY TABLE chosen AS SELECT user_id FROM raw.events;
                SELECT user_id, current_setting('work_mem') AS memory FROM chosen;
                INSERT INTO public.log VALUES (1)
                """,
                "models/v.sql": """
                MODEL (name v, kind VIEW);
                SELECT user_id FROM f;
                GRANT SELECT ON @this_model TO PUBLIC
                """,
            ])
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            for number in 1...2 {
                try await test.apply(project, at: day(10))
                #expect(try await test.rows("SELECT * FROM analytics.f") == [["ada", "3MB"]])
                try await test.landed(days(5...5))
                try await test.run(at: day(10))
                #expect(try await test.value("SELECT count(*)::text FROM public.log") == "\(number + 1)")
            }
            #expect(try await test.value("SELECT current_setting('work_mem')") != "3MB")
            let granted = try await test.value(
                """
                SELECT count(*)::text FROM pg_class, aclexplode(relacl) WHERE relname LIKE 'analytics\\_\\_v%' AND grantee = 0
                """)
            #expect(granted == "1")
        }
    }

    @Test("names that the database would cut off are refused by name, and no two views are one")
    func names() async throws {
        try await withDatabase { test in
            let long = String(repeating: "n", count: 64)
            let message = await test.refused {
                try await test.apply(
                    try TestPipelines.make(["models/a.sql": "MODEL (name \(long)); SELECT 1 AS x"]), at: day(10))
            }
            #expect(message == "models/a.sql:1:13: `\(long)` has 64 bytes; a name may have 63. Shorten it.")
            let column = await test.refused {
                try await test.apply(try TestPipelines.make(["models/a.sql": "SELECT 1 AS \(long)"]), at: day(10))
            }
            #expect(column.contains("The column `\(long)` has 64 bytes"), "\(column)")
            let schema = String(repeating: "s", count: 60)
            let fits = try TestPipelines.make(["models/a.sql": "MODEL (name \(schema).a); SELECT 1 AS x"])
            try await test.apply(fits, at: day(10))
            #expect(try await test.value("SELECT x FROM \(sql: schema).a") == "1")
            let environment = await test.refused { try await test.apply(fits, to: "dev", at: day(10)) }
            #expect(environment.contains("`\(schema)__dev` of 65 bytes"), "\(environment)")
            let name = String(repeating: "m", count: 63)
            let longest = try TestPipelines.make([
                "models/a.sql": "MODEL (name \(name), kind FULL); SELECT 1 AS x",
                "models/b.sql": "MODEL (name \(name.dropLast())x, kind FULL); SELECT 2 AS x",
                "models/c.sql": "MODEL (name \(name.dropLast())_, kind FULL); SELECT x FROM \(name)",
            ])
            for _ in 1...2 {
                try await test.apply(longest, to: "dev", at: day(10))
                #expect(try await test.value("SELECT x FROM analytics__dev.\(sql: name)") == "1")
                #expect(try await test.value("SELECT x FROM analytics__dev.\(sql: String(name.dropLast()))x") == "2")
            }
            let twice = try TestPipelines.make(["models/a.sql": "MODEL (name analytics__dev.\(name)); SELECT 1 AS x"])
            let collision = await test.refused { try await test.apply(twice, to: "prod", at: day(10)) }
            #expect(collision.contains("of the environment dev."), "\(collision)")
        }
    }
}
