import Foundation
import Metrics

// ResultCache: answers of charts, by query and by the version of the data that it reads.
// Always: an entry is of the version that was current before its query began, so a change during the query makes it
// unreachable; equal questions at one time are one query; the sum of the entries' sizes stays below the limit.

/// The answer of a chart's query, already written as JSON.
struct ChartResult: Sendable, Equatable {
    /// `"columns":[…],"rows":[…],"truncated":false`: members of the answer's object.
    let members: [UInt8]
    let rowCount: Int
    let computedAt: Date
    let elapsed: Duration
}

/// Keeps and shares answers.
actor ResultCache {
    /// One question to one state of the data.
    struct Key: Hashable, Sendable {
        let sql: String
        let relation: String
        let version: DataVersion
    }

    private struct Entry {
        let result: ChartResult
        var lastUse: UInt64
    }

    private struct Flight {
        let id: UInt64
        let task: Task<ChartResult, any Error>
        /// How many wait for it, the one who asked first among them.
        var waiting = 1
    }

    private let bytesMax: Int
    /// Small answers are many where readers choose values at will; the oldest is looked for among all.
    private static let entriesMax = 5_000
    private var entries: [Key: Entry] = [:]
    private var flights: [Key: Flight] = [:]
    private var bytes = 0
    private var clock: UInt64 = 0
    private let hits = Counter(label: "bi_cache_hits_total")
    private let misses = Counter(label: "bi_cache_misses_total")
    private let shared = Counter(label: "bi_cache_shared_total")
    private let size = Gauge(label: "bi_cache_bytes")

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// The answer to `key`: kept, under way, or computed now.
    /// - Returns: The answer, and whether it was there before the question.
    func result(
        for key: Key, compute: @escaping @Sendable () async throws -> ChartResult
    ) async throws -> (result: ChartResult, cached: Bool) {
        clock += 1
        if let entry = entries[key] {
            entries[key]?.lastUse = clock
            hits.increment()
            return (entry.result, true)
        }
        if let flight = flights[key] {
            shared.increment()
            flights[key]?.waiting += 1
            return (try await landing(of: flight, key), false)
        }
        misses.increment()
        // A task of its own: the one who asked first may leave while others still wait.
        let flight = Flight(id: clock, task: Task { try await compute() })
        flights[key] = flight
        defer { if flights[key]?.id == flight.id { flights[key] = nil } }
        let result = try await landing(of: flight, key)
        keep(result, for: key)
        return (result, false)
    }

    /// Waits for a query under way. When nobody waits any more it ends, in the database too.
    private func landing(of flight: Flight, _ key: Key) async throws -> ChartResult {
        try await withTaskCancellationHandler {
            try await flight.task.value
        } onCancel: {
            Task { await self.leave(flight.id, key) }
        }
    }

    private func leave(_ id: UInt64, _ key: Key) {
        guard flights[key]?.id == id else { return }
        flights[key]?.waiting -= 1
        guard flights[key]?.waiting == 0 else { return }
        flights.removeValue(forKey: key)?.task.cancel()
    }

    /// How many share the query of `key` that is under way, besides the one who asked first.
    func waitingCount(for key: Key) -> Int { (flights[key]?.waiting ?? 1) - 1 }

    /// Forgets the answers about relations whose data changed.
    func drop(_ relations: Set<String>) {
        for (key, entry) in entries where relations.contains(key.relation) {
            bytes -= cost(key, entry.result)
            entries[key] = nil
        }
        size.record(bytes)
    }

    /// Forgets everything.
    func dropAll() {
        entries = [:]
        bytes = 0
        size.record(0)
    }

    private func keep(_ result: ChartResult, for key: Key) {
        let cost = cost(key, result)
        guard cost <= bytesMax / 4, entries[key] == nil else { return }
        entries[key] = Entry(result: result, lastUse: clock)
        bytes += cost
        while bytes > bytesMax || entries.count > Self.entriesMax,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            bytes -= self.cost(oldest.key, oldest.value.result)
            entries[oldest.key] = nil
        }
        size.record(bytes)
    }

    private func cost(_ key: Key, _ result: ChartResult) -> Int { result.members.count + key.sql.utf8.count + 256 }
}
