import Kafka
import Warehouse

extension SinkSession {
    /// Says of which partitions everything has landed, so that one without events does not hold back the low watermark
    /// of its topic. Beside the loop; what cannot be said now is said next time.
    func noteEnds() {
        guard endNote == nil, ContinuousClock.now >= nextEndNote else { return }
        var ends: [String: [Int32: Offset]] = [:]
        for partition in consumer.partitionsAtEnd where owned.contains(partition) && !gone.contains(partition) {
            guard lanes[partition.topic]?.isEmpty != false, let next = positions[partition] else { continue }
            ends[partition.topic, default: [:]][partition.partition] = next
        }
        nextEndNote = .now + (ends.isEmpty ? .seconds(1) : warehouse.rawCapabilities.endsEvery)
        guard !ends.isEmpty else { return }
        endNote = Task {
            for (topic, positions) in ends { await note(positions, of: topic) }
            endNote = nil
        }
    }

    private func note(_ positions: [Int32: Offset], of topic: String) async {
        do {
            try await warehouse.noteEnds(of: topic, at: positions)
        } catch {
            log.trouble("ends of partitions not noted", ["topic": "\(topic)", "error": "\(error)"])
        }
    }
}
