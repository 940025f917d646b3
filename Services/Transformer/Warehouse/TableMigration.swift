import ModelProject
import Planning
import Postgres

/// Changes the tables of forward-only models.
struct TableMigration: Sendable {
    let database: Database

    /// Adds columns with the types that the model's query, or its declaration, gives them. Those that are there stay.
    /// - Parameter query: The model's query over the tables of its parents; it is not run.
    /// - Returns: What was added.
    /// - Throws: `pipelineError` where the query cannot be, or gives a column that stays another type.
    func addColumns(
        _ names: [String], to model: PlannedModel, _ query: PlacedSQL
    ) async throws -> [ColumnDescription] {
        let table = RelationNames.table(model.id)
        return try await database.transaction { session in
            try await session.execute("SELECT pg_advisory_xact_lock(hashtextextended(\(table.sql), 0))")
            let shape = try await self.shape(of: model, query, session)
            let there = try await session.columns(of: table)
            for column in there {
                guard let new = shape.first(where: { $0.name == column.name }), new.type != column.type else {
                    continue
                }
                throw model.snapshot.definition.error(
                    "kind",
                    "The change of \(model.name) is forward-only and would make \(column.name), which is "
                        + "\(column.type), \(new.type). Cast it to \(column.type), or leave forward_only out.")
            }
            let missing = shape.filter { column in
                names.contains(column.name) && !there.contains { $0.name == column.name }
            }
            for column in missing {
                try await session.execute(
                    "ALTER TABLE \(sql: table.sql) ADD COLUMN \(identifier: column.name) \(sql: column.type)")
            }
            return missing
        }
    }

    /// The columns that the query gives, by the database's word.
    private func shape(
        of model: PlannedModel, _ query: PlacedSQL, _ session: Session
    ) async throws -> [ColumnDescription] {
        let declared = model.snapshot.definition.columns
        if !declared.isEmpty { return declared.map { ColumnDescription(name: $0.key, type: $0.value) } }
        let prefix = "CREATE TEMPORARY TABLE millrace_shape ON COMMIT DROP AS SELECT * FROM ("
        do {
            try await session.execute("\(sql: prefix + query.text + "\n) AS model WITH NO DATA")")
        } catch let error as PostgresError {
            throw TransformerError.sql(error, in: query, after: prefix, doing: "\(model.name)")
        }
        return try await session.rows(
            """
            SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a
            WHERE a.attrelid = 'pg_temp.millrace_shape'::regclass AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
            """
        ).map { ColumnDescription(name: try $0.text("name"), type: try $0.text("type")) }
    }
}
