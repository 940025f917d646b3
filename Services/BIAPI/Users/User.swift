import Foundation
import Web

/// Somebody who may log in.
struct User: Sendable, Equatable {
    let id: String
    let name: String
    let role: Role
    /// `$scrypt$…`. Leaves this process only to its table.
    let passwordHash: String
    let isDisabled: Bool
    /// Sessions that began before are over: the password or the role was changed then.
    let sessionsValidFrom: Date
}

/// Where users are kept.
protocol UserDirectory: Sendable {
    /// By name, whatever its case.
    func user(named name: String) async throws -> User?
    func user(id: String) async throws -> User?
    func isEnded(session: String) async throws -> Bool
    /// Ends a session before its time; it need not be remembered longer than `until`.
    func end(session: String, until: Date) async throws
}
