import ControlPlane
import Foundation
import Kafka
import Pipeline
import Planning
import TestKit
import Testing

@testable import Transformer

@Suite("transformer serve", .serialized, .enabled(if: TestDatabase.isAvailable && KafkaTestServer.isAvailable))
struct ServeTests {
    /// Listens on `millrace.events` from now on.
    private func listener() async throws -> ControlSubscriber {
        let settings = KafkaTestServer.settings(clientID: "transformer-test")
        let admin = try KafkaAdmin(settings, logger: TestDatabase.logger)
        try await ControlTopics.ensure(admin)
        await admin.close()
        return try ControlSubscriber(settings, topics: [.events], from: .beginning, logger: TestDatabase.logger)
    }

    private func command(
        _ task: String, _ model: String, environment: String, upTo: Moment, from: Moment? = nil
    ) -> TransformRequested {
        TransformRequested(
            task: task, run: "run", attempt: 1, action: from == nil ? .run : .backfill, environment: environment,
            model: model, from: from?.date, upTo: upTo.date, deadline: Date(timeIntervalSinceNow: 600))
    }

    /// The answers to `tasks`, by task, once all have come.
    private func answers(_ events: ControlSubscriber, to tasks: Set<String>) async throws -> [String:
        any ControlMessage]
    {
        var found: [String: any ControlMessage] = [:]
        while found.count < tasks.count, let delivery = try await events.next() {
            guard case .message(let envelope) = delivery else { continue }
            if let done = envelope.message as? TransformSucceeded, tasks.contains(done.task) { found[done.task] = done }
            if let failed = envelope.message as? TransformFailed, tasks.contains(failed.task) {
                found[failed.task] = failed
            }
        }
        return found
    }

    @Test(
        "takes commands and landings from Kafka, answers, publishes manifest and updates; stops on SIGTERM",
        .timeLimit(.minutes(10)))
    func commands() async throws {
        try await withDatabase { test in
            try await test.apply(try TestPipelines.webAnalytics(), to: test.name, at: day(5))
            try await test.insert([
                ("ada", "page_view", "2026-11-02 10:00Z"), ("ada", "page_view", "2026-11-05 10:00Z"),
            ])
            let events = try await listener()
            let process = try ServeProcess(test, port: freePort())
            defer { process.kill() }
            try await process.waitUntilReady()
            let publisher = try ControlPublisher(
                KafkaTestServer.settings(), source: "/test", logger: TestDatabase.logger)
            try await publisher.publish(
                DataLanded(
                    table: "raw.events", sourceTopic: "events", rows: 1, rejected: 0, offsets: [], eventTimeMin: nil,
                    eventTimeMax: nil, lowWatermark: nil, days: ["2026-11-02"], landedAt: Date()))
            while try await test.value("SELECT count(*)::text FROM transformer.landings") != "1" { await Task.yield() }
            let task = UUIDv7.make().text
            try await publisher.publish(command(task, "analytics.pageviews", environment: test.name, upTo: day(6)))
            let nowhere = UUIDv7.make().text
            try await publisher.publish(command(nowhere, "analytics.pageviews", environment: "nowhere", upTo: day(6)))
            let answers = try await answers(events, to: [task, nowhere])
            let done = try #require(answers[task] as? TransformSucceeded)
            #expect(done.rows == 2, "the late day and the new one")
            #expect(done.intervals.map { Moment($0.from) } == [day(2), day(5)])
            let failed = try #require(answers[nowhere] as? TransformFailed)
            #expect(failed.error.code == "unknown_environment" && !failed.error.retriable)
            #expect(await process.get("/healthz")?.status == 200)
            #expect(await process.get("/metrics")?.body.contains("transformer_rows_total") == true)
            #expect(await process.get("/api/v1/environments")?.status == 401)
            #expect(await process.get("/")?.status == 303)
            #expect(await process.get("/assets/app.js")?.status == 200)
            #expect(process.stop() == 0, "\(process.output)")
            try await events.close()
            await publisher.close()
        }
    }

    @Test("killed again and again in mid-work, it leaves state and rows right", .timeLimit(.minutes(10)))
    func killed() async throws {
        try await withDatabase { test in
            try await test.apply(try TestPipelines.webAnalytics(), to: test.name, at: day(2))
            let events = try await listener()
            let publisher = try ControlPublisher(
                KafkaTestServer.settings(), source: "/test", logger: TestDatabase.logger)
            var tasks: Set<String> = []
            var random = SystemRandomNumberGenerator()
            let port = try freePort()
            for round in 0..<6 {
                let number = 3 + round
                try await test.execute(
                    """
                    INSERT INTO raw.events (event_id, user_id, event, timestamp)
                    SELECT gen_random_uuid()::text, 'u' || (i % 300),
                      (ARRAY['page_view', 'click'])[1 + i % 2],
                      \(day(number - 1).description)::timestamptz + i * interval '8 seconds'
                    FROM generate_series(0, 10000) AS i
                    """)
                let process = try ServeProcess(test, port: port)
                for model in ["pageviews", "sessions", "event_types", "daily_active_users"] {
                    let task = UUIDv7.make().text
                    tasks.insert(task)
                    let backfill = round.isMultiple(of: 2) ? day(1) : nil
                    try await publisher.publish(
                        command(
                            task, "analytics.\(model)", environment: test.name, upTo: day(number).adding(seconds: 60),
                            from: backfill))
                }
                let before = try await test.value(
                    "SELECT count(*)::text FROM transformer.commands WHERE environment = \(test.name) AND state <> 'waiting'"
                )
                while try await test.value(
                    "SELECT count(*)::text FROM transformer.commands WHERE environment = \(test.name) AND state <> 'waiting'"
                ) == before,
                    process.isRunning
                {
                    await Task.yield()
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...120, using: &random)))
                process.kill()
            }
            let last = try ServeProcess(test, port: port)
            defer { last.kill() }
            let answers = try await answers(events, to: tasks)
            #expect(answers.values.allSatisfy { $0 is TransformSucceeded }, "\(answers.values)")
            // Parents and children were not asked for in order: an ordinary run settles what that left open.
            try await test.run(test.name, at: day(8).adding(seconds: 60))
            #expect(
                try await test.value("SELECT sum(events)::text FROM analytics__\(sql: test.name).event_types")
                    == test.value("SELECT count(*)::text FROM raw.events"))
            #expect(
                try await test.value("SELECT count(*)::text FROM analytics__\(sql: test.name).pageviews")
                    == test.value("SELECT count(*)::text FROM raw.events WHERE event = 'page_view'"))
            #expect(
                try await test.value("SELECT sum(events)::text FROM analytics__\(sql: test.name).daily_active_users")
                    == test.value("SELECT count(*)::text FROM raw.events WHERE event = 'page_view'"))
            #expect(
                try await test.value(
                    "SELECT count(*)::text FROM transformer.commands WHERE environment = \(test.name) AND state <> 'succeeded'"
                ) == "0")
            #expect(last.stop() == 0, "\(last.output)")
            #expect(try await test.value("SELECT count(*)::text FROM transformer.outbox") == "0")
            try await events.close()
            await publisher.close()
        }
    }
}
