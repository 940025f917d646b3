import Charts
import Foundation
import Pipeline
import Testing

@Suite("A written time range means whole units in a zone") struct TimeRangeTests {
    @Test(
        "at 2026-11-23 23:30 UTC, a Monday",
        arguments: [
            ("last 1 day", "UTC", "2026-11-23", "2026-11-24", "2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"),
            ("last 14 days", "UTC", "2026-11-10", "2026-11-24", "2026-11-10T00:00:00Z", "2026-11-24T00:00:00Z"),
            // In Oslo it is the 24th already.
            ("last 2 days", "Europe/Oslo", "2026-11-23", "2026-11-25", "2026-11-22T23:00:00Z", "2026-11-24T23:00:00Z"),
            ("last 1 week", "UTC", "2026-11-23", "2026-11-30", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            ("last 2 months", "UTC", "2026-10-01", "2026-12-01", "2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("last 1 quarter", "UTC", "2026-10-01", "2027-01-01", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("yesterday", "UTC", "2026-11-22", "2026-11-23", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"),
            ("yesterday", "Europe/Oslo", "2026-11-23", "2026-11-24", "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"),
            ("last week", "UTC", "2026-11-16", "2026-11-23", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
            ("this month", "UTC", "2026-11-01", "2026-12-01", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("last month", "UTC", "2026-10-01", "2026-11-01", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"),
            ("last quarter", "UTC", "2026-07-01", "2026-10-01", "2026-07-01T00:00:00Z", "2026-10-01T00:00:00Z"),
            ("last 1 year", "UTC", "2026-01-01", "2027-01-01", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("last 3 hours", "UTC", "2026-11-23", "2026-11-24", "2026-11-23T21:00:00Z", "2026-11-24T00:00:00Z"),
            // Clocks went back on 2026-10-25: that day has 25 hours.
            (
                "2026-10-25 to 2026-10-25", "Europe/Oslo", "2026-10-25", "2026-10-26", "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z"
            ),
        ])
    func ranges(text: String, zone: String, first: String, end: String, from: String, to: String) throws {
        let now = try Date("2026-11-23T23:30:00Z", strategy: .iso8601)
        let written = try #require(TimeRangeDefinition(text))
        let timeZone = try #require(TimeZone(identifier: zone))
        let range = try #require(TimeRange(written, now: now, timeZone: timeZone))
        #expect(range.firstDay == first)
        #expect(range.endDay == end)
        #expect(range.from == (try Date(from, strategy: .iso8601)))
        #expect(range.to == (try Date(to, strategy: .iso8601)))
    }

    @Test("days that are in no calendar are no range") func noSuchDay() {
        #expect(TimeRange(.days("2026-02-30", "2026-02-31"), now: Date(), timeZone: .gmt) == nil)
    }
}
