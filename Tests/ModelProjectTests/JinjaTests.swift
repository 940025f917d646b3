import ModelProject
import Pipeline
import Testing

private func render(_ text: String, _ files: [String: String] = [:]) throws -> String {
    var context = RenderContext(
        start: Moment(year: 2026, month: 11, day: 22), end: Moment(year: 2026, month: 11, day: 24), isIncremental: true,
        thisModel: "mart.orders", variables: ["limit": .integer(5), "names": .list([.string("x"), .string("y")])],
        models: ModelIndex([ModelName(schema: "shop", name: "items")]))
    context.macros = try MacroLibrary(files.sorted { $0.key < $1.key }.map { SourceFile(path: $0.key, text: $0.value) })
    return try Template(SourceFile(path: "models/x.sql", text: text)).render(context).text
}

@Suite("Jinja becomes SQL") struct JinjaTests {
    @Test(
        "as Jinja 3 itself renders it",
        arguments: [
            (#"{% for x in ['a','b'] %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}"#, #"a, b"#),
            (#"{% for x in [] %}a{% else %}none{% endfor %}"#, #"none"#),
            (
                #"{% for k, v in {'a': 1, 'b': 2}.items() %}{{ loop.index }}:{{ k }}={{ v }};{% endfor %}"#,
                #"1:a=1;2:b=2;"#
            ),
            (#"{% for x in range(1, 6, 2) if x != 3 %}{{ loop.index0 }}{{ x }} {% endfor %}"#, #"01 15 "#),
            (
                #"{% set n = namespace(total=0) %}{% for x in [1, 2, 3] %}{% set n.total = n.total + x %}{% endfor %}{{ n.total }}"#,
                #"6"#
            ),
            (#"{% set x = 1 %}{% for y in [5] %}{% set x = y %}{% endfor %}{{ x }}"#, #"1"#),
            (#"{% set q %}SELECT {{ 1 + 1 }}{% endset %}({{ q }})"#, #"(SELECT 2)"#),
            (#"{% set a, b = 1, 2 %}{{ a }}{{ b }}"#, #"12"#),
            (
                #"{% macro m(a, b='x') %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, b=2) }} {{ m(b=3, a=4) }}"#,
                #"1-x 1-2 4-3"#
            ),
            (#"{% macro f(n) %}{% if n > 0 %}{{ n }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}"#, #"321"#),
            (
                #"{{ 'a b' | upper }} {{ ' x ' | trim }} {{ 'hello world' | title }} {{ 'aXa' | replace('X', '-') }}"#,
                #"A B x Hello World a-a"#
            ),
            (
                #"{{ ['a', 'b'] | join(', ') }} {{ [3, 1, 2] | sort | join }} {{ [1, 1, 2] | unique | list | length }}"#,
                #"a, b 123 2"#
            ),
            (
                #"{{ nope | default('d') }} {{ '' | default('e', true) }} {{ [1, 2] | first }}{{ [1, 2] | last }}"#,
                #"d e 12"#
            ),
            (
                #"{{ '7' | int + 1 }} {{ 2.567 | round(1) }} {{ 3 | string ~ 4 }} {{ [1, 2, 3] | sum }} {{ [1, 5] | max }}"#,
                #"8 2.6 34 6 5"#
            ),
            (
                #"{{ ['a', 'b'] | map('upper') | join('|') }} {{ [{'n': 'x'}, {'n': 'y'}] | map(attribute='n') | join }}"#,
                #"A|B xy"#
            ),
            (
                #"{{ [1, 2, 3, 4] | select('even') | join }} {{ [{'n': 1}, {'n': 2}] | selectattr('n', 'eq', 2) | list | length }}"#,
                #"24 1"#
            ),
            (
                #"{{ 7 // 2 }} {{ 7 % 4 }} {{ 2 ** 3 }} {{ 7 / 2 }} {{ -3 + 1 }} {{ 1 + 2 * 3 }} {{ 'a' ~ 1 }}"#,
                #"3 3 8 3.5 -2 7 a1"#
            ),
            (
                #"{{ 'yes' if 1 < 2 else 'no' }} {{ 'yes' if 'a' in ['a'] else 'no' }} {{ 'yes' if 'z' not in 'abc' else 'no' }}"#,
                #"yes yes yes"#
            ),
            (#"{% if x is defined %}a{% elif 1 is not none and 4 is even %}b{% endif %}"#, #"b"#),
            (
                #"{{ 'a,b'.split(',')[1] }} {{ 'x'.upper() }} {{ '{} {}'.format(1, 'b') }} {{ 'abc'[1:] }} {{ [1,2,3][:2] | join }} {{ 'abc'[-1] }}"#,
                #"b X 1 b bc 12 c"#
            ),
            (
                #"{% set l = [1] %}{% do l.append(2) %}{{ l | join('+') }} {{ {'a': {'b': 5}}.a.b }} {{ {'a': 1}['a'] }} {{ {'a': 1}.get('z', 9) }}"#,
                #"1+2 5 1 9"#
            ),
            (#"a  {%- if true -%}  b  {%- endif %}  c"#, #"ab  c"#),
            (#"a {{- ' b ' -}} c"#, #"a b c"#),
            (#"{% raw %}{{ x }} {% if %}{% endraw %}!"#, #"{{ x }} {% if %}!"#),
            (#"{{ [1, 'a', none, true] }} {{ none }}"#, #"[1, 'a', None, True] None"#),
            (#"{% for a, b in [(1, 2), (3, 4)] %}{{ a * b }} {% endfor %}"#, #"2 12 "#),
            (#"{{ '%s-%d' | format('a', 2) }} {{ 'x' * 3 }}"#, #"a-2 xxx"#),
            (#"{# no {{ x }} #}{{ '{{' }}"#, #"{{"#),
            (
                #"{{ ['b','a'] | sort(reverse=true) | join }} {{ 'abc' | reverse }} {{ 'abc' | length }} {{ 'ab' | list | join('.') }}"#,
                #"ba cba 3 a.b"#
            ),
            (
                #"{% for x in 'ab' %}{% for y in [1, 2] %}{{ x }}{{ y }}{{ loop.length }} {% endfor %}{% endfor %}"#,
                #"a12 a22 b12 b22 "#
            ),
        ])
    func language(text: String, result: String) throws { #expect(try render(text) == result) }

    @Test(
        "with SQLMesh's names",
        arguments: [
            (
                "{{ start_ds }} {{ end_date }} {{ this }} {{ this.schema }}.{{ this.name }}",
                "2026-11-22 2026-11-23 mart.orders mart.orders"
            ),
            ("{{ var('limit') + 1 }} {{ var('nope', 'd') }} {{ limit }} {{ var('names') | join(',') }}", "6 d 5 x,y"),
            ("{{ ref('items') }} {{ source('raw', 'e') }} {{ is_incremental() }}", "shop.items raw.e true"),
            // Macros are replaced in what Jinja made.
            (
                "@EACH([{% for x in names %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}], c -> MAX(c))",
                "MAX(x), MAX(y)"
            ),
            ("-- {{ nothing }}\n{{ 1 }}", "-- {{ nothing }}\n1"),
        ])
    func names(text: String, result: String) throws { #expect(try render(text) == result) }

    @Test("macros of macros/ are there by their names, with Jinja and with @DEF")
    func macroFiles() throws {
        let files = [
            "macros/a.sql": "{% macro cents(x) %}({{ x }} / {{ by() }}){% endmacro %}\n-- text between is nothing\n",
            "macros/b.jinja": "{% macro by() %}{{ limit }}{% endmacro %}",
            "macros/c.sql": "@DEF(double, x -> x * 2);\n@DEF(rate, 3);",
        ]
        #expect(try render("SELECT {{ cents('total') }}", files) == "SELECT (total / 5)")
        #expect(try render("SELECT @double(a), @rate", files) == "SELECT a * 2, 3")
        let library = try MacroLibrary(
            files.sorted { $0.key < $1.key }.map { SourceFile(path: $0.key, text: $0.value) })
        #expect(library.files(for: ["cents"]).map(\.path) == ["macros/a.sql", "macros/b.jinja"])
        #expect(library.files(for: ["rate"]).map(\.path) == ["macros/c.sql"])
        #expect(library.files(for: ["other"]).isEmpty)
        let error = #expect(throws: PipelineError.self) {
            try render(
                "1", ["macros/a.sql": "{% macro m() %}{% endmacro %}", "macros/b.sql": "{% macro m() %}{% endmacro %}"])
        }
        #expect(error?.description == "macros/b.sql: The macro m is also in macros/a.sql.")
    }

    @Test("a semicolon within a block ends no statement")
    func statements() throws {
        let file = """
            MODEL (name a.b);
            {% set cols = ['x', 'y'] %}
            JINJA_QUERY_BEGIN;
            {% if true %} SELECT {% for c in ['x', 'y'] %} '{{ c }};' AS {{ c }}{{ ',' if not loop.last }} {% endfor %} {% endif %}
            JINJA_END;
            JINJA_STATEMENT_BEGIN;
            {% if true %} ANALYZE @this_model; {% endif %}
            JINJA_END;
            """
        let model = try #require(try project(["config.yaml": "", "models/x.sql": file]).models.first)
        let sql = try model.query.render(RenderContext()).text.split(whereSeparator: \.isWhitespace).joined(
            separator: " ")
        #expect(sql == "SELECT 'x;' AS x, 'y;' AS y")
        #expect(model.postStatements.count == 1)
    }

    @Test(
        "mistakes are told with their place",
        arguments: [
            ("{% for a in b %}", "models/x.sql:1:1: This {% for %} has no {% endfor %}"),
            ("{% for a in 5 %}{% endfor %}", "models/x.sql:1:13: This is no list to loop over: `5`."),
            ("{% for a, b in [1] %}{% endfor %}", "models/x.sql:1:16: `1` cannot be taken apart into a, b."),
            ("{% if x %}{% endfor %}", "models/x.sql:1:13: {% endfor %} does not belong to the open {% if %}."),
            ("{% import 'x' as y %}", "models/x.sql:1:3: The tag {% import %} is not supported. Macros of macros/"),
            (
                "{% cache %}",
                "models/x.sql:1:3: The tag {% cache %} is not supported. Known: if, for, set, macro, do, raw."
            ),
            ("{{ 1 | tojson }}", "models/x.sql:1:8: The filter `tojson` is not supported. Known: abs,"),
            ("{{ 1 is prime }}", "models/x.sql:1:9: The test `prime` is not supported."),
            (
                "{{ adapter.get_columns(x) }}",
                "models/x.sql:1:4: `adapter(…)` is not supported. Nothing is asked of the"
            ),
            (
                "{{ dbt_utils.star(x) }}",
                "models/x.sql:1:4: `dbt_utils(…)` is not supported. Macros of packages are not there"
            ),
            ("{{ 'a' + 1 }}", "models/x.sql:1:4: `+` does not go with `a` and `1`."),
            ("{{ 'a'.foo() }}", "models/x.sql:1:4: The method `foo` does not go with `a`."),
            ("{% macro m(a) %}{% endmacro %}{{ m() }}", "models/x.sql:1:34: The macro `m` needs the argument a."),
            ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "models/x.sql:1:19: Macros are nested too deeply here"),
            (
                "{% for a in range(1000) %}{% for b in range(1001) %}{% endfor %}{% endfor %}",
                "models/x.sql:1:39: The loops"
            ),
            ("{{ range(10000000) }}", "models/x.sql:1:4: range() gives 100,000 numbers at most"),
            ("{% set a, b = 1 %}", "models/x.sql:1:1: There are 2 names and 1 values."),
            ("{% raw %} x", "models/x.sql:1:1: This {% raw %} has no {% endraw %}."),
            ("{{ {'a': 1}.b }}", "models/x.sql:1:4: There is no such part of this value."),
        ])
    func mistakes(text: String, message: String) {
        let error = #expect(throws: PipelineError.self) { try render(text) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test("audits may be Jinja, one beside others in a file, with and without a semicolon before JINJA_END")
    func audits() throws {
        let audits = try project([
            "config.yaml": "",
            "audits/many.sql": """
            AUDIT (name one); JINJA_QUERY_BEGIN; SELECT * FROM {{ this_model }} WHERE a = 1 JINJA_END;
            AUDIT (name two);
            JINJA_QUERY_BEGIN;
            SELECT * FROM {{ this_model }} WHERE a = 2;
            JINJA_END;

            -- the last
            AUDIT (name three); @DEF(x, 3); SELECT * FROM @this_model WHERE a = @x
            """,
        ]).audits
        #expect(audits.map(\.name) == ["one", "two", "three"])
        for (audit, value) in zip(audits, 1...) {
            let text = try audit.query.render(RenderContext(thisModel: "m")).text
            #expect(
                text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                    == "SELECT * FROM m WHERE a = \(value)")
        }
    }
}
