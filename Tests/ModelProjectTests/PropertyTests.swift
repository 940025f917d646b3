import Pipeline
import Testing

@testable import ModelProject

@Suite("Properties of a model") struct PropertyTests {
    private func model(_ properties: String, config: String = "", now: Moment = .epoch) throws -> ModelDefinition {
        let files = ["config.yaml": config, "models/m.sql": "MODEL (name s.m, \(properties)); SELECT 1 AS x"]
        let project = try withFolder(files) { try $0.project(ProjectOptions(environment: [:], now: now)) }
        return try #require(project.models.first)
    }

    @Test(
        "times that count from now",
        arguments: [
            ("1 week ago", "2026-03-24"), ("2 days ago", "2026-03-29"), ("yesterday", "2026-03-30"),
            ("today", "2026-03-31"), ("1 month ago", "2026-02-28"), ("a year ago", "2025-03-31"),
            ("13 months ago", "2025-02-28"),
        ])
    func relative(text: String, day: String) throws {
        let now = try #require(Moment("2026-03-31 14:05"))
        let model = try model("start '\(text)'", now: now)
        #expect(model.start == Moment(day) && model.relativeStart == text)
        let byDefault = try self.model("owner a", config: "model_defaults: {start: \(text)}", now: now)
        #expect(byDefault.start == Moment(day) && byDefault.relativeStart == text)
    }

    @Test("an hour ago is no day") func hour() throws {
        let now = try #require(Moment("2026-03-31 14:05"))
        #expect(try model("start '3 hours ago'", now: now).start == Moment("2026-03-31 11:05"))
        for text in ["soon", "-1 days ago", "1 fortnight ago", "1 day"] { #expect(RelativeTime(text) == nil) }
    }

    @Test("the last day belongs to a model that ends") func end() throws {
        #expect(try model("end '2026-03-31'").end == Moment("2026-04-01"))
        #expect(
            try model("end '2026-03-31 11:59:59'").end?.microseconds
                == (Moment("2026-03-31 11:59:59")?.microseconds ?? 0) + 1)
    }

    @Test("those that something follows from")
    func effects() throws {
        let model = try model(
            """
            stamp 'v2', ignored_rules (NoSelectStar, 'x'), enabled true, references (a), grains (b, c),
            session_properties (work_mem = '64MB', 'statement_timeout' = 1000), tags [t, 'u']
            """, config: "model_defaults: {session_properties: {jit: off, work_mem: 1MB}}")
        #expect(model.stamp == "v2" && model.ignoredRules == ["noselectstar", "x"] && model.tags == ["t", "u"])
        #expect(model.sessionProperties == ["jit": "false", "work_mem": "'64MB'", "statement_timeout": "1000"])
        #expect(model.withoutEffect.isEmpty)
    }

    @Test("those that nothing follows from are named once")
    func notices() throws {
        let files = [
            "config.yaml": "",
            "models/a.sql": "MODEL (\nname s.a,\nstorage_format parquet, table_format iceberg); SELECT 1 AS x",
            "models/b.sql":
                "MODEL (name s.b, optimize_query false, storage_format orc, physical_properties (a = 1)); SELECT 1 AS x",
        ]
        let notices = try project(files).notices.map(\.description)
        #expect(notices.count == 4)
        #expect(notices[0].hasPrefix("models/b.sql:1: `optimize_query` has no effect"))
        #expect(
            notices[2]
                == "models/a.sql:3: `storage_format` has no effect: PostgreSQL has one format of tables. It stands in 2 models."
        )
    }

    @Test("partitions and clusters are named where no kind follows them, and only there")
    func physicalNotices() throws {
        func named(_ kind: String, _ more: String = "") throws -> [String] {
            let text = "MODEL (name s.a, kind \(kind), partitioned_by (x)\(more)); SELECT 1 AS x"
            return try project(["config.yaml": "", "models/a.sql": text]).notices.map { notice in
                String(notice.message.split(separator: "`")[0])
            }
        }
        #expect(try named("FULL") == ["partitioned_by"])
        #expect(try named("FULL", ", clustered_by x") == ["clustered_by", "partitioned_by"])
        #expect(
            try named("INCREMENTAL_BY_TIME_RANGE (time_column x, batch_concurrency 2)") == ["partitioned_by"])
        #expect(try named("INCREMENTAL_BY_PARTITION").isEmpty)
        let seed = try project([
            "config.yaml": "", "seeds/s.csv": "x\n1\n",
            "models/s.sql": "MODEL (name s.s, kind SEED (path '../seeds/s.csv', batch_size 500))",
            "models/t.sql": "MODEL (name s.t, kind SEED (path '../seeds/s.csv'))",
        ])
        #expect(
            seed.notices.map(\.description) == [
                "models/s.sql:1: `batch_size` has no effect: the rows of a seed are copied to the database in one go."
            ])
        #expect(try named("INCREMENTAL_UNMANAGED (insert_overwrite true)").isEmpty)
    }

    @Test(
        "those that are refused, and mistakes",
        arguments: [
            ("signals (ready())", "models/m.sql:1:26: The signal ready is a Python function"),
            ("signals (data_landed(table := raw.events))", "models/m.sql:1:26: data_landed has no argument `table`"),
            (
                "signals (data_landed(tables := events))",
                "models/m.sql:1:26: `events`: write a raw table with its schema"
            ),
            ("signals (data_landed, data_landed())", "models/m.sql:1:26: data_landed is here twice"),
            ("physical_version 1", "models/m.sql:1:18: A version cannot be pinned"),
            ("ownr ada", "models/m.sql:1:18: Unknown property `ownr`. Did you mean owner?"),
            ("end later", "models/m.sql:1:22: `later` is not a date."),
            ("gateway x", "models/m.sql:1:26: There is no gateway x"),
            ("grants (fly = ['a'])", "models/m.sql:1:25: `fly` is no right on a view."),
        ])
    func refused(property: String, message: String) {
        let error = #expect(throws: PipelineError.self) { try model(property) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test("a gateway is the one in use, or the same place under another name")
    func gateway() throws {
        let config = "gateways: {a: {connection: {host: x}}, b: {connection: {host: x}}, c: {connection: {host: y}}}"
        #expect(try model("gateway b", config: config).gateway == "b")
        #expect(throws: PipelineError.self) { try model("gateway c", config: config) }
    }

    @Test("statements for the view, of the model and of model_defaults; grants are such statements")
    func virtualUpdate() throws {
        let text = """
            MODEL (name s.m, grants (select = ['reader', "Boss"], insert = (x)));
            CREATE INDEX ON @this_model (x);
            SELECT 1 AS x;
            VACUUM_LATER;
            ON_VIRTUAL_UPDATE_BEGIN;
            GRANT SELECT ON VIEW @this_model TO a;
            JINJA_STATEMENT_BEGIN; GRANT {{ 'SELECT' }} ON {{ this_model }} TO b JINJA_END;
            ON_VIRTUAL_UPDATE_END;
            """
        let files = ["config.yaml": "model_defaults: {on_virtual_update: [\"SELECT 0\"]}", "models/m.sql": text]
        let model = try #require(try project(files).models.first)
        let updates = try model.onVirtualUpdate.map {
            try $0.render(RenderContext(thisModel: "v")).text.split(whereSeparator: \.isWhitespace).joined(
                separator: " ")
        }
        #expect(
            updates == [
                "GRANT SELECT ON v TO \"reader\"", "GRANT SELECT ON v TO \"Boss\"", "GRANT INSERT ON v TO \"x\"",
                "SELECT 0",
                "GRANT SELECT ON VIEW v TO a", "GRANT SELECT ON v TO b",
            ])
        #expect(model.preStatements.count == 1 && model.postStatements.count == 1)
        let open = #expect(throws: PipelineError.self) {
            try project(["models/m.sql": "MODEL (name s.m); SELECT 1; ON_VIRTUAL_UPDATE_BEGIN; SELECT 2"])
        }
        #expect(open?.message == "ON_VIRTUAL_UPDATE_BEGIN has no ON_VIRTUAL_UPDATE_END.")
    }

    @Test("a comma behind the last one of a list is forgiven, and ARRAY is a list")
    func commas() throws {
        let written =
            "columns (x int, y text,), column_descriptions (x = 'an x',), tags [a, b,], grain (x,),"
            + " audits (not_null(columns := (x, y,)), forall(criteria := [x > 0,],),)"
        let plain =
            "columns (x int, y text), column_descriptions (x = 'an x'), tags [a, b], grain (x),"
            + " audits (not_null(columns := (x, y)), forall(criteria := [x > 0]))"
        func facts(_ model: ModelDefinition) -> [String] {
            [
                "\(model.columns)", "\(model.columnDescriptions)", "\(model.tags)", "\(model.grain)",
                model.audits.map(\.description).joined(separator: ", "),
            ]
        }
        #expect(try facts(model(written)) == facts(model(plain)))
        for list in ["ARRAY[not_null(columns := (x))]", "array (not_null(columns := x))", "[not_null(columns := x)]"] {
            #expect(try model("audits \(list)").audits.map(\.name) == ["not_null"])
        }
        #expect(throws: PipelineError.self) { try model("columns (x int,, y text)") }
    }

    @Test("an end that counts from now is another time each day, and the same text") func relativeEnd() throws {
        let model = try model("end '2 days ago'", now: try #require(Moment("2026-03-31 14:05")))
        #expect(model.end == Moment("2026-03-30") && model.relativeEnd == "2 days ago")
    }
}
