import Pipeline
import Testing

@Suite("Moments are read and written") struct MomentTests {
    @Test(
        "in every spelling",
        arguments: [
            ("2026-11-23", "2026-11-23T00:00:00Z"),
            ("2026-11-23 14:05", "2026-11-23T14:05:00Z"),
            ("2026-11-23T14:05:06Z", "2026-11-23T14:05:06Z"),
            ("2026-11-23 14:05:06.5", "2026-11-23T14:05:06.500000Z"),
            ("2026-11-23T14:05:06+02:00", "2026-11-23T12:05:06Z"),
            ("2018-01-01T00:00:00 UTC", "2018-01-01T00:00:00Z"),
            ("1969-12-31 23:59:59", "1969-12-31T23:59:59Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
        ])
    func reading(text: String, written: String) {
        #expect(Moment(text)?.description == written)
    }

    @Test(
        "nonsense is not", arguments: ["", "yesterday", "2026-13-01", "2026-02-29", "2026-11-23 25:00", "2026-11-23x"])
    func nonsense(text: String) {
        #expect(Moment(text) == nil)
    }

    @Test("days and back, over four centuries")
    func civil() {
        for day in stride(from: -146_097, to: 146_097, by: 1) {
            let moment = Moment(seconds: Int64(day) * 86_400)
            let civil = moment.civil
            #expect(Moment(year: civil.year, month: civil.month, day: civil.day) == moment)
        }
    }
}
