import ModelProject
import Pipeline
import Planning
import Testing

@Suite("A model is computed again by its cron") struct AutoRestatementTests {
    private func restatement(_ kind: String) throws -> AutoRestatement? {
        let graph = try TestProject.graph([
            "models/a.sql": "MODEL (name a, kind \(kind), start '2026-11-01'); SELECT x, ts FROM raw.events"
        ])
        return AutoRestatement(try #require(graph.snapshots.first))
    }

    @Test("once for all its ticks since the last time, at the tick and not before")
    func due() throws {
        let weekly = try #require(
            try restatement("INCREMENTAL_BY_TIME_RANGE (time_column ts, auto_restatement_cron '@weekly')"))
        // 2026-11-08 is a Sunday.
        #expect(!weekly.isDue(since: day(2), at: day(7)))
        #expect(weekly.isDue(since: day(2), at: day(8)) && weekly.isDue(since: day(2), at: day(28)))
        #expect(!weekly.isDue(since: day(8), at: day(8)) && !weekly.isDue(since: day(8), at: day(14)))
    }

    @Test("its last intervals that are over, or all")
    func times() throws {
        let cron = "auto_restatement_cron '@daily'"
        let three = try #require(
            try restatement("INCREMENTAL_BY_TIME_RANGE (time_column ts, \(cron), auto_restatement_intervals 3)"))
        #expect(three.times(at: day(8).adding(seconds: 60)) == days(5...7) && !three.isOfWhole)
        let all = try #require(try restatement("INCREMENTAL_BY_TIME_RANGE (time_column ts, \(cron))"))
        #expect(all.times(at: day(8)) == IntervalSet(from: .beginning, to: day(8)))
        let key = try #require(try restatement("INCREMENTAL_BY_UNIQUE_KEY (unique_key x, \(cron))"))
        #expect(key.isOfWhole)
        #expect(try restatement("INCREMENTAL_BY_TIME_RANGE (time_column ts)") == nil && restatement("FULL") == nil)
    }
}
