import ControlPlane
import Cryptography
import Curl
import Foundation
import Kafka
import Postgres
import TestKit
import Testing
import Timetable

@testable import Scheduler

/// DAGs of files over the real database and broker.
@Suite("A DAG of a file", .enabled(if: TestDatabase.isAvailable), .serialized, .timeLimit(.minutes(10)))
struct DefinitionRunTests {
    private func secrets(_ values: [String: String]) throws -> TaskSettings {
        let folder = FileManager.default.temporaryDirectory.appending(path: "secrets-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in values {
            try "\(text)\n".write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        return TaskSettings(secrets: folder)
    }

    @Test("runs its tasks in order, each with what the run and those before it say")
    func kinds() async throws {
        let receiver = try await Receiver()
        let (folder, topic) = (try DAGFolder(), KafkaTestServer.uniqueName("published"))
        try await Harness.with { harness in
            try await harness.promote(["a": [], "b": ["a"]])
            try folder.write(
                "all.yaml",
                """
                params: {who: {default: "O'Hara \\"x\\""}}
                tasks:
                  count: {sql: "SELECT 41 + 1, {{ params.who }}::text"}
                  refresh: {after: count, models: {environment: \(harness.environment), select: +b}}
                  hook:
                    after: refresh
                    http:
                      url: \(receiver.url)/hook/{{ params.who }}
                      body: {n: "{{ tasks.count.result }}", who: "{{ params.who }}", run: "{{ run.id }}"}
                      sign: hook
                      bearer: token
                  message:
                    after: hook
                    publish: {topic: \(topic), key: "{{ params.who }}", value: {who: "{{ params.who }}"}}
                """)
            let tasks = try secrets(["hook": "s3cret", "token": "t0ken"])
            try await harness.withNode(folder: folder, tasks: tasks) { node in
                _ = try await harness.learnt(by: node)
                let dag = try await harness.eventually(node) { try? await harness.store.dag("all") }
                let planner = try await harness.store.planner(of: dag, retry: harness.settings.retry)
                let id = try await harness.store.request(try planner.manual(nil, by: "ada", at: Date()), by: "ada")
                let run = try await harness.finished(id, node)
                #expect(run.run.state == .succeeded, "\(run.attempts.compactMap(\.failure))")
                #expect(harness.transformer.commands.map(\.model) == ["a", "b"])
                let results = Dictionary(uniqueKeysWithValues: run.tasks.map { ($0.model, $0.result) })
                #expect(results["count"] == "42" && results["hook"] == "taken")
                #expect(results["message"]??.hasPrefix(topic) == true)
                let request = try #require(try receiver.requests().first)
                #expect(request.path == "/hook/O%27Hara%20%22x%22" && request.method == "POST")
                #expect(request.body == #"{"n":"42","who":"O'Hara \"x\"","run":"\#(id)"}"#)
                #expect(request.header("Authorization") == "Bearer t0ken")
                #expect(request.header("Idempotency-Key") == run.tasks.first { $0.model == "hook" }?.task)
                let signature = try #require(request.header("X-Millrace-Signature"))
                let seconds = try #require(signature.firstMatch(of: /t=(\d+),v1=/)?.output.1)
                let expected = WebhookSignature.header(
                    Array(request.body.utf8), secret: "s3cret",
                    at: Date(timeIntervalSince1970: try #require(Double(seconds))))
                #expect(signature == expected.value)
                // Nothing of a secret is stored.
                let stored = try StateJSON.text(run.tasks) + StateJSON.text(run.run)
                #expect(!stored.contains("s3cret") && !stored.contains("t0ken"))
            }
            let admin = try KafkaAdmin(OwnBroker.settings(), logger: TestDatabase.logger)
            let marks = try await admin.watermarks(of: topic)
            await admin.close()
            #expect(marks.values.map(\.count).reduce(0, +) == 1)
        }
    }

    @Test("a statement's effect happens once, however often its attempt begins; a check that fails undoes it")
    func effectOnce() async throws {
        try await Harness.with { harness in
            let folder = try DAGFolder()
            try await harness.database.pool.execute("CREATE TABLE public.effects_seen (n int)")
            try folder.write(
                "once.yaml",
                """
                tasks:
                  add: {sql: INSERT INTO public.effects_seen VALUES (1)}
                  bad:
                    after: add
                    retries: 0
                    sql: {statement: "INSERT INTO public.effects_seen VALUES (2) RETURNING false", expect: "true"}
                """)
            try await harness.withNode(folder: folder) { node in
                let run = try await harness.run("once", node)
                #expect(run.run.state == .failed && run.run.failedModel == "bad")
                #expect(run.run.failure?.code == "check_failed")
                let task = try #require(run.tasks.first)
                let attempt = LocalAttempt(
                    run: run.run.run, dag: "once", task: task.task, attempt: 1, work: try #require(task.work),
                    values: TemplateValues(values: [:]), upTo: Date(), deadline: Date().addingTimeInterval(60))
                let log = AttemptLog(attempt, now: { Date() })
                _ = try await Executors(harness.executorParts(node.changes)).carryOut(attempt, log, now: { Date() })
                #expect(log.all.contains { $0.message.contains("done before") })
                let seen = try await harness.store.texts("SELECT n::text FROM public.effects_seen")
                #expect(seen == ["1"])
            }
        }
    }

    @Test("has a log of each attempt: who asked, who took it up, what was done, how it ended")
    func logs() async throws {
        let receiver = try await Receiver()
        try await Harness.with { harness in
            try await harness.promote(["a": []])
            let folder = try DAGFolder()
            try folder.write(
                "l.yaml",
                """
                params: {secret: {default: hush}}
                tasks:
                  q: {sql: "SELECT 5 WHERE {{ params.secret }} <> ''"}
                  m: {after: q, models: {environment: \(harness.environment)}}
                  h: {retry_delay: 20ms, http: {method: PUT, url: "\(receiver.url)/flaky"}}
                """)
            try await harness.withNode(folder: folder) { node in
                _ = try await harness.learnt(by: node)
                let run = try await harness.run("l", node)
                func text(_ name: String, attempt: Int? = nil) async throws -> String {
                    LogText.text(
                        try await harness.store.logs(of: run.run.run, name: name, attempt: attempt, limit: 100))
                }
                let sql = try await text("q")
                for words in [
                    "asked for", "taken up by node", "SELECT 5 WHERE $1", "$1 = params.secret", "1 rows in",
                    "succeeded",
                ] {
                    #expect(sql.contains(words), "\(words) in \(sql)")
                }
                #expect(!sql.contains("hush"))
                let model = try await text("m/a")
                #expect(model.contains("taken up by fake") && model.contains("7 rows in 1 ms"))
                let first = try await text("h", attempt: 1)
                #expect(
                    first.contains("answered with 503") && first.contains("error h#1: http_503")
                        && first.contains("tried again at"))
                #expect(try await text("h", attempt: 2).contains("answered with 200"))
                let all = try await harness.store.logs(of: run.run.run, limit: 100)
                let rest = try await harness.store.logs(of: run.run.run, after: all[1].sequence, limit: 100)
                #expect(rest == Array(all.dropFirst(2)))
                let found = try await harness.store.logs(of: run.run.run, words: "ANSWERED", limit: 100)
                #expect(found.map(\.attempt) == [1, 1, 2], "two answers, and the failure that says so")
            }
        }
    }

    @Test("a branch goes where its query says; what it did not choose is skipped, and what joins goes on")
    func branch() async throws {
        try await Harness.with { harness in
            let folder = try DAGFolder()
            try folder.write(
                "fork.yaml",
                """
                params: {size: {type: integer, default: 3}}
                tasks:
                  look: {branch: {statement: "SELECT {{ params.size }}::int > 2", cases: {"true": big}, else: small}}
                  big: {after: look, sql: SELECT 'big'}
                  small: {after: look, sql: SELECT 'small'}
                  join: {after: [big, small], rule: none_failed_min_one_success, sql: SELECT 1}
                """)
            try await harness.withNode(folder: folder) { node in
                for (size, chosen, other) in [(3, "big", "small"), (1, "small", "big")] {
                    let run = try await harness.run("fork", node, parameters: ["size": .integer(size)])
                    let states = Dictionary(uniqueKeysWithValues: run.tasks.map { ($0.model, $0.state) })
                    #expect(run.run.state == .succeeded)
                    #expect(
                        states == ["look": .succeeded, chosen: .succeeded, other: .skipped, "join": .succeeded],
                        "\(states)")
                }
            }
        }
    }

    @Test("a server that is away is asked again, under the same key; one that refuses is not")
    func http() async throws {
        let receiver = try await Receiver()
        try await Harness.with { harness in
            let folder = try DAGFolder()
            try folder.write(
                "calls.yaml",
                """
                defaults: {retry_delay: 20ms}
                tasks:
                  flaky: {http: {method: PUT, url: "\(receiver.url)/flaky"}}
                  refused: {http: {url: "\(receiver.url)/status/403"}}
                  moved: {http: {url: "\(receiver.url)/status/302"}}
                  unknown: {http: {url: "\(receiver.url)/x", sign: nothing}}
                """)
            try await harness.withNode(folder: folder) { node in
                let run = try await harness.run("calls", node)
                let attempts = Dictionary(grouping: run.attempts) { attempt in
                    run.tasks.first { $0.task == attempt.task }?.model ?? ""
                }
                #expect(attempts["flaky"]?.map(\.state) == [.failed, .succeeded])
                #expect(attempts["refused"]?.map(\.failure?.code) == ["http_403"])
                #expect(attempts["moved"]?.map(\.failure?.code) == ["http_302"])
                #expect(attempts["unknown"]?.map(\.failure?.code) == ["secret"])
                let keys = try receiver.requests().filter { $0.path == "/flaky" }.map { $0.header("Idempotency-Key") }
                #expect(keys.count == 2 && keys[0] == keys[1] && keys[0] != nil)
                #expect(try receiver.requests().count == 4)
            }
        }
    }

    @Test("waits for another DAG and for data, also over a change of leader, and can be cancelled while it does")
    func waiting() async throws {
        try await Harness.with { harness in
            let folder = try DAGFolder()
            let table = "raw.\(harness.environment)"
            try folder.write("first.yaml", "tasks: {x: {sql: SELECT 1}}")
            try folder.write(
                "second.yaml",
                """
                tasks:
                  dag: {wait_for_dag: {dag: first, within: 1h}}
                  data: {wait_for_data: {table: \(table), lag: 1h}}
                  go: {after: [dag, data], sql: SELECT 1}
                """)
            let one = try harness.start("one", folder: folder)
            let id = try await harness.ask("second", one.node)
            let other = try await harness.ask("second", one.node)
            try await harness.eventually(one.node) {
                try await harness.store.run(id).tasks.count { $0.state == .running } == 2 ? true : nil
            }
            one.task.cancel()
            try? await one.task.value
            try await harness.withNode("two", folder: folder) { node in
                #expect(try await harness.run("first", node).run.state == .succeeded)
                try await harness.eventually(node) {
                    try await harness.store.run(id).tasks.contains { $0.model == "dag" && $0.state == .succeeded }
                        ? true : nil
                }
                #expect(try await harness.store.run(id).run.state == .running)
                func landed(_ mark: Date) -> DataLanded {
                    DataLanded(
                        table: table, sourceTopic: "t", rows: 1, rejected: 0, offsets: [], eventTimeMin: nil,
                        eventTimeMax: nil, lowWatermark: mark, days: [], landedAt: Date())
                }
                try await harness.publish(landed(Date().addingTimeInterval(-7_200)))
                try await harness.eventually(node) { try await harness.store.watermark(of: table).map { _ in true } }
                #expect(try await harness.store.run(id).run.state == .running)
                try await harness.publish(landed(Date()))
                #expect(try await harness.finished(id, node).run.state == .succeeded)
                _ = try await harness.finished(other, node)
                // The next one waits anew, for data that are not there yet; somebody ends it.
                try await harness.publish(landed(Date().addingTimeInterval(-7_200)))
                try await harness.eventually(node) {
                    try await harness.store.watermark(of: table).flatMap {
                        $0 < Date().addingTimeInterval(-3_700) ? true : nil
                    }
                }
                let third = try await harness.ask("second", node)
                try await harness.eventually(node) {
                    try await harness.store.run(third).tasks.contains { $0.model == "data" && $0.state == .running }
                        ? true : nil
                }
                try await harness.act(.cancel, on: third)
                let run = try await harness.finished(third, node)
                #expect(run.run.state == .cancelled && run.tasks.contains { $0.state == .cancelled })
            }
        }
    }

    @Test("follows its file: edited, broken, put right, taken away and back; a run keeps what it began with")
    func secondDay() async throws {
        let receiver = try await Receiver()
        try await Harness.with { harness in
            let folder = try DAGFolder()
            let old =
                "tasks:\n  a: {http: {url: \"\(receiver.url)/hang\"}}\n  b: {after: a, rule: all_done, sql: SELECT 'old'}"
            try folder.write("d.yaml", old)
            try await harness.withNode(folder: folder) { node in
                let id = try await harness.ask("d", node)
                try await harness.eventually(node) {
                    try await harness.store.run(id).tasks.contains { $0.state == .running } ? true : nil
                }
                try folder.write("d.yaml", "tasks:\n  c: {sql: SELECT 'new'}")
                try await harness.eventually(node) {
                    try await harness.store.dag("d").definition?.tasks.map(\.name) == ["c"] ? true : nil
                }
                try folder.write("d.yaml", "tasks: {")
                try await harness.eventually(node) { try await harness.setAsideHere().first { $0.kind == .definition } }
                #expect(try await harness.setAsideHere().first?.id == "definition/dags/d.yaml")
                #expect(try await harness.store.dag("d").definition?.tasks.map(\.name) == ["c"])
                try await harness.act(.cancel, on: id, models: ["a"])
                let run = try await harness.finished(id, node)
                #expect(run.tasks.map(\.model) == ["a", "b"] && run.tasks[1].result == "old")
                try folder.remove("d.yaml")
                try await harness.eventually(node) { (try? await harness.store.dag("d")) == nil ? true : nil }
                #expect(try await harness.setAsideHere().isEmpty)
                try folder.write("d.yaml", old)
                _ = try await harness.eventually(node) { try? await harness.store.dag("d") }
                #expect(try await harness.store.runs(of: "d", limit: 5).count == 1, "its history is still there")
            }
        }
    }

    @Test("with an environment's name is refused, whichever comes first")
    func names() async throws {
        try await Harness.with { harness in
            let folder = try DAGFolder()
            try await harness.promote(["a": []])
            try await harness.withNode(folder: folder) { node in
                _ = try await harness.learnt(by: node)
                try folder.write("x.yaml", "dag: \(harness.environment)\ntasks: {x: {sql: SELECT 1}}")
                let aside = try await harness.eventually(node) { try await harness.setAsideHere().first }
                #expect(aside.reason.contains("dags/x.yaml") && aside.reason.contains("environment's name"))
                #expect(try await harness.store.dag(harness.environment).definition == nil)
                try await harness.publish(EnvironmentRemoved(environment: harness.environment))
                try await harness.eventually(node) {
                    (try? await harness.store.dag(harness.environment)) == nil ? true : nil
                }
                try folder.write("x.yaml", "dag: \(harness.environment)\ntasks: {y: {sql: SELECT 1}}")
                try await harness.eventually(node) {
                    (try? await harness.store.dag(harness.environment))?.definition != nil ? true : nil
                }
                try await harness.promote(["b": []])
                let other = try await harness.eventually(node) {
                    try await harness.setAsideHere().first { $0.kind == .environment }
                }
                #expect(other.reason.contains("dags/x.yaml"))
            }
        }
    }

    @Test("its schedule, its catch-up and its end are its own")
    func schedule() async throws {
        let start = try #require(TimeText.date("2026-11-01"))
        let clock = TestClock(start)
        try await Harness.with { harness in
            let folder = try DAGFolder()
            try folder.write(
                "s.yaml",
                """
                schedule: "@daily"
                catch_up: all
                end: 2026-11-04
                tasks: {x: {sql: "SELECT {{ run.interval_start }}::timestamptz::date || ' ' || {{ run.trigger }}"}}
                """)
            let one = try harness.start("one", clock: clock, folder: folder)
            _ = try await harness.eventually(one.node) { try? await harness.store.dag("s") }
            one.task.cancel()
            try? await one.task.value
            clock.set(start.addingTimeInterval(10 * 86_400))
            try await harness.withNode("two", clock: clock, folder: folder) { node in
                let runs = try await harness.eventually(node) {
                    let runs = try await harness.store.runs(of: "s", limit: 10)
                    return runs.count == 2 && runs.allSatisfy { $0.run.state.isOver } ? runs : nil
                }
                #expect(Set(runs.flatMap(\.tasks).map(\.result)) == ["2026-11-02 schedule", "2026-11-01 schedule"])
            }
        }
    }

    @Test("sends mails")
    func mail() async throws {
        let sink = try await MailSink()
        try await Harness.with { harness in
            let folder = try DAGFolder()
            try folder.write(
                "m.yaml",
                """
                tasks:
                  n: {sql: SELECT 7}
                  good: {after: n, email: {to: [ada@example.org], subject: "{{ tasks.n.result }} rows", text: "of {{ run.dag }}"}}
                  bad: {after: n, email: {to: nobody@example.org, subject: x}}
                """)
            let tasks = TaskSettings(
                mail: .init(
                    server: SMTPServer(host: "127.0.0.1", port: sink.server.port, security: .none),
                    from: try MailAddress("millrace@example.org")))
            try await harness.withNode(folder: folder, tasks: tasks) { node in
                let run = try await harness.run("m", node)
                let states = Dictionary(uniqueKeysWithValues: run.tasks.map { ($0.model, $0.state) })
                #expect(states == ["n": .succeeded, "good": .succeeded, "bad": .failed])
                let mails = try sink.mails()
                #expect(mails.count == 1)
                #expect(
                    mails[0].hasPrefix("millrace@example.org|ada@example.org\nSubject: 7 rows\n")
                        && mails[0].contains("of m"))
            }
        }
    }
}

extension Harness {
    /// Asks for a run of a file's DAG, once that is known.
    func ask(
        _ name: String, _ node: SchedulerNode, parameters: [String: ParameterValue] = [:]
    ) async throws -> String {
        let dag = try await eventually(node) { try? await store.dag(name) }
        let plan = try await store.planner(of: dag, retry: settings.retry).manual(
            nil, parameters, by: "test", at: Date())
        return try await store.request(plan, by: "test")
    }

    /// A run of a file's DAG, once it is over.
    func run(
        _ name: String, _ node: SchedulerNode, parameters: [String: ParameterValue] = [:]
    ) async throws -> StoredRun {
        try await finished(try await ask(name, node, parameters: parameters), node)
    }
}
