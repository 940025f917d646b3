// How long raw rows are kept: a partition a day of landing, made ahead and dropped when its last row is old enough.
// By `_ingested_at`, not by the events' times: a row never comes too late for its partition, however late the event is,
// so there is no default partition, and a partition can be detached without locking readers out.
import DataContract
import Foundation
import Postgres
import SQL

extension PostgresEngine {
    /// Days for which there is a partition before they begin: a sink whose maintenance fails goes on for so long.
    static let daysAhead = 7

    /// Where the whole is one session's; a second one at the same time does nothing.
    public func maintainRawTables(of contracts: [Contract]) async throws(WarehouseError) -> [String] {
        try await translating {
            try await pool.withConnection { connection in
                let isAlone: Bool = try await connection.query(
                    "SELECT pg_try_advisory_lock(hashtextextended('millrace.maintenance', 0))"
                ).one().get(0)
                guard isAlone else { return [] }
                do {
                    let done = try await maintain(contracts, connection)
                    try await connection.query("SELECT pg_advisory_unlock(hashtextextended('millrace.maintenance', 0))")
                    return done
                } catch {
                    // A session that is gone has lost its lock; a live one must not keep it.
                    if await connection.isAlive() {
                        try await connection.query(
                            "SELECT pg_advisory_unlock(hashtextextended('millrace.maintenance', 0))")
                    }
                    throw error
                }
            }
        }
    }

    private func maintain(_ contracts: [Contract], _ connection: PostgresConnection) async throws -> [String] {
        var done: [String] = []
        for contract in contracts {
            if let unique = contract.uniqueWindow { try await forgetValues(of: contract, unique, connection) }
            guard let retention = contract.rowRetention else { continue }
            let days = Int(retention.components.seconds / 86_400)
            if try await isPartitioned(contract.table, connection) {
                done += try await connection.withTransaction { connection in
                    try await connection.query("SET LOCAL lock_timeout = '2s'")
                    return try await makePartitions(of: contract, connection)
                }
                done += try await dropPartitions(of: contract, olderThan: days, connection)
            } else {
                done += try await deleteRows(of: contract, olderThan: days, connection)
            }
        }
        return done
    }

    /// Makes the partitions of today, yesterday (clocks differ) and the days ahead. Attaching locks neither readers nor
    /// writers out.
    /// - Returns: What was made; nothing for a table that is not partitioned.
    @discardableResult
    func makePartitions(of contract: Contract, _ connection: PostgresConnection) async throws -> [String] {
        let table = contract.table
        guard contract.rowRetention != nil, try await isPartitioned(table, connection) else { return [] }
        let parent = PostgresQuoting.identifier(table.schema, table.name)
        let present = Set(try await partitions(of: table, connection).map(\.name))
        var made: [String] = []
        for row in try await connection.query(
            """
            SELECT to_char(d, 'YYYYMMDD'), to_char(d, 'YYYY-MM-DD'), to_char(d + interval '1 day', 'YYYY-MM-DD')
            FROM generate_series((now() AT TIME ZONE 'UTC')::date - 1,
              (now() AT TIME ZONE 'UTC')::date + \(Self.daysAhead)::integer, interval '1 day') AS d
            """)
        {
            let (day, from, to): (String, String, String) = (try row.get(0), try row.get(1), try row.get(2))
            let name = Self.partitionName(table, day)
            guard !present.contains(name) else { continue }
            let partition = PostgresQuoting.identifier(table.schema, name)
            try await connection.query("CREATE TABLE \(sql: partition) (LIKE \(sql: parent) INCLUDING ALL)")
            try await connection.query(
                """
                ALTER TABLE \(sql: parent) ATTACH PARTITION \(sql: partition)
                FOR VALUES FROM (\(sql: PostgresQuoting.literal("\(from) 00:00:00+00")))
                TO (\(sql: PostgresQuoting.literal("\(to) 00:00:00+00")))
                """)
            made.append("made partition \(table.schema).\(name)")
        }
        return made
    }

    /// `events__20261123`, within PostgreSQL's 63 bytes.
    private static func partitionName(_ table: Contract.TableName, _ day: String) -> String {
        "\(table.name.prefix(53))__\(day)"
    }

    func isPartitioned(_ table: Contract.TableName, _ connection: PostgresConnection) async throws -> Bool {
        try await kind(of: RelationPath(table.schema, table.name), connection) == "p"
    }

    private struct Partition {
        let name: String
        /// Whether somebody began to detach it and was interrupted.
        let isDetaching: Bool
    }

    private func partitions(
        of table: Contract.TableName, _ connection: PostgresConnection
    ) async throws -> [Partition] {
        try await connection.query(
            """
            SELECT c.relname, i.inhdetachpending FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = to_regclass(\(PostgresQuoting.identifier(table.schema, table.name))) ORDER BY c.relname
            """
        ).map { Partition(name: try $0.get(0), isDetaching: try $0.get(1)) }
    }

    /// First detached, which waits for those who read it and lets everybody else go on; then dropped, which nobody reads
    /// any more. Tables that an interruption left between the two go as well.
    private func dropPartitions(
        of contract: Contract, olderThan days: Int, _ connection: PostgresConnection
    ) async throws -> [String] {
        let table = contract.table
        let parent = PostgresQuoting.identifier(table.schema, table.name)
        let first: String = try await connection.query(
            "SELECT to_char((now() AT TIME ZONE 'UTC')::date - \(days)::integer, 'YYYYMMDD')"
        ).one().get(0)
        let oldest = Self.partitionName(table, first)
        for partition in try await partitions(of: table, connection)
        where partition.name < oldest && Self.isDay(partition.name, of: table) {
            let name = PostgresQuoting.identifier(table.schema, partition.name)
            let how = partition.isDetaching ? "FINALIZE" : "CONCURRENTLY"
            try await connection.query("ALTER TABLE \(sql: parent) DETACH PARTITION \(sql: name) \(sql: how)")
        }
        var done: [String] = []
        let present = Set(try await partitions(of: table, connection).map(\.name))
        for relation in try await connection.query(
            """
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = \(table.schema) AND c.relkind = 'r' AND NOT c.relispartition
              AND c.relname LIKE \(String(table.name.prefix(53)).replacing("_", with: "\\_") + "\\_\\_%") ORDER BY 1
            """)
        {
            let name: String = try relation.get(0)
            guard Self.isDay(name, of: table), name < oldest, !present.contains(name) else { continue }
            try await connection.query("DROP TABLE \(identifier: table.schema, name)")
            done.append("dropped partition \(table.schema).\(name)")
        }
        return done
    }

    private static func isDay(_ name: String, of table: Contract.TableName) -> Bool {
        let prefix = "\(table.name.prefix(53))__"
        return name.hasPrefix(prefix) && name.count == prefix.count + 8
            && name.dropFirst(prefix.count).allSatisfy(\.isNumber)
    }

    /// For a table that was there before its contract spoke of retention.
    private func deleteRows(
        of contract: Contract, olderThan days: Int, _ connection: PostgresConnection
    ) async throws -> [String] {
        let table = contract.table
        let name = PostgresQuoting.identifier(table.schema, table.name)
        var deleted = 0
        while true {
            let count = try await connection.execute(
                """
                DELETE FROM \(sql: name) WHERE ctid = ANY (ARRAY(SELECT ctid FROM \(sql: name)
                  WHERE _ingested_at < ((now() AT TIME ZONE 'UTC')::date - \(days)::integer)::timestamp AT TIME ZONE 'UTC'
                  LIMIT 50000))
                """)
            deleted += count
            if count == 0 { break }
        }
        return deleted == 0 ? [] : ["deleted \(deleted) rows of \(table)"]
    }
}
