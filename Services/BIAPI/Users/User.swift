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
    /// When this was so, by the database's clock: a session that is made of it began then, and not later.
    var readAt = Date()
}

/// Where users are kept.
protocol UserDirectory: Sendable {
    /// By name, whatever its case, to log in: a change of the user that is under way is waited for.
    func user(named name: String) async throws -> User?
    func user(id: String) async throws -> User?
    func isEnded(session: String) async throws -> Bool
    /// Ends a session of a user before its time; it need not be remembered longer than `until`.
    func end(session: String, of user: String, until: Date) async throws
}
