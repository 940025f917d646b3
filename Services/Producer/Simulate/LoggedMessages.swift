import Kafka

/// Messages on their way whose fate will be logged, each with a receipt of its own.
struct LoggedMessages {
    private var waiting: [(mark: EventMark, receipt: BulkDelivery)] = []
    private var first = 0

    mutating func append(_ mark: EventMark, _ receipt: BulkDelivery) { waiting.append((mark, receipt)) }

    /// Waits until the fate of all is known.
    func settled() async {
        for entry in waiting[first...] { _ = await entry.receipt.flush() }
    }

    /// Takes those at the front whose fate is known.
    mutating func takeSettled() -> [(mark: EventMark, isAcknowledged: Bool)] {
        var settled: [(mark: EventMark, isAcknowledged: Bool)] = []
        while first < waiting.count {
            let report = waiting[first].receipt.report
            guard report.pending == 0 else { break }
            settled.append((waiting[first].mark, report.delivered == 1))
            first += 1
        }
        // Moved up now and then, not each time, or a long queue would cost its length at every look.
        if first > waiting.count / 2 {
            waiting.removeFirst(first)
            first = 0
        }
        return settled
    }
}
