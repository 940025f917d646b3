import ModelProject
import Pipeline
import Planning
import TestValues
import Testing

/// A set of small numbers, by its definition: what IntervalSet must agree with.
private typealias Naive = Set<Int>

private func moment(_ number: Int) -> Moment { Moment(seconds: Int64(number)) }

private func set(_ ranges: [Range<Int>]) -> IntervalSet {
    IntervalSet(ranges.compactMap { Interval(from: moment($0.lowerBound), to: moment($0.upperBound)) })
}

private func naive(_ set: IntervalSet) -> Naive {
    Naive((0..<64).filter { set.contains(moment($0)) })
}

@Suite("Interval sets behave like sets of moments") struct IntervalSetTests {
    @Test("union, intersection and difference of random sets", arguments: 0..<400)
    func algebra(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let left = set(random.ranges())
        let right = set(random.ranges())
        let (a, b) = (naive(left), naive(right))
        #expect(naive(left.union(right)) == a.union(b), "seed \(seed)")
        #expect(naive(left.intersection(right)) == a.intersection(b), "seed \(seed)")
        #expect(naive(left.subtracting(right)) == a.subtracting(b), "seed \(seed)")
        #expect(left.intersects(right) == !a.isDisjoint(with: b), "seed \(seed)")
        for result in [left, left.union(right), left.intersection(right), left.subtracting(right)] {
            let neighbours = zip(result.intervals, result.intervals.dropFirst())
            #expect(neighbours.allSatisfy { $0.end < $1.start }, "sorted, apart, not touching; seed \(seed)")
        }
    }

    @Test("a decade of minutes is one range")
    func size() {
        let start = Moment(year: 2015, month: 1, day: 1)
        let minutes = (0..<10_000).compactMap {
            Interval(from: start.adding(seconds: Int64($0) * 60), to: start.adding(seconds: Int64($0 + 1) * 60))
        }
        #expect(IntervalSet(minutes.shuffled()).intervals.count == 1)
    }
}

extension SplitMix {
    fileprivate mutating func ranges() -> [Range<Int>] {
        (0..<Int.random(in: 0...6, using: &self)).map { _ in
            let start = Int.random(in: 0..<60, using: &self)
            return start..<Int.random(in: start...min(start + 12, 63), using: &self)
        }
    }
}
