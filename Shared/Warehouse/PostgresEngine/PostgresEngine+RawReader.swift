// The role that reads raw tables, and does nothing else.
import DataContract
import Postgres

extension PostgresEngine {
    /// Refuses a role that can do more than read.
    public func prepareReader(role: String, password: String?, contracts: [Contract]) async throws(WarehouseError) {
        try await translating {
            try await pool.withTransaction { connection in
                try await connection.query("SELECT pg_advisory_xact_lock(hashtextextended('millrace.raw', 0))")
                let name = PostgresQuoting.identifier(role)
                let exists = try await isReader(role, connection)
                if let password {
                    // The server gets a verifier, so that no log of its statements ever holds the password.
                    let verifier = try await connection.passwordVerifier(of: password, role: role)
                    try await connection.query(
                        """
                        \(sql: exists ? "ALTER" : "CREATE") ROLE \(sql: name) LOGIN NOINHERIT
                        PASSWORD \(sql: PostgresQuoting.literal(verifier))
                        """)
                } else if !exists {
                    try await connection.query("CREATE ROLE \(sql: name) NOLOGIN NOINHERIT")
                }
                for contract in contracts {
                    try await connection.query(
                        "GRANT USAGE ON SCHEMA \(identifier: contract.table.schema) TO \(sql: name)")
                    try await connection.query(
                        "GRANT SELECT ON \(identifier: contract.table.schema, contract.table.name) TO \(sql: name)")
                }
            }
        }
    }
}

extension PostgresEngine {
    /// Whether the role exists, and only reads. A role that can do more is not made the reader by mistake of a setting:
    /// it would get a new password, and every query of every user its rights.
    private func isReader(_ role: String, _ connection: PostgresConnection) async throws -> Bool {
        let rows = try await connection.query(
            """
            SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolname = current_user
              OR EXISTS (SELECT FROM pg_database WHERE datdba = r.oid AND datname = current_database())
              OR EXISTS (SELECT FROM pg_namespace WHERE nspowner = r.oid) AS mighty
            FROM pg_roles r WHERE rolname = \(role)
            """)
        guard let row = rows.first else { return false }
        if try row.get(0) {
            throw WarehouseError.permissionDenied(
                reason: "the role \(role) can do more than read, so it cannot be the reader; name another one")
        }
        return true
    }
}
