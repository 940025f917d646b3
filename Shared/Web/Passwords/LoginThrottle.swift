// LoginThrottle: how often somebody may guess.
// Always: a right password ends the count of its user and address; the number of entries is bounded; what it remembers
// fades with time. One user from one address is slowed early, one address over many users later.
import Foundation
import Synchronization

/// Counts failed log-ins.
public final class LoginThrottle: Sendable {
    /// What is allowed.
    public struct Limits: Sendable {
        /// Failures of one user from one address before they must wait.
        public var perUser = 5
        /// Failures of one address, whatever the users.
        public var perAddress = 30
        /// The first wait; each further failure doubles it.
        public var firstWait: Duration = .seconds(2)
        public var waitMax: Duration = .seconds(900)
        /// How long failures are remembered.
        public var memory: Duration = .seconds(3600)
        public var entriesMax = 10_000

        public init() {}
    }

    private struct Key: Hashable {
        let user: String?, address: String
    }

    private struct Failures {
        var count = 0
        var last: ContinuousClock.Instant
    }

    private let limits: Limits
    private let failures = Mutex<[Key: Failures]>([:])

    public init(_ limits: Limits = Limits()) { self.limits = limits }

    /// How many pairs and addresses it remembers.
    var count: Int { failures.withLock { $0.count } }

    /// How long this pair must still wait; `nil` when it may try now.
    public func wait(
        user: String, address: String, now: ContinuousClock.Instant = .now
    ) -> Duration? {
        failures.withLock { failures in
            keys(user, address).compactMap { key, allowed -> Duration? in
                guard let past = failures[key], past.count >= allowed else { return nil }
                let doublings = min(past.count - allowed, 20)
                let wait = min(limits.firstWait * (1 << doublings), limits.waitMax)
                let rest = wait - past.last.duration(to: now)
                return rest > .zero ? rest : nil
            }.max()
        }
    }

    /// Stops a log-in that comes too early.
    /// - Throws: ``Problem`` 429 with `Retry-After`.
    public func check(user: String, address: String, now: ContinuousClock.Instant = .now) throws(Problem) {
        guard let wait = wait(user: user, address: address, now: now) else { return }
        let seconds = max(1, wait.components.seconds + (wait.components.attoseconds > 0 ? 1 : 0))
        throw Problem(
            .tooManyRequests, "Too many failed log-ins. Try again in \(seconds) s.",
            headers: [.retryAfter: "\(seconds)"])
    }

    /// The password was wrong, or there is no such user.
    public func failed(user: String, address: String, now: ContinuousClock.Instant = .now) {
        failures.withLock { failures in
            if failures.count >= limits.entriesMax { forget(&failures, now) }
            for (key, _) in keys(user, address) {
                var entry = failures[key] ?? Failures(last: now)
                if entry.last.duration(to: now) > limits.memory { entry.count = 0 }
                entry.count += 1
                entry.last = now
                failures[key] = entry
            }
        }
    }

    /// The log-in worked.
    public func succeeded(user: String, address: String) {
        failures.withLock { $0[Key(user: user.lowercased(), address: address)] = nil }
    }

    private func keys(_ user: String, _ address: String) -> [(Key, allowed: Int)] {
        [
            (Key(user: String(user.lowercased().prefix(256)), address: address), limits.perUser),
            (Key(user: nil, address: address), limits.perAddress),
        ]
    }

    /// Makes room: what has faded first, then the oldest half.
    private func forget(_ failures: inout [Key: Failures], _ now: ContinuousClock.Instant) {
        failures = failures.filter { $0.value.last.duration(to: now) <= limits.memory }
        guard failures.count >= limits.entriesMax else { return }
        let kept = failures.sorted { $0.value.last > $1.value.last }.prefix(limits.entriesMax / 2)
        failures = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
