import Foundation
import Logging
import Web

// LoginSessions: whether a session that is signed and in time still stands.
// Always: a log-out counts at once here and within the memory's few seconds in other replicas; when the users cannot be
// asked, nobody is let in whom this process has not seen lately.

/// Checks sessions against the users' table, with a short memory.
actor LoginSessions {
    private struct Verdict {
        let verdict: SessionVerdict
        let until: ContinuousClock.Instant
    }

    private let users: any UserDirectory
    private let memory: Duration
    private let logger: Logger
    private var verdicts: [String: Verdict] = [:]
    private static let entriesMax = 10_000

    init(users: any UserDirectory, memory: Duration = .seconds(5), logger: Logger) {
        self.users = users
        self.memory = memory
        self.logger = logger
    }

    /// It stands when the user is there, has the role that the session says, and has not logged out.
    func verdict(on principal: Principal, issuedAt: Date) async -> SessionVerdict {
        let now = ContinuousClock.now
        if let known = verdicts[principal.session], known.until > now { return known.verdict }
        do {
            let verdict: SessionVerdict = try await stands(principal, issuedAt) ? .stands : .ended
            // Meanwhile somebody may have logged out: that is not forgotten over an older answer.
            if let known = verdicts[principal.session], known.until > now { return known.verdict }
            if verdicts.count >= Self.entriesMax { verdicts = verdicts.filter { $0.value.until > now } }
            if verdicts.count < Self.entriesMax {
                verdicts[principal.session] = Verdict(verdict: verdict, until: now + memory)
            }
            return verdict
        } catch {
            logger.warning("session not checked", metadata: ["error": "\(error)"])
            return .unknown("The database that knows users and sessions does not answer.")
        }
    }

    /// Logs out.
    func end(_ principal: Principal, lifetime: Duration) async throws {
        try await users.end(
            session: principal.session, of: principal.subject,
            until: Date().addingTimeInterval(Double(lifetime.components.seconds)))
        verdicts[principal.session] = Verdict(verdict: .ended, until: .now + lifetime)
    }

    private func stands(_ principal: Principal, _ issuedAt: Date) async throws -> Bool {
        guard let user = try await users.user(id: principal.subject), !user.isDisabled, user.role == principal.role,
            issuedAt >= user.sessionsValidFrom
        else { return false }
        return try await !users.isEnded(session: principal.session)
    }
}
