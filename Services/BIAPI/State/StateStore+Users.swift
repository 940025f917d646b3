import Foundation
import Postgres
import Web

extension StateStore: UserDirectory {
    func user(named name: String) async throws -> User? {
        guard name.utf8.count <= 256, !name.utf8.contains(0) else { return nil }
        return try await user(where: "lower(name) = lower(\(name)) FOR SHARE")
    }

    func user(id: String) async throws -> User? {
        guard UUID(uuidString: id) != nil else { return nil }
        return try await user(where: "id = \(id)")
    }

    func isEnded(session: String) async throws -> Bool {
        try await !pool.query("SELECT 1 FROM ended_sessions WHERE session = \(session)").isEmpty
    }

    func end(session: String, of user: String, until: Date) async throws {
        try await pool.execute(
            """
            WITH ended AS (
                INSERT INTO ended_sessions (session, until) VALUES (\(session), \(until)) ON CONFLICT DO NOTHING
                RETURNING session)
            INSERT INTO session_changes (user_id, session) SELECT \(user), session FROM ended
            """)
    }

    /// Adds a user, or with `update` changes the one of that name and ends their sessions.
    func saveUser(_ name: String, _ role: Role, passwordHash: String, update: Bool) async throws -> Saved {
        let id = UUID().uuidString.lowercased()
        let added = try await pool.execute(
            """
            INSERT INTO users (id, name, role, password_hash) VALUES (\(id), \(name), \(role.rawValue), \(passwordHash))
            ON CONFLICT (lower(name)) DO NOTHING
            """)
        if added == 1 { return .created }
        guard update else { return .exists }
        try await pool.execute(
            """
            UPDATE users SET role = \(role.rawValue), password_hash = \(passwordHash), is_disabled = false
            WHERE lower(name) = lower(\(name))
            """)
        return .updated
    }

    private func user(where condition: PostgresQuery) async throws -> User? {
        let rows = try await pool.query(
            """
            SELECT id::text, name, role, password_hash, is_disabled, sessions_valid_from, clock_timestamp() AS read_at
            FROM users WHERE \(condition)
            """)
        guard let row = rows.first, let role = Role(rawValue: try row.get("role")) else { return nil }
        return User(
            id: try row.get("id"), name: try row.get("name"), role: role,
            passwordHash: try row.get("password_hash"), isDisabled: try row.get("is_disabled"),
            sessionsValidFrom: try row.get("sessions_valid_from"), readAt: try row.get("read_at"))
    }
}
