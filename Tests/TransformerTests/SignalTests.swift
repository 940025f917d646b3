import ControlPlane
import Foundation
import ModelProject
import Pipeline
import Planning
import Testing

@testable import Transformer

private func project() throws -> Project {
    try TestPipelines.make([
        "config.yaml": "",
        "contracts/events.yaml": """
        apiVersion: v3.0.2
        kind: DataContract
        id: events
        version: 1.0.0
        status: active
        schema:
          - name: events
            physicalName: raw.events
            customProperties: [{property: eventTime, value: timestamp}]
            properties: [{name: timestamp, logicalType: timestamp, required: true}]
        """,
        "models/a.sql": """
        MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01', signals (data_landed));
        SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
        """,
        "models/b.sql": """
        MODEL (name b, kind INCREMENTAL_BY_TIME_RANGE (time_column day), start '2026-11-01');
        SELECT CAST(ts AS DATE) AS day, COUNT(*) AS n FROM a WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY 1
        """,
    ])
}

extension TestDatabase {
    /// The sink says that days got rows and how far the topic has come.
    fileprivate func told(_ days: [String], upTo mark: Moment?, at time: Moment) async throws {
        let recorder = ControlRecorder(
            store: workbench.store, catalog: workbench.catalog, commandArrived: WakeUp(), messageWaits: WakeUp(),
            name: "test", logger: TestDatabase.logger)
        let message = DataLanded(
            table: "raw.events", sourceTopic: "events", rows: 1, rejected: 0, offsets: [], eventTimeMin: nil,
            eventTimeMax: nil, lowWatermark: mark?.date, days: days, landedAt: time.date)
        #expect(try await recorder.record(message))
    }
}

@Suite("A model that waits for data", .enabled(if: TestDatabase.isAvailable)) struct SignalTests {
    private func done(_ test: TestDatabase) async throws -> [String: IntervalSet] {
        let all = try await test.workbench.store.done()
        return Dictionary(uniqueKeysWithValues: all.map { ($0.key.name.name, $0.value) })
    }

    @Test(
        "is computed up to where the data has come, and what reads it too; a second run, and late data, change nothing of that"
    )
    func run() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-02 10:00Z"), ("bob", "view", "2026-11-05 10:00Z")])
            let project = try project()
            let plan = try await test.apply(project, at: day(6))
            #expect(backfills(of: plan).isEmpty && plan.waiting.count == 2, "nothing is known to have landed")
            #expect(try await test.value("SELECT count(*)::text FROM analytics.a") == "0")
            let request = EnvironmentRunner.Request(environment: "prod", upTo: day(6))
            let waiting = try await test.workbench.runner.waiting(request)
            #expect(
                waiting
                    == ["a", "b"].map {
                        "analytics.\($0) waits for raw.events, of which nothing is known to have landed."
                    })
            try await test.told(["2026-11-02"], upTo: Moment(year: 2026, month: 11, day: 4, hour: 9), at: day(6))
            for _ in 1...2 {
                try await test.run(at: day(6))
                #expect(try await done(test) == ["a": days(1...3), "b": days(1...3)])
            }
            let inspector = ModelInspector(store: test.workbench.store, catalog: test.workbench.catalog, now: day(6))
            let text = try await inspector.explain("a", in: "prod").text
            #expect(
                text.contains(
                    "2026-11-04 to 2026-11-05: not computed (waits for raw.events, which has landed up to 2026-11-04 "
                        + "09:00:00 UTC)"), "\(text)")
            #expect(try await inspector.explain("b", in: "prod").text.contains("2026-11-05: not computed (waits for"))

            try await test.insert([("eve", "view", "2026-11-02 11:00Z")])
            try await test.told(["2026-11-02"], upTo: nil, at: day(6).adding(seconds: 1))
            try await test.run(at: day(6))
            #expect(try await test.value("SELECT n::text FROM analytics.b WHERE day = '2026-11-02'") == "2")
            #expect(try await done(test)["a"] == days(1...3), "how far it has come was not said again")

            try await test.told([], upTo: day(6), at: day(6).adding(seconds: 3))
            try await test.told([], upTo: day(2), at: day(6).adding(seconds: 2))
            try await test.run(model: "a", at: day(6))
            #expect(try await done(test)["a"] == days(1...5), "an older message came again, and is no news")
            try await test.run(at: day(6))
            #expect(try await done(test) == ["a": days(1...5), "b": days(1...5)])
            #expect(try await test.workbench.runner.waiting(request).isEmpty)
        }
    }

    @Test(
        "is not computed by a backfill either, nor by a plan that asks for it; where the mark steps back, what is done stays"
    )
    func asked() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-02 10:00Z")])
            try await test.told(["2026-11-02"], upTo: day(4), at: day(6))
            try await test.apply(try project(), at: day(6))
            let request = EnvironmentRunner.Request(
                environment: "prod", model: ModelName("analytics.a"), upTo: day(6), from: day(4))
            let outcome = try await test.workbench.runner.run(request, ticket: ModelRunner.Ticket(execution: day(6)))
            #expect(outcome.intervals.isEmpty)
            #expect(
                try await test.workbench.runner.reasons(request) == [
                    "analytics.a waits for raw.events, which has landed up to 2026-11-04 00:00:00 UTC."
                ])
            try await test.told(["2026-11-01"], upTo: day(1), at: day(6).adding(seconds: 1))
            try await test.run(at: day(6))
            #expect(
                try await done(test) == ["a": days(2...3), "b": days(2...3)], "late: it waits until the mark is past it"
            )
            try await test.told([], upTo: day(3), at: day(6).adding(seconds: 2))
            try await test.run(at: day(6))
            #expect(try await done(test) == ["a": days(1...3), "b": days(1...3)])
        }
    }
}
