import Testing

@testable import Kafka

@Suite("Fetches rest only when the broker answers empty ones at once") struct FetchPacingTests {
    @Test(
        "after these answers",
        arguments: [
            (answers: [(120, 300), (120, 300)], rests: [false, true]),
            (
                answers: [(120, 300), (120, 300), (500, 300), (120, 300), (120, 300)],
                rests: [false, true, false, false, true]
            ),
            (answers: [(120, 100_500), (120, 100_500)], rests: [false, false]),  // the broker waits
            (answers: [(1 << 20, 300), (1 << 20, 300)], rests: [false, false]),  // full of records
        ] as [(answers: [(Int, Int64)], rests: [Bool])])
    func rests(answers: [(Int, Int64)], rests: [Bool]) {
        let pacing = FetchPacing()
        #expect(answers.map { pacing.isIdle(size: $0.0, roundTripMicroseconds: $0.1) } == rests)
    }
}
