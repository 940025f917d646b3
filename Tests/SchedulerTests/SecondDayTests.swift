import ControlPlane
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Kafka
import Postgres
import ServiceRuntime
import TestKit
import Testing
import Timetable
import Web

@testable import Scheduler

/// What a scheduler meets once people change things: another manifest, messages and rows that it cannot deal with.
@Suite("The second day", .enabled(if: TestDatabase.isAvailable), .serialized, .timeLimit(.minutes(10)))
struct SecondDayTests {
    private func model(
        _ name: String, reads: [String] = [], cron: String = "0 0 1 1 *", description: String? = nil
    ) -> EnvironmentManifest.Model {
        .init(
            name: name, kind: "FULL", relation: "x.\(name)", columns: [], dependsOn: reads, sources: [], cron: cron,
            description: description)
    }

    private func manifest(_ harness: Harness, _ plan: String, _ models: [EnvironmentManifest.Model])
        -> EnvironmentManifest
    {
        EnvironmentManifest(environment: harness.environment, promotedAt: Date(), plan: plan, models: models)
    }

    /// The DAG once it is what that plan made it.
    private func learnt(_ plan: String, _ harness: Harness, by node: SchedulerNode) async throws -> DAGRecord {
        try await harness.eventually(node) {
            guard let dag = try? await harness.store.dag(harness.environment), dag.manifest.plan == plan else {
                return nil
            }
            return dag
        }
    }

    private func setAside(_ harness: Harness, _ node: SchedulerNode, until holds: @Sendable ([SetAsideRecord]) -> Bool)
        async throws -> [SetAsideRecord]
    {
        try await harness.eventually(node) {
            let records = try await harness.store.setAside()
            return holds(records) ? records : nil
        }
    }

    @Test("a second plan is learnt by the same leader, with what it takes away; a third too, and after a restart")
    func secondPlan() async throws {
        try await Harness.with { harness in
            try await harness.publish(manifest(harness, "p1", [model("a"), model("b", reads: ["a"])]))
            try await harness.withNode { node in
                _ = try await learnt("p1", harness, by: node)
                let standing = node.leadership.standing
                try await harness.publish(
                    manifest(harness, "p2", [model("a", description: "new"), model("b", reads: ["a"])]))
                #expect(try await learnt("p2", harness, by: node).manifest.models[0].description == "new")
                try await harness.publish(manifest(harness, "p3", [model("a", description: "new")]))
                #expect(try await learnt("p3", harness, by: node).manifest.models.map(\.name) == ["a"])
                let run = try await harness.finished(try await harness.trigger(), node)
                #expect(run.tasks.map(\.model) == ["a"] && run.run.state == .succeeded)
                #expect(node.leadership.standing == standing, "the leader never fell")
            }
            try await harness.withNode("again") { node in
                let run = try await harness.finished(try await harness.trigger(), node)
                #expect(run.tasks.map(\.model) == ["a"])
                #expect(try await harness.store.setAside().isEmpty)
            }
        }
    }

    @Test("a step may touch a DAG's row and its cursor, and any row twice")
    func twiceInOneStatement() async throws {
        try await Harness.with { harness in
            let epoch = try #require(
                try await Lease(store: harness.store, holder: "t", length: .seconds(60)).acquire())
            let now = Date(timeIntervalSince1970: 1_795_000_000)
            var change = StateChange()
            let dag = DAGRecord(
                dag: "d", manifest: manifest(harness, "p", []), isPaused: false, cursorAt: now, firstSeen: [:],
                isRemoved: false, updatedAt: now)
            change.dags = [dag, dag]
            change.cursors = [.init(dag: "d", cursorAt: now), .init(dag: "d", cursorAt: now.addingTimeInterval(60))]
            change.outbox = Array(
                repeating: OutboxRecord(messageId: UUIDv7.make().text, type: "run.started", payload: "{}"), count: 2)
            change.positions = Array(
                repeating: PositionRecord(topic: "t", partition: 0, nextOffset: 1), count: 2)
            let record = SetAsideRecord(.run, "x", reason: Unusable("no"), at: now)
            change.setAside = [record, record]
            change.settled = [record.id]
            for _ in 0..<2 {
                try await harness.store.write(change, epoch: epoch)
                #expect(try await harness.store.dag("d").cursorAt == now.addingTimeInterval(60))
            }
            #expect(try await harness.store.setAside().map(\.times) == [2])
        }
    }

    @Test("a restart reads old manifests and keeps to the last: what is due once is not due again")
    func replay() async throws {
        try await Harness.with { harness in
            try await harness.publish(manifest(harness, "p1", [model("a")]))
            try await harness.withNode { node in
                _ = try await learnt("p1", harness, by: node)
                try await harness.publish(manifest(harness, "p2", [model("a"), model("once", cron: "@once")]))
                try await harness.transformer.until { $0.contains { $0.model == "once" } }
                _ = try await harness.finished(harness.transformer.commands[0].run, node)
            }
            let before = try await harness.store.dag(harness.environment)
            try await harness.withNode("again") { node in
                _ = try await harness.finished(try await harness.trigger(), node)
                #expect(try await harness.store.dag(harness.environment).firstSeen == before.firstSeen)
                let runs = try await harness.store.runs(of: harness.environment, limit: 10)
                #expect(runs.map(\.run.trigger) == [.manual, .schedule])
            }
        }
    }

    @Test(
        "an environment that is removed, twice, and made again, is a DAG again; its end before its beginning is nothing"
    )
    func removedAndBack() async throws {
        try await Harness.with { harness in
            try await harness.publish(EnvironmentRemoved(environment: harness.environment))
            try await harness.withNode { node in
                try await harness.publish(manifest(harness, "p1", [model("a")]))
                _ = try await learnt("p1", harness, by: node)
                for _ in 0..<2 { try await harness.publish(EnvironmentRemoved(environment: harness.environment)) }
                _ = try await harness.eventually(node) {
                    (try? await harness.store.dag(harness.environment)) == nil ? true : nil
                }
                try await harness.publish(manifest(harness, "p2", [model("b")]))
                _ = try await learnt("p2", harness, by: node)
                let run = try await harness.finished(try await harness.trigger(), node)
                #expect(run.tasks.map(\.model) == ["b"] && run.run.state == .succeeded)
                #expect(node.leadership.standing == .leader(epoch: 1))
            }
        }
    }

    @Test("a manifest that the state refuses is set aside and told; everything else goes on; a good one settles it")
    func badManifest() async throws {
        try await Harness.with { harness in
            try await harness.publish(manifest(harness, "p1", [model("a")]))
            try await harness.withNode { node in
                _ = try await learnt("p1", harness, by: node)
                try await harness.publish(manifest(harness, "p2", [model("a", description: "a\0b")]))
                let id = "environment/\(harness.environment)"
                let records = try await setAside(harness, node) { !$0.isEmpty }
                #expect(records.map(\.id) == [id] && records[0].reason.contains("22P05"), "\(records)")
                let run = try await harness.finished(try await harness.trigger(), node)
                #expect(run.run.state == .succeeded, "with what was known before")
                let health = HealthChecks()
                node.addChecks(to: health)
                while await !health.readiness().json.contains(id) { try await Task.sleep(for: .milliseconds(20)) }
                #expect(await health.readiness().isReady)
                // Again, and over a restart: it is there once.
                #expect(try await harness.store.retrySetAside(nil) == [id])
                _ = try await setAside(harness, node) { $0.first?.times == 2 && $0.first?.isRetry == false }
                try await harness.publish(manifest(harness, "p3", [model("b")]))
                _ = try await learnt("p3", harness, by: node)
                _ = try await setAside(harness, node) { $0.isEmpty }
                #expect(node.leadership.standing == .leader(epoch: 1))
            }
        }
    }

    @Test(
        "answers that cannot be written or read are set aside, kept over a restart, and dropped when somebody says so")
    func badAnswers() async throws {
        try await Harness.with({ _ in .silence }) { harness in
            try await harness.publish(manifest(harness, "p1", [model("a")]))
            try await harness.withNode { node in
                _ = try await learnt("p1", harness, by: node)
                let id = try await harness.trigger()
                try await harness.transformer.until { $0.count == 1 }
                let command = harness.transformer.commands[0]
                try await harness.publish(
                    TransformStarted(
                        task: command.task, run: command.run, attempt: 1, environment: command.environment,
                        model: "a", worker: "w\0", startedAt: Date()))
                try await harness.publishRaw("transform.failed", #"{"task":1}"#)
                try await harness.publishRaw("transform.dreamt", "{}")
                let records = try await setAside(harness, node) { $0.count == 2 }
                #expect(records.allSatisfy { $0.kind == .answer })
                #expect(Set(records.map(\.type)) == ["transform.started", "transform.failed"])
                try await harness.transformer.answer(command, .succeed)
                #expect(try await harness.finished(id, node).run.state == .succeeded)
            }
            try await harness.withNode("again") { node in
                while node.leadership.standing != .leader(epoch: 2) { try await Task.sleep(for: .milliseconds(5)) }
                #expect(try await harness.store.setAside().count == 2)
                #expect(try await harness.store.retrySetAside(nil).count == 2)
                // Of the run that is over nothing more is to be said; the other one is as unreadable as before.
                _ = try await setAside(harness, node) { $0.map(\.times) == [2] }
                #expect(try await harness.store.dropSetAside(nil).count == 1)
                #expect(try await harness.store.setAside().isEmpty)
            }
        }
    }

    @Test("rows that cannot be read are set aside by name; the others work; mended, they are taken up again")
    func unreadableRows() async throws {
        try await Harness.with { harness in
            try await harness.publish(manifest(harness, "p1", [model("a")]))
            try await harness.withNode { node in
                _ = try await learnt("p1", harness, by: node)
                _ = try await harness.finished(try await harness.trigger(), node)
            }
            let bad = try #require(try await harness.store.runs(of: harness.environment, limit: 1).first).run.run
            // As a newer version might have written them.
            try await harness.database.pool.execute(
                "UPDATE scheduler.runs SET state = 'running', finished_at = NULL, trigger = 'dreamt' WHERE run = \(bad)::uuid"
            )
            try await harness.database.pool.execute(
                """
                INSERT INTO scheduler.dags (dag, manifest, cursor_at, updated_at)
                VALUES ('unreadable', '{"environment": 7}', now(), now())
                """)
            try await harness.withNode("again") { node in
                let records = try await setAside(harness, node) { $0.count == 2 }
                #expect(records.map(\.id).sorted() == ["dag/unreadable", "run/\(bad)"])
                let run = try await harness.finished(try await harness.trigger(), node)
                #expect(run.run.state == .succeeded)
                #expect(try await harness.store.overviews(limit: 10).map(\.dag.dag) == [harness.environment])
                #expect(
                    try await harness.store.runs(of: harness.environment, limit: 10).map(\.run.run) == [run.run.run])
                try await harness.database.pool.execute(
                    "UPDATE scheduler.runs SET trigger = 'manual' WHERE run = \(bad)::uuid")
                #expect(try await harness.store.retrySetAside(["run/\(bad)"]) == ["run/\(bad)"])
                #expect(try await harness.finished(bad, node).run.state == .succeeded)
                _ = try await setAside(harness, node) { $0.map(\.id) == ["dag/unreadable"] }
                #expect(node.leadership.standing == .leader(epoch: 2))
            }
        }
    }

    @Test("a tick that becomes no run is set aside, and the next one is a run")
    func badTick() async throws {
        let minute = Date(timeIntervalSince1970: 1_795_000_020)
        let clock = TestClock(minute.addingTimeInterval(10))
        try await Harness.with { harness in
            try await harness.publish(manifest(harness, "p1", [model("a", cron: "* * * * *")]))
            try await harness.withNode(clock: clock) { node in
                let dag = try await learnt("p1", harness, by: node)
                // As if somebody had put the cursor back by hand: that tick has its run already.
                var run = try RunPlanner(dag.manifest, retry: .few(0)).manual(nil, by: "t", at: minute).run
                run.trigger = .schedule
                run.state = .succeeded
                run.finishedAt = minute
                run.scheduledFor = minute.addingTimeInterval(60)
                var change = StateChange()
                change.runs = [run]
                try await harness.store.write(change, epoch: 1)
                clock.set(minute.addingTimeInterval(65))
                try await harness.wake()
                let records = try await setAside(harness, node) { !$0.isEmpty }
                #expect(records.map(\.id) == ["tick/\(harness.environment)"])
                clock.set(minute.addingTimeInterval(125))
                try await harness.wake()
                try await harness.transformer.until { $0.count == 1 }
                #expect(harness.transformer.commands[0].upTo == minute.addingTimeInterval(120))
                _ = try await setAside(harness, node) { $0.isEmpty }
            }
        }
    }

    @Test("a message that no broker takes is set aside by name; those behind it are sent; an old one is told")
    func outbox() async throws {
        try await Harness.with { harness in
            try await harness.publish(manifest(harness, "p1", [model("a")]))
            let giant = RunStarted(
                run: UUIDv7.make().text, dag: String(repeating: "d", count: 2_000_000), environment: "e",
                trigger: "manual", scheduledFor: Date(), startedAt: Date())
            let (first, second, third) = (UUIDv7.make().text, UUIDv7.make().text, UUIDv7.make().text)
            for (id, type, payload) in [
                (first, RunStarted.type, try StateJSON.text(giant)), (second, RunStarted.type, "{}"),
                (third, "run.dreamt", "{}"),
            ] {
                try await harness.database.pool.execute(
                    """
                    INSERT INTO scheduler.outbox (message_id, type, payload, created_at)
                    VALUES (\(id)::uuid, \(type), \(payload), now() - interval '1 hour')
                    """)
            }
            try await harness.withNode { node in
                _ = try await learnt("p1", harness, by: node)
                let records = try await setAside(harness, node) { $0.count == 2 }
                #expect(Set(records.map(\.id)) == ["outbox/\(first)", "outbox/\(second)"])
                #expect(try await harness.finished(try await harness.trigger(), node).run.state == .succeeded)
                while try await harness.store.outbox().count > 1 { await Task.yield() }
                #expect(try await harness.store.outbox().map(\.messageId) == [third], "left to a newer version")
                while node.watch.health().outbox == .ok { try await Task.sleep(for: .milliseconds(20)) }
            }
        }
    }

    @Test("a database that is away is 503, as a problem, for reading and acting")
    func databaseAway() async throws {
        try await TestDatabase.with { database in
            var settings = database.settings
            settings.port = 1
            let pool = PostgresPool(settings, logger: TestDatabase.logger)
            let sessions = SessionTokens(
                try SessionSettings(
                    secret: "r8Jq0vX2mZ5tLw9pYc4Nf7Gh1Bk6Ds3Ae", lifetime: .seconds(60),
                    login: .port(8088, path: "/login")))
            let node = SchedulerNode(
                postgres: settings, pool: pool, kafka: OwnBroker.settings(), settings: .init(), holder: "test",
                logger: TestDatabase.logger)
            let web = try SchedulerWeb.make(
                endpoint: HTTPEndpoint(port: 0), health: HealthChecks(), sessions: sessions, node: node,
                settings: .init(), logger: TestDatabase.logger)
            try await web.server().application.test(.router) { client in
                let token = try await sessions.issue(subject: "1", name: "olga", role: .operator_).token
                let headers: HTTPFields = [.authorization: "Bearer \(token)", .contentType: "application/json"]
                for (method, path) in [
                    (HTTPRequest.Method.get, "/api/v1/dags"), (.get, "/api/v1/dags/prod"), (.get, "/api/v1/set-aside"),
                    (.post, "/api/v1/dags/prod/trigger"), (.post, "/api/v1/dags/prod/pause"),
                ] {
                    let body = method == .post ? ByteBuffer(string: "{}") : nil
                    try await client.execute(uri: path, method: method, headers: headers, body: body) { response in
                        #expect(response.status == .serviceUnavailable, "\(path)")
                        #expect(response.headers[.contentType]?.hasPrefix("application/problem+json") == true)
                        #expect(response.headers[.retryAfter] != nil)
                    }
                }
            }
            await pool.close()
        }
    }
}

extension Harness {
    /// A message as somebody else might write it.
    func publishRaw(_ type: String, _ text: String) async throws {
        let producer = try KafkaProducer(OwnBroker.settings(), logger: TestDatabase.logger)
        try await producer.send(
            ProducerMessage(
                topic: ControlTopic.events.rawValue, key: Array("x".utf8), value: Array(text.utf8),
                headers: [
                    KafkaHeader("ce_specversion", text: "1.0"), KafkaHeader("ce_type", text: type),
                    KafkaHeader("ce_id", text: UUIDv7.make().text), KafkaHeader("ce_source", text: "/somebody"),
                ]))
        await producer.close()
    }
}
