import ModelProject
import Pipeline
import Planning
import Testing

@testable import Transformer

private func project(_ models: String...) throws -> Project {
    var files = ["config.yaml": ""]
    for (index, model) in models.enumerated() { files["models/m\(index).sql"] = model }
    return try TestPipelines.make(files)
}

extension TestDatabase {
    /// A run whose rows are committed and never noted: what a process leaves that dies between the two.
    fileprivate func dieAfterWriting(at now: Moment) async throws {
        struct Died: Error {}
        let ticket = ModelRunner.Ticket(execution: now, check: { _ in throw Died() })
        await #expect(throws: (any Error).self) {
            _ = try await workbench.runner.run(
                EnvironmentRunner.Request(environment: "prod", upTo: now, from: nil), ticket: ticket)
        }
    }

    func list(_ query: String) async throws -> String {
        try await value(
            """
            SELECT string_agg(line, ', ' ORDER BY line COLLATE "C") FROM (
              SELECT (SELECT string_agg(value, ' ') FROM json_each_text(row_to_json(q))) AS line
              FROM (\(sql: query)) AS q) AS lines
            """)
    }
}

@Suite("Rows come by key", .enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(10))) struct UniqueKeyTests {
    @Test("each changes the row that has its key, or is added; a change of old rows is merged again")
    func merging() async throws {
        try await withDatabase { test in
            let model = """
                MODEL (name shop.last, kind INCREMENTAL_BY_UNIQUE_KEY (unique_key "User", batch_size 1), start '2026-11-01');
                SELECT user_id AS "User", max(event) AS event FROM raw.events
                WHERE timestamp BETWEEN @start_dt AND @end_dt GROUP BY user_id
                """
            try await test.insert([
                ("ada", "a", "2026-11-01 10:00Z"), ("ada", "b", "2026-11-02 10:00Z"), ("bob", "c", "2026-11-02 11:00Z"),
            ])
            let plan = try await test.apply(try project(model), at: day(3))
            #expect(backfills(of: plan).first?.batches.count == 2)
            #expect(try await test.list("SELECT * FROM shop.last") == "ada b, bob c")
            try await test.insert([("ada", "d", "2026-11-03 10:00Z"), ("cyd", "e", "2026-11-03 11:00Z")])
            for _ in 1...2 {
                try await test.run(at: day(4))
                #expect(try await test.list("SELECT * FROM shop.last") == "ada d, bob c, cyd e")
            }
            try await test.insert([("bob", "z", "2026-11-02 12:00Z")])
            try await test.landed(days(2...2))
            try await test.run(at: day(4))
            #expect(try await test.list("SELECT * FROM shop.last") == "ada d, bob z, cyd e", "no older row wins")
            let keys = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'millrace__shop'"
            #expect(try await test.list(keys).hasPrefix("CREATE UNIQUE INDEX"))
        }
    }

    @Test("a key that is there twice in one batch is an error in the model's file, and nothing is changed")
    func repeated() async throws {
        try await withDatabase { test in
            let model = """
                MODEL (name shop.all, kind INCREMENTAL_BY_UNIQUE_KEY (unique_key (lower(user_id), event)), start '2026-11-01');
                SELECT user_id, event FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
                """
            try await test.insert([("ada", "a", "2026-11-01 10:00Z"), ("ada", "b", "2026-11-01 10:00Z")])
            try await test.apply(try project(model), at: day(2))
            try await test.insert([("ADA", "c", "2026-11-02 10:00Z"), ("ada", "c", "2026-11-02 11:00Z")])
            let error = await #expect(throws: TransformerError.self) { try await test.run(at: day(3)) }
            #expect(
                error?.message.hasPrefix("models/m0.sql:2:1: shop.all: The query gives 2 rows") == true,
                "\(error?.message ?? "")")
            #expect(error?.message.contains("(lower(user_id), event) = (ada, c)") == true)
            #expect(try await test.list("SELECT * FROM shop.all") == "ada a, ada b")
            try await test.execute("DELETE FROM raw.events WHERE user_id = 'ada' AND event = 'c'")
            try await test.run(at: day(3))
            #expect(try await test.list("SELECT * FROM shop.all") == "ADA c, ada a, ada b")
        }
    }

    private static let counting = """
        MODEL (name shop.counts, start '2026-11-01', kind INCREMENTAL_BY_UNIQUE_KEY (unique_key user_id, batch_size 1,
          when_matched (WHEN MATCHED AND source.n > 9 THEN DELETE
            WHEN MATCHED THEN UPDATE SET target.n = greatest(target.n, 0) + source.n, last = source.last),
          merge_filter (target.last < @end_ds AND source.n > 0)));
        SELECT user_id, count(*) AS n, @start_ds AS last FROM raw.events
        WHERE timestamp BETWEEN @start_dt AND @end_dt GROUP BY user_id
        """

    @Test("a model's own WHEN MATCHED counts every row once, whatever dies or runs beside it")
    func own() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "a", "2026-11-01 10:00Z"), ("ada", "a", "2026-11-02 10:00Z")])
            try await test.apply(try project(Self.counting), at: day(3))
            #expect(try await test.list("SELECT * FROM shop.counts") == "ada 2 2026-11-02")
            try await test.insert([("ada", "a", "2026-11-03 10:00Z"), ("ada", "a", "2026-11-04 10:00Z")])
            try await test.dieAfterWriting(at: day(5))
            #expect(try await test.list("SELECT * FROM shop.counts") == "ada 3 2026-11-03")
            async let first = test.run(at: day(5))
            async let second = test.run(at: day(5))
            _ = try await (first, second)
            #expect(try await test.list("SELECT * FROM shop.counts") == "ada 4 2026-11-04")
            try await test.landed(days(1...4))
            try await test.run(at: day(5))
            #expect(try await test.list("SELECT * FROM shop.counts") == "ada 4 2026-11-04")
            try await test.insert((0..<10).map { ("ada", "\($0)", "2026-11-05 10:00Z") })
            try await test.run(at: day(6))
            #expect(try await test.list("SELECT * FROM shop.counts") == "NULL")
        }
    }
}

@Suite("Rows come by partition, or are added", .enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(10)))
struct AppendTests {
    @Test("the partitions that come replace those that are there, one without a name too")
    func partitions() async throws {
        try await withDatabase { test in
            let model = """
                MODEL (name shop.parts, kind INCREMENTAL_BY_PARTITION, partitioned_by (country, lower(kind)), start '2026-11-01');
                SELECT user_id AS country, session_id AS kind, event FROM raw.events
                WHERE timestamp BETWEEN @start_dt AND @end_dt
                """
            try await test.insert([("de", "a", "2026-11-01 10:00Z"), ("fr", "b", "2026-11-01 10:00Z")])
            try await test.execute("UPDATE raw.events SET session_id = 'X'")
            try await test.insert([("de", "c", "2026-11-01 10:00Z")])
            try await test.apply(try project(model), at: day(2))
            #expect(try await test.list("SELECT country, event FROM shop.parts") == "de a, de c, fr b")
            try await test.insert([("de", "d", "2026-11-02 10:00Z")])
            try await test.execute(
                "INSERT INTO raw.events (user_id, event, session_id, timestamp) VALUES ('fr', 'e', 'x', '2026-11-02Z'), ('es', 'f', 'x', '2026-11-02Z')"
            )
            for _ in 1...2 {
                try await test.dieAfterWriting(at: day(3))
                #expect(try await test.list("SELECT country, event FROM shop.parts") == "de a, de d, es f, fr e")
            }
            try await test.run(at: day(3))
            #expect(try await test.list("SELECT country, event FROM shop.parts") == "de a, de d, es f, fr e")
        }
    }

    @Test("appended rows are there once, whatever dies, comes late or runs beside it")
    func appending() async throws {
        try await withDatabase { test in
            let model = """
                MODEL (name shop.log, kind INCREMENTAL_UNMANAGED, start '2026-11-01');
                SELECT event FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
                """
            try await test.insert([("ada", "a", "2026-11-01 10:00Z")])
            try await test.apply(try project(model), at: day(2))
            try await test.insert([("ada", "b", "2026-11-02 10:00Z")])
            try await test.dieAfterWriting(at: day(3))
            try await test.insert([("ada", "c", "2026-11-03 10:00Z"), ("ada", "late", "2026-11-01 10:00Z")])
            try await test.landed(days(1...3))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for now in [4, 3, 4, 4] { group.addTask { _ = try await test.run(at: day(now)) } }
                try await group.waitForAll()
            }
            #expect(try await test.list("SELECT * FROM shop.log") == "a, b, c")
            #expect(try await test.workbench.planner.plan(try project(model), for: "prod", upTo: day(4)).isEmpty)
            // A table that was taken away is filled anew: nothing of it is written any more.
            let table = try await test.value("SELECT relname FROM pg_class WHERE relname LIKE 'shop\\_\\_log\\_\\_%'")
            try await test.execute("DROP TABLE millrace__shop.\(sql: table) CASCADE")
            try await test.apply(try project(model), at: day(4))
            #expect(try await test.list("SELECT * FROM shop.log") == "a, b, c, late")
        }
    }

    @Test("an unmanaged model that overwrites replaces all rows")
    func overwriting() async throws {
        try await withDatabase { test in
            let model = """
                MODEL (name shop.log, kind INCREMENTAL_UNMANAGED (insert_overwrite true), start '2026-11-01');
                SELECT event FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
                """
            try await test.insert([("ada", "a", "2026-11-01 10:00Z"), ("ada", "b", "2026-11-02 10:00Z")])
            try await test.apply(try project(model), at: day(2))
            #expect(try await test.list("SELECT * FROM shop.log") == "a")
            try await test.run(at: day(3))
            #expect(try await test.list("SELECT * FROM shop.log") == "b")
        }
    }

    @Test("a batch that has to make way is tried again, a few times; its rows are there once", arguments: [2, 9])
    func retries(failures: Int) async throws {
        try await withDatabase { test in
            try await test.execute("CREATE SEQUENCE public.tries")
            try await test.execute(
                """
                CREATE FUNCTION public.flaky(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
                  IF nextval('public.tries') <= \(sql: "\(failures)") THEN
                    RAISE EXCEPTION 'make way' USING ERRCODE = '40001'; END IF;
                  RETURN $1; END $$
                """)
            let model = """
                MODEL (name shop.log, kind INCREMENTAL_UNMANAGED, start '2026-11-01');
                SELECT public.flaky(event) AS event FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
                """
            try await test.insert([("ada", "a", "2026-11-01 10:00Z")])
            guard failures > 3 else {
                try await test.apply(try project(model), at: day(2))
                #expect(try await test.list("SELECT * FROM shop.log") == "a")
                return
            }
            let error = await #expect(throws: TransformerError.self) {
                try await test.apply(try project(model), at: day(2))
            }
            #expect(error?.isRetriable == true)
            #expect(try await test.value("SELECT last_value::text FROM public.tries") == "4")
            try await test.execute("SELECT setval('public.tries', 100)")
            try await test.apply(try project(model), at: day(2))
            #expect(try await test.list("SELECT * FROM shop.log") == "a")
        }
    }

    @Test("what disable_restatement says is done is done: late rows change nothing")
    func fixed() async throws {
        try await withDatabase { test in
            let model = """
                MODEL (name shop.fixed, start '2026-11-01',
                  kind INCREMENTAL_BY_TIME_RANGE (time_column at, disable_restatement true));
                SELECT event, timestamp AS at FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
                """
            try await test.insert([("ada", "a", "2026-11-01 10:00Z")])
            try await test.apply(try project(model), at: day(2))
            try await test.insert([("ada", "late", "2026-11-01 11:00Z"), ("ada", "b", "2026-11-02 11:00Z")])
            try await test.landed(days(1...2))
            try await test.run(at: day(3))
            #expect(try await test.list("SELECT event FROM shop.fixed") == "a, b")
        }
    }
}

@Suite("Models without a table of their own, and views that store", .enabled(if: TestDatabase.isAvailable))
struct ViewKindTests {
    private static let clean = """
        MODEL (name shop.clean, kind EMBEDDED);
        SELECT user_id, event, timestamp FROM raw.events WHERE user_id <> 'robot'
        """
    private static let named = """
        MODEL (name shop.named, kind EMBEDDED);
        WITH c AS (SELECT * FROM shop.clean) SELECT upper(c.user_id) AS name, c.event, c.timestamp FROM c -- end
        """
    private static let daily = """
        MODEL (name shop.daily, kind INCREMENTAL_BY_TIME_RANGE (time_column at), start '2026-11-01');
        SELECT named.name, n.event, n.timestamp AS at FROM shop.named JOIN shop.named AS n USING (timestamp)
        WHERE n.timestamp BETWEEN @start_dt AND @end_dt
        """

    @Test("an embedded model stands in its readers, and changes with them")
    func embedded() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "a", "2026-11-01 10:00Z"), ("robot", "b", "2026-11-01 11:00Z")])
            let first = try project(Self.clean, Self.named, Self.daily)
            try await test.apply(first, at: day(2))
            #expect(try await test.list("SELECT name, event FROM shop.daily") == "ADA a")
            #expect(try await test.value("SELECT count(*)::text FROM pg_class WHERE relname ~ 'named|clean'") == "0")
            #expect(try await test.workbench.planner.plan(first, for: "prod", upTo: day(2)).isEmpty)
            try await test.insert([("bob", "c", "2026-11-01 12:00Z")])
            try await test.landed(days(1...1))
            try await test.run(at: day(2))
            #expect(try await test.list("SELECT name, event FROM shop.daily") == "ADA a, BOB c")
            let edited = try project(
                Self.clean.replacing("robot", with: "ada"), Self.named, Self.daily)
            try await test.apply(edited, at: day(2))
            #expect(try await test.list("SELECT name, event FROM shop.daily") == "BOB c, ROBOT b")
        }
    }

    @Test("a view that becomes embedded goes, and comes back")
    func becoming() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "a", "2026-11-01 10:00Z")])
            let asView = Self.named.replacing("EMBEDDED", with: "VIEW")
            for _ in 1...2 {
                try await test.apply(try project(Self.clean, asView, Self.daily), at: day(2))
                #expect(try await test.list("SELECT name FROM shop.named") == "ADA")
                try await test.apply(try project(Self.clean, Self.named, Self.daily), at: day(2))
                #expect(try await test.value("SELECT to_regclass('shop.named')::text") == "NULL")
                #expect(try await test.list("SELECT name FROM shop.daily") == "ADA")
            }
        }
    }

    @Test("statements and audits of an embedded model are refused with their place")
    func refused() throws {
        #expect(throws: PipelineError.self) {
            _ = try ProjectGraph(try project("MODEL (name e, kind EMBEDDED);\nSET x = 1;\nSELECT 1 AS a"))
        }
        let audited = "MODEL (name e, kind EMBEDDED,\n  audits (not_null(columns := (a))));\nSELECT 1 AS a"
        let error = #expect(throws: PipelineError.self) { _ = try ProjectGraph(try project(audited)) }
        #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("models/m0.sql:2:10: "), "\(error.map { "\($0)" } ?? "")")
    }

    @Test("a materialized view is refreshed when it is due, and its readers see whole states")
    func materialized() async throws {
        try await withDatabase { test in
            let model = """
                MODEL (name shop.totals, kind VIEW (materialized true), audits (forall(criteria := (n < 3))));
                SELECT user_id, count(*) AS n FROM raw.events GROUP BY user_id;
                CREATE UNIQUE INDEX ON @this_model (user_id)
                """
            let reader = "MODEL (name shop.top, kind VIEW); SELECT user_id FROM shop.totals WHERE n > 1"
            try await test.insert([("ada", "a", "2026-11-01 10:00Z")])
            try await test.apply(try project(model, reader), at: day(2))
            #expect(try await test.list("SELECT * FROM shop.totals") == "ada 1")
            #expect(try await test.value("SELECT count(*)::text FROM pg_matviews WHERE ispopulated") == "1")
            try await test.insert([("ada", "b", "2026-11-02 10:00Z")])
            #expect(try await test.list("SELECT * FROM shop.totals") == "ada 1", "it is stored")
            try await test.run(at: day(3))
            #expect(try await test.list("SELECT * FROM shop.top") == "ada")
            try await test.insert([("ada", "c", "2026-11-03 10:00Z")])
            let error = await #expect(throws: TransformerError.self) { try await test.run(at: day(4)) }
            #expect(error?.code == .auditFailed)
            #expect(try await test.list("SELECT * FROM shop.totals") == "ada 2", "what was refused was not readable")
            let edited = model.replacing("GROUP BY", with: "WHERE event <> 'c' GROUP BY")
            for _ in 1...2 { try await test.apply(try project(edited, reader), at: day(4)) }
            #expect(try await test.list("SELECT * FROM shop.top") == "ada")
        }
    }
}
