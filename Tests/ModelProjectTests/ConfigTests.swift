import Pipeline
import Testing

@testable import ModelProject

@Suite("config.yaml is read as SQLMesh reads it") struct ConfigTests {
    private func config(
        _ text: String, environment: [String: String] = [:], dotenv: String? = nil, gateway: String? = nil,
        dialect: String? = nil
    ) throws -> ProjectConfig {
        var files = ["config.yaml": text]
        if let dotenv { files[".env"] = dotenv }
        return try withFolder(files) { folder in
            try folder.project(ProjectOptions(environment: environment, gateway: gateway, dialect: dialect)).config
        }
    }

    @Test("no key of SQLMesh's stops a project, and what has no effect is named once, with its line")
    func everything() throws {
        let text = """
            project: shop
            gateways:
              local:
                connection: {type: postgres, host: , user: , password: , port: , database: , concurrent_tasks: 4}
                state_connection: {type: duckdb, database: state.db}
                test_connection: {type: duckdb}
                scheduler: {type: builtin}
                state_schema: states
                variables: {limit: 7}
            default_gateway: local
            model_defaults:
              dialect: postgres
              start: 2026-01-01
              cron: '@daily'
              optimize_query: false
            model_naming: {infer_names: true}
            variables: {limit: 5, nested: {a: [1, two], b: null}, list: [1, 2]}
            linter: {enabled: true, rules: [noselectstar]}
            plan: {auto_categorize_changes: {sql: full}, enable_preview: true}
            format: {normalize: true}
            ui: {format_on_save: false}
            cicd_bot: {type: github}
            notification_targets: [{type: console, notify_on: [apply_failure]}]
            users: [{username: ada}]
            environment_suffix_target: table
            physical_schema_mapping: {'^a$': b}
            pinned_environments: [qa]
            environment_ttl: in 1 week
            snapshot_ttl: in 1 week
            time_column_format: '%Y%m%d'
            janitor: {warn_on_delete_failure: true}
            ignore_patterns: ['*.ignored.sql']
            before_all: ["SELECT 1"]
            after_all: SELECT 2
            disable_anonymized_analytics: true
            default_test_connection: {type: duckdb}
            """
        let config = try config(text)
        #expect(config.project == "shop" && config.defaultGateway == "local" && config.infersNames)
        #expect(config.gateway?.connection == ["concurrent_tasks": "4"])
        #expect(
            config.variables["limit"] == .integer(7) && config.variables["list"] == .list([.integer(1), .integer(2)]))
        #expect(
            config.variables["nested"] == .mapping(["a": .list([.integer(1), .string("two")]), "b": .null]))
        #expect(config.beforeAll.map { String($0.text.drop(while: \.isNewline)) } == ["SELECT 1"])
        #expect(config.afterAll.map { String($0.text.drop(while: \.isNewline)) } == ["SELECT 2"])
        #expect(config.ignorePatterns == ["*.ignored.sql"])
        let named = config.notices.map { $0.message.split(separator: "`")[0] }
        let expected = [
            "state_connection", "test_connection", "scheduler", "state_schema", "optimize_query",
            "plan.auto_categorize_changes", "plan.enable_preview",
            "format", "ui", "cicd_bot", "notification_targets", "users", "environment_suffix_target",
            "physical_schema_mapping", "janitor",
            "disable_anonymized_analytics", "default_test_connection",
        ]
        #expect(named.map(String.init) == expected)
        #expect(config.linter?.isEnabled == true)
    }

    @Test("Jinja: conditions, filters, the user, values that are set")
    func jinja() throws {
        let text = """
            # {{ nothing }} and {% nothing %}
            {% set owner = user() | upper %}
            {%- if env_var('STAGE', 'dev') == 'prod' %}
            project: live
            {% elif env_var('STAGE', 'dev') == 'dev' -%}
            project: trial
            {% else %}
            project: {{ env_var('MISSING') }}
            {% endif %}
            variables:
              owner: {{ owner }}
              days: {{ env_var('DAYS', '3') | int }}
              name: "{{ env_var('NAME') | trim | lower }}"
            """
        let environment = ["USER": "ada", "NAME": " Shop "]
        let trial = try config(text, environment: environment)
        #expect(trial.project == "trial")
        #expect(trial.variables == ["owner": .string("ADA"), "days": .integer(3), "name": .string("shop")])
        #expect(try config(text, environment: environment.merging(["STAGE": "prod"]) { $1 }).project == "live")
        #expect(throws: PipelineError.self) {
            try config(text, environment: environment.merging(["STAGE": "x"]) { $1 })
        }
    }

    @Test(".env wins over the environment")
    func dotenv() throws {
        let dotenv = "# a comment\nA=1\nexport B = 'two # 2'\nC=\"x\\ny\" # why\nD= plain # why\nnothing\n=e\n"
        let text = "variables: {a: \"{{ env_var('A') }}\", b: \"{{ env_var('B') }}\", d: \"{{ env_var('D') }}\"}"
        let read = try config(text, environment: ["A": "0"], dotenv: dotenv)
        #expect(read.variables == ["a": .string("1"), "b": .string("two # 2"), "d": .string("plain")])
        #expect(EnvironmentFile.parse(dotenv)["C"] == "x\ny")
    }

    private static let gateways = """
        gateways:
          live: {connection: {type: postgres, host: db, port: 5432, database: shop, password: "{{ env_var('SECRET') }}"}}
          local: {connection: {type: duckdb, database: local.db}}
        """

    @Test("a variable that is not set matters only to the gateway in use")
    func unset() throws {
        #expect(try config(Self.gateways + "\ndefault_gateway: local").defaultGateway == "local")
        let error = #expect(throws: PipelineError.self) { try config(Self.gateways) }
        #expect(
            error?.description
                == "config.yaml:2:91: The environment variable SECRET is not set, and no default is given.")
        #expect(try config(Self.gateways, environment: ["SECRET": "x"]).defaultGateway == "live")
        #expect(try config(Self.gateways, gateway: "local").gateway?.type == "duckdb")
        let unknown = #expect(throws: PipelineError.self) { try config(Self.gateways, gateway: "lokal") }
        #expect(unknown?.message.contains("Did you mean local?") == true)
    }

    @Test("the gateway's database is that of the settings, or an error says what to do")
    func engine() throws {
        let here = EngineAddress(host: "DB", port: 5432, database: "shop")
        let live = try config(Self.gateways, environment: ["SECRET": "x"])
        #expect(live.problem(runningOn: here) == nil)
        let other = live.problem(runningOn: EngineAddress(host: "db", port: 5433, database: "other"))
        #expect(other?.message.contains("Set POSTGRES_PORT=5432 POSTGRES_DB=shop") == true && other?.line == 2)
        let duck = try config(Self.gateways, gateway: "local").problem(runningOn: here)
        #expect(duck?.line == 3 && duck?.message.contains("duckdb") == true)
        #expect(duck?.message.contains("--gateway live") == true)
        #expect(try config(Self.gateways, gateway: "local", dialect: "postgres").problem(runningOn: here) == nil)
        #expect(
            try config("gateways: {x: {connection: {type: postgres, host: localhost}}}").problem(
                runningOn: EngineAddress(host: "127.0.0.1", port: 1, database: "d")) == nil)
        #expect(try config("").problem(runningOn: here) == nil)
    }

    @Test(
        "mistakes",
        arguments: [
            ("lnter: {}", "config.yaml:1:1: Unknown key `lnter`. Did you mean `linter`?"),
            ("gateways: {a: {conection: {}}}", "config.yaml:1:16: Unknown key `conection`."),
            ("default_gateway: a", "config.yaml:1:18: default_gateway names a"),
            ("model_defaults: {colour: red}", "config.yaml:1:18: Unknown key `colour`."),
            (
                "model_defaults: {on_additive_change: perhaps}",
                "config.yaml:1:38: Not an on_additive_change. Known: error, warn, allow, ignore."
            ),
            ("{% if true %}", "config.yaml:1:3: This {% if %} has no {% endif %}."),
            ("{% endif %}", "config.yaml:1:3: This tag closes nothing"),
            ("{% for x in y %}", "config.yaml:1:3: Only if, elif, else, endif and set"),
            ("a: {{ x }}", "config.yaml:1:7: There is no `x` here."),
            ("a: {{ user() | sort }}", "The filter sort may not stand"),
            ("a: {{ 'x' | int }}", "`x` is not a whole number."),
            ("model_naming: {infer: true}", "config.yaml:1:16: Unknown key `infer`."),
        ])
    func mistakes(text: String, message: String) {
        let error = #expect(throws: PipelineError.self) { try config(text) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.line == 1)
    }

    @Test("without a default the first gateway of the file is used")
    func first() throws {
        #expect(try config("gateways: {b: {}, a: {}}").defaultGateway == "b")
        let lone = try config("default_connection: {type: postgres, host: db}")
        #expect(lone.gateway?.connection == ["host": "db"])
    }
}
