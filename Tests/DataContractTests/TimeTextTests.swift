import Foundation
import Testing

@testable import DataContract

@Suite("Times are read in both spellings") struct TimeTextTests {
    static func read(_ text: String) -> Int64? {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            bytes.baseAddress.flatMap { TimeText.timestamp($0, count: bytes.count) }
        }
    }

    @Test(
        "good ones",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00 UTC", 0), ("1970-01-01 00:00:00", 0),
            ("1970-01-01T00:00Z", 0), ("1970-01-01t00:00:01z", 1_000_000), ("1970-01-01T00:00:00.5Z", 500_000),
            ("1970-01-01T00:00:00,123456Z", 123_456), ("1970-01-01T00:00:00.1234569Z", 123_456),
            ("1970-01-01T02:00:00+02:00", 0), ("1970-01-01T02:00:00+0200", 0), ("1970-01-01T02:00:00 +02", 0),
            ("1969-12-31T18:30:00-05:30", 0), ("1969-12-31T23:59:59.999999Z", -1), ("1970-01-01T00:00:60Z", 60_000_000),
            ("2000-02-29T12:00:00Z", 951_825_600_000_000), ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
            ("0001-01-01T00:00:00-00:01", -62_135_596_740_000_000),
            ("9999-12-31T23:59:59+23:59", 253_402_214_459_000_000),
        ])
    func good(text: String, microseconds: Int64) {
        #expect(Self.read(text) == microseconds)
    }

    @Test(
        "bad ones",
        arguments: [
            "x", "1970-01-01", "1970-01-01T00", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z",
            "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z", "1970-01-00T00:00:00Z", "1970-04-31T00:00:00Z",
            "1900-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00+",
            "1970-01-01T00:00:00+2", "1970-01-01T00:00:00+02:0", "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00 EST",
            "1970-01-01T00:00:00 ", "1970/01/01T00:00:00Z", "+1970-01-01T00:00:00Z", "1970-01-01T00:00:00ZZ",
            "0001-01-01T00:00:00+00:01", "0001-01-01 22:59+23", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z",
        ])
    func bad(text: String) {
        #expect(Self.read(text) == nil)
    }

    @Test("days agree with the calendar's own")
    func days() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        for day in stride(from: -100_000, through: 100_000, by: 37) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let (year, month, dayOfMonth) = (
                try #require(parts.year), try #require(parts.month), try #require(parts.day)
            )
            #expect(TimeText.days(year: year, month: month, day: dayOfMonth) == day)
        }
    }
}
