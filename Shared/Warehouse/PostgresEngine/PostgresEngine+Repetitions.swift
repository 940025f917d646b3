// Repetitions: values of a `unique` property that landed within the contract's window, told by a hash of each in
// `raw._seen_values`. Only the values go to the server for that, not the rows.
import DataContract
import Postgres

extension PostgresEngine {
    /// Which rows repeat a value of the batch or one that landed within the window, ascending. The others' values are noted in
    /// the transaction that writes their rows; a second transaction with the same value waits for the first, so this is
    /// exact over any number of sinks. Rows without a value repeat nothing.
    func repeated(
        in rows: RawRows, of contract: Contract, _ unique: Contract.UniqueWindow, _ connection: PostgresConnection
    ) async throws -> [Int] {
        guard let index = contract.columns.firstIndex(where: { $0.name == unique.column }) else { return [] }
        var values = CopyBuffer(reservingBytes: rows.count * 64)
        rows.buffer.forEachField(at: index) { row, bytes in
            guard let bytes else { return }
            values.beginRow(fields: 2)
            values.append(Int32(truncatingIfNeeded: row))
            values.append(bytes: bytes)
        }
        guard !values.isEmpty else { return [] }
        try await connection.query("DROP TABLE IF EXISTS pg_temp.millrace_values")
        try await connection.query("CREATE TEMP TABLE millrace_values (row integer, value bytea) ON COMMIT DROP")
        try await connection.copyIn(to: "pg_temp.millrace_values", columns: ["row", "value"], values)
        // Sorted: no two transactions wait for each other in a circle.
        let table = "\(contract.table)"
        let found = try await connection.query(
            """
            WITH given AS (
              SELECT row, md5(convert_to(\(table), 'UTF8') || '\\x00'::bytea || value)::uuid AS id,
                row_number() OVER (PARTITION BY value ORDER BY row) AS nth
              FROM pg_temp.millrace_values
            ), fresh AS (
              INSERT INTO raw._seen_values AS seen (id, raw_table, seen_at)
              SELECT id, \(table), now() FROM given WHERE nth = 1 ORDER BY id
              ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
              WHERE seen.seen_at < now() - \(Int(unique.window.components.seconds))::bigint * interval '1 second'
              RETURNING id
            )
            SELECT g.row FROM given g LEFT JOIN fresh f ON f.id = g.id WHERE g.nth > 1 OR f.id IS NULL ORDER BY g.row
            """)
        return try found.map { Int(try $0.get(0, as: Int32.self)) }
    }

    /// The number in the batch of a row that has this number among those that are left.
    static func row(_ number: Int, before removed: [Int]) -> Int {
        var number = number
        for row in removed {
            guard row <= number else { break }
            number += 1
        }
        return number
    }

    /// Lets go of the values that landed before the window.
    func forgetValues(
        of contract: Contract, _ unique: Contract.UniqueWindow, _ connection: PostgresConnection
    ) async throws {
        try await connection.query(
            """
            DELETE FROM raw._seen_values WHERE raw_table = \("\(contract.table)")
              AND seen_at < now() - \(Int(unique.window.components.seconds))::bigint * interval '1 second'
            """)
    }
}
