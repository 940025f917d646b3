import ModelProject
import Pipeline
import Planning
import Testing

@Suite("What is still to compute") struct IntervalsToComputeTests {
    private func model(_ options: String = "", _ properties: String = "") throws -> ModelSnapshot {
        let graph = try TestProject.graph([
            "models/m.sql": """
            MODEL (name m, kind INCREMENTAL_BY_TIME_RANGE (time_column ts\(options)), start '2026-11-01'\(properties));
            SELECT ts FROM raw.events
            """
        ])
        return graph.snapshots[0]
    }

    @Test(
        "in days 1 to 5, seen at noon of the 6th",
        arguments: [
            (done: IntervalSet(), lookback: 0, due: days(1...5)),
            (done: days(1...2, 4...5), lookback: 0, due: days(3...3)),  // a hole in the middle
            (done: days(1...4), lookback: 0, due: days(5...5)),
            (done: days(1...4), lookback: 2, due: days(3...5)),
            (done: days(2...5), lookback: 2, due: days(1...1)),  // nothing before the start
            (done: days(1...5), lookback: 2, due: IntervalSet()),
        ])
    func missing(done: IntervalSet, lookback: Int, due: IntervalSet) throws {
        let model = try model(", lookback \(lookback)")
        let noon = Moment(year: 2026, month: 11, day: 6, hour: 12)
        #expect(MissingIntervals(of: model, done: done, upTo: noon).due == due)
    }

    @Test("partials: the current day is due each time and never done")
    func partials() throws {
        let model = try model("", ", cron '* * * * *', interval_unit day, allow_partials true")
        let noon = Moment(year: 2026, month: 11, day: 6, hour: 12)
        let missing = MissingIntervals(of: model, done: days(1...5), upTo: noon)
        #expect(missing.due == days(6...6))
        #expect(missing.batches(of: model).map { missing.complete($0) } == [IntervalSet()])
        let midnight = MissingIntervals(of: model, done: days(1...5), upTo: day(7))
        #expect(midnight.batches(of: model).map { midnight.complete($0) } == [days(6...6)])
    }

    @Test("a model that ends has its last day, and nothing after it")
    func end() throws {
        let model = try model("", ", end '2026-11-03'")
        #expect(MissingIntervals(of: model, done: IntervalSet(), upTo: day(9)).due == days(1...3))
        #expect(MissingIntervals(of: model, done: days(1...3), upTo: day(9)).due == IntervalSet())
        #expect(MissingIntervals(of: model, done: IntervalSet(), upTo: day(3)).due == days(1...2))
    }

    @Test("with the cron ignored, all that is over is due, and nothing else")
    func ignoringCron() throws {
        let weekly = try model("", ", cron '@weekly', interval_unit day")
        let noon = Moment(year: 2026, month: 11, day: 6, hour: 12)
        #expect(MissingIntervals(of: weekly, done: days(1...2), upTo: noon).due == IntervalSet())
        #expect(MissingIntervals(of: weekly, done: days(1...2), upTo: noon, ignoresCron: true).due == days(3...5))
        #expect(
            MissingIntervals(of: weekly, done: days(1...2), upTo: noon, limit: day(5), ignoresCron: true).due
                == days(3...4))
    }

    @Test("batches")
    func batches() throws {
        let model = try model(", batch_size 2")
        let missing = MissingIntervals(of: model, done: days(3...3), upTo: day(9))
        let batches = missing.batches(of: model).map { IntervalSet([$0]) }
        #expect(batches == [days(1...2), days(4...5), days(6...7), days(8...8)])
    }

    @Test("3,000,000 pending intervals are one range, and so are the batches around a hole")
    func manyIntervals() throws {
        let graph = try TestProject.graph(
            Dictionary(
                uniqueKeysWithValues: (0..<10).map { number in
                    (
                        "models/m\(number).sql",
                        """
                        MODEL (name m\(number), kind INCREMENTAL_BY_TIME_RANGE (time_column ts), cron '*/5 * * * *',
                          start '2024-01-01');
                        SELECT ts FROM \(number == 0 ? "raw.events" : "m\(number - 1)")
                        """
                    )
                }))
        func work(_ state: PlanningState) -> [ModelWork] {
            Planner(graph: graph, state: state, upTo: day(10)).plan().stages.flatMap { stage in
                if case .backfill(let work) = stage { work } else { [ModelWork]() }
            }
        }
        let pending = work(PlanningState())
        let intervals = pending.flatMap { item in
            item.missing.due.intervals.map { item.model.snapshot.grid.count(in: $0) }
        }
        #expect(intervals.reduce(0, +) >= 3_000_000)
        #expect(intervals.count == 10 && pending.flatMap(\.batches).count == 10)
        // A year in the middle is done.
        var state = TestProject.applied(graph, upTo: day(10))
        let year = IntervalSet(from: Moment(year: 2025, month: 1, day: 1), to: Moment(year: 2026, month: 1, day: 1))
        state.done = state.done.mapValues { _ in year }
        let around = work(state)
        #expect(around.flatMap(\.missing.due.intervals).count == 20 && around.flatMap(\.batches).count == 20)
    }

    @Test("a window keeps the rest out")
    func window() throws {
        let model = try model()
        let window = Interval(from: day(3), to: day(5))
        #expect(MissingIntervals(of: model, done: IntervalSet(), upTo: day(9), window: window).due == days(3...4))
    }

    @Test("what a parent computes again, its children compute again, for their own lookback too")
    func children() throws {
        let graph = try TestProject.chain()
        let state = TestProject.applied(graph, upTo: day(10))
        let models = Planner(graph: graph, state: state, upTo: day(10)).plan().models
        let work = ModelWork.all(models, done: state.done, upTo: day(10), requested: [models[0].name: days(5...5)])
        #expect(work.map(\.missing.due) == [days(5...5), days(4...5), days(4...5)])
    }

    private static let keyed = [
        "models/a.sql": TestProject.first,
        "models/k.sql": """
        MODEL (name k, kind INCREMENTAL_BY_UNIQUE_KEY (unique_key id), start '2026-11-01');
        SELECT id, max(ts) AS ts FROM a WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY id
        """,
    ]

    @Test("what merges an old interval again merges those behind it again too, or older rows would win")
    func order() throws {
        let model = try #require(try TestProject.graph(Self.keyed).snapshots.last)
        let missing = MissingIntervals(of: model, done: days(1...3, 5...7), upTo: day(9))
        #expect(missing.due == days(4...8) && !missing.startsAnew)
    }

    @Test("what is restated under a model that merges has it computed from its start")
    func mergedChildren() throws {
        let graph = try TestProject.graph(Self.keyed)
        let state = TestProject.applied(graph, upTo: day(10))
        let models = Planner(graph: graph, state: state, upTo: day(10)).plan().models
        let work = ModelWork.all(models, done: state.done, upTo: day(10), requested: [models[0].name: days(5...5)])
        #expect(work.map(\.missing.due) == [days(5...5), days(1...9)])
        #expect(work.map(\.missing.startsAnew) == [false, true])
    }

    @Test("a weekly model has the days up to its tick, from its start on")
    func weekly() throws {
        // The 1st is a Sunday.
        let model = try model("", ", cron '@weekly'")
        #expect(MissingIntervals(of: model, done: IntervalSet(), upTo: day(7)).due == IntervalSet())
        #expect(MissingIntervals(of: model, done: IntervalSet(), upTo: day(14)).due == days(1...7))
        #expect(MissingIntervals(of: model, done: days(1...7), upTo: day(15)).due == days(8...14))
    }

    @Test("a decade of five-minute intervals is one range")
    func ranges() throws {
        let model = try model("", ", cron '*/5 * * * *'")
        let missing = MissingIntervals(of: model, done: IntervalSet(), upTo: Moment(year: 2036, month: 1, day: 1))
        #expect(missing.due.intervals.count == 1)
        #expect(missing.batches(of: model).count == 1)
    }
}

@Suite("Late data reopens what depends on it") struct ReopeningTests {
    private let a = VersionID(name: ModelName(schema: "x", name: "a"), version: "1")
    private let b = VersionID(name: ModelName(schema: "x", name: "b"), version: "1")
    private let c = VersionID(name: ModelName(schema: "x", name: "c"), version: "1")
    private let d = VersionID(name: ModelName(schema: "x", name: "d"), version: "1")

    /// raw.events → a (lookback 1) → b (lookback 2) → c; raw.other → d
    private var rule: Reopening {
        func node(_ id: VersionID, _ parents: [VersionID], _ sources: [String], _ lookback: Int) -> Reopening.Node {
            Reopening.Node(
                name: id.name, version: id.version, parents: parents, sources: sources, grid: IntervalGrid(.day),
                lookback: lookback, start: day(3))
        }
        return Reopening([
            node(a, [], ["raw.events"], 1), node(b, [a], [], 2), node(c, [b], [], 0), node(d, [], ["raw.other"], 0),
        ])
    }

    @Test("through all children, each with what its parents compute again for their lookback")
    func landed() {
        let reopened = rule.landed(in: "raw.events", days(10...10))
        #expect(reopened == [a: days(10...10), b: days(9...10), c: days(7...10)])
    }

    @Test("a lookback counts once: what is computed is what landed and as many intervals before it")
    func once() throws {
        let graph = try TestProject.graph([
            "models/a.sql": """
            MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, lookback 2), start '2026-11-01');
            SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
            """
        ])
        let model = try #require(graph.snapshots.first)
        let rule = Reopening([
            Reopening.Node(
                name: model.name, version: "1", parents: [], sources: ["raw.events"], grid: model.grid,
                lookback: model.lookback, start: day(1))
        ])
        let id = VersionID(name: model.name, version: "1")
        for _ in 1...2 {
            let reopened = try #require(rule.landed(in: "raw.events", days(8...8))[id])
            let missing = MissingIntervals(of: model, done: days(1...9).subtracting(reopened), upTo: day(10))
            #expect(missing.due == days(6...8))
        }
    }

    @Test("not before a model's start")
    func start() {
        #expect(rule.landed(in: "raw.events", days(1...4)) == [a: days(3...4), b: days(3...4), c: days(3...4)])
        #expect(rule.landed(in: "raw.events", days(1...1)) == [:])
    }

    @Test("what a model computed reopens what reads it, not itself")
    func computed() {
        #expect(rule.computed(b, days(10...10)) == [c: days(10...10)])
    }

    @Test("another table's rows reopen others")
    func other() {
        #expect(rule.landed(in: "raw.other", days(10...10)) == [d: days(10...10)])
        #expect(rule.landed(in: "raw.nobody", days(10...10)) == [:])
    }
}
