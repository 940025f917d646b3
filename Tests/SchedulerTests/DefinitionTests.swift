import ControlPlane
import Foundation
import Pipeline
import Testing
import Timetable

@testable import Scheduler

@Suite("A file of dags/") struct DefinitionTests {
    @Test("is read with groups taken apart, defaults, and what each task does")
    func reading() throws {
        let dag = try DAGFolder.read(
            """
            description: Every night
            schedule: "0 3 * * *"
            timezone: Europe/Oslo
            catch_up: none
            active_runs_max: 2
            run_timeout: 2h
            defaults: {retries: 4, timeout: 10m}
            params:
              day: {type: string, format: date, default: 2026-11-01}
              limit: {type: integer, minimum: 1, maximum: 10, default: 3}
            tasks:
              load:
                tasks:
                  a: {sql: "SELECT {{ params.limit }}"}
                  b: {after: a, retries: 0, sql: {statement: SELECT true, expect: "true"}}
                  c: {after: a, models: {environment: dev, select: "+tag:daily"}}
              tell:
                after: load
                rule: all_done
                http: {url: "https://h.example/x/{{ params.day }}", body: {n: "{{ tasks.load.a.result }}", ok: true, s: "1"}}
            """, file: "dags/nightly.yaml")
        #expect(dag.name == "nightly" && dag.zone == "Europe/Oslo" && dag.catchUp == CatchUp.none)
        #expect(dag.activeRunsMax == 2 && dag.runTimeout == 7_200 && dag.environments == ["dev"])
        #expect(dag.tasks.map(\.name) == ["load.a", "load.b", "load.c", "tell"])
        #expect(dag.tasks.map(\.after) == [[], ["load.a"], ["load.a"], ["load.b", "load.c"]])
        #expect(dag.tasks.map(\.retries) == [4, 0, 4, 4] && dag.tasks.allSatisfy { $0.timeout == 600 })
        guard case .http(let call) = dag.tasks[3].work else { return #expect(Bool(false)) }
        #expect(call.method == "POST" && call.isDocument)
        #expect(call.body == #"{"n":"{{ tasks.load.a.result }}","ok":true,"s":"1"}"#)
        // As it is stored and read again.
        #expect(try StateJSON.value(DAGDefinition.self, from: try StateJSON.text(dag)) == dag)
    }

    @Test(
        "that is wrong is refused with the place and what to do",
        arguments: [
            ("tasks: {}", "1:8", "needs `tasks`"),
            ("tasks:\n  a: {sql: x}\nschedul: x", "3:1", "Did you mean `schedule`?"),
            ("tasks:\n  a: {}", "2:3", "does nothing"),
            ("tasks:\n  a: {sql: x, http: {url: 'http://h/'}}", "2:3", "several things at once (sql, http)"),
            ("tasks:\n  a: {sql: x, after: bb}\n  b: {sql: x}", "2:22", "no task `bb`. Did you mean `b`?"),
            (
                "tasks:\n  a: {sql: x, after: b}\n  b: {sql: x, after: c}\n  c: {sql: x, after: a}", "",
                "`c` → `b` → `a` → `c`"
            ),
            ("tasks:\n  a: {sql: x, after: a}", "2:3", "waits for itself"),
            ("schedule: '61 * * * *'\ntasks:\n  a: {sql: x}", "1:11", "`61`"),
            ("schedule: '@daily'\ntimezone: Mars/Olympus\ntasks:\n  a: {sql: x}", "2:11", "Mars/Olympus"),
            ("schedule: '@daily'\nparams:\n  x: {type: integer}\ntasks:\n  a: {sql: x}", "1:11", "nobody gives `x`"),
            ("tasks:\n  a: {sql: 'SELECT {{ params.x }}'}", "2:12", "`{{ params.x }}` is not known"),
            ("tasks:\n  a: {sql: 'SELECT {{ x'}", "2:12", "without `}}`"),
            ("tasks:\n  a: {sql: 'SELECT {{ tasks.b.result }}'}\n  b: {sql: x}", "2:3", "no task before `a`"),
            ("params:\n  h: {default: x}\ntasks:\n  a: {http: {url: 'http://{{ params.h }}/'}}", "4:19", "begin with"),
            ("params:\n  h: {default: x}\ntasks:\n  a: {http: {url: 'http://h{{ params.h }}/'}}", "4:19", "begin with"),
            ("tasks:\n  a: {http: {url: 'file:///etc/passwd'}}", "2:19", "http://"),
            ("tasks:\n  a: {http: {url: 'http://u:p@h/'}}", "2:19", "without a user"),
            ("tasks:\n  a: {http: {url: 'http://h/', sign: ../x}}", "2:38", "never the secret itself"),
            ("tasks:\n  a: {http: {url: 'http://h/', headers: {Authorization: x}}}", "2:13", "`bearer`"),
            ("tasks:\n  a: {publish: {topic: millrace.commands, value: x}}", "2:24", "millrace."),
            ("tasks:\n  a: {email: {to: nobody, subject: x}}", "2:19", "ada@example.org"),
            ("tasks:\n  a: {branch: {statement: x, cases: {t: b}}}\n  b: {sql: x}", "2:3", "not right behind it"),
            ("tasks:\n  a: {sql: x, retries: -1}", "2:24", "0 to 100"),
            ("tasks:\n  a: {sql: x, timeout: soon}", "2:24", "duration"),
            ("tasks:\n  a: {sql: x, rule: all}", "2:21", "all_success"),
            ("dag: a/b\ntasks:\n  a: {sql: x}", "1:6", "name is"),
            ("start: 2026-11-02\nend: 2026-11-01\nschedule: '@daily'\ntasks:\n  a: {sql: x}", "2:6", "not after"),
            ("params:\n  x: {type: integer, default: many}\ntasks:\n  a: {sql: x}", "2:31", "no integer"),
            ("tasks:\n  a: [", "", "Not valid YAML"),
        ])
    func mistakes(text: String, place: String, words: String) throws {
        let error = try #require(throws: PipelineError.self) { try DAGFolder.read(text) }
        #expect(error.description.hasPrefix("dags/test.yaml:\(place)"), "\(error)")
        #expect(error.description.contains(words), "\(error)")
    }

    @Test("all mistakes of a file are told at once, and no file takes another down")
    func others() throws {
        let folder = try DAGFolder()
        try folder.write("a.yaml", "tasks:\n  x: {sql: a, retries: 999}\n  y: {}\nschedule: never")
        try folder.write("b.yaml", "tasks:\n  x: {sql: a}")
        try folder.write("c.yml", "dag: b\ntasks:\n  x: {sql: a}")
        try folder.write("notes.txt", "no YAML of ours")
        let read = try PipelineFolder(at: folder.path).definitions()
        #expect(read.definitions.map(\.name) == ["b"] && read.files.count == 3)
        #expect(read.problems.map(\.file) == ["dags/a.yaml", "dags/c.yml"])
        let all = read.problems[0].description
        for words in ["0 to 100", "does nothing", "4:11"] { #expect(all.contains(words), "\(all)") }
        #expect(read.problems[1].description.contains("in dags/b.yaml already"))
    }

    @Test("that is small and means a lot is refused in time: aliases of aliases")
    func aliases() throws {
        var text =
            "tasks:\n  t:\n    publish:\n      topic: x\n      value:\n        a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let before = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "        a\(level): &a\(level) [\(before)]\n"
        }
        let error = try #require(throws: PipelineError.self) { try DAGFolder.read(text) }
        #expect(error.description.contains("longer than"))
    }

    // MARK: Parts

    @Test(
        "models are chosen by name, tag and what is around",
        arguments: [
            (["x.a"], ["x.a"]), (["+x.c"], ["x.a", "x.b", "x.c"]), (["x.b+"], ["x.b", "x.c"]),
            (["tag:t"], ["x.a", "y.d"]),
            (["*"], ["x.a", "x.b", "x.c", "y.d"]), (["x.*", "y.d"], ["x.a", "x.b", "x.c", "y.d"]), (["*.b"], ["x.b"]),
            (["tag:*+"], ["x.a", "x.b", "x.c", "y.d"]), (["nothing"], []), (["*a*b*"], []),
        ])
    func selection(selectors: [String], names: [String]) {
        func model(_ name: String, _ reads: [String], _ tags: [String] = []) -> EnvironmentManifest.Model {
            .init(
                name: name, kind: "FULL", relation: name, columns: [], dependsOn: reads, sources: [], cron: "@daily",
                tags: tags)
        }
        let manifest = EnvironmentManifest(
            environment: "prod", promotedAt: Date(), plan: "p",
            models: [model("x.a", [], ["t"]), model("x.b", ["x.a"]), model("x.c", ["x.b"]), model("y.d", [], ["t"])])
        #expect(ModelSelection(manifest).models(selectors).map(\.name) == names)
    }

    @Test("what is filled in is escaped as its place needs it, and bound in SQL")
    func templates() throws {
        let values = TemplateValues(values: ["a": "x'; DROP \"y\"\n", "b": "ü/.."])
        let template = try Template("1 {{a}} {{ b }} {{a}}")
        #expect(try template.bound(values).sql == "1 $1 $2 $1")
        #expect(try template.bound(values).parameters == ["x'; DROP \"y\"\n", "ü/.."])
        #expect(try Template("{{a}}").filled(values, Template.json) == #"x'; DROP \"y\"\u000a"#)
        #expect(try Template("/{{b}}").filled(values, Template.url) == "/%C3%BC%2F%2E%2E")
        let error = #expect(throws: TaskFailed.self) { try Template("{{ c }}").filled(values) }
        #expect(error?.isRetriable == false)
    }

    @Test(
        "parameters are checked",
        arguments: [
            ([:], nil), (["n": .integer(11)], "`n` is more than 10"), (["n": .text("3")], "`n` is no integer"),
            (["s": .text("c")], "is none of \"a\", \"b\""), (["d": .text("2026-13-01")], "no day"),
            (["x": .flag(true)], "`x` is no parameter"), (["n": .integer(1), "s": .text("b")], nil),
        ] as [([String: ParameterValue], String?)])
    func parameters(given: [String: ParameterValue], problem: String?) throws {
        let dag = try DAGFolder.read(
            """
            params:
              n: {type: integer, maximum: 10, default: 2}
              s: {enum: [a, b], default: a}
              d: {format: date, default: 2026-01-01}
            tasks: {t: {sql: SELECT 1}}
            """)
        if let problem {
            let error = try #require(throws: RequestError.self) { try dag.parameters(given) }
            #expect(error.description.contains(problem), "\(error)")
        } else {
            let values = try dag.parameters(given)
            #expect(values["n"] == given["n"] ?? .integer(2) && values["s"] == given["s"] ?? .text("a"))
        }
    }

    @Test("a run takes models apart, keeps their order, and waits for the last of them")
    func planning() throws {
        let dag = try DAGFolder.read(
            """
            schedule: "@daily"
            tasks:
              first: {sql: SELECT 1}
              refresh: {after: first, models: {select: "x.*"}}
              check: {after: refresh, audit: {select: x.b}}
              last: {after: refresh, sql: SELECT 1}
              missing: {models: {environment: nowhere}}
            """, file: "dags/d.yaml")
        func model(_ name: String, _ reads: [String]) -> EnvironmentManifest.Model {
            .init(name: name, kind: "FULL", relation: name, columns: [], dependsOn: reads, sources: [], cron: "@daily")
        }
        let manifest = EnvironmentManifest(
            environment: "prod", promotedAt: Date(), plan: "p",
            models: [model("x.a", []), model("x.b", ["y"]), model("y", ["x.a"])])
        let planner = DefinitionPlanner(definition: dag, manifests: ["prod": manifest], retry: .few(1))
        let time = try #require(TimeText.date("2026-11-02"))
        let plan = try planner.scheduled(DAGClock.Tick(time: time, models: [:]), at: time)
        let after = Dictionary(uniqueKeysWithValues: plan.tasks.map { ($0.model, $0.dependsOn) })
        #expect(after["refresh/x.a"] == ["first"] && after["refresh/x.b"] == ["refresh/x.a"])
        #expect(after["last"] == ["refresh/x.b"] && after["check/x.b"] == ["refresh/x.b"])
        #expect(plan.tasks.first { $0.model == "check/x.b" }?.kind == .audit)
        #expect(plan.run.fromAt == TimeText.date("2026-11-01") && plan.run.upTo == time)
        let missing = try #require(plan.tasks.first { $0.model == "missing" })
        #expect(missing.kind == .broken && missing.work?.summary.contains("no environment `nowhere`") == true)
        let some = try planner.manual(["last", "first"], [:], by: "ada", key: nil, at: time)
        #expect(some.tasks.map(\.model) == ["first", "last"] && some.tasks[1].dependsOn == ["first"])
        #expect(throws: RequestError.self) { try planner.manual(["nope"], [:], by: "ada", key: nil, at: time) }
    }
}
