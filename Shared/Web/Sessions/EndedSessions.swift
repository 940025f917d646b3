// EndedSessions: which sessions are over before their time, for a service that keeps no users and is told.
// Always: before everything has been heard once, and when nothing was heard for too long, no session is called good; what
// it remembers is dropped when the sessions that it speaks of have expired anyway.
import Foundation
import ServiceRuntime
import Synchronization

/// Sessions that ended early, as bi-api says it over Kafka.
public final class EndedSessions: Sendable {
    private struct State {
        /// Sessions of a user that began before are over.
        var users: [String: Date] = [:]
        /// Over, whenever it began; with the time at which it was.
        var sessions: [String: Date] = [:]
        var knownUpTo: ContinuousClock.Instant?
        var sweepAt = 1_000
    }

    /// How long a session is taken on what was known last, when Kafka is away.
    public static let stalenessMax: Duration = .seconds(15 * 60)

    private let state = Mutex(State())
    private let stalenessMax: Duration

    /// - Parameter stalenessMax: How old what is known may be.
    public init(stalenessMax: Duration = EndedSessions.stalenessMax) { self.stalenessMax = stalenessMax }

    /// Sessions of `user` that began before `before` are over; only `session` when it is named.
    public func end(user: String, session: String?, before: Date, now: Date = Date()) {
        state.withLock { state in
            if let session {
                state.sessions[session] = before
            } else {
                state.users[user] = max(before, state.users[user] ?? before)
            }
            guard state.users.count + state.sessions.count >= state.sweepAt else { return }
            // No session lives longer than that, so none from before is left.
            let oldest = now.addingTimeInterval(-Double(SessionSettings.lifetimeMax.components.seconds))
            state.users = state.users.filter { $0.value > oldest }
            state.sessions = state.sessions.filter { $0.value > oldest }
            state.sweepAt = max(1_000, 2 * (state.users.count + state.sessions.count))
        }
    }

    /// Everything that ended before `moment` was told to ``end(user:session:before:now:)``.
    public func isKnown(upTo moment: ContinuousClock.Instant) {
        state.withLock { $0.knownUpTo = max(moment, $0.knownUpTo ?? moment) }
    }

    /// Whether a session that is signed and in time still stands.
    public func verdict(
        on principal: Principal, issuedAt: Date, now: ContinuousClock.Instant = .now
    ) -> SessionVerdict {
        state.withLock { state in
            if state.sessions[principal.session] != nil { return .ended }
            // `<`: a session that begins at the very moment of the change began after it.
            if let start = state.users[principal.subject], issuedAt < start { return .ended }
            guard let known = state.knownUpTo, known.duration(to: now) <= stalenessMax else {
                return .unknown("Kafka does not say which sessions have ended.")
            }
            return .stands
        }
    }

    /// For `/readyz`.
    public func health(now: ContinuousClock.Instant = .now) -> HealthStatus {
        state.withLock { state in
            guard let known = state.knownUpTo else { return .failing("ended sessions are not known yet") }
            let age = known.duration(to: now)
            guard age <= stalenessMax else {
                return .failing("not told of ended sessions for \(age.components.seconds) s: nobody is let in")
            }
            return age <= .seconds(60)
                ? .ok : .warning("not told of ended sessions for \(age.components.seconds) s; Kafka is away")
        }
    }

    /// How many users and sessions are remembered.
    var count: Int { state.withLock { $0.users.count + $0.sessions.count } }
}
