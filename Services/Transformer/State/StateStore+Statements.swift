import ModelProject
import Postgres

extension StateStore {
    /// What an environment's project runs before and after everything else; nil when there is no such environment, or an
    /// earlier version promoted it.
    func statements(of environment: String) async throws -> EnvironmentStatements? {
        let rows = try await database.session.rows(
            """
            SELECT statements::text AS statements FROM transformer.environments
            WHERE name = \(environment) AND statements IS NOT NULL
            """)
        guard let row = rows.first else { return nil }
        return try StoredJSON.decode("statements", of: environment, row)
    }

    /// Keeps it with an environment, in the transaction of `session`.
    func keep(_ statements: EnvironmentStatements, of environment: String, _ session: Session) async throws {
        let text = try StoredJSON.encode(statements)
        try await session.execute(
            "UPDATE transformer.environments SET statements = \(text)::jsonb WHERE name = \(environment)")
    }
}
