import Pipeline
import Planning
import Testing

@Suite("A calendar says how much of each day is covered") struct DayCoverageTests {
    private let first = Moment(year: 2026, month: 11, day: 1)

    private func set(_ hours: [Range<Int>]) -> IntervalSet {
        IntervalSet(
            hours.compactMap {
                Interval(
                    from: first.adding(seconds: Int64($0.lowerBound) * 3_600),
                    to: first.adding(seconds: Int64($0.upperBound) * 3_600))
            })
    }

    @Test(
        "hours of three days",
        arguments: [
            ([], [0, 0, 0]),
            ([0..<72], [24, 24, 24]),
            ([-100..<500], [24, 24, 24]),
            ([-5..<0], [0, 0, 0]),
            ([72..<90], [0, 0, 0]),
            ([6..<30], [18, 6, 0]),
            ([0..<1, 2..<3, 23..<25, 71..<80], [3, 1, 1]),
        ] as [([Range<Int>], [Int])])
    func hours(ranges: [Range<Int>], expected: [Int]) {
        let seconds = DayCoverage.seconds(of: set(ranges), from: first, days: 3)
        #expect(seconds == expected.map { $0 * 3_600 })
    }

    @Test("minutes of a year, every other one, are counted once each")
    func minutes() {
        let every = (0..<(371 * 720)).compactMap { index -> Interval? in
            let start = first.adding(seconds: Int64(index) * 120)
            return Interval(from: start, to: start.adding(seconds: 60))
        }
        let seconds = DayCoverage.seconds(of: IntervalSet(every), from: first, days: 371)
        #expect(seconds == Array(repeating: 43_200, count: 371))
    }

    @Test("no days are none")
    func none() { #expect(DayCoverage.seconds(of: set([0..<24]), from: first, days: 0).isEmpty) }
}
