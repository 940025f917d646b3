import ModelProject
import Pipeline
import Testing

private let context = RenderContext(
    start: Moment(year: 2026, month: 11, day: 22), end: Moment(year: 2026, month: 11, day: 24),
    execution: Moment(year: 2026, month: 11, day: 24, hour: 3, minute: 4, second: 5), isIncremental: true,
    thisModel: "\"a\".\"b\"", kindName: "FULL", gateway: "local",
    variables: ["gap": .string("30 minutes"), "limit": .integer(5)],
    models: ModelIndex([
        ModelName(schema: "analytics", name: "pageviews"), ModelName(schema: "finance", name: "revenue"),
    ]))

private func render(_ text: String, _ context: RenderContext = context) throws -> String {
    try Template(SourceFile(path: "models/x.sql", text: text)).render(context).text
}

@Suite("Templates become SQL") struct TemplateTests {
    @Test(
        "what stands for what",
        arguments: [
            // SQLMesh macros
            ("@start_ds", "'2026-11-22'"),
            ("@end_ds", "'2026-11-23'"),
            ("@start_date", "CAST('2026-11-22' AS DATE)"),
            ("@end_date", "CAST('2026-11-23' AS DATE)"),
            ("@start_dt", "CAST('2026-11-22 00:00:00+00:00' AS TIMESTAMPTZ)"),
            ("@end_dt", "CAST('2026-11-23 23:59:59.999999+00:00' AS TIMESTAMPTZ)"),
            ("@start_dtntz", "CAST('2026-11-22 00:00:00' AS TIMESTAMP)"),
            ("@start_ts", "'2026-11-22 00:00:00'"),
            ("@end_ts", "'2026-11-23 23:59:59.999999'"),
            ("@start_epoch", "1795305600"),
            ("@start_millis", "1795305600000"),
            ("@execution_hour", "3"),
            ("@execution_ds", "'2026-11-24'"),
            ("@START_DS", "'2026-11-22'"),
            ("FROM @this_model", "FROM \"a\".\"b\""),
            ("@var('gap')", "'30 minutes'"),
            ("@VAR('limit')", "5"),
            ("@VAR(missing, 1 + 1)", "1 + 1"),
            ("@gap", "'30 minutes'"),
            ("@gateway", "'local'"),
            // what looks like a macro and is none
            ("'@start_ds'", "'@start_ds'"),
            ("-- @start_ds", "-- @start_ds"),
            ("/* @nothing */ 1", "/* @nothing */ 1"),
            ("\"@start_ds\"", "\"@start_ds\""),
            ("a @> b", "a @> b"),
            ("a <@ b", "a <@ b"),
            ("-- {{ ref('nothing') }}\n1", "-- {{ ref('nothing') }}\n1"),
            ("/* {{ … }} {% if %} */ 1", "/* {{ … }} {% if %} */ 1"),
            ("-- {% if is_incremental() %}\n{% if false %}a{% endif %}b", "-- {% if is_incremental() %}\nb"),
            ("$$ @start_ds $$", "$$ @start_ds $$"),
            ("E'\\'@x'", "E'\\'@x'"),
            // Jinja
            ("'{{ start_date }}'", "'2026-11-22'"),
            ("{{ start_ds }} {{ end_ds }}", "2026-11-22 2026-11-23"),
            ("FROM {{ this }}", "FROM \"a\".\"b\""),
            ("FROM {{ ref('pageviews') }}", "FROM analytics.pageviews"),
            ("FROM ref('pageviews')", "FROM analytics.pageviews"),
            ("FROM ref('finance', 'revenue')", "FROM finance.revenue"),
            ("FROM {{ source('raw', 'events') }}", "FROM raw.events"),
            ("{{ var('limit') }}", "5"),
            ("{% if is_incremental() %}yes{% endif %}", "yes"),
            ("{% if not is_incremental() %}yes{% else %}no{% endif %}", "no"),
            ("{% if var('limit') == 4 %}a{% elif var('limit') == 5 %}b{% else %}c{% endif %}", "b"),
            ("{%- set x = 'y' -%}{{ x }}", "y"),
            ("{# note #}1", "1"),
            ("x.ref('y')", "x.ref('y')"),
        ])
    func expansion(text: String, sql: String) throws {
        #expect(try render(text) == sql)
    }

    @Test(
        "mistakes are told with their place",
        arguments: [
            ("SELECT\n  @nothing", "models/x.sql:2:3: Unknown macro @nothing."),
            ("FROM ref('pagevews')", "models/x.sql:1:6: There is no model pagevews. Did you mean analytics.pageviews?"),
            ("a\n{% if x %}", "models/x.sql:2:1: This {% if %} has no {% endif %} (tags in comments"),
            ("{% endif %}", "models/x.sql:1:3: This tag closes nothing"),
            ("{{ start_date", "models/x.sql:1:1: This {{ is never closed."),
            (
                "SELECT 1\n{{ config(materialized='table') }}",
                "models/x.sql:2:4: `config(…)` is not supported. Say it in a block at the top of the file: MODEL"
            ),
            (
                "{{ dbt_date() }}",
                "models/x.sql:1:4: `dbt_date` with 0 arguments is not supported. Known: is_incremental()"
            ),
            ("{% if true %} 1 -- {% endif %}", "models/x.sql:1:1: This {% if %} has no {% endif %} (tags in comments"),
            ("{{ nothing }}", "models/x.sql:1:4: Unknown name `nothing`."),
            ("SELECT 'a", "models/x.sql:1:8: This quote is never closed."),
            ("/* a", "models/x.sql:1:1: This comment is never closed."),
            ("@VAR('missing')", "models/x.sql:1:1: There is no variable missing in config.yaml."),
        ])
    func mistakes(text: String, message: String) {
        let error = #expect(throws: PipelineError.self) { try render(text) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test("a place in the SQL leads back to the file")
    func places() throws {
        let source = SourceFile(path: "models/x.sql", text: "SELECT @start_dt,\n  wrong")
        let rendered = try Template(source).render(context)
        let offset = rendered.text.utf8.count - 5
        #expect(rendered.error(at: offset, "no").description == "models/x.sql:2:3: no")
    }
}
