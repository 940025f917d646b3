import Kafka

extension KafkaConsumer {
    /// Reads until `count` records came, answering assignments with `start`, revocations at once.
    func read(_ count: Int, from start: StartPosition = .beginning) async throws -> [String] {
        var texts: [String] = []
        while texts.count < count, let event = try await next() {
            switch event {
            case .assigned: try await assign(from: start)
            case .revoked(let partitions, _): try await release(partitions)
            case .records(let batch): texts += batch.map(\.text)
            case .reachedEnd: break
            }
        }
        return texts
    }

    /// The next event that `wanted` picks out; the others are passed over, revocations answered.
    func first<R>(_ wanted: (ConsumerEvent) -> R?) async throws -> R? {
        while let event = try await next() {
            if let found = wanted(event) { return found }
            if case .assigned = event { try await assign(from: .beginning) }
        }
        return nil
    }

    func awaitAssignment(from start: StartPosition = .beginning) async throws -> [TopicPartition] {
        let partitions = try await first { event -> [TopicPartition]? in
            if case .assigned(let partitions) = event { partitions } else { nil }
        }
        try await assign(from: start)
        return partitions ?? []
    }
}

extension Record {
    var text: String { withValue { String(decoding: $0 ?? .init(start: nil, count: 0), as: UTF8.self) } }
}

extension ConsumerEvent {
    var batch: RecordBatch? { if case .records(let batch) = self { batch } else { nil } }
}
