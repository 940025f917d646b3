import Kafka
import ServiceRuntime
import Testing

@testable import RawSink

@Suite("Positions of sinks") struct OffsetsTests {
    static func standing(_ next: Offset?, _ kept: Range<Offset>) -> OffsetStanding {
        OffsetStanding(partition: TopicPartition("t", 3), next: next, kept: kept)
    }

    @Test(
        "are shown with what is behind, or gone",
        arguments: [
            (nil, 0..<10, "t/3  next -  kafka 0..10  nothing landed yet"),
            (4, 0..<10, "t/3  next 4  kafka 0..10  behind 6"),
            (4, 7..<10, "t/3  next 4  kafka 7..10  gone: 3 records were deleted unlanded"),
            (11, 0..<10, "t/3  next 11  kafka 0..10  gone: the topic was made anew, or Kafka lost its newest records"),
        ] as [(Offset?, Range<Offset>, String)])
    func shown(next: Offset?, kept: Range<Offset>, text: String) {
        let standing = Self.standing(next, kept)
        #expect("\(standing)" == text)
        #expect(standing.isGone == text.contains("gone"))
    }

    @Test("move forward, or to where Kafka has records again")
    func moves() throws {
        #expect(try Self.standing(4, 7..<10).resolve(.earliest) == 7)
        #expect(try Self.standing(4, 7..<10).resolve(.offset(10)) == 10)
        #expect(try Self.standing(11, 2..<10).resolve(.earliest) == 2)
        #expect(try Self.standing(4, 0..<10).resolve(.offset(6)) == 6)
        #expect(try Self.standing(11, 2..<10).resolve(.latest) == 10)
    }

    @Test("never move behind what was landed, nor to where there is nothing")
    func refused() {
        let cases: [(OffsetStanding, OffsetTarget, String)] = [
            (Self.standing(4, 0..<10), .earliest, "raw-sink replay"), (Self.standing(4, 0..<10), .offset(3), "double"),
            (Self.standing(4, 7..<10), .offset(6), "7 to 10"), (Self.standing(4, 7..<10), .offset(11), "7 to 10"),
            (Self.standing(nil, 0..<10), .earliest, "nothing to move"),
        ]
        for (standing, target, text) in cases {
            let error = #expect(throws: ExitError.self) { try standing.resolve(target) }
            #expect(error?.message.contains(text) == true)
        }
        #expect(OffsetTarget("newest") == nil)
        #expect(OffsetTarget("-1") == nil)
    }
}
