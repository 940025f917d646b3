import Curl
import Foundation
import Pipeline
import Testing
import Timetable

@testable import Scheduler

@Suite("alerts.yaml") struct AlertRuleTests {
    private static func read(_ text: String) throws -> AlertRules {
        try AlertReader.read(SourceFile(path: "alerts.yaml", text: text))
    }

    @Test("says who is told of what, by DAG, owner and tag")
    func rules() throws {
        let rules = try Self.read(
            """
            channels:
              team: {email: [ada@example.org, bob@example.org]}
              chat: {webhook: {secret: chat, sign: hook}}
            rules:
              - {to: team}
              - {on: [failure, retry], dag: "prod*", to: [chat, team]}
              - {on: retry, owner: ada, tag: money, to: chat}
              - {on: deadline, deadline: 90m, dag: prod, to: team}
            """)
        #expect(rules.channels.map(\.batch) == [5, 0])
        func subject(_ dag: String, _ owners: Set<String> = [], _ tags: Set<String> = []) -> AlertRules.Subject {
            .init(dag: dag, owners: owners, tags: tags)
        }
        #expect(rules.channels(for: .failure, of: subject("dev")) == ["team"])
        #expect(rules.channels(for: .failure, of: subject("prod2")) == ["chat", "team"])
        #expect(rules.channels(for: .recovery, of: subject("prod2")) == ["team"])
        #expect(rules.channels(for: .retry, of: subject("dev", ["ada"])) == [])
        #expect(rules.channels(for: .retry, of: subject("dev", ["ada"], ["money", "x"])) == ["chat"])
        #expect(rules.deadlines(of: subject("prod")).map(\.after) == [5_400])
        #expect(rules.deadlines(of: subject("dev")).isEmpty)
    }

    @Test(
        "that is wrong is refused with the place",
        arguments: [
            ("channels: {a: {email: nobody}}", "1:23", "ada@example.org"),
            ("channels: {a: {email: a@b.c, webhook: {url: 'http://h/'}}}", "1:15", "either"),
            ("channels: {a: {webhook: {url: 'ftp://h/'}}}", "1:25", "http://"),
            ("channels: {a: {webhook: {url: 'http://h/', secret: x}}}", "1:25", "either"),
            ("channels: {a: {}}", "1:15", "either"),
            ("channels: {team: {email: a@b.c}}\nrules: [{to: taem}]", "2:14", "Did you mean `team`?"),
            ("channels: {a: {email: a@b.c}}\nrules: [{on: [success], to: a}]", "2:14", "recovery"),
            ("channels: {a: {email: a@b.c}}\nrules: [{on: deadline, to: a}]", "2:9", "go together"),
            ("channels: {a: {email: a@b.c}}\nrules: [{deadline: 1h, to: a}]", "2:9", "go together"),
            ("rules: [{on: failure}]", "1:9", "`to` is missing"),
        ])
    func mistakes(text: String, place: String, words: String) throws {
        let error = try #require(throws: PipelineError.self) { try Self.read(text) }
        #expect(error.description.hasPrefix("alerts.yaml:\(place):") && error.description.contains(words), "\(error)")
    }

    @Test("what a failure says becomes no markup, and no header")
    func escaping() throws {
        let alert = AlertRecord(
            id: "x", channel: "c", event: .failure, dag: "d", subject: "<b>&\r\nBcc: x@y.z", detail: "<script>",
            at: Date(),
            state: .waiting, tries: 0, nextAt: Date())
        #expect(!AlertText.html([alert]).contains("<script>") && !AlertText.html([alert]).contains("<b>&"))
        let chat = String(decoding: try AlertText.chat([alert]), as: UTF8.self)
        #expect(chat.contains("&lt;script&gt;") && !chat.contains("<b>"))
        #expect(AlertText.subject([alert, alert]) == "[Millrace] 2 alerts: d")
    }
}

@Suite("Alerts", .enabled(if: TestDatabase.isAvailable), .serialized, .timeLimit(.minutes(10)))
struct AlertTests {
    private struct World {
        let folder: DAGFolder
        let sink: MailSink
        let receiver: Receiver
        let tasks: TaskSettings

        init() async throws {
            folder = try DAGFolder()
            sink = try await MailSink()
            receiver = try await Receiver()
            let secrets = "\(folder.path)/secrets"
            try FileManager.default.createDirectory(atPath: secrets, withIntermediateDirectories: true)
            try receiver.url.appending("/chat\n").write(toFile: "\(secrets)/chat", atomically: true, encoding: .utf8)
            try "k3y".write(toFile: "\(secrets)/hook", atomically: true, encoding: .utf8)
            tasks = TaskSettings(
                secrets: secrets,
                mail: .init(
                    server: SMTPServer(host: "127.0.0.1", port: sink.server.port, security: .none),
                    from: try MailAddress("millrace@example.org")))
            for name in ["f1", "f2"] {
                try folder.write(
                    "\(name).yaml",
                    "params: {d: {type: integer, default: 0}}\ntasks: {x: {sql: \"SELECT 1 / {{ params.d }}::int\"}}")
            }
            try folder.write(
                "flaky.yaml",
                "tasks: {x: {retry_delay: 20ms, http: {method: PUT, url: \"\(receiver.url)/flaky\"}}}")
        }

        func rules(_ text: String) throws {
            try text.write(toFile: "\(folder.path)/alerts.yaml", atomically: true, encoding: .utf8)
        }

        func chats() throws -> [Receiver.Request] { try receiver.requests().filter { $0.path == "/chat" } }
    }

    /// All alerts, once none of them waits.
    private func ended(_ count: Int, _ harness: Harness, _ node: SchedulerNode) async throws -> [AlertRecord] {
        try await harness.eventually(node) {
            let alerts = try await harness.store.alerts(limit: 100)
            return alerts.count >= count && alerts.allSatisfy { $0.state != .waiting } ? alerts : nil
        }
    }

    @Test("are sent once by mail and webhook, several together, also over a change of leader; recovery is told once")
    func sending() async throws {
        let world = try await World()
        try await Harness.with { harness in
            try world.rules(
                """
                channels:
                  team: {email: [ada@example.org, bob@example.org], batch: 300ms}
                  chat: {webhook: {secret: chat, sign: hook}}
                rules:
                  - {on: [failure, recovery], dag: "f?*", to: team}
                  - {on: [failure, recovery], dag: "f*", to: team}
                  - {on: retry, dag: flaky, to: chat}
                """)
            try await harness.withNode("one", folder: world.folder, tasks: world.tasks) { node in
                #expect(try await harness.run("f1", node).run.state == .failed)
                #expect(try await harness.run("f2", node).run.state == .failed)
                #expect(try await harness.run("flaky", node).run.state == .succeeded)
                let alerts = try await ended(3, harness, node)
                #expect(alerts.map(\.state) == [.sent, .sent, .sent] && alerts.allSatisfy { $0.tries == 0 })
                let mails = try world.sink.mails()
                #expect(mails.count == Set(alerts.filter { $0.channel == "team" }.map(\.batch)).count)
                let all = mails.joined()
                #expect(mails.allSatisfy { $0.hasPrefix("millrace@example.org|ada@example.org,bob@example.org\n") })
                for name in ["f1", "f2"] {
                    #expect(all.ranges(of: "<strong>\(name) failed at x</strong>").count == 1, "\(all)")
                }
                #expect(all.contains("text/plain:") && all.contains("text/html:") && all.contains("division by zero"))
                let chat = try #require(try world.chats().first)
                #expect(
                    try world.chats().count == 1
                        && chat.body.contains(#"{"text":"*flaky: x failed, and is tried again*"#))
                #expect(chat.header("X-Millrace-Signature")?.contains("v1=") == true)
            }
            try await harness.withNode("two", folder: world.folder, tasks: world.tasks) { node in
                for _ in 0..<2 {
                    #expect(try await harness.run("f1", node, parameters: ["d": .integer(1)]).run.state == .succeeded)
                }
                let alerts = try await ended(4, harness, node)
                #expect(alerts.count == 4 && alerts.first?.subject == "f1 is well again")
                let all = try world.sink.mails().joined()
                for words in ["f1 failed at x", "f2 failed at x", "f1 is well again"] {
                    #expect(all.ranges(of: "<strong>\(words)</strong>").count == 1, "\(words)")
                }
            }
        }
    }

    @Test("of a silenced DAG are not sent; what cannot be sent says why; a test says whether a channel works")
    func silences() async throws {
        let world = try await World()
        try await Harness.with { harness in
            try world.rules(
                """
                channels:
                  team: {email: ada@example.org, batch: 1ms}
                  gone: {email: nobody@example.org, batch: 1ms}
                  shy: {webhook: {secret: missing}}
                rules: [{on: failure, to: [team, gone]}]
                """)
            try await harness.store.silence(
                SilenceRecord(
                    id: UUID().uuidString.lowercased(), dag: "f1", fromAt: Date().addingTimeInterval(-1),
                    untilAt: Date().addingTimeInterval(3_600), who: "ada"))
            try await harness.withNode(folder: world.folder, tasks: world.tasks) { node in
                _ = try await harness.run("f1", node)
                _ = try await harness.run("f2", node)
                let alerts = try await ended(4, harness, node)
                let states = Dictionary(uniqueKeysWithValues: alerts.map { ("\($0.dag)/\($0.channel)", $0.state) })
                #expect(
                    states == ["f1/team": .silenced, "f1/gone": .silenced, "f2/team": .sent, "f2/gone": .failed],
                    "\(states)")
                #expect(alerts.first { $0.channel == "gone" && $0.dag == "f2" }?.reason?.contains("550") == true)
                for (channel, state, words) in [
                    ("team", AlertRecord.State.sent, nil), ("shy", .failed, "`missing`"),
                    ("none", .failed, "no channel `none`"),
                ] {
                    let id = try await harness.store.requestTestAlert(channel, by: "ada", at: Date())
                    let alert = try await harness.eventually(node) {
                        try await harness.store.alert(id).flatMap { $0.state != .waiting ? $0 : nil }
                    }
                    #expect(
                        alert.state == state && (words.map { alert.reason?.contains($0) == true } ?? true), "\(alert)")
                }
                #expect(try world.sink.mails().count == 2)
            }
        }
    }

    @Test("tell once of a run that is not over in time, also when nobody was there at that time")
    func deadlines() async throws {
        let world = try await World()
        let clock = TestClock()
        try await Harness.with { harness in
            try world.rules(
                """
                channels: {chat: {webhook: {secret: chat}}}
                rules: [{on: deadline, deadline: 1h, dag: slow, to: chat}]
                """)
            try world.folder.write("slow.yaml", "tasks: {x: {timeout: 7d, wait_for_dag: never}}")
            let one = try harness.start("one", clock: clock, folder: world.folder, tasks: world.tasks)
            let dag = try await harness.eventually(one.node) { try? await harness.store.dag("slow") }
            let planner = try await harness.store.planner(of: dag, retry: harness.settings.retry)
            let id = try await harness.store.request(try planner.manual(nil, by: "t", at: clock.now), by: "t")
            try await harness.eventually(one.node) {
                try await harness.store.run(id).tasks.contains { $0.state == .running } ? true : nil
            }
            #expect(try await harness.store.alerts(limit: 5).isEmpty)
            one.task.cancel()
            try? await one.task.value
            clock.set(clock.now.addingTimeInterval(3_700))
            for name in ["two", "three"] {
                try await harness.withNode(name, clock: clock, folder: world.folder, tasks: world.tasks) { node in
                    let alerts = try await ended(1, harness, node)
                    #expect(alerts.map(\.event) == [.deadline] && alerts.map(\.state) == [.sent])
                    #expect(alerts[0].subject == "slow is late: not over 3600 s after its time")
                    // A run of another DAG: the leader has looked at everything.
                    _ = try await harness.run("f1", node)
                }
            }
            #expect(try world.chats().count == 1)
        }
    }

    @Test("are decided by the file as it is now; a bad one leaves the old, and is told")
    func file() async throws {
        let world = try await World()
        try await Harness.with { harness in
            try world.rules("channels: {chat: {webhook: {secret: chat}}}\nrules: [{to: chat}]")
            try await harness.withNode(folder: world.folder, tasks: world.tasks) { node in
                _ = try await harness.eventually(node) { try? await harness.store.dag("f1") }
                try world.rules("rules: [{to: chat}]")
                let aside = try await harness.eventually(node) { try await harness.setAsideHere().first }
                #expect(aside.id == "definition/alerts.yaml" && aside.reason.contains("alerts.yaml:1:14"))
                _ = try await harness.run("f1", node)
                #expect(try await ended(1, harness, node).count == 1)
                try world.rules("rules: []")
                try await harness.eventually(node) { try await harness.setAsideHere().isEmpty ? true : nil }
                _ = try await harness.run("f2", node)
                #expect(try await harness.store.alerts(limit: 5).count == 1)
            }
        }
    }
}
