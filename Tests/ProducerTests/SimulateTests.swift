import Foundation
import Pipeline
import Testing

@testable import Producer

@Suite("Simulated events follow from the seed") struct SimulateTests {
    private static let november = Moment("2026-11-01")!.microseconds
    private static let day: Int64 = 86_400_000_000

    private static func history(seed: UInt64, users: Int = 50, days: Int64 = 2) -> [PageViewEvent] {
        var source = HistorySource(users: users, seed: seed, from: november, to: november + days * day)
        var events: [PageViewEvent] = []
        while let event = source.next() { events.append(event) }
        return events
    }

    @Test("the same seed gives the same bytes, another seed others")
    func repeatable() {
        func bytes(_ seed: UInt64) -> [[UInt8]] {
            let encoder = PageViewEncoder()
            return Self.history(seed: seed).map { encoder.value(of: $0) }
        }
        let first = bytes(7)
        #expect(first == bytes(7))
        #expect(first != bytes(8))
        #expect(first.count > 300)
    }

    @Test("history is in the order of its times, inside its stretch, with as many events as people make")
    func historyIsOrdered() {
        let events = Self.history(seed: 3, users: 500, days: 4)
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.time <= $1.time })
        #expect(events.allSatisfy { (Self.november..<Self.november + 4 * Self.day).contains($0.time) })
        let expected = 500 * 4 * HistorySource.visitsPerUserAndDay * PageViewScenario.eventsPerVisit
        #expect(
            (0.8...1.2).contains(Double(events.count) / expected), "\(events.count) events, about \(expected) expected")
        #expect(Set(events.map(\.action)) == Set(PageViewEvent.Action.allCases))
    }

    @Test("an event belongs to one person, and its id to it alone")
    func idsAreUnique() {
        let events = Self.history(seed: 5, users: 200)
        #expect(Set(events.map { "\($0.id)" }).count == events.count)
        for visit in Dictionary(grouping: events, by: \.session).values {
            #expect(Set(visit.map(\.user)).count == 1)
        }
    }

    @Test("evenings are busier than nights")
    func dailyCurve() {
        let hours = Self.history(seed: 11, users: 2_000).map { Int($0.time % Self.day / 3_600_000_000) }
        let night = hours.filter { (2...4).contains($0) }.count, evening = hours.filter { (18...20).contains($0) }.count
        #expect(evening > 3 * night)
    }

    @Test("a message is the JSON that the contract describes")
    func message() throws {
        let event = PageViewEvent(
            id: (0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210), user: 42, session: 0x9E37_79B9_7F4A_7C15,
            action: .addToCart,
            page: .product(17), referrer: 0, isMobile: true, time: 1_745_602_980_123_000)
        let encoder = PageViewEncoder()
        let text = String(decoding: encoder.value(of: event), as: UTF8.self)
        #expect(
            text
                == #"{"event_id":"01234567-89ab-4def-bedc-ba9876543210","user_id":"user-000042","event":"add_to_cart","#
                + #""timestamp":"2025-04-25T17:43:00.123Z","session_id":"9e3779b97f4a7c15","#
                + #""url":"https://shop.example/products/17","referrer":"https://www.google.com/","device":"mobile"}"#)
        #expect(encoder.key(of: event) == Array("user-000042".utf8))
    }

    @Test(
        "times are written for every day there is",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1_000, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"), (4_107_542_399_999_000, "2100-02-28T23:59:59.999Z"),
        ] as [(Int64, String)])
    func times(microseconds: Int64, text: String) {
        let encoder = PageViewEncoder()
        let event = PageViewEvent(
            id: (1, 2), user: 1, session: 1, action: .pageView, page: .home, referrer: nil, isMobile: false,
            time: microseconds)
        #expect(String(decoding: encoder.value(of: event), as: UTF8.self).contains("\"timestamp\":\"\(text)\""))
    }

    @Test(
        "times on the command line",
        arguments: [
            ("2026-11-23", 1_795_392_000_000_000), ("2026-11-23T01:02:03Z", 1_795_395_723_000_000),
            ("2026-11-23T01:02:03.5Z", 1_795_395_723_500_000), ("2026-11-23T02:02:03+01:00", 1_795_395_723_000_000),
            ("yesterday", nil), ("2026-13-01", nil), ("2026-11-23 01:02", 1_795_395_720_000_000),
        ] as [(String, Int64?)])
    func commandLineTimes(text: String, microseconds: Int64?) {
        #expect(Moment(text)?.microseconds == microseconds)
    }

    @Test(
        "a wrong command line is refused with the flag's name",
        arguments: [
            (["--rate=-1"], "--rate"), (["--count=0"], "--count"), (["--users=0"], "--users"),
            (["--to=2026-11-02"], "--from"), (["--from=never"], "--from"),
            (["--from=2026-11-02", "--to=2026-11-01"], "--to"),
        ])
    func wrongCommandLines(arguments: [String], flag: String) throws {
        let command = try #require(try SimulateCommand.parse(arguments) as SimulateCommand?)
        let error = #expect(throws: (any Error).self) { try command.checked() }
        #expect("\(try #require(error))".contains(flag))
    }
}
