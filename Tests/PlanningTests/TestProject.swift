import Foundation
import ModelProject
import Pipeline
import Planning

/// A pipeline folder made of texts, for the time of a test.
enum TestProject {
    static func graph(_ files: [String: String]) throws -> ProjectGraph {
        try ProjectGraph(project(files))
    }

    static func project(_ files: [String: String]) throws -> Project {
        let root = FileManager.default.temporaryDirectory.appending(path: "millrace-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for (path, text) in files {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return try PipelineFolder(at: root.path()).project(ProjectOptions(environment: [:]))
    }

    /// Three incremental models, one on the other, with `edits` made to the first.
    static func chain(first: String = Self.first, second: String = Self.second, third: String = Self.third) throws
        -> ProjectGraph
    {
        try graph(["models/a.sql": first, "models/b.sql": second, "models/c.sql": third])
    }

    static let first = """
        MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), cron '@daily', start '2026-11-01', owner me);
        SELECT id, x + 1 AS y, ts FROM raw.events WHERE x > 0 AND ts BETWEEN @start_dt AND @end_dt
        """
    static let second = """
        MODEL (name b, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, lookback 1), start '2026-11-01');
        SELECT id, y, ts FROM analytics.a
        """
    static let third = """
        MODEL (name c, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01');
        SELECT id, ts FROM b
        """

    /// The environment after `graph` was applied at `time`.
    static func applied(_ graph: ProjectGraph, upTo: Moment) -> PlanningState {
        let plan = Planner(graph: graph, state: PlanningState(), upTo: upTo).plan()
        var state = PlanningState(environment: [:])
        for model in plan.models {
            state.environment?[model.name] = PromotedModel(model)
            state.previous[model.name] = model.snapshot
            state.versions[SnapshotKey(name: model.name, fingerprint: model.snapshot.fingerprint)] = model.version
            let missing = MissingIntervals(of: model.snapshot, done: IntervalSet(), upTo: upTo)
            state.done[model.id] = missing.due.intersection(IntervalSet(from: .epoch, to: missing.completeUpTo))
        }
        return state
    }
}

extension Planner {
    /// A planner for a time, without further wishes.
    init(graph: ProjectGraph, state: PlanningState, upTo: Moment, window: Interval? = nil, environment: String = "prod")
    {
        self.init(
            graph: graph, state: state, request: PlanRequest(environment: environment, upTo: upTo, window: window))
    }
}

func day(_ number: Int) -> Moment { Moment(year: 2026, month: 11, day: number) }

func days(_ ranges: ClosedRange<Int>...) -> IntervalSet {
    IntervalSet(ranges.compactMap { Interval(from: day($0.lowerBound), to: day($0.upperBound + 1)) })
}
