import ModelProject
import Pipeline
import Planning
import Testing

private let contract = """
    apiVersion: v3.0.2
    kind: DataContract
    id: events
    version: 1.0.0
    status: active
    schema:
      - name: events
        physicalName: raw.events
        customProperties: [{property: eventTime, value: ts}]
        properties: [{name: ts, logicalType: timestamp, required: true}]
    """

private func chain(
    _ signals: String, kind: String = "INCREMENTAL_BY_TIME_RANGE (time_column ts)", cron: String = "@daily"
) throws -> ProjectGraph {
    try TestProject.graph([
        "contracts/events.yaml": contract,
        "models/a.sql": """
        MODEL (name a, kind \(kind), start '2026-11-01', cron '\(cron)'\(signals)); SELECT ts FROM raw.events
        """,
        "models/b.sql": """
        MODEL (name b, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01'); SELECT ts FROM a
        """,
        "models/c.sql": """
        MODEL (name c, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01'); SELECT ts FROM raw.events
        """,
    ])
}

@Suite("What models wait for") struct ReadinessTests {
    private let noon = Moment(year: 2026, month: 11, day: 6, hour: 12)

    private func due(_ graph: ProjectGraph, mark: Moment?) -> [String: IntervalSet] {
        var state = PlanningState()
        state.readiness = Readiness(mark.map { ["raw.events": $0] } ?? [:])
        let plan = Planner(graph: graph, state: state, upTo: noon).plan()
        return plan.stages.reduce(into: [:]) { found, stage in
            guard case .backfill(let work) = stage else { return }
            for item in work { found[item.model.name.name] = item.missing.due }
        }
    }

    @Test("an interval is computed when the data has come past its end; what reads the model waits too, others do not")
    func intervals() throws {
        let graph = try chain(", signals (data_landed)")
        let afternoon = Moment(year: 2026, month: 11, day: 4, hour: 18)
        #expect(due(graph, mark: afternoon) == ["a": days(1...3), "b": days(1...3), "c": days(1...5)])
        #expect(due(graph, mark: day(5)) == ["a": days(1...4), "b": days(1...4), "c": days(1...5)])
        #expect(due(graph, mark: noon) == ["a": days(1...5), "b": days(1...5), "c": days(1...5)])
        #expect(due(graph, mark: nil) == ["c": days(1...5)], "nothing is known to have landed")
        #expect(due(try chain(""), mark: nil).count == 3, "nobody asked to wait")
    }

    @Test("a cron later than midnight does not make it wait longer; a model that is computed whole is so at its ticks")
    func ticks() throws {
        let morning = try chain(", signals (data_landed()), interval_unit day", cron: "0 6 * * *")
        #expect(due(morning, mark: day(6))["a"] == days(1...5))
        let full = try chain(", signals (data_landed(tables := (raw.events)))", kind: "FULL")
        let whole = due(full, mark: Moment(year: 2026, month: 11, day: 4, hour: 18))["a"]
        #expect(whole == IntervalSet(from: .beginning, to: day(4)))
    }

    @Test("the plan says who waits for what, and only where it matters; explain too")
    func told() throws {
        let graph = try chain(", signals (data_landed)")
        var state = PlanningState()
        state.readiness = Readiness(["raw.events": day(4)])
        let plan = Planner(graph: graph, state: state, upTo: noon).plan()
        #expect(Set(plan.waiting.keys.map(\.name)) == ["a", "b"])
        #expect(
            PlanText(plan).text.contains(
                "analytics.a waits for raw.events, which has landed up to 2026-11-04 00:00:00 UTC."))
        state.readiness = Readiness(["raw.events": day(6)])
        #expect(Planner(graph: graph, state: state, upTo: noon).plan().waiting.isEmpty)
    }

    @Test("computes no rows anew: it is a setting")
    func metadata() throws {
        let (without, with) = (try chain(""), try chain(", signals (data_landed)"))
        #expect(without.snapshots.map(\.fingerprint) == with.snapshots.map(\.fingerprint))
        #expect(without.snapshots[0].metadataHash != with.snapshots[0].metadataHash)
    }

    @Test("tables that nobody tells of are refused")
    func refused() throws {
        let unknown = #expect(throws: PipelineError.self) {
            try chain(", signals (data_landed(tables := (raw.users)))")
        }
        #expect(unknown?.message.contains("No contract that can be read promises raw.users") == true)
        let files = ["models/d.sql": "MODEL (name d, signals (data_landed)); SELECT 1 AS one"]
        let nothing = #expect(throws: PipelineError.self) { try TestProject.graph(files) }
        #expect(nothing?.message.contains("reads no raw table") == true)
    }
}
