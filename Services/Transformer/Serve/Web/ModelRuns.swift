import Hummingbird
import Planning

/// What was computed, batch by batch, the latest first.
struct ModelRuns: ResponseEncodable {
    struct Item: Encodable {
        let model: String, startedAt: String, finishedAt: String
        /// What was computed, or was to be, in words; its latest stretches when there are many.
        let computed: String
        let rows: Int
        /// Why it failed; nil: it did not.
        let error: String?

        private static let intervalsMax = 10

        init(_ run: ModelRun) {
            model = run.model.description
            startedAt = run.startedAt.description
            finishedAt = run.finishedAt.description
            computed = IntervalText.days(IntervalSet(run.computed.intervals.suffix(Self.intervalsMax)))
            rows = run.rows
            error = run.error
        }
    }

    let runs: [Item]

    init(_ runs: [ModelRun]) { self.runs = runs.map(Item.init) }
}
