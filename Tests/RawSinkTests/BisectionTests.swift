import Testing

@testable import RawSink

@Suite("A refused batch is split until the culprits stand alone") struct BisectionTests {
    /// Plays the warehouse: refuses every part with a culprit in it.
    static func play(count: Int, culprits: Set<Int>, tellsRow: Bool) -> (
        landed: [Range<Int>], letters: [Int], tries: Int
    ) {
        var bisection = Bisection(count: count)
        var landed: [Range<Int>] = []
        var letters: [Int] = []
        var tries = 0
        while let part = bisection.current {
            tries += 1
            let culprit = part.refusal == nil ? part.range.first { culprits.contains($0) } : nil
            if let culprit {
                let goesOn = bisection.refused(at: tellsRow ? culprit : nil, because: "bad")
                #expect(goesOn)
            } else {
                if part.refusal != nil { letters += Array(part.range) }
                landed.append(part.range)
                bisection.landed()
            }
        }
        return (landed, letters, tries)
    }

    @Test(
        "whether the warehouse says which row it is or not", arguments: [true, false],
        [[], [0], [99], [50], [0, 99], [10, 11, 12], Array(0..<100)])
    func culprits(tellsRow: Bool, culprits: [Int]) {
        let result = Self.play(count: 100, culprits: Set(culprits), tellsRow: tellsRow)
        #expect(result.letters == culprits)
        #expect(result.landed.flatMap { Array($0) } == Array(0..<100))
    }

    @Test("in few attempts")
    func cost() {
        #expect(Self.play(count: 50_000, culprits: [33_333], tellsRow: true).tries <= 5)
        #expect(Self.play(count: 50_000, culprits: [33_333], tellsRow: false).tries <= 40)
    }

    @Test("and a wrong row number condemns nobody")
    func wrongRow() {
        var bisection = Bisection(count: 3)
        let goesOn = bisection.refused(at: 0, because: "bad")
        #expect(goesOn)
        #expect(bisection.current == .init(range: 0..<1, refusal: nil))
        bisection.landed()
        #expect(bisection.current == .init(range: 1..<3, refusal: nil))
    }

    @Test("and what is refused even as a dead letter ends it")
    func end() {
        var bisection = Bisection(count: 1)
        let first = bisection.refused(at: nil, because: "bad")
        #expect(first)
        #expect(bisection.current == .init(range: 0..<1, refusal: "bad"))
        let second = bisection.refused(at: nil, because: "bad")
        #expect(!second)
    }
}
