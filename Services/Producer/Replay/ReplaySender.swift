import Kafka

/// Gathers events into windows at the pace that was asked for, sends them, and notes what is acknowledged.
struct ReplaySender: Sendable {
    /// Messages of a window: enough to be fast, few enough to be sent again.
    private static let messagesMax = 2_000
    private static let bytesMax = 1 << 20
    /// The checkpoint is written this often, and at the end.
    private static let checkpointEvery: Duration = .seconds(1)

    var checkpoint: ReplayCheckpoint
    private let delivery: ReplayDelivery?
    private let record: ReplayRecord
    private let progress: ReplayProgress
    private let pacing: ReplaySettings.Pacing
    private var pace: Pace?
    private var allowance = 0
    /// When the first event was sent, and its own time.
    private var beginning: (sent: ContinuousClock.Instant, time: Int64)?
    private var window = ReplayWindow()
    private var written = ContinuousClock.now
    private let clock = ContinuousClock()

    /// - Parameter delivery: `nil` sends nothing.
    init(
        _ settings: ReplaySettings, _ delivery: ReplayDelivery?, _ record: ReplayRecord,
        _ checkpoint: ReplayCheckpoint, _ progress: ReplayProgress
    ) {
        self.delivery = delivery
        self.record = record
        self.checkpoint = checkpoint
        self.progress = progress
        pacing = settings.pace
        if case .rate(let rate) = settings.pace { pace = Pace(rate: rate, chunk: Self.messagesMax) }
    }

    mutating func take(_ event: EventMaker.Event, number: Int, topic: String) async throws {
        try await waitUntilDue(event)
        window.messages.append(ProducerMessage(topic: topic, key: event.key, value: event.value))
        window.bytes += event.value.count
        try await note(number)
    }

    mutating func take(_ rejected: RejectedRecord, number: Int) async throws {
        window.rejects.append(rejected)
        try await note(number)
    }

    private mutating func note(_ number: Int) async throws {
        window.lastRecord = number
        progress.took(records: number)
        let count = window.messages.count + window.rejects.count
        if count >= Self.messagesMax || window.bytes >= Self.bytesMax { try await dispatch() }
    }

    /// Sends what is gathered.
    mutating func dispatch() async throws {
        guard !window.isEmpty else { return }
        let window = self.window
        self.window = ReplayWindow()
        guard let delivery else { return try await settle([window]) }
        try await settle(try await delivery.send(window))
    }

    /// Waits for the acknowledgements of what was sent, and writes the last checkpoint.
    /// - Parameter isComplete: The file has come to its end.
    func finish(isComplete: Bool) async throws -> ReplayCheckpoint {
        var last = self
        if let delivery { try await last.settle(try await delivery.finish()) }
        last.checkpoint.isFinished = isComplete
        try await record.write(last.checkpoint)
        return last.checkpoint
    }

    private mutating func settle(_ windows: [ReplayWindow]) async throws {
        for window in windows {
            try await record.append(window.rejects)
            checkpoint.records = window.lastRecord
            checkpoint.rejected += window.rejects.count
            guard delivery != nil else { continue }
            checkpoint.delivered += window.messages.count
            progress.delivered(window.messages.count)
        }
        guard !windows.isEmpty, clock.now - written >= Self.checkpointEvery else { return }
        try await record.write(checkpoint)
        written = clock.now
    }

    private mutating func waitUntilDue(_ event: EventMaker.Event) async throws {
        guard delivery != nil else { return }
        switch pacing {
        case .unlimited: return
        case .rate:
            if allowance == 0 {
                try await dispatch()
                allowance = try await pace?.next() ?? Self.messagesMax
            }
            allowance -= 1
        case .speed(let speed):
            guard let time = event.time else { return }
            guard let beginning else {
                self.beginning = (clock.now, time)
                return
            }
            // A pause of centuries is no longer than the longest that can be waited for.
            let pause = min(Double(time - beginning.time) / speed, 1e15)
            let due = beginning.sent + .microseconds(Int64(max(pause, 0)))
            guard due > clock.now + .milliseconds(5) else { return }
            try await dispatch()
            try await clock.sleep(until: due)
        }
    }
}
