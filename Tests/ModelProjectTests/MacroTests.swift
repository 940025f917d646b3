import ModelProject
import Pipeline
import Testing

private func context(_ dialect: String = "postgres") -> RenderContext {
    var context = RenderContext(
        start: Moment(year: 2026, month: 11, day: 22), end: Moment(year: 2026, month: 11, day: 24),
        execution: Moment(year: 2026, month: 11, day: 24, hour: 3), thisModel: "mart.orders", kindName: "FULL",
        dialect: dialect, gateway: "local",
        variables: [
            "gap": .string("30 minutes"), "limit": .integer(5), "flag": .boolean(true), "pi": .number(1.5),
            "names": .list([.string("x"), .string("y")]), "schema": .string("raw"), "nothing": .null,
        ])
    context.stage = .evaluating
    let types = dialect == "postgres" ? ("INT", "TEXT") : ("INT64", "STRING")
    context.columns = { name throws(PipelineError) in
        switch name {
        case "foo": [.init("a", types.0), .init("b", types.1), .init("c", types.1)]
        case "bar": [.init("c", types.1), .init("a", types.0), .init("b", types.0)]
        case "shop.untyped": [.init("a"), .init("Big Name")]
        default: nil
        }
    }
    return context
}

private func model(_ file: String) throws -> ModelDefinition {
    try #require(try project(["config.yaml": "", "models/x.sql": file]).models.first)
}

/// The query of a file with `text` in it, rendered: `@DEF` statements before it hold.
private func render(_ text: String, _ context: RenderContext = context()) throws -> String {
    let file = "MODEL (name a.b);\n" + text
    return try model(file).query.render(context).text.trimmingSpaces()
}

extension String {
    fileprivate func trimmingSpaces() -> String {
        split(whereSeparator: \.isWhitespace).joined(separator: " ").replacing(" )", with: ")").replacing(
            " ,", with: ","
        ).replacing("( ", with: "(")
    }
}

/// What SQLMesh 0.236.4 renders for the same texts, written in this dialect, unless a comment says otherwise.
@Suite("Macros become SQL") struct MacroTests {
    @Test(
        "variables",
        arguments: [
            (
                "SELECT @gap, @limit, @flag, @names, @pi, @nothing",
                "SELECT '30 minutes', 5, true, ('x', 'y'), 1.5, NULL"
            ),
            ("SELECT 1 AS @{gap}", "SELECT 1 AS \"30 minutes\""),
            ("SELECT * FROM @{schema}.orders", "SELECT * FROM raw.orders"),
            ("SELECT * FROM @schema.orders AS o", "SELECT * FROM \"raw\".orders AS o"),
            ("SELECT * FROM @schema", "SELECT * FROM \"raw\""),
            ("SELECT col_@{limit} FROM @{schema}_x.orders_@{limit}", "SELECT col_5 FROM raw_x.orders_5"),
            ("SELECT @{schema}_id, a_@limit, x@limit", "SELECT raw_id, a_5, x5"),
            ("SELECT a_@gap", "SELECT \"a_30 minutes\""),
            ("SELECT @'text @{limit} and @limit @gap @none'", "SELECT 'text 5 and 5 30 minutes @none'"),
            ("SELECT @'it''s @gap'", "SELECT 'it''s 30 minutes'"),
            ("SELECT 'text @limit @{gap}'", "SELECT 'text @limit @{gap}'"),
            ("SELECT \"q_@{limit}\"", "SELECT \"q_5\""),
            ("SELECT -@limit, 1+@limit, @limit::text", "SELECT -5, 1+5, 5::text"),
            ("SELECT 1 WHERE a IS DISTINCT FROM @gap", "SELECT 1 WHERE a IS DISTINCT FROM '30 minutes'"),
            ("SELECT a FROM t LIMIT @limit", "SELECT a FROM t LIMIT 5"),
            ("SELECT INTERVAL @gap, INTERVAL @'@limit days'", "SELECT INTERVAL '30 minutes', INTERVAL '5 days'"),
            ("SELECT @SQL('1 + @limit'), @SQL(@'col_@limit')", "SELECT 1 + 5, col_5"),
            ("SELECT @VAR('limit'), @var('none', 3), @VAR('names')", "SELECT 5, 3, ARRAY['x', 'y']"),
            ("SELECT @runtime_stage, @gateway, @model_kind_name", "SELECT 'evaluating', 'local', 'FULL'"),
            ("SELECT tbl_@{start_ds}, @end_ds", "SELECT \"tbl_2026-11-22\", '2026-11-23'"),
            ("SELECT ü_@{limit} -- @{ü\nFROM t", "SELECT ü_5 -- @{ü FROM t"),
        ])
    func variables(text: String, sql: String) throws { #expect(try render(text) == sql) }

    @Test(
        "definitions",
        arguments: [
            ("@DEF(x, 1 + 2); SELECT @x * 2", "SELECT 1 + 2 * 2"),
            ("@DEF(x, a); @DEF(y, @x + 1); SELECT @y, t_@x, @X", "SELECT a + 1, t_a, a"),
            ("@DEF(f, x -> x + 1); SELECT @f(3), @F(a.b)", "SELECT 3 + 1, a.b + 1"),
            // SQLMesh leaves @limit as it is here.
            ("@DEF(f, (x, y) -> x * y + @limit); SELECT @f(3, b)", "SELECT 3 * b + 5"),
            ("@DEF(f, x -> @x || 'a' || x_@x); SELECT @f(q)", "SELECT q || 'a' || x_q"),
            ("@DEF(f, x -> x.id + t.x); SELECT @f(q)", "SELECT q.id + t.q"),
            ("@DEF(tbl, raw.orders); SELECT * FROM @tbl AS o", "SELECT * FROM raw.orders AS o"),
            ("@DEF(q, (SELECT 1 AS a)); SELECT * FROM @q AS o", "SELECT * FROM (SELECT 1 AS a) AS o"),
            ("@DEF(name, 'x'); SELECT @name AS @name, a_@name", "SELECT 'x' AS \"x\", a_x"),
            (
                "@DEF(cols, [a, b]); SELECT @EACH(@cols, x -> MAX(x) AS max_@x)",
                "SELECT MAX(a) AS max_a, MAX(b) AS max_b"
            ),
            ("@DEF(f, x -> @IF(@x > 1, @f(@EVAL(@x - 1)), 0)); SELECT @f(3)", "SELECT 0"),
        ])
    func definitions(text: String, sql: String) throws { #expect(try render(text) == sql) }

    @Test(
        "conditions and values",
        arguments: [
            ("SELECT @IF(@limit = 5, a, b), @IF(@limit > 5, a, b), @IF(@limit > 5, a)", "SELECT a, b"),
            ("SELECT @IF(@limit > 5, b), a, -- and\n @IF(false, c), d FROM t", "SELECT a -- and, d FROM t"),
            ("SELECT a FROM t WHERE y AND @IF(@limit > 5, x = 1, true)", "SELECT a FROM t WHERE y AND true"),
            ("SELECT @IF('a' IN ('a', 'b'), 1, 2), @IF(NOT @flag, 1, 2)", "SELECT 1, 2"),
            ("SELECT @IF(@nothing IS NULL, 1, 2), @IF(@limit BETWEEN 1 AND 5, 1, 2)", "SELECT 1, 1"),
            ("SELECT @IF(@start_ds < '2027-01-01', 1, 2), @IF(@gap LIKE '30%', 1, 2)", "SELECT 1, 1"),
            ("SELECT @IF(CASE WHEN @limit = 5 THEN true ELSE false END, 1, 2)", "SELECT 1"),
            ("SELECT @IF(a = b, 1, 2), @IF(col, 1, 2), @IF(col = 'col', 1, 2)", "SELECT 2, 1, 2"),
            ("SELECT @IF(0, 1, 2), @IF('', 1, 2), @IF(null, 1, 2), @IF('false', 1, 2)", "SELECT 2, 2, 2, 1"),
            ("SELECT @IF(@limit IN (4, 5), 1, 2), @IF('x' IN @names, 1, 2)", "SELECT 1, 1"),
            ("SELECT @IF(@runtime_stage = 'evaluating', 1, 2), @IF('A' = 'a', 1, 2)", "SELECT 1, 2"),
            ("SELECT @EVAL(1 + @limit), @EVAL(@limit > 3), @EVAL(10/4), @EVAL(7 % 4)", "SELECT 6, TRUE, 2, 3"),
            ("SELECT @EVAL(1.5 + 1), @EVAL(upper('x')), @EVAL(NULL), @EVAL([1, 2])", "SELECT 2.5, X, 1, 2"),
            ("SELECT @EVAL(ROUND(2.567, 1)), @EVAL(COALESCE(NULL, 2)), @EVAL(a + 1)", "SELECT 2.6, 2, a + 1"),
            // SQLMesh knows neither || nor LENGTH.
            ("SELECT @EVAL('a' || 'b'), @IF(LENGTH(@gap) > 3, 1, 2)", "SELECT ab, 1"),
            ("SELECT 1 WHERE @AND(a > 1, NULL, b OR c)", "SELECT 1 WHERE a > 1 AND (b OR c)"),
            ("SELECT 1 WHERE @OR(a > 1, NULL, b AND c)", "SELECT 1 WHERE a > 1 OR (b AND c)"),
            ("SELECT @AND(), @OR(NULL), @AND(@IF(@limit = 4, x = 1), y = 2)", "SELECT TRUE, TRUE, y = 2"),
        ])
    func conditions(text: String, sql: String) throws { #expect(try render(text) == sql) }

    @Test(
        "lists",
        arguments: [
            ("SELECT @EACH([a, b], x -> x), 1", "SELECT a, b, 1"),
            ("SELECT @EACH(['a', 'b'], x -> x AS q_@x)", "SELECT 'a' AS q_a, 'b' AS q_b"),
            (
                "SELECT @EACH(['a', 'b'], x -> SUM(CASE WHEN t = @x THEN 1 END) AS @{x}_n)",
                "SELECT SUM(CASE WHEN t = 'a' THEN 1 END) AS a_n, SUM(CASE WHEN t = 'b' THEN 1 END) AS b_n"
            ),
            ("SELECT @EACH(@names, x -> @x), @EACH((1, 2), x -> x + y)", "SELECT 'x', 'y', 1 + y, 2 + y"),
            ("SELECT @EACH([('a', 1), ('b', 2)], (x, y) -> y AS @x)", "SELECT 1 AS \"a\", 2 AS \"b\""),
            // SQLMesh cannot nest functions.
            (
                "SELECT @EACH([a, b], x -> @EACH([c, d], y -> @x + @y AS @{x}_@{y}))",
                "SELECT a + c AS a_c, a + d AS a_d, b + c AS b_c, b + d AS b_d"
            ),
            ("SELECT 1 WHERE @AND(@EACH([a, b], x -> x > 1))", "SELECT 1 WHERE a > 1 AND b > 1"),
            ("SELECT 1 FROM t GROUP BY @EACH([a, b], x -> x)", "SELECT 1 FROM t GROUP BY a, b"),
            ("SELECT 1 FROM @EACH([a, b], x -> @{x}_tbl)", "SELECT 1 FROM a_tbl, b_tbl"),
            ("SELECT @EACH([], x -> x), 1", "SELECT 1"),
            ("SELECT @EACH(a, b, x -> x), @EACH([x], (c) -> COALESCE(c, 0) AS c)", "SELECT a, b, COALESCE(x, 0) AS x"),
            ("SELECT @EACH([a,b], x -> t.x), @EACH([t], x -> x.*)", "SELECT t.a, t.b, t.*"),
            (
                "SELECT @EACH([a, b], x -> SUM(x) FILTER (WHERE x > 1) AS n_@x)",
                "SELECT SUM(a) FILTER (WHERE a > 1) AS n_a, SUM(b) FILTER (WHERE b > 1) AS n_b"
            ),
            ("SELECT a IN (@EACH(['a', 'b'], x -> x)), a IN @names", "SELECT a IN ('a', 'b'), a IN ('x', 'y')"),
            ("SELECT @EACH(['a', 'b'], x -> 'lit @x' || @'lit @x')", "SELECT 'lit @x' || 'lit a', 'lit @x' || 'lit b'"),
            ("SELECT @EACH(@EACH([1, 2], x -> x + 1), y -> y * 2)", "SELECT 1 + 1 * 2, 2 + 1 * 2"),
            ("SELECT @REDUCE([100, 200, 300], (x, y) -> x + y)", "SELECT 100 + 200 + 300"),
            ("SELECT @EVAL(@REDUCE([1, 2, 3], (x, y) -> x + y))", "SELECT 6"),
            ("SELECT @REDUCE(@EACH([a, b], x -> x > 1), (x, y) -> x OR y)", "SELECT a > 1 OR b > 1"),
            ("SELECT @EACH(@FILTER([1, 2, 3], x -> x > 1), x -> x * 10)", "SELECT 2 * 10, 3 * 10"),
            ("SELECT @FILTER(['a', 'b'], x -> x <> 'a'), @FILTER([1], x -> x > 1)", "SELECT 'b'"),
            ("SELECT @EACH(['a b'], x -> 1 AS c_@x)", "SELECT 1 AS \"c_a b\""),
        ])
    func lists(text: String, sql: String) throws { #expect(try render(text) == sql) }

    @Test(
        "clauses",
        arguments: [
            ("SELECT a @WHERE(false) x", "SELECT a"),
            ("@WITH(@limit = 4) a AS (SELECT 1), b AS (SELECT 2) SELECT 3", "SELECT 3"),
            ("@WITH(true) a AS (SELECT 1) SELECT * FROM a", "WITH a AS (SELECT 1) SELECT * FROM a"),
            (
                "SELECT * FROM c LEFT OUTER @JOIN(@limit = 5) d ON c.x = d.x WHERE y",
                "SELECT * FROM c LEFT OUTER JOIN d ON c.x = d.x WHERE y"
            ),
            ("SELECT * FROM c LEFT OUTER @JOIN(false) d ON c.x = d.x WHERE y", "SELECT * FROM c WHERE y"),
            (
                "SELECT * FROM c @JOIN(false) d ON c.x = left(d.x, 1) LEFT JOIN e USING (y)",
                "SELECT * FROM c LEFT JOIN e USING (y)"
            ),
            (
                "SELECT * FROM c @WHERE(@limit = 5) x = 1 @GROUP_BY(true) a @HAVING(false) b > 1 @ORDER_BY(true) c @LIMIT(true) 10",
                "SELECT * FROM c WHERE x = 1 GROUP BY a ORDER BY c LIMIT 10"
            ),
            (
                "SELECT * FROM (SELECT * FROM c @WHERE(false) x = (1)) q @LIMIT(false) 10",
                "SELECT * FROM (SELECT * FROM c) q"
            ),
            (
                "SELECT * FROM c @WHERE(false) x IS DISTINCT FROM 1 AND g.group = 2 GROUP BY y",
                "SELECT * FROM c GROUP BY y"
            ),
        ])
    func clauses(text: String, sql: String) throws { #expect(try render(text) == sql) }

    @Test(
        "generated SQL",
        arguments: [
            (
                "SELECT @STAR(foo) FROM foo",
                #"SELECT CAST("foo"."a" AS INT) AS "a", CAST("foo"."b" AS TEXT) AS "b", CAST("foo"."c" AS TEXT) AS "c" FROM foo"#
            ),
            (
                "SELECT @STAR(foo, f, exclude := [c], prefix := 'p_', suffix := '_s') FROM foo AS f",
                #"SELECT CAST("f"."a" AS INT) AS "p_a_s", CAST("f"."b" AS TEXT) AS "p_b_s" FROM foo AS f"#
            ),
            ("SELECT @STAR(foo, f, except_ := [b, c], quote_identifiers := false)", "SELECT CAST(f.a AS INT) AS a"),
            ("SELECT @STAR(shop.untyped)", #"SELECT "untyped"."a" AS "a", "untyped"."Big Name" AS "Big Name""#),
            (
                "SELECT @GENERATE_SURROGATE_KEY(a, @EACH([b], x -> x))",
                "SELECT MD5(COALESCE(CAST(a AS TEXT), '_sqlmesh_surrogate_key_null_') || '|' || "
                    + "COALESCE(CAST(b AS TEXT), '_sqlmesh_surrogate_key_null_'))"
            ),
            // SQLMesh writes SHA256(text), which PostgreSQL does not have.
            (
                "SELECT @GENERATE_SURROGATE_KEY(a, hash_function := 'SHA256')",
                "SELECT ENCODE(SHA256(CONVERT_TO(COALESCE(CAST(a AS TEXT), '_sqlmesh_surrogate_key_null_'), 'UTF8')), 'hex')"
            ),
            (
                "SELECT @SAFE_ADD(a + 1, b), @SAFE_SUB(a, b), @SAFE_DIV(a + 1, b - 1)",
                "SELECT CASE WHEN (a + 1) IS NULL AND b IS NULL THEN NULL ELSE COALESCE(a + 1, 0) + COALESCE(b, 0) END, "
                    + "CASE WHEN a IS NULL AND b IS NULL THEN NULL ELSE COALESCE(a, 0) - COALESCE(b, 0) END, "
                    + "CAST((a + 1) AS DOUBLE PRECISION) / NULLIF(b - 1, 0)"
            ),
            (
                "SELECT * FROM (@UNION('distinct', foo, bar)) AS q",
                "SELECT * FROM (SELECT CAST(a AS INT) AS a, CAST(c AS TEXT) AS c FROM foo UNION "
                    + "SELECT CAST(a AS INT) AS a, CAST(c AS TEXT) AS c FROM bar) AS q"
            ),
            (
                "WITH q AS (@UNION(@limit = 5, 'all', foo, bar)) SELECT * FROM q",
                "WITH q AS (SELECT CAST(a AS INT) AS a, CAST(c AS TEXT) AS c FROM foo UNION ALL "
                    + "SELECT CAST(a AS INT) AS a, CAST(c AS TEXT) AS c FROM bar) SELECT * FROM q"
            ),
            (
                "WITH q AS (@UNION(false, foo, bar)) SELECT * FROM q",
                "WITH q AS (SELECT CAST(a AS INT) AS a, CAST(c AS TEXT) AS c FROM foo) SELECT * FROM q"
            ),
            (
                "SELECT d, @PIVOT(s, ['no', 'yes']) FROM r GROUP BY 1",
                #"SELECT d, SUM(CASE WHEN s = 'no' THEN 1 ELSE 0 END) AS "no", SUM(CASE WHEN s = 'yes' THEN 1 ELSE 0 END) AS "yes" FROM r GROUP BY 1"#
            ),
            (
                "SELECT @PIVOT(a, [1, b], true, 'MAX', '<', 'p', '', 2, 3, false, true)",
                "SELECT MAX(DISTINCT CASE WHEN a < 1 THEN 2 ELSE 3 END) AS p1, MAX(DISTINCT CASE WHEN a < b THEN 2 ELSE 3 END) AS pb"
            ),
            (
                "SELECT @PIVOT(a, ['v'], else_value := NULL, alias := false)",
                "SELECT SUM(CASE WHEN a = 'v' THEN 1 ELSE NULL END)"
            ),
            // SQLMesh's query for PostgreSQL has a further column, _w.
            (
                "SELECT * FROM (@DEDUPLICATE(demo.t, [user_id, CAST(ts AS DATE)], ['ts desc', 'status asc'])) AS q",
                "SELECT * FROM (SELECT DISTINCT ON (user_id, CAST(ts AS DATE)) * FROM demo.t "
                    + "ORDER BY user_id, CAST(ts AS DATE), ts desc, status asc) AS q"
            ),
            (
                "WITH d AS (@DATE_SPINE('quarter', '2022-01-20', CURRENT_DATE)) SELECT * FROM d",
                "WITH d AS (SELECT date_quarter FROM (SELECT CAST(value AS DATE) FROM GENERATE_SERIES(CAST('2022-01-20' AS "
                    + "DATE), CURRENT_DATE, INTERVAL '3 MONTH') AS _t(value)) AS _exploded(date_quarter)) SELECT * FROM d"
            ),
            (
                "SELECT @HAVERSINE_DISTANCE(y + 1, x, v, u, unit := 'km')",
                "SELECT 7922 * ASIN(SQRT((POWER(SIN(RADIANS(CAST((v - (y + 1)) AS DOUBLE PRECISION) / 2)), 2)) + "
                    + "(COS(RADIANS(y + 1)) * COS(RADIANS(v)) * "
                    + "POWER(SIN(RADIANS(CAST((u - x) AS DOUBLE PRECISION) / 2)), 2)))) * 1.60934"
            ),
            (
                "SELECT @RESOLVE_TEMPLATE('s3://@{schema_name}/@{table_name}')",
                "SELECT 's3://@{schema_name}/@{table_name}'"
            ),
        ])
    func generated(text: String, sql: String) throws { #expect(try render(text) == sql) }

    @Test("a query may be nothing but a macro")
    func wholeQuery() throws {
        let sql = "SELECT CAST(a AS INT) AS a, CAST(c AS TEXT) AS c FROM foo"
        #expect(try render("@UNION(false, foo, bar)") == sql)
        #expect(try render("@DEF(x, 1);\n@IF(@x = 1, SELECT 1, SELECT 2)") == "SELECT 1")
    }

    @Test("of a template is made the table's name, once there is a table")
    func resolvedTemplate() throws {
        var context = context()
        context.table = ("millrace__mart", "mart__orders__1")
        #expect(
            try render("SELECT @RESOLVE_TEMPLATE('s3://@{schema_name}/@{table_name}')", context)
                == "SELECT 's3://millrace__mart/mart__orders__1'")
        #expect(
            try render("SELECT 1 FROM @RESOLVE_TEMPLATE('@{schema_name}.x_@{table_name}', mode := 'table')", context)
                == "SELECT 1 FROM millrace__mart.x_mart__orders__1")
    }

    @Test(
        "BigQuery has its own functions",
        arguments: [
            (
                "SELECT @GENERATE_SURROGATE_KEY(a, b)",
                "SELECT TO_HEX(MD5(CONCAT(COALESCE(CAST(a AS STRING), '_sqlmesh_surrogate_key_null_'), '|', "
                    + "COALESCE(CAST(b AS STRING), '_sqlmesh_surrogate_key_null_'))))"
            ),
            ("SELECT @SAFE_DIV(a, b), `q_@{limit}`", "SELECT a / NULLIF(b, 0), `q_5`"),
            ("SELECT @STAR(foo, exclude := [b, c])", "SELECT CAST(`foo`.`a` AS INT64) AS `a`"),
        ])
    func bigQuery(text: String, sql: String) throws {
        #expect(try render(text, context("bigquery")) == sql)
    }

    @Test(
        "mistakes are told with their place",
        arguments: [
            ("SELECT 1,\n  @unknown", "models/x.sql:3:3: Unknown macro @unknown."),
            ("SELECT @strat_ds", "models/x.sql:2:8: Unknown macro @strat_ds. Did you mean @start_ds?"),
            ("SELECT col_@{undefined}", "models/x.sql:2:8: Unknown macro @undefined."),
            ("SELECT @eech([a], x -> x)", "models/x.sql:2:8: The macro @eech(…) is not known. Did you mean @each(…)?"),
            ("SELECT @this_env", "models/x.sql:2:8: @this_env is known in before_all and after_all only."),
            ("SELECT @EACH([a], x)", "models/x.sql:2:19: Expected a function here, such as x -> …"),
            ("SELECT @EACH([a], (x, y) -> x)", "models/x.sql:2:8: The function (x, y) -> … takes 2 values, not 1."),
            ("SELECT @IF(a)", "models/x.sql:2:8: @IF takes a condition"),
            (
                "SELECT\n@IF(now() > 1, 1)",
                "models/x.sql:3:1: @if cannot be worked out before the SQL runs. NOW of these values"
            ),
            (
                "SELECT @EVAL(1 / 0)",
                "models/x.sql:2:8: @eval cannot be worked out before the SQL runs. A division by zero."
            ),
            ("SELECT @EACH([a, b], x -> x", "models/x.sql:2:13: This parenthesis is never closed."),
            ("SELECT @STAR(nope)", "models/x.sql:2:8: The columns of nope are not known here, which @STAR needs."),
            ("SELECT @STAR(foo, exclud := [a])", "models/x.sql:2:8: @star has no argument exclud."),
            ("SELECT @UNION('some', foo)", "models/x.sql:2:8: `some` is not a type of @UNION."),
            (
                "SELECT @DATE_SPINE('hour', '2022-01-20', '2024-12-16')",
                "models/x.sql:2:8: `hour` is not a step of @DATE_SPINE."
            ),
            (
                "SELECT @DATE_SPINE('day', '2022-01-20', '2021-12-16')",
                "models/x.sql:2:8: The start of @DATE_SPINE is after"
            ),
            (
                "SELECT @GENERATE_SURROGATE_KEY(a, hash_function := 'SHA1')",
                "models/x.sql:2:8: The database has no hash function SHA1."
            ),
            ("SELECT @SAFE_DIV(a)", "models/x.sql:2:8: @safe_div needs the argument denominator."),
            ("@DEF(f, x -> @f(x)); SELECT @f(1)", "models/x.sql:2:14: Macros are nested too deeply here"),
            ("@DEF(f); SELECT 1", "models/x.sql:2:1: @DEF takes a name and a value"),
            ("SELECT @DEF(x, 1)", "models/x.sql:2:8: @DEF is a statement of its own"),
            ("SELECT @SQL('@unknown')", "models/x.sql:2:8: Unknown macro @unknown."),
            ("SELECT @RESOLVE_TEMPLATE('@{catalog_name}')", "models/x.sql:2:8: @{catalog_name} is not supported"),
        ])
    func mistakes(text: String, message: String) {
        let error = #expect(throws: PipelineError.self) { try render(text) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test("a place in what macros made leads back to the call, and behind it to the file")
    func places() throws {
        let text = "MODEL (name a.b);\nSELECT @EACH([a, b], x -> x),\n  wrong"
        let rendered = try model(text).query.render(context())
        let call = try #require(rendered.text.range(of: "a, b"))
        let at = rendered.text.utf8.distance(from: rendered.text.startIndex, to: call.upperBound)
        #expect(rendered.error(at: at - 1, "no").description == "models/x.sql:2:8: no")
        #expect(rendered.error(at: rendered.text.utf8.count - 5, "no").description == "models/x.sql:3:3: no")
    }

    @Test("long lists take time in proportion, and what grows without end is an error")
    func size() throws {
        let list = (0..<5_000).map { "c\($0)" }.joined(separator: ", ")
        let sql = try render("SELECT @EACH([\(list)], x -> MAX(x) AS m_@x)")
        #expect(sql.hasSuffix("MAX(c4999) AS m_c4999"))
        let doubling = (1...40).map { "@DEF(v\($0), (@v\($0 - 1), @v\($0 - 1)));" }.joined()
        let error = #expect(throws: PipelineError.self) {
            try render("@DEF(v0, aaaaaaaaaaaaaaaa);\(doubling) SELECT @v40")
        }
        #expect(error?.message == "Macros make more than 16 MiB of SQL here.")
        let deep = String(repeating: "@IF(true, ", count: 5_000) + "1" + String(repeating: ")", count: 5_000)
        let nested = #expect(throws: PipelineError.self) { try render("SELECT \(deep)") }
        #expect(nested?.message.hasPrefix("Macros are nested too deeply here") == true)
    }
}
