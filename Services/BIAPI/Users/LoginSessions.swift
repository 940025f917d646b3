import Foundation
import Logging
import Web

// LoginSessions: whether a session that is signed and in time still stands.
// Always: a log-out counts at once here and within the memory's few seconds in other replicas; when the users cannot be
// asked, nobody is let in whom this process has not seen lately.

/// Checks sessions against the users' table, with a short memory.
actor LoginSessions {
    private struct Verdict {
        let isAccepted: Bool
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

    /// True when the user is there, has the role that the session says, and has not logged out.
    func accepts(_ principal: Principal, issuedAt: Date) async -> Bool {
        let now = ContinuousClock.now
        if let verdict = verdicts[principal.session], verdict.until > now { return verdict.isAccepted }
        do {
            let isAccepted = try await check(principal, issuedAt)
            if verdicts.count >= Self.entriesMax { verdicts = verdicts.filter { $0.value.until > now } }
            if verdicts.count < Self.entriesMax {
                verdicts[principal.session] = Verdict(isAccepted: isAccepted, until: now + memory)
            }
            return isAccepted
        } catch {
            logger.error("session not checked", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Logs out.
    func end(_ principal: Principal, lifetime: Duration) async throws {
        try await users.end(
            session: principal.session, until: Date().addingTimeInterval(Double(lifetime.components.seconds)))
        verdicts[principal.session] = Verdict(isAccepted: false, until: .now + lifetime)
    }

    private func check(_ principal: Principal, _ issuedAt: Date) async throws -> Bool {
        guard let user = try await users.user(id: principal.subject), !user.isDisabled, user.role == principal.role,
            // Tokens count in whole seconds.
            issuedAt.timeIntervalSince1970 >= user.sessionsValidFrom.timeIntervalSince1970.rounded(.down)
        else { return false }
        return try await !users.isEnded(session: principal.session)
    }
}
