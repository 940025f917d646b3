import DataContract
import Postgres

extension PostgresEngine {
    /// What this role may not do and a sink must, a line each; tables that are missing too.
    public func missingRights(for contracts: [Contract]) async throws(WarehouseError) -> [String] {
        var wanted = contracts.map { ("\(PostgresQuoting.identifier($0.table.schema, $0.table.name))", "INSERT") }
        let own = ["_sink_offsets", "_dead_letters", "_landings", "_seen_values"]
        for table in own {
            for right in ["SELECT", "INSERT", "UPDATE", "DELETE"] { wanted.append(("raw.\(table)", right)) }
        }
        let (tables, rights) = (wanted.map(\.0), wanted.map(\.1))
        return try await translating {
            try await pool.query(
                """
                SELECT w.name, w.needed FROM unnest(\(tables)::text[], \(rights)::text[]) AS w (name, needed)
                WHERE to_regclass(w.name) IS NULL OR NOT has_table_privilege(to_regclass(w.name), w.needed)
                """
            ).map { row in
                let (table, right): (String, String) = (try row.get(0), try row.get(1))
                return "\(table): missing, or this role may not \(right): run `raw-sink init` as its owner"
            }
        }
    }
}
