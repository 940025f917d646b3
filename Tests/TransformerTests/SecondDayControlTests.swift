import ControlPlane
import Foundation
import Kafka
import Logging
import Pipeline
import Planning
import ServiceRuntime
import TestKit
import Testing

@testable import Transformer

/// Messages and rows that the transformer cannot deal with: each is answered, refused or set aside by name, and nothing
/// behind it waits.
@Suite("What cannot be dealt with stops nothing", .enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(10)))
struct SecondDayControlTests {
    private func recorder(_ test: TestDatabase) -> ControlRecorder {
        ControlRecorder(
            store: test.workbench.store, catalog: test.workbench.catalog, commandArrived: WakeUp(),
            messageWaits: WakeUp(), name: "w", logger: .silent)
    }

    static func request(_ change: (inout TransformRequested) -> Void = { _ in }) -> TransformRequested {
        var request = TransformRequested(
            task: "t", run: "r", attempt: 1, action: .backfill, environment: "prod", model: "analytics.pageviews",
            from: day(1).date, upTo: day(2).date, deadline: Date(timeIntervalSinceNow: 600))
        change(&request)
        return request
    }

    private static let year9999 = Moment(year: 9999, month: 1, day: 1).date

    @Test("a forged command is answered and not carried out, and the answer is small")
    func forged() async throws {
        try await withDatabase { test in
            let forged: [(TransformRequested, String)] = [
                (Self.request { $0.upTo = Self.year9999 }, "future"),
                (Self.request { ($0.action, $0.upTo) = (.run, Self.year9999) }, "future"),
                (Self.request { $0.from = Moment(year: 1, month: 1, day: 1).date }, "more than one backfill"),
                (Self.request { $0.from = nil }, "`from`"),
                (Self.request { $0.model = String(repeating: "m", count: 900_000) }, "`model`"),
                (Self.request { $0.task = String(repeating: "t", count: 900_000) }, "`task`"),
                (Self.request { $0.environment = "a\0b" }, "`environment`"),
                (Self.request { $0.attempt = .max }, "`attempt`"),
            ]
            for (command, reason) in forged {
                try await test.execute("DELETE FROM transformer.outbox")
                #expect(try await recorder(test).record(command))
                let answers = try await test.rows(
                    "SELECT type, payload::jsonb #>> '{error,code}', payload::jsonb #>> '{error,message}', length(payload)::text FROM transformer.outbox"
                )
                try #require(answers.count == 1, "\(reason)")
                #expect(answers[0][0] == "transform.failed" && answers[0][1] == "invalid_request")
                #expect(answers[0][2].contains(reason), "\(answers[0][2])")
                #expect((Int(answers[0][3]) ?? .max) < 4_000)
            }
            #expect(try await test.value("SELECT count(*)::text FROM transformer.commands") == "0")
            #expect(try await recorder(test).record(Self.request()))
            #expect(try await test.value("SELECT count(*)::text FROM transformer.commands") == "1")
        }
    }

    @Test("a command with an unknown action is refused, and not carried out as another")
    func unknownAction() async throws {
        try await withDatabase { test in
            let text = #"{"task":"t1","run":"r1","attempt":3,"action":"dream","environment":"prod","model":"m"}"#
            func unreadable(_ text: String) -> UnreadableMessage { .made(TransformRequested.type, text) }
            #expect(try await recorder(test).refuse(unreadable(text)))
            let answer = try await test.rows(
                "SELECT payload::jsonb ->> 'task', payload::jsonb ->> 'attempt', payload::jsonb #>> '{error,code}' FROM transformer.outbox"
            )
            #expect(answer == [["t1", "3", "invalid_request"]])
            #expect(try await !recorder(test).refuse(unreadable("{}")), "nobody to answer")
            // The same in the inbox, as a newer replica may have written it: left to it until the deadline.
            _ = try await test.workbench.store.receive(Self.request { $0.task = "dreamt" })
            _ = try await test.workbench.store.receive(Self.request { $0.task = "plain" })
            try await test.execute("UPDATE transformer.commands SET action = 'dream' WHERE task = 'dreamt'")
            #expect(try await test.workbench.store.take(worker: "w", lease: .seconds(60))?.request.task == "plain")
            #expect(try await test.workbench.store.take(worker: "w", lease: .seconds(60)) == nil)
            #expect(try await test.value("SELECT state FROM transformer.commands WHERE task = 'dreamt'") == "waiting")
            try await test.execute(
                "UPDATE transformer.commands SET deadline = now() - interval '1 second' WHERE task = 'dreamt'")
            #expect(try await test.workbench.store.take(worker: "w", lease: .seconds(60)) == nil)
            #expect(try await test.value("SELECT state FROM transformer.commands WHERE task = 'dreamt'") == "failed")
            #expect(
                try await test.value(
                    "SELECT count(*)::text FROM transformer.outbox WHERE payload::jsonb ->> 'task' = 'dreamt' AND type = 'transform.failed'"
                ) == "1")
        }
    }

    @Test(
        "the outbox sets aside what is never taken, leaves to a newer version what it does not know, and waits for the rest"
    )
    func outbox() async throws {
        try await withDatabase { test in
            let store = test.workbench.store
            func put(_ type: String, _ payload: String) async throws {
                try await test.execute(
                    "INSERT INTO transformer.outbox (id, type, payload) VALUES (gen_random_uuid(), \(type), \(payload))"
                )
            }
            try await put("model.dreamt", "{}")
            try await put("environment.promoted", #"{"environment":"e1","plan":"p","models":[]}"#)
            try await put("environment.promoted", #"{"environment":"giant","plan":"p","models":[]}"#)
            try await put("environment.promoted", #"{"environment":"e2","plan":"p","models":[]}"#)
            try await put("environment.promoted", #"{"environment":"later","plan":"p","models":[]}"#)
            try await put("environment.promoted", #"{"environment":"e3","plan":"p","models":[]}"#)
            let taken = try await store.drainOutbox(limit: 100) { message in
                if message.payload.contains("giant") { return .refused(reason: "MSG_SIZE_TOO_LARGE") }
                return message.payload.contains("later") ? .later(CancellationError()) : .sent
            }
            #expect(taken == 3)
            let rest = try await test.rows("SELECT type FROM transformer.outbox ORDER BY position").map { $0[0] }
            #expect(rest == ["model.dreamt", "environment.promoted", "environment.promoted"])
            await #expect(throws: CancellationError.self) {
                try await store.drainOutbox(limit: 100) { _ in .later(CancellationError()) }
            }
            let row = try #require(try await store.setAsideRows().first)
            #expect(row.kind == "outbox" && row.reason == "MSG_SIZE_TOO_LARGE" && row.payload.contains("giant"))
            try await test.execute("UPDATE transformer.outbox SET created_at = now() - interval '1 hour'")
            let watch = StateWatch(store, test.workbench.catalog, logger: .silent)
            let health = HealthChecks()
            watch.addChecks(to: health)
            await watch.look()
            let report = await health.readiness()
            #expect(report.isReady && report.json.contains("3 messages wait") && report.json.contains(row.id))
            try await store.sendAgain(row)
            #expect(try await store.setAsideRows().isEmpty)
            #expect(try await test.value("SELECT count(*)::text FROM transformer.outbox") == "4")
        }
    }

    @Test("an environment that cannot be read is told by name; landings and the others go on; a plan mends it")
    func unreadableEnvironment() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.webAnalytics()
            try await test.apply(project, at: day(3))
            try await test.apply(project, to: "dev", at: day(3))
            try await test.execute(
                """
                UPDATE transformer.environment_models SET snapshot = NULL, bundle = '{"from": "the future"}'
                WHERE environment = 'dev'
                """)
            let catalog = EnvironmentCatalog(test.workbench.store)
            #expect(try await catalog.all().environments.map(\.name) == ["prod"])
            #expect(catalog.unreadable.map(\.name) == ["dev"])
            let recorder = ControlRecorder(
                store: test.workbench.store, catalog: catalog, commandArrived: WakeUp(), messageWaits: WakeUp(),
                name: "w", logger: .silent)
            try await test.insert([("ada", "page_view", "2026-11-02 10:00Z")])
            #expect(try await recorder.record(Self.landed(["2026-11-02"])))
            let runner = EnvironmentRunner(
                store: test.workbench.store, tables: test.workbench.tables, catalog: catalog, logger: .silent)
            let outcome = try await runner.run(
                .init(environment: "prod", model: nil, upTo: day(3), from: nil), ticket: .init(execution: day(3)))
            #expect(outcome.rows > 0)
            let plans = PlanRunner(
                store: test.workbench.store, tables: test.workbench.tables, catalog: catalog,
                promoter: test.workbench.promoter, logger: .silent)
            let planner = PlanMaker(
                store: test.workbench.store, warehouse: test.workbench.tables.warehouse, catalog: catalog,
                logger: .silent)
            try await plans.apply(try await planner.plan(project, for: "dev", upTo: day(3)), execution: day(3))
            #expect(try await catalog.all().environments.map(\.name) == ["dev", "prod"] && catalog.unreadable.isEmpty)
        }
    }

    static func landed(_ days: [String]) -> DataLanded {
        DataLanded(
            table: "raw.events", sourceTopic: "events", rows: 1, rejected: 0, offsets: [], eventTimeMin: nil,
            eventTimeMax: nil, lowWatermark: nil, days: days, landedAt: Date())
    }

    @Test("intervals that cannot be read count as not done, and nobody else's are touched")
    func unreadableIntervals() async throws {
        try await withDatabase { test in
            try await test.apply(try TestPipelines.webAnalytics(), at: day(3))
            let before = try await test.workbench.store.done()
            #expect(try await recorder(test).record(Self.landed(["9999-12-31", "2026-11-01"])))
            try await test.execute(
                "UPDATE transformer.intervals SET done = '{[\"10000-01-01 00:00+00\",\"10000-01-02 00:00+00\")}' WHERE name = 'analytics.sessions'"
            )
            let after = try await test.workbench.store.done()
            #expect(after.count == before.count)
            #expect(after.first { $0.key.name.description == "analytics.sessions" }?.value.isEmpty == true)
            try await test.run(at: day(3))
        }
    }

    @Test(
        "120 models with long descriptions are promoted, in messages that every broker takes; a giant is refused before"
    )
    func largePlan() async throws {
        try await withDatabase { test in
            func model(_ number: Int, bytes: Int) -> String {
                let words = (0..<bytes / 16).map { _ in
                    String(format: "%015llx", UInt64.random(in: 0...UInt64.max / 16))
                }
                return
                    "MODEL (name big.m\(number), kind VIEW, description '\(words.joined(separator: " "))');\nSELECT \(number) AS n"
            }
            var files = ["config.yaml": "model_defaults:\n  dialect: postgres\n  start: 2026-11-01\n"]
            for number in 0..<120 { files["models/m\(number).sql"] = model(number, bytes: 12_000) }
            try await test.apply(try TestPipelines.make(files), at: day(3))
            let sizes = try await test.rows(
                "SELECT type, length(payload)::text FROM transformer.outbox ORDER BY position")
            #expect(sizes.allSatisfy { (Int($0[1]) ?? .max) < 1_000_000 })
            #expect(sizes.count { $0[0] == "environment.manifest.part" } >= 2)
            #expect(sizes.count { $0[0] == "environment.manifest" } == 1)
            files["models/m0.sql"] = model(0, bytes: 1_200_000)
            let plan = try await test.value("SELECT plan::text FROM transformer.environments")
            let error = await #expect(throws: TransformerError.self) {
                try await test.apply(try TestPipelines.make(files), at: day(3))
            }
            #expect(error?.message.contains("big.m0") == true, "\(error?.message ?? "")")
            #expect(try await test.value("SELECT plan::text FROM transformer.environments") == plan)
        }
    }
}

extension UnreadableMessage {
    static func made(_ type: String, _ text: String) -> UnreadableMessage {
        UnreadableMessage(
            id: "1", type: type, key: "prod", text: text, reason: "`action`: dream", position: TopicPartition("t", 0),
            offset: 1)
    }
}

/// The same over the real broker, with processes: in one suite with the others that have some, as every transformer
/// answers commands of environments that it does not know.
extension ServeTests {
    private func send(_ type: String, _ text: String, to topic: ControlTopic) async throws {
        let producer = try KafkaProducer(KafkaTestServer.settings(), logger: TestDatabase.logger)
        try await producer.send(
            ProducerMessage(
                topic: topic.rawValue, key: Array("x".utf8), value: Array(text.utf8),
                headers: [
                    KafkaHeader("ce_specversion", text: "1.0"), KafkaHeader("ce_type", text: type),
                    KafkaHeader("ce_id", text: UUIDv7.make().text), KafkaHeader("ce_source", text: "/somebody"),
                ]))
        await producer.close()
    }

    @Test(
        "messages that make no sense are set aside or answered, kept over a restart, and those behind them are done",
        .timeLimit(.minutes(10)))
    func messages() async throws {
        try await withDatabase { test in
            try await test.apply(try TestPipelines.webAnalytics(), to: test.name, at: day(3))
            let port = try freePort()
            let process = try ServeProcess(test, port: port, instance: nil)
            defer { process.kill() }
            try await process.waitUntilReady()
            let publisher = try ControlPublisher(
                KafkaTestServer.settings(), source: "/test", logger: TestDatabase.logger)
            let mark = UUID().uuidString.lowercased()
            try await publisher.publish(SecondDayControlTests.landed(["garbage-\(mark)"]))
            try await send("data.landed", #"{"mark":"\#(mark)"}"#, to: .events)
            let giant = String(repeating: "m", count: 900_000)
            let tasks = [UUIDv7.make().text, UUIDv7.make().text]
            try await publisher.publish(SecondDayControlTests.request { ($0.task, $0.model) = (tasks[0], giant) })
            try await publisher.publish(
                SecondDayControlTests.request {
                    ($0.task, $0.environment, $0.from, $0.upTo) = (tasks[1], test.name, day(1).date, day(3).date)
                })
            while try await test.value(
                "SELECT coalesce(max(state), '') FROM transformer.commands WHERE task = \(tasks[1])") != "succeeded",
                process.isRunning
            {
                try await Task.sleep(for: .milliseconds(50))
            }
            func aside() async throws -> Int {
                try await test.workbench.store.setAsideRows().count { $0.payload.contains(mark) }
            }
            while try await aside() < 2, process.isRunning { try await Task.sleep(for: .milliseconds(50)) }
            while await process.get("/readyz")?.body.contains("transformer set-aside") != true, process.isRunning {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(await process.get("/readyz")?.status == 200)
            #expect(process.stop() == 0, "\(process.output)")
            #expect(try await test.value("SELECT count(*)::text FROM transformer.outbox") == "0", "nothing is stuck")
            let again = try ServeProcess(test, port: port, instance: nil)
            defer { again.kill() }
            try await again.waitUntilReady()
            #expect(try await aside() == 2)
            #expect(again.stop() == 0, "\(again.output)")
            await publisher.close()
        }
    }

    @Test("two replicas on one host work side by side, and one goes on when the other stops", .timeLimit(.minutes(10)))
    func twoReplicas() async throws {
        try await withDatabase { test in
            try await test.apply(try TestPipelines.webAnalytics(), to: test.name, at: day(3))
            let first = try ServeProcess(test, port: freePort(), instance: nil)
            defer { first.kill() }
            try await first.waitUntilReady()
            let second = try ServeProcess(test, port: freePort(), instance: nil)
            defer { second.kill() }
            try await second.waitUntilReady()
            let publisher = try ControlPublisher(
                KafkaTestServer.settings(), source: "/test", logger: TestDatabase.logger)
            func done(_ task: String) async throws -> Bool {
                try await publisher.publish(
                    SecondDayControlTests.request {
                        ($0.task, $0.environment, $0.from, $0.upTo) = (task, test.name, day(1).date, day(3).date)
                    })
                while second.isRunning {
                    let state = try await test.value(
                        "SELECT coalesce(max(state), '') FROM transformer.commands WHERE task = \(task)")
                    if state == "succeeded" { return true }
                    try await Task.sleep(for: .milliseconds(50))
                }
                return false
            }
            #expect(try await done(UUIDv7.make().text))
            #expect(first.isRunning && second.isRunning, "\(first.output)\n\(second.output)")
            #expect(first.stop() == 0, "\(first.output)")
            #expect(try await done(UUIDv7.make().text), "whoever had its partition")
            #expect(second.stop() == 0, "\(second.output)")
            await publisher.close()
        }
    }
}
