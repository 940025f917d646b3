import ModelProject
import Pipeline
import Planning
import Testing

@Suite("A plan says about how much it will write") struct WorkEstimateTests {
    /// The work of the first model of the chain: nine days, from the 1st to the 9th.
    private func work() throws -> ModelWork {
        let plan = Planner(
            graph: try TestProject.chain(), state: PlanningState(done: [:]), upTo: day(10), environment: "prod"
        ).plan()
        for case .backfill(let work) in plan.stages { return try #require(work.first) }
        throw PipelineError(file: "", message: "the plan computes nothing")
    }

    private func size(rows: Int64?, _ bytes: Int64, days: ClosedRange<Int>?) -> TableSize {
        let done = days.map { IntervalSet(from: day($0.lowerBound), to: day($0.upperBound + 1)) }
        return TableSize(rows: rows, bytes: bytes, done: done ?? IntervalSet())
    }

    @Test("in proportion to the time, with two digits")
    func proportion() throws {
        let work = try work()
        let full = try #require(WorkEstimate(of: work, like: size(rows: 12_345, 3_456_789, days: 1...9)))
        #expect(full == WorkEstimate(of: work, like: size(rows: 12_345, 3_456_789, days: 1...9)))
        #expect((full.rows, full.bytes) == (12_000, 3_500_000))
        #expect(full.text == "about 12,000 rows, 3.5 MB")
        let third = try #require(WorkEstimate(of: work, like: size(rows: 300, 999, days: 1...3)))
        #expect((third.rows, third.bytes) == (900, 3_000))
        #expect(third.text == "about 900 rows, 3 kB")
        #expect(WorkEstimate(of: work, like: size(rows: 1, 8_192, days: 1...9))?.text == "about 1 row, 8.2 kB")
        #expect(WorkEstimate(of: work, like: size(rows: nil, 8_192, days: 1...9))?.text == "about 8.2 kB")
        #expect(WorkEstimate(of: work, like: size(rows: 5, 40, days: 1...9))?.text == "about 5 rows, 40 bytes")
    }

    @Test("and nothing where nothing is known")
    func unknown() throws {
        let work = try work()
        #expect(WorkEstimate(of: work, like: size(rows: 10, 8_192, days: nil)) == nil)
        #expect(WorkEstimate(of: work, like: size(rows: 10, 0, days: 1...9)) == nil)
        #expect(WorkEstimate(of: work, like: size(rows: 0, 8_192, days: 1...9)) == nil)
        let always = TableSize(rows: 10, bytes: 10, done: IntervalSet(from: .beginning, to: day(3)))
        #expect(WorkEstimate(of: work, like: always) == nil)
    }
}
