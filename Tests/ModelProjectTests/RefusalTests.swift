import ModelProject
import Pipeline
import Testing

@Suite("Nothing in a pipeline folder is passed over in silence") struct RefusalTests {
    @Test(
        "what cannot be meant is refused at its place",
        arguments: [
            // statements
            (
                "MODEL (name a); SELECT 1 AS x; SELECT 2 AS x",
                "models/a.sql:1:32: A file has one query, and this is the second."
            ),
            ("SELECT 1 AS x;\n-- note\nWITH y AS (SELECT 2) SELECT * FROM y", "models/a.sql:3:1: A file has one query"),
            ("SELECT 1 AS x; VALUES (1)", "models/a.sql:1:16: A file has one query"),
            ("SET x = 1; MODEL (name a); SELECT 1 AS x", "models/a.sql:1:12: MODEL (…) comes first in a file"),
            ("MODEL (name a); SELECT 1 AS x; MODEL (name b); SELECT 2", "models/a.sql:1:48: A file has one query"),
            ("MODEL (name a); SELECT 1 AS x; COMMIT", "models/a.sql:1:32: COMMIT cannot stand here"),
            ("MODEL (name a); BEGIN; SELECT 1 AS x", "models/a.sql:1:17: BEGIN cannot stand here"),
            ("MODEL (name a); SELECT 1 AS x; AUDIT (name b)", "models/a.sql:1:46: The audit b has no query."),
            // properties
            ("MODEL (name a, name b); SELECT 1 AS x", "models/a.sql:1:16: The property name is here twice."),
            ("MODEL (name a, enabled no); SELECT 1 AS x", "models/a.sql:1:24: Expected true or false instead of `no`."),
            (
                "MODEL (name a, columns (x INT, X TEXT)); SELECT 1 AS x",
                "models/a.sql:1:24: The column X is here twice."
            ),
            ("MODEL (name a, columns (x)); SELECT 1 AS x", "models/a.sql:1:24: The column `x` has no type."),
            (
                "MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column (d, '%Y', x))); SELECT 1 AS d",
                "models/a.sql:1:60: time_column is a name, or (name, 'format')"
            ),
            (
                "MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column d, time_column e)); SELECT 1 AS d",
                "models/a.sql:1:63: The option time_column is here twice."
            ),
            (
                "MODEL (name a, audits (not_null(columns := (x), columns := (y)))); SELECT 1 AS x",
                "models/a.sql:1:24: The argument columns of not_null is here twice."
            ),
            (
                "MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column e), columns (d DATE)); SELECT 1 AS d",
                "models/a.sql:1:21: The time column e is not among `columns`."
            ),
        ])
    func models(text: String, message: String) {
        let error = #expect(throws: PipelineError.self) { try project(["models/a.sql": text]) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test(
        "the same in the other files",
        arguments: [
            ("audits/a.sql", "SELECT 1; SELECT 2", "audits/a.sql:1:11: A file has one query"),
            ("audits/a.sql", "SET x = 1; SELECT 2", "audits/a.sql:1:1: An audit is one query and nothing else."),
            (
                "audits/a.sql", "AUDIT (name a); SELECT 1; SELECT 2",
                "audits/a.sql:1:27: Expected AUDIT (…) or the end of the file"
            ),
            ("audits/a.sql", "AUDIT (name a, name b); SELECT 1", "audits/a.sql:1:16: The property name is here twice."),
            ("audits/a.sql", "AUDIT (name a); -- nothing", "audits/a.sql:1:16: The audit a has no query."),
            ("config.yaml", "model_defaults: {kind: TABLE}", "config.yaml:1:24: The kind `TABLE` is not supported."),
            (
                "config.yaml", "model_defaults: {dialect: oracle}",
                "models/m.sql:1:1: The dialect `oracle` cannot be run on PostgreSQL."
            ),
            ("config.yaml", "model_defaults: {cron: soon}", "config.yaml:1:24: `soon` is no schedule"),
            ("config.yaml", "model_defaults: {audits: ['(x)']}", "config.yaml:1:27: Expected the name of an audit"),
            ("config.yaml", "default_gateway: nowhere", "config.yaml:1:18: default_gateway names nowhere"),
            ("config.yaml", "project: a\nproject: b", "config.yaml:1:1: `project` is here more than once."),
        ])
    func others(path: String, text: String, message: String) {
        let error = #expect(throws: PipelineError.self) {
            try project([path: text, "models/m.sql": "SELECT 1 AS x"])
        }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test("statements that return no rows stand before and after the query")
    func statements() throws {
        let text = """
            MODEL (name a);
            SET work_mem = '1MB';
            /* SELECT 0; */ WITH y AS (SELECT 2 AS n) INSERT INTO log SELECT n FROM y;
            SELECT ';' AS x;
            -- SELECT 3;
            CREATE INDEX ON @this_model (x);
            """
        let model = try #require(try project(["models/a.sql": text]).models.first)
        #expect(model.preStatements.count == 2 && model.postStatements.count == 1)
        #expect(model.query.text.contains("SELECT ';' AS x"))
    }

    @Test(
        "what a model sets holds for itself alone",
        arguments: [
            ("SET x = 1", "SET LOCAL x = 1"), ("set session x TO 1", "SET LOCAL x TO 1"),
            ("/* a */ SET TIME ZONE 'UTC'", "SET LOCAL TIME ZONE 'UTC'"), ("SET LOCAL x = 1", "SET LOCAL x = 1"),
            ("SET TRANSACTION READ ONLY", "SET TRANSACTION READ ONLY"),
            ("CREATE INDEX ON t (x)", "CREATE INDEX ON t (x)"),
        ])
    func setting(written: String, sent: String) {
        #expect(StatementText.settingLocally(written) == sent)
    }

    @Test(
        "Jinja in comments is a comment, in every kind of file",
        arguments: [
            (
                "models/a.sql",
                "/* {{ … }} */\nMODEL (name a /* {{ x }} */, -- {{ y }}\nkind VIEW);\n-- {{ ref('z') }}\nSELECT 1 AS x"
            ),
            ("models/a.sql", "{# {{ … }} #}\nMODEL (name a);\nSELECT 1 AS x /* {% if %} /* nested */ */"),
            ("models/a.sql", "-- {{ ref('z') }} {{ config(x) }}\nSELECT 1 AS x /* {% endif %} */ -- {% for %}"),
            ("models/a.sql", "MODEL (name a); JINJA_QUERY_BEGIN; -- {{ nothing }}\nSELECT 1 AS x; JINJA_END;"),
            ("audits/a.sql", "/* {{ … }} */ AUDIT (name b); -- {{ x }}\nSELECT * FROM @this_model /* {% if %} */"),
            ("audits/a.sql", "-- {{ nothing() }}\nSELECT COUNT(*) FROM {{ this }} /* {{ } */"),
            ("config.yaml", "# {{ nothing }}\nproject: a # {{ env_var('NO') }}"),
            ("tests/a.yaml", "# {{ nothing }}\nt: {model: a, assert: 1 = 1}"),
        ])
    func comments(path: String, text: String) throws {
        let read = try project(["models/m.sql": "SELECT 1 AS x", path: text])
        for model in read.models { #expect(try model.query.render(RenderContext()).text.contains("SELECT 1 AS x")) }
        for audit in read.audits { _ = try audit.query.render(RenderContext()) }
    }

    @Test("a # in a value of config.yaml is no comment")
    func hash() throws {
        let text = "variables: {a: \"# {{ env_var('A') }}\", b: x#{{ env_var('A') }}}"
        let read = try project(["config.yaml": text], environment: ["A": "1"])
        #expect(read.config.variables == ["a": .string("# 1"), "b": .string("x#1")])
    }

    @Test("a folder that is no pipeline is an error that says where one may be")
    func wrongFolder() throws {
        let files = ["web/config.yaml": "", "web/models/a.sql": "SELECT 1 AS x", "notes/a.txt": ""]
        try withFolder(files) { folder in
            let error = #expect(throws: PipelineError.self) { try folder.project(ProjectOptions(environment: [:])) }
            #expect(error?.message.contains("There is no config.yaml and no models here") == true)
            #expect(error?.message.hasSuffix("Did you mean \(folder.path)/web?") == true, "\(error?.message ?? "")")
            let below = try PipelineFolder(at: "\(folder.path)/web/models")
            let second = #expect(throws: PipelineError.self) { try below.project(ProjectOptions(environment: [:])) }
            #expect(second?.message.hasSuffix("Did you mean \(folder.path)/web?") == true, "\(second?.message ?? "")")
            #expect(
                try PipelineFolder(at: "\(folder.path)/web").project(ProjectOptions(environment: [:])).models.count == 1
            )
        }
    }

    @Test("names keep their capitals where quotes say so")
    func capitals() throws {
        let text = """
            MODEL (
              name A, kind INCREMENTAL_BY_TIME_RANGE (time_column "gameDate"),
              columns ("gameDate" DATE, Other INT, "two words" TEXT),
              column_descriptions ("gameDate" = 'When', Other = 'What')
            );
            SELECT "gameDate", Other, 'x' AS "two words" FROM raw.games
            """
        let model = try #require(try project(["models/a.sql": text]).models.first)
        #expect(model.kind.timeRange?.timeColumn == "gameDate")
        #expect(model.columns == ["gameDate": "DATE", "other": "INT", "two words": "TEXT"])
        #expect(model.columnDescriptions == ["gameDate": "When", "other": "What"])
    }

    @Test(
        "a condition says which rows a built-in audit looks at",
        arguments: [
            ("not_null(columns := (x), condition := y > 1)", "(x) IS NULL"),
            ("unique_values(columns := (x), condition := (y > 1))", "HAVING COUNT(*) > 1"),
            ("unique_combination_of_columns(columns := (x, y), condition := y > 1)", "GROUP BY x, y"),
            ("number_of_rows(threshold := 3, condition := y > 1)", "HAVING COUNT(*) <= 3"),
            ("at_least_one(column := x, condition := y > 1)", "COUNT(x) = 0"),
            ("not_constant(column := x, condition := y > 1)", "COUNT(DISTINCT x) <= 1"),
            ("forall(criteria := (x > 0), condition := y > 1)", "NOT (x > 0)"),
        ])
    func condition(call: String, part: String) throws {
        let model = try #require(
            try project(["models/a.sql": "MODEL (name a, audits (\(call))); SELECT 1 AS x"]).models.first)
        let sql = try BuiltInAudits.query(model.audits[0], over: "t", as: "a", in: model.source)
        #expect(sql.contains("FROM (SELECT * FROM t AS a WHERE (y > 1\n)) AS a"), "\(sql)")
        #expect(sql.contains(part), "\(sql)")
    }

    @Test(
        "an argument that a built-in audit cannot mean is refused at the call",
        arguments: [
            ("not_null", "not_null needs columns := (…)."),
            (
                "not_null(colums := (x))",
                "not_null has no argument colums. Did you mean columns? Known: columns, condition."
            ),
            ("not_null(columns := (x), columns_b := (y))", "not_null has no argument columns_b."),
            ("at_least_one(column := (x, y))", "column must be one value, not a list."),
            ("accepted_range(column := x)", "accepted_range needs min_v or max_v."),
            (
                "accepted_range(column := x, min_v := 1, inclusive := perhaps)",
                "inclusive of accepted_range must be true or false instead of `perhaps`."
            ),
            ("number_of_rows(threshold := many)", "threshold of number_of_rows must be a number instead of `many`."),
            ("kl_divergence(target_column := x, threshold := 1)", "kl_divergence needs source_column or column."),
            ("chi_square(column_a := x, column_b := y)", "chi_square needs critical_value."),
            (
                "mutually_exclusive_ranges(lower_bound_column := x, upper_bound_column := y, partition_clause := z)",
                "partition_clause of mutually_exclusive_ranges must be PARTITION BY and columns instead of `z`."
            ),
            ("relationship(source_column := x, target_column := y)", "relationship needs to."),
            ("equal_row_count(to := (SELECT 1))", "to of equal_row_count must be the name of a model"),
            (
                "uniqe_values(columns := (x))",
                "There is no audit uniqe_values. Did you mean unique_values? Known: accepted_range, "
            ),
            ("valid_emails_non_blocking(column := x)", "There is no audit valid_emails. Did you mean valid_email?"),
        ])
    func arguments(call: String, message: String) throws {
        let text = "MODEL (name a,\n  audits (\(call))); SELECT 1 AS x"
        let model = try #require(try project(["models/a.sql": text]).models.first)
        let error = #expect(throws: PipelineError.self) {
            try BuiltInAudits.check(model.audits[0], in: model.source)
        }
        #expect(error?.description.hasPrefix("models/a.sql:2:11: \(message)") == true, "\(error?.description ?? "")")
    }

    @Test("an audit says itself what it expects")
    func call() throws {
        let text = "MODEL (name a, audits (accepted_values(column := x, is_in := ('a', 'b')))); SELECT 1 AS x"
        let model = try #require(try project(["models/a.sql": text]).models.first)
        #expect(model.audits[0].description == "accepted_values(column := x, is_in := ('a', 'b'))")
    }

    @Test(
        "the result of an audit without a block is a count when all it selects is one",
        arguments: [
            ("SELECT COUNT(*) FROM t", AuditDefinition.Style.count), ("select count (x) as n from t", .count),
            ("SELECT CAST(COUNT(*) AS int) FROM t AS a JOIN u USING (x)", .count),
            ("SELECT COUNT(*) - 1 FROM t", .count), ("SELECT COUNT(*) FROM t LIMIT 0", .count),
            ("SELECT MAX(x) FROM t", .rows),
            ("SELECT x FROM (SELECT COUNT(*) AS x FROM t) AS s", .rows),
            ("SELECT COUNT(*), x FROM t GROUP BY x", .rows),
            ("SELECT COUNT(*) FROM t HAVING COUNT(*) > 0", .rows), ("SELECT * FROM t", .rows),
        ])
    func style(text: String, style: AuditDefinition.Style) throws {
        let audit = try #require(try project(["config.yaml": "", "audits/a.sql": text]).audits.first)
        let query = try ParsedQuery(try audit.query.render(RenderContext()), dialect: "postgres")
        #expect(audit.style(of: query) == style)
    }
}
