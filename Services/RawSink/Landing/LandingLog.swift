import Logging
import Warehouse

/// Steady state in few lines: sums, every ten seconds at most; dead letters and trouble once a second at most.
struct LandingLog {
    private static let summaryEvery: Duration = .seconds(10)
    private static let troubleEvery: Duration = .seconds(1)

    private let logger: Logger
    private var rows = 0
    private var rejected = 0
    private var repeated = 0
    private var batches = 0
    private var since = ContinuousClock.now
    private var nextTrouble = ContinuousClock.now

    init(logger: Logger) { self.logger = logger }

    /// - Parameter duplicates: Messages of the batch that the warehouse dropped as repetitions.
    mutating func landed(_ batch: RawBatch, duplicates: Int) {
        rows += batch.rows.count - duplicates
        repeated += duplicates
        rejected += batch.deadLetters.count
        batches += 1
        if let letter = batch.deadLetters.first {
            trouble(
                "messages rejected",
                [
                    "messages": "\(batch.deadLetters.count)", "first": "\(letter.position)",
                    "reason": "\(letter.reason)",
                    "field": "\(letter.field ?? "")",
                ])
        }
        if since.duration(to: .now) >= Self.summaryEvery { summary() }
    }

    /// Writes the sums since the last time, when there are any.
    mutating func summary() {
        guard batches > 0 else { return }
        let time = since.duration(to: .now)
        let perSecond = Double(rows) / max(0.001, Double(time.nanoseconds) / 1e9)
        logger.info(
            "landed",
            metadata: [
                "rows": "\(rows)", "rejected": "\(rejected)", "repetitions": "\(repeated)", "batches": "\(batches)",
                "rows_per_second": "\(Int(perSecond))",
            ])
        (rows, rejected, repeated, batches, since) = (0, 0, 0, 0, .now)
    }

    mutating func trouble(_ message: Logger.Message, _ metadata: Logger.Metadata) {
        guard ContinuousClock.now >= nextTrouble else { return }
        nextTrouble = .now + Self.troubleEvery
        logger.warning(message, metadata: metadata)
    }
}
