import Synchronization

/// The keys as they are now, and how much each may still send. Asked by every request, replaced as a whole.
final class KeyRing: Sendable {
    private struct State {
        var keys: [[UInt8]: WriteKey] = [:]
        var buckets: [String: TokenBucket] = [:]
    }

    private let state: Mutex<State>
    /// Without keys everyone may send everything.
    let isOpen: Bool

    init(_ keys: [WriteKey], isOpen: Bool = false) {
        self.isOpen = isOpen
        state = Mutex(State())
        replace(with: keys)
    }

    /// Puts other keys in place. A key whose rate stays as it was keeps its level: a reload is no refill.
    func replace(with keys: [WriteKey]) {
        state.withLock { state in
            state.keys = Dictionary(keys.map { ($0.digest, $0) }) { first, _ in first }
            var buckets: [String: TokenBucket] = [:]
            for key in keys {
                guard let rate = key.rate else { continue }
                let burst = key.burst ?? max(1, rate)
                let old = state.buckets[key.name]
                buckets[key.name] =
                    old?.rate == rate && old?.burst == burst ? old : TokenBucket(rate: rate, burst: burst, at: .now)
            }
            state.buckets = buckets
        }
    }

    /// Whether these are the keys already.
    func holds(_ keys: [WriteKey]) -> Bool {
        state.withLock { state in
            keys.count == state.keys.count && keys.allSatisfy { state.keys[$0.digest] == $0 }
        }
    }

    /// Whose key it is; `nil` when it is nobody's.
    func find(_ key: [UInt8]) -> WriteKey? {
        let digest = WriteKey.digest(of: key)
        return state.withLock { $0.keys[digest] }
    }

    /// Takes `events` from what the key may send; `nil` when it has no limit.
    func take(_ events: Int, of key: WriteKey, at now: ContinuousClock.Instant = .now) -> (
        TokenBucket.Answer, burst: Int
    )? {
        guard key.rate != nil else { return nil }
        return state.withLock { state in
            guard var bucket = state.buckets[key.name] else { return nil }
            let answer = bucket.take(events, at: now)
            state.buckets[key.name] = bucket
            return (answer, Int(bucket.burst))
        }
    }
}
