// LoginThrottle: how often somebody may guess.
// Always: a try is counted before its password is looked at, so that tries side by side are no more than tries one after
// the other; what is remembered is bounded and fades.
//
// Three counts, each for another attack:
// - One user from one address: a hard limit. After five failures they wait, each time twice as long.
// - One address, whatever the users: a hard limit for names that never logged in from there. Who did is not locked out by
//   what others behind the same proxy do.
// - One user, whatever the addresses: slowed to one try in half a minute, never locked, since anybody could lock anybody
//   else out. Who logged in from their address before does not even notice.
import Foundation
import Synchronization

/// Counts tries to log in.
public final class LoginThrottle: Sendable {
    /// What is allowed.
    public struct Limits: Sendable {
        /// Failures of one user from one address before they must wait.
        public var perUserAndAddress = 5
        /// Failures of one address, whatever the users.
        public var perAddress = 30
        /// Failures of one user, whatever the addresses.
        public var perUser = 20
        /// Tries of one address whose passwords are being looked at.
        public var atOncePerAddress = 5
        /// The first wait; each further failure doubles it.
        public var firstWait: Duration = .seconds(2)
        public var waitMax: Duration = .seconds(900)
        /// The longest that one user must wait for what came from all addresses together.
        public var waitMaxPerUser: Duration = .seconds(30)
        /// How long failures are remembered.
        public var memory: Duration = .seconds(3600)
        /// How long it is remembered that somebody logged in from an address.
        public var acquaintance: Duration = .seconds(30 * 86_400)
        /// The most entries of each kind.
        public var entriesMax = 10_000

        public init() {}
    }

    /// A try that was let through. Say what became of it.
    public struct Attempt: Sendable {
        fileprivate let user: String
        fileprivate let address: String
        /// Whether this user logged in from this address before.
        public let isAcquainted: Bool
    }

    /// What became of a try.
    public enum Outcome: Sendable {
        /// The password was right.
        case succeeded
        /// It was wrong, or there is no such user.
        case failed
        /// Nobody looked: the try does not count.
        case undecided
    }

    private struct Pair: Hashable {
        let user: String, address: String
    }

    private struct State {
        var pairs: [Pair: Failures] = [:]
        var addresses: [String: Failures] = [:]
        var users: [String: Failures] = [:]
        var acquainted: [Pair: ContinuousClock.Instant] = [:]
        var atOnce: [String: Int] = [:]
    }

    private let limits: Limits
    private let state = Mutex(State())

    public init(_ limits: Limits = Limits()) { self.limits = limits }

    /// How many entries there are.
    var count: Int {
        state.withLock {
            $0.pairs.count + $0.addresses.count + $0.users.count + $0.acquainted.count + $0.atOnce.count
        }
    }

    /// Counts a try as a failure until ``end(_:_:now:)`` says otherwise.
    /// - Throws: ``Problem`` 429 with `Retry-After` when it comes too early; such a try is not counted.
    public func begin(
        user: String, address: String, now: ContinuousClock.Instant = .now
    ) throws(Problem) -> Attempt {
        let user = String(user.lowercased().prefix(128))
        let pair = Pair(user: user, address: address)
        let result: Result<Attempt, Problem> = state.withLock { state in
            let isAcquainted = state.acquainted[pair].map { $0.duration(to: now) <= limits.acquaintance } ?? false
            var waits = [wait(state.pairs[pair], limits.perUserAndAddress, limits.waitMax, now)]
            if !isAcquainted {
                waits.append(wait(state.addresses[address], limits.perAddress, limits.waitMax, now))
                waits.append(wait(state.users[user], limits.perUser, limits.waitMaxPerUser, now))
            }
            if let wait = waits.compactMap({ $0 }).max() { return .failure(.tooManyLogins(wait)) }
            if state.atOnce[address, default: 0] >= limits.atOncePerAddress {
                return .failure(.tooManyLogins(.seconds(1)))
            }
            state.atOnce[address, default: 0] += 1
            count(pair, in: &state.pairs, limits.perUserAndAddress, now)
            count(address, in: &state.addresses, limits.perAddress, now)
            count(user, in: &state.users, limits.perUser, now)
            return .success(Attempt(user: user, address: address, isAcquainted: isAcquainted))
        }
        return try result.get()
    }

    /// Says what became of a try. Once for each.
    public func end(_ attempt: Attempt, _ outcome: Outcome, now: ContinuousClock.Instant = .now) {
        let pair = Pair(user: attempt.user, address: attempt.address)
        state.withLock { state in
            let atOnce = state.atOnce[attempt.address, default: 1] - 1
            state.atOnce[attempt.address] = atOnce > 0 ? atOnce : nil
            if outcome == .failed {
                // The wait begins with the answer, however long that took.
                state.pairs[pair]?.last = now
                state.addresses[attempt.address]?.last = now
                state.users[attempt.user]?.last = now
                return
            }
            takeBack(pair, in: &state.pairs)
            takeBack(attempt.address, in: &state.addresses)
            takeBack(attempt.user, in: &state.users)
            guard outcome == .succeeded else { return }
            state.pairs[pair] = nil
            if state.acquainted.count >= limits.entriesMax, state.acquainted[pair] == nil {
                let kept = state.acquainted.sorted { $0.value > $1.value }.prefix(limits.entriesMax / 2)
                state.acquainted = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
            }
            state.acquainted[pair] = now
        }
    }

    private func wait(
        _ past: Failures?, _ allowed: Int, _ waitMax: Duration, _ now: ContinuousClock.Instant
    ) -> Duration? {
        guard let past, past.count >= allowed, past.last.duration(to: now) <= limits.memory else { return nil }
        let doublings = min(past.count - allowed, 20)
        let rest = min(limits.firstWait * (1 << doublings), waitMax) - past.last.duration(to: now)
        return rest > .zero ? rest : nil
    }

    private func count<Key: Hashable>(
        _ key: Key, in table: inout [Key: Failures], _ allowed: Int, _ now: ContinuousClock.Instant
    ) {
        if table[key] == nil, table.count >= limits.entriesMax { makeRoom(in: &table, now) }
        var entry = table[key] ?? Failures(last: now)
        if entry.last.duration(to: now) > limits.memory { entry.count = 0 }
        entry.count += 1
        entry.last = now
        table[key] = entry
    }

    private func takeBack<Key: Hashable>(_ key: Key, in table: inout [Key: Failures]) {
        guard let count = table[key]?.count else { return }
        if count > 1 { table[key]?.count = count - 1 } else { table[key] = nil }
    }

    /// What has faded goes first; then the half with the fewest failures, so that made-up names do not wash away those
    /// who must wait.
    private func makeRoom<Key: Hashable>(in table: inout [Key: Failures], _ now: ContinuousClock.Instant) {
        table = table.filter { $0.value.last.duration(to: now) <= limits.memory }
        guard table.count >= limits.entriesMax else { return }
        let kept = table.sorted { ($0.value.count, $0.value.last) > ($1.value.count, $1.value.last) }
            .prefix(limits.entriesMax / 2)
        table = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}

private struct Failures {
    var count = 0
    var last: ContinuousClock.Instant
}

extension Problem {
    fileprivate static func tooManyLogins(_ wait: Duration) -> Problem {
        let seconds = max(1, wait.components.seconds + (wait.components.attoseconds > 0 ? 1 : 0))
        return Problem(
            .tooManyRequests, "Too many failed log-ins. Try again in \(seconds) s.",
            headers: [.retryAfter: "\(seconds)"])
    }
}
