import ModelProject
import Pipeline
import Planning
import Testing

@Suite("A plan says what an edit means") struct PlannerTests {
    /// What happens to a, b and c; nil where nothing does.
    typealias Kinds = [ModelChange.Kind?]

    @Test(
        "an edit of the first of three models",
        arguments: [
            (
                "nothing", "nothing", "",
                [nil, nil, nil]
            ),
            (
                "white space", "SELECT id,", "SELECT\n   id ,",
                [nil, nil, nil]
            ),
            (
                "case of words", "SELECT id,", "select ID,",
                [nil, nil, nil]
            ),
            (
                "a comment", "SELECT id,", "SELECT /* the id */ id, -- x\n",
                [nil, nil, nil]
            ),
            (
                "a column added at the end", ", ts FROM", ", ts, x AS z FROM",
                [
                    .modified(.columns([])), .indirectlyModified(.none),
                    .indirectlyModified(.none),
                ]
            ),
            (
                "a column added in the middle", "id,", "id, lower(x) AS z,",
                [
                    .modified(.columns([])), .indirectlyModified(.none),
                    .indirectlyModified(.none),
                ]
            ),
            (
                "a column that folds rows", "id,", "id, count(*) AS z,",
                [.modified(.all), .indirectlyModified(.all), .indirectlyModified(.all)]
            ),
            (
                "a column that multiplies rows", "id,", "id, unnest(x) AS z,",
                [.modified(.all), .indirectlyModified(.all), .indirectlyModified(.all)]
            ),
            (
                "a column changed that one reader takes, and its reader not", "x + 1", "x + 2",
                [.modified(.columns(["y"])), .indirectlyModified(.columns(["y"])), .indirectlyModified(.none)]
            ),
            (
                "an alias of a table", "FROM raw.events WHERE x", "FROM raw.events AS e WHERE e.x",
                [.modified(.none), .indirectlyModified(.none), .indirectlyModified(.none)]
            ),
            (
                "columns in another order", "id, x + 1 AS y,", "x + 1 AS y, id,",
                [.modified(.columns([])), .indirectlyModified(.none), .indirectlyModified(.none)]
            ),
            (
                "a column that all readers take", "id,", "abs(id) AS id,",
                [
                    .modified(.columns(["id"])), .indirectlyModified(.columns(["id"])),
                    .indirectlyModified(.columns(["id"])),
                ]
            ),
            (
                "WHERE changed", "x > 0", "x > 1",
                [.modified(.all), .indirectlyModified(.all), .indirectlyModified(.all)]
            ),
            (
                "kind changed", "INCREMENTAL_BY_TIME_RANGE (time_column ts)", "FULL",
                [.modified(.all), .indirectlyModified(.all), .indirectlyModified(.all)]
            ),
            (
                "owner changed", "owner me", "owner you",
                [.metadata, nil, nil]
            ),
            (
                "lookback changed", "time_column ts", "time_column ts, lookback 3",
                [.metadata, nil, nil]
            ),
            (
                "cron changed", "@daily", "@hourly",
                [.metadata, nil, nil]
            ),
            (
                "an audit added", "owner me", "owner me, audits (not_null(columns := (id)))",
                [.metadata, nil, nil]
            ),
        ] as [(String, String, String, Kinds)])
    func edits(what: String, old: String, new: String, expected: Kinds) throws {
        let state = TestProject.applied(try TestProject.chain(), upTo: day(10))
        let edited = try TestProject.chain(first: TestProject.first.replacing(old, with: new))
        let plan = Planner(graph: edited, state: state, upTo: day(10)).plan()
        let kinds = ["a", "b", "c"].map { name in
            plan.changes.first { $0.name == ModelName(schema: "analytics", name: name) }?.kind
        }
        #expect(kinds == expected, "\(what)")
        let computed = plan.stages.compactMap {
            if case .backfill(let work) = $0 { work.map(\.model.name.name) } else { nil }
        }
        let rebuilt = zip(["a", "b", "c"], expected).filter { pair in
            switch pair.1 {
            case .modified(.none), .indirectlyModified(.none): false
            case .modified, .indirectlyModified: true
            default: false
            }
        }.map(\.0)
        if what != "cron changed" { #expect(computed.flatMap { $0 } == rebuilt, "\(what)") }
    }

    @Test("a column that nobody reads may go, and one that is read may not: its reader is named")
    func columnRemoved() throws {
        let fewer = TestProject.first.replacing(" x + 1 AS y,", with: "")
        let state = TestProject.applied(try TestProject.chain(), upTo: day(10))
        let unread = try TestProject.chain(first: fewer, second: TestProject.second.replacing("y, ", with: ""))
        let plan = Planner(graph: unread, state: state, upTo: day(10)).plan()
        #expect(
            plan.changes.map(\.kind) == [
                .modified(.columns(["y"])), .modified(.columns(["y"])), .indirectlyModified(.none),
            ])
        let error = #expect(throws: PipelineError.self) { try TestProject.chain(first: fewer) }
        #expect(error?.description.hasPrefix("models/b.sql:2:12: analytics.b: ") == true, "\(error?.description ?? "")")
    }

    @Test("other partitions are another way to replace rows: told, and not taken for the same query in other words")
    func partitions() throws {
        let text = "MODEL (name a, kind INCREMENTAL_BY_PARTITION, partitioned_by (id)); SELECT id, x FROM raw.p"
        let state = TestProject.applied(try TestProject.graph(["models/a.sql": text]), upTo: day(10))
        let edited = try TestProject.graph(["models/a.sql": text.replacing("(id)", with: "(x)")])
        let plan = Planner(graph: edited, state: state, upTo: day(10)).plan()
        #expect(plan.changes.map(\.kind) == [.forwardOnly])
        #expect(plan.changes.map(\.reason) == ["its settings differ"])
    }

    @Test("a child that takes * follows its parent")
    func star() throws {
        let second = "MODEL (name b, kind FULL); SELECT * FROM a"
        let state = TestProject.applied(try TestProject.chain(second: second), upTo: day(10))
        let edited = try TestProject.chain(
            first: TestProject.first.replacing(", ts FROM", with: ", ts, x AS z FROM"), second: second)
        let plan = Planner(graph: edited, state: state, upTo: day(10)).plan()
        #expect(plan.changes.first { $0.name.name == "b" }?.kind == .indirectlyModified(.all))
    }

    @Test("going back to a text that was there before computes nothing")
    func revert() throws {
        let original = try TestProject.chain()
        var state = TestProject.applied(original, upTo: day(10))
        let edited = try TestProject.chain(first: TestProject.first.replacing("x > 0", with: "x > 1"))
        for (name, model) in TestProject.applied(edited, upTo: day(10)).environment ?? [:] {
            state.environment?[name] = model
        }
        let plan = Planner(graph: original, state: state, upTo: day(10)).plan()
        #expect(plan.changes.count == 3)
        #expect(!plan.stages.contains { if case .backfill = $0 { true } else { false } })
        #expect(!plan.stages.contains { if case .createTables = $0 { true } else { false } })
        #expect(plan.stages.contains { if case .promote(let views, _) = $0 { views.count == 3 } else { false } })
    }

    @Test("a second environment with the same models computes nothing")
    func promotion() throws {
        let graph = try TestProject.chain()
        var state = TestProject.applied(graph, upTo: day(10))
        state.environment = nil
        let plan = Planner(graph: graph, state: state, upTo: day(10), environment: "dev").plan()
        #expect(plan.stages.count == 1, "views alone")
    }

    @Test("a model that is gone loses its view, and nothing else happens")
    func removal() throws {
        let state = TestProject.applied(try TestProject.chain(), upTo: day(10))
        let shorter = try TestProject.graph(["models/a.sql": TestProject.first, "models/b.sql": TestProject.second])
        let plan = Planner(graph: shorter, state: state, upTo: day(10)).plan()
        #expect(plan.changes == [ModelChange(name: ModelName(schema: "analytics", name: "c"), kind: .removed)])
        #expect(plan.stages.contains { if case .promote(_, let dropped) = $0 { dropped.count == 1 } else { false } })
    }

    @Test("an environment that is up to date has an empty plan")
    func nothing() throws {
        let graph = try TestProject.chain()
        let plan = Planner(graph: graph, state: TestProject.applied(graph, upTo: day(10)), upTo: day(10)).plan()
        #expect(plan.isEmpty)
        #expect(PlanText(plan).text == "No changes to plan: prod is up to date.")
    }

    @Test("a circle is told")
    func circle() {
        #expect(throws: PipelineError.self) {
            try TestProject.graph(["models/a.sql": "SELECT 1 AS x FROM b", "models/b.sql": "SELECT 1 AS x FROM a"])
        }
    }

    @Test("a plan reads well")
    func text() throws {
        let state = TestProject.applied(try TestProject.chain(), upTo: day(10))
        let edited = try TestProject.chain(first: TestProject.first.replacing("x > 0", with: "x > 1"))
        let text = PlanText(Planner(graph: edited, state: state, upTo: day(10), environment: "dev").plan()).text
        #expect(
            text == """
                Plan for dev

                Models:
                  ~ analytics.a  breaking: it and what reads it are computed again (other than in its columns: what is read, \
                which rows, or how they are grouped)
                      affects analytics.b, analytics.c
                      - SELECT id, x + 1 AS y, ts FROM raw.events WHERE x > 0 AND ts BETWEEN @start_dt AND @end_dt
                      + SELECT id, x + 1 AS y, ts FROM raw.events WHERE x > 1 AND ts BETWEEN @start_dt AND @end_dt
                  ~ analytics.b  indirect: computed again (reads analytics.a, whose rows change)
                  ~ analytics.c  indirect: computed again (reads analytics.b, whose rows change)

                Tables to make: analytics.a (INCREMENTAL_BY_TIME_RANGE), analytics.b (INCREMENTAL_BY_TIME_RANGE), analytics.c (INCREMENTAL_BY_TIME_RANGE)
                To compute:
                  analytics.a  2026-11-01 to 2026-11-09
                  analytics.b  2026-11-01 to 2026-11-09
                  analytics.c  2026-11-01 to 2026-11-09
                Views to point: analytics.a, analytics.b, analytics.c
                """)
    }
}

@Suite("Mistakes in SQL are found when the project is read") struct QueryMistakeTests {
    @Test(
        "and told with file, line and column",
        arguments: [
            (["models/a.sql": "SELECT 1 AS x\nFROM WHERE"], "models/a.sql:2:6: "),
            (
                [
                    "models/a.sql": "MODEL (name a, kind FULL, audits (bad)); SELECT 1 AS x",
                    "audits/bad.sql": "AUDIT (name bad);\nSELECT FROM GROUP",
                ], "audits/bad.sql:2:"
            ),
            (["models/a.sql": "MODEL (name a, dialect oracle); SELECT 1 AS x"], "models/a.sql:1:"),
            (
                ["models/a.sql": "MODEL (name a, audits (nothing)); SELECT 1 AS x"],
                "models/a.sql:1:24: There is no audit nothing."
            ),
            (
                ["models/a.sql": "MODEL (name a, cron 'soon'); SELECT 1 AS x"],
                "models/a.sql:1:21: analytics.a: `soon` is no schedule"
            ),
        ])
    func place(files: [String: String], message: String) {
        let error = #expect(throws: PipelineError.self) { try TestProject.graph(files) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }
}

@Suite("What a kind asks for and nobody does") struct KindCheckTests {
    @Test(
        "is refused when it is planned, with its place",
        arguments: [
            (
                "INCREMENTAL_BY_TIME_RANGE (time_column x, auto_restatement_cron '@daily', disable_restatement true)",
                "auto_restatement_cron computes a.b again, and disable_restatement"
            ),
            ("INCREMENTAL_UNMANAGED (auto_restatement_cron '@daily')", "auto_restatement_cron computes a.b again"),
            (
                "INCREMENTAL_BY_TIME_RANGE (time_column x, auto_restatement_intervals 2)",
                "auto_restatement_intervals of a.b says how many, and no auto_restatement_cron when"
            ),
            (
                "INCREMENTAL_BY_UNIQUE_KEY (unique_key x, auto_restatement_cron '@daily', auto_restatement_intervals 2)",
                "auto_restatement_intervals: no part of a table of INCREMENTAL_BY_UNIQUE_KEY belongs to an interval"
            ),
            ("INCREMENTAL_BY_PARTITION", "a.b replaces partitions and does not say which: add partitioned_by"),
            ("EXTERNAL", "a.b is EXTERNAL, which has no query. Write it in external_models.yaml."),
            ("SCD_TYPE_2 (unique_key y)", "a.b has no column y, which its kind names: x, valid_from, valid_to."),
            (
                "SCD_TYPE_2 (unique_key x)",
                "a.b has no column updated_at, which its kind names: x, valid_from, valid_to."
            ),
            (
                "SCD_TYPE_2_BY_COLUMN (unique_key x, columns *, valid_to_name x)",
                "The query of a.b gives x, a column that SCD_TYPE_2_BY_COLUMN adds."
            ),
            ("INCREMENTAL_BY_UNIQUE_KEY (unique_key (x, y))", "a.b has no column y, which its kind names: x."),
        ])
    func refusals(kind: String, message: String) throws {
        let text = "MODEL (name a.b, kind \(kind)); SELECT 1 AS x"
        let error = #expect(throws: PipelineError.self) { try TestProject.graph(["models/b.sql": text]) }
        #expect(error?.description.hasPrefix("models/b.sql:1:23: \(message)") == true, "\(error?.description ?? "")")
    }

    @Test(
        "an audit may compare with a model or a table, and with nothing else",
        arguments: [
            ("relationship(to := b, source_column := x, target_column := x)", nil),
            ("equal_row_count(to := analytics.b)", nil), ("fewer_rows_than(to := raw.events)", nil),
            ("equality(columns := (x), to := c)", "compares with c, which is no model."),
            (
                "equality(columns := (x), to := analytics.bb)",
                "compares with analytics.bb, which is no model. Did you mean"
            ),
            ("not_nul(columns := (x))", "There is no audit not_nul. Did you mean not_null?"),
        ] as [(String, String?)])
    func comparison(call: String, message: String?) throws {
        let files = [
            "models/a.sql": "MODEL (name a, audits (\(call))); SELECT 1 AS x",
            "models/b.sql": "MODEL (name b); SELECT 1 AS x",
        ]
        guard let message else {
            _ = try TestProject.graph(files)
            return
        }
        let error = #expect(throws: PipelineError.self) { try TestProject.graph(files) }
        #expect(error?.description.hasPrefix("models/a.sql:1:24: ") == true, "\(error?.description ?? "")")
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("a model comes after those that its audits read, unless they read it")
    func auditOrder() throws {
        func model(_ name: String, from: String, against other: String) -> String {
            "MODEL (name \(name), audits (equal_row_count(to := \(other)))); SELECT x FROM \(from)"
        }
        let graph = try TestProject.graph([
            "models/a.sql": model("a", from: "raw.x", against: "d"),
            "models/b.sql": model("b", from: "raw.x", against: "c"),
            "models/c.sql": model("c", from: "b", against: "b"),
            "models/d.sql": model("d", from: "raw.x", against: "a"),
        ])
        #expect(graph.snapshots.map(\.name.name) == ["b", "d", "a", "c"])
    }

    @Test("an audit of the project's own wins over a built-in one of its name")
    func ownAudit() throws {
        let graph = try TestProject.graph([
            "models/a.sql": "MODEL (name a, audits (valid_email(most := 1))); SELECT 1 AS x",
            "audits/a.sql": "AUDIT (name valid_email); SELECT * FROM @this_model WHERE x > @most",
        ])
        #expect(graph.snapshots[0].audits.map { $0.query == .builtIn } == [false])
    }

    @Test("a seed's rows go into its fingerprint as they did before they stood in no query")
    func seed() throws {
        let model = "MODEL (name shop.s, kind SEED (path '../seeds/s.csv'), columns (id INT, since DATE));\n"
        let csv = "id,name,since\n1,it's,2026-11-01\n2,\"a\n,\",\n"
        let graph = try TestProject.graph([
            "config.yaml": "model_defaults:\n  dialect: postgres\n", "models/s.sql": model, "seeds/s.csv": csv,
        ])
        #expect(graph.snapshots[0].fingerprint.prefix(16) == "7e89310c597c6efc")
    }
}
