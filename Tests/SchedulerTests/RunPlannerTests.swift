import ControlPlane
import Foundation
import Testing
import Timetable

@testable import Scheduler

@Suite("A run as it is planned") struct RunPlannerTests {
    private static let now = Date(timeIntervalSince1970: 1_795_000_020)
    private static let day: TimeInterval = 86_400

    private func manifest(_ graph: KeyValuePairs<String, [String]>, kind: String = "FULL", start: Date? = nil)
        -> EnvironmentManifest
    {
        EnvironmentManifest(
            environment: "prod", promotedAt: Self.now, plan: "p",
            models: graph.map {
                .init(
                    name: $0.key, kind: kind, relation: "x.\($0.key)", columns: [], dependsOn: $0.value, sources: [],
                    cron: "@daily", start: start)
            })
    }

    @Test("holds the models of a tick, each with its own time; what lies between two of them is bridged")
    func tick() throws {
        let planner = RunPlanner(manifest(["c": ["b"], "b": ["a", "x"], "a": [], "x": ["a"]]), retry: .few(1))
        let earlier = Self.now.addingTimeInterval(-60)
        let plan = try planner.scheduled(.init(time: Self.now, models: ["a": earlier, "c": Self.now]), at: Self.now)
        #expect(plan.tasks.map(\.model) == ["a", "c"])
        #expect(plan.tasks.map(\.dependsOn) == [[], ["a"]])
        #expect(plan.tasks.map(\.upTo) == [earlier, Self.now])
        #expect(plan.run.trigger == .schedule && plan.run.scheduledFor == Self.now)
    }

    @Test("a backfill starts where a model does and says so")
    func clamped() throws {
        let start = Self.now.addingTimeInterval(-3 * Self.day)
        let planner = RunPlanner(manifest(["a": []], kind: "INCREMENTAL_BY_TIME_RANGE", start: start), retry: .few(1))
        let from = Self.now.addingTimeInterval(-9 * Self.day)
        let plan = try planner.backfill(from: from, upTo: Self.now, models: nil, by: "ada", at: Self.now)
        #expect(plan.tasks.map(\.fromAt) == [start])
        #expect(plan.notes["a"]?.hasPrefix("starts on 2026-11-15") == true)
        #expect(throws: RequestError.beforeStart(["a"])) {
            try planner.backfill(from: from, upTo: start, models: ["a"], by: "ada", at: Self.now)
        }
    }

    @Test("models that wait for each other make no run")
    func circle() {
        let planner = RunPlanner(manifest(["a": ["b"], "b": ["a"]]), retry: .few(1))
        #expect(throws: RequestError.graph("prod", .circle(["b", "a"]))) {
            try planner.manual(nil, by: "ada", at: Self.now)
        }
    }

    @Test(
        "times survive the way through PostgreSQL's JSON",
        arguments: [
            "2026-11-23T02:29:02.123456+00:00", "2026-11-23T02:29:02+00:00", "2026-11-23T02:29:02.1Z",
            "1969-12-31T23:59:59.5Z",
        ])
    func times(text: String) throws {
        let date = try #require(StateTime.date(text))
        #expect(StateTime.date(StateTime.text(date)) == date)
        #expect(StateTime.text(date).hasPrefix(String(text.prefix(19))))
    }
}
