import Foundation
import ModelProject
import Pipeline
import Testing

@Suite("A pipeline folder is read") struct ProjectTests {
    @Test("a MODEL block with everything in it")
    func model() throws {
        let text = """
            -- a comment
            MODEL (
              name Shop.Orders, -- and another
              kind INCREMENTAL_BY_TIME_RANGE (
                time_column (ordered_at, '%Y-%m-%d'),
                lookback 2,
                batch_size 30
              ),
              cron '@hourly', cron_tz 'Europe/Berlin', start '2025-01-31', interval_unit day, allow_partials true,
              owner 'jo', tags (a, 'b c'), description 'It''s here, (really)',
              column_descriptions (id = 'The id, always', total = 'Sum'),
              grain (id), columns (id INT, total NUMERIC(10, 2), ordered_at TIMESTAMPTZ), depends_on (raw.x),
              audits (
                not_null(columns := (id, total)),
                accepted_values(column := state, is_in := ('a', 'b')),
                number_of_rows(threshold := 5, blocking := false),
                unique_values_non_blocking(columns := (id)),
                my_audit
              )
            );
            SET x = 1;
            SELECT ';' AS id, 1 AS total, ordered_at FROM raw.orders;
            CREATE INDEX ON @this_model (id);
            """
        let model = try #require(try project(["models/orders.sql": text]).models.first)
        #expect(model.name.description == "shop.orders")
        let options = TimeRangeOptions(timeColumn: "ordered_at", timeFormat: "%Y-%m-%d", lookback: 2, batchSize: 30)
        #expect(model.kind == .incrementalByTimeRange(options))
        #expect(model.cron == "@hourly" && model.cronTimeZone == "Europe/Berlin")
        #expect(model.start == Moment(year: 2025, month: 1, day: 31))
        #expect(model.intervalUnit == .day && model.allowPartials)
        #expect(model.owner == "jo" && model.tags == ["a", "b c"] && model.grain == ["id"])
        #expect(model.description == "It's here, (really)")
        #expect(model.columnDescriptions == ["id": "The id, always", "total": "Sum"])
        #expect(model.columns == ["id": "INT", "total": "NUMERIC(10, 2)", "ordered_at": "TIMESTAMPTZ"])
        #expect(model.dependsOn == ["raw.x"])
        #expect(
            model.audits.map(\.name) == ["not_null", "accepted_values", "number_of_rows", "unique_values", "my_audit"])
        #expect(model.audits.map(\.blocking) == [nil, nil, false, false, nil])
        #expect(model.audits[0].arguments["columns"]?.values == ["id", "total"])
        #expect(model.audits[1].arguments["is_in"]?.values == ["'a'", "'b'"])
        #expect(model.preStatements.map(\.text).count == 1 && model.postStatements.count == 1)
        #expect(model.query.text.contains("SELECT ';' AS id"))
    }

    @Test("the article's model as written")
    func article() throws {
        let text = """
            -- models/daily_active_users.sql
            SELECT
              user_id,
              COUNT(*) AS events,
              DATE(timestamp) AS day
            FROM ref('pageviews')
            {% if is_incremental() %}
            WHERE timestamp >= '{{ start_date }}'
            {% endif %}
            GROUP BY user_id, day
            """
        let model = try #require(try project(["models/daily_active_users.sql": text]).models.first)
        #expect(model.name.description == "analytics.daily_active_users")
        #expect(model.kind == .incrementalByTimeRange(TimeRangeOptions(timeColumn: "day")))
        #expect(model.isBare)
    }

    @Test("configuration with defaults and environment variables")
    func config() throws {
        let text = """
            gateways:
              local:
                connection: {type: postgres, host: "{{ env_var('DB_HOST', 'db') }}", password: "{{ env_var('SECRET') }}"}
            model_defaults: {dialect: postgres, cron: '@hourly', start: 2025-01-01, owner: jo}
            variables: {Gap: 30 minutes, limit: 5}
            """
        let read = try project(
            ["config.yaml": text, "models/a.sql": "SELECT 1 AS x"], environment: ["SECRET": "geheim"])
        #expect(read.config.gateways["local"]?.connection == ["host": "db", "password": "geheim"])
        #expect(read.config.variables == ["gap": .string("30 minutes"), "limit": .integer(5)])
        let model = try #require(read.models.first)
        #expect(model.cron == "@hourly" && model.owner == "jo" && model.start == Moment(year: 2025, month: 1, day: 1))
        #expect(model.kind.isView)
    }

    @Test("audits: blocks, several in a file, and the article's bare SELECT")
    func audits() throws {
        let blocks = """
            AUDIT (name one, blocking false, defaults (limit = 5));
            SELECT * FROM @this_model WHERE x > @limit;
            AUDIT (name two);
            SELECT * FROM @this_model WHERE x IS NULL
            """
        let bare = "-- audits/no_null_users.sql\nSELECT COUNT(*) FROM {{ this }} WHERE user_id IS NULL"
        let audits = try project(["config.yaml": "", "audits/a.sql": blocks, "audits/no_null_users.sql": bare]).audits
        #expect(audits.map(\.name) == ["one", "two", "no_null_users"])
        #expect(audits.map(\.blocking) == [false, true, true])
        #expect(audits.map(\.isBare) == [false, false, true])
        #expect(audits[0].defaults == ["limit": "5"])
    }

    @Test("tests: rows, conditions, variables")
    func tests() throws {
        let text = """
            counts_are_right:
              model: sessions
              vars: {start: 2026-11-23}
              inputs:
                raw.events:
                  rows:
                  - {user_id: ada, n: 1, nothing: null}
              outputs:
                query:
                  rows:
                  - {user_id: ada}
                  partial: true
            test_non_negative_counts:
              model: daily_active_users
              inputs: {pageviews: [{user_id: a}]}
              assert: min(events) >= 0
            """
        let tests = try project(["config.yaml": "", "tests/t.yaml": text]).tests
        #expect(tests.map(\.name) == ["counts_are_right", "test_non_negative_counts"])
        #expect(tests[0].inputs["raw.events"]?.rows[0]["nothing"] == .null)
        #expect(tests[0].outputs?.partial == true)
        #expect(tests[1].assertions == ["min(events) >= 0"])
    }

    @Test(
        "mistakes are told with file, line and column",
        arguments: [
            (["models/a.py": ""], "models/a.py:1:1: Python is not supported."),
            (["macros/a.py": ""], "macros/a.py:1:1: Python is not supported."),
            (["tests/test_a.py": ""], "tests/test_a.py:1:1: Python is not supported."),
            (["config.yaml": "a: 1"], "config.yaml:1:1: Unknown key `a`."),
            (["config.yaml": "a: [1"], "config.yaml:"),
            (
                ["config.yaml": "variables: {a: \"{{ env_var('NO') }}\"}"],
                "config.yaml:1:20: The environment variable NO is not set"
            ),
            (["models/a.sql": "MODEL (name a);"], "models/a.sql:1:16: There is no query in this file"),
            (["models/a.sql": "MODEL (kind VIEW); SELECT 1"], "models/a.sql:1:1: This MODEL block has no name."),
            (
                ["models/a.sql": "MODEL (\n  name a,\n  colour red\n); SELECT 1"],
                "models/a.sql:3:3: Unknown property `colour`."
            ),
            (
                ["models/a.sql": "MODEL (name a, kind TABLE); SELECT 1"],
                "models/a.sql:1:21: The kind `TABLE` is not supported."
            ),
            (
                ["models/a.sql": "MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE); SELECT 1"],
                "models/a.sql:1:21: INCREMENTAL_BY_TIME_RANGE needs"
            ),
            (["models/a.sql": "MODEL (name a, start soon); SELECT 1"], "models/a.sql:1:22: `soon` is not a date."),
            (["models/a.sql": "MODEL (name a; SELECT 1"], "models/a.sql:1:7: This parenthesis is never closed."),
            (
                ["models/a.sql": "SELECT 1 FROM x {% if is_incremental() %} WHERE 1 = 1 {% endif %}"],
                "models/a.sql:1:1: This model is incremental, but"
            ),
            (
                ["models/a.sql": "MODEL (name x); SELECT 1", "models/b.sql": "MODEL (name x); SELECT 1"],
                "models/b.sql:1:1: The model analytics.x is also in models/a.sql."
            ),
            (["audits/a.sql": "AUDIT (name a, colour red); SELECT 1"], "audits/a.sql:1:16: Unknown property `colour`."),
            (["tests/a.yaml": "t: {inputs: {}}"], "tests/a.yaml:1:1: The test t names no model."),
            (["tests/a.yaml": "t: {model: a}"], "tests/a.yaml:1:1: The test t expects nothing"),
        ])
    func mistakes(files: [String: String], message: String) {
        let error = #expect(throws: PipelineError.self) { try project(files) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }
}
