// Raw tables: made from contracts, widened with them, never narrowed.
import DataContract
import Postgres

extension PostgresEngine {
    /// One transaction under an advisory lock: any number may start at once.
    public func prepareRawTables(for contracts: [Contract]) async throws(WarehouseError) -> [String] {
        try await translating {
            try await pool.withTransaction { connection in
                try await connection.query("SELECT pg_advisory_xact_lock(hashtextextended('millrace.raw', 0))")
                try await connection.script(Self.bookkeeping)
                var done: [String] = []
                for contract in contracts {
                    try await connection.query("CREATE SCHEMA IF NOT EXISTS \(identifier: contract.table.schema)")
                    done += try await prepare(contract, connection)
                }
                return done
            }
        }
    }

    /// Positions, dead letters and landings. `_landings` is the outbox of `data.landed`.
    private static let bookkeeping = """
        CREATE SCHEMA IF NOT EXISTS raw;
        CREATE TABLE IF NOT EXISTS raw._sink_offsets (
          topic text NOT NULL, partition integer NOT NULL, next_offset bigint NOT NULL,
          updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (topic, partition));
        CREATE TABLE IF NOT EXISTS raw._dead_letters (
          topic text NOT NULL, partition integer NOT NULL, "offset" bigint NOT NULL, raw_table text NOT NULL,
          reason text NOT NULL, field text, message text NOT NULL, key bytea, value bytea,
          headers jsonb NOT NULL DEFAULT '[]', message_time timestamptz, failed_at timestamptz NOT NULL,
          mirrored_at timestamptz, PRIMARY KEY (topic, partition, "offset"));
        CREATE INDEX IF NOT EXISTS _dead_letters_unmirrored ON raw._dead_letters (topic, partition, "offset")
          WHERE mirrored_at IS NULL;
        CREATE TABLE IF NOT EXISTS raw._landings (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL, raw_table text NOT NULL,
          rows bigint NOT NULL, rejected bigint NOT NULL, bytes bigint NOT NULL, offsets jsonb NOT NULL,
          event_time_min timestamptz, event_time_max timestamptz, days date[] NOT NULL,
          landed_at timestamptz NOT NULL DEFAULT clock_timestamp(), published_at timestamptz);
        CREATE INDEX IF NOT EXISTS _landings_unpublished ON raw._landings (topic, id) WHERE published_at IS NULL;
        CREATE INDEX IF NOT EXISTS _landings_published ON raw._landings (published_at);
        """

    private func prepare(_ contract: Contract, _ connection: PostgresConnection) async throws -> [String] {
        let table = contract.table
        let present = try await columns(of: table, connection)
        guard !present.isEmpty else {
            try await create(contract, connection)
            return ["created \(table)"]
        }
        var differences: [String] = [], additions: [ContractColumn] = [], widenings: [ContractColumn] = []
        for column in contract.columns {
            guard let existing = present[column.name] else {
                if column.isRequired {
                    differences.append("column \(column.name) is new and required: rows of before have no value for it")
                } else {
                    additions.append(column)
                }
                continue
            }
            if existing.type != column.type.formatted {
                if Self.widenings[existing.type]?.contains(column.type.formatted) == true {
                    widenings.append(column)
                } else {
                    differences.append(
                        "column \(column.name) is \(existing.type) and the contract wants \(column.type)")
                }
            }
            if column.isRequired && !existing.isRequired {
                differences.append("column \(column.name) may be NULL and the contract requires a value")
            }
        }
        for (name, existing) in present.sorted(by: { $0.key < $1.key })
        where existing.isRequired && !existing.hasDefault {
            if !contract.columns.contains(where: { $0.name == name }) {
                differences.append("column \(name) is NOT NULL and the contract does not name it any more")
            }
        }
        guard differences.isEmpty else {
            throw WarehouseError.incompatibleTable(table: "\(table)", differences: differences)
        }
        for column in additions {
            try await connection.query(
                """
                ALTER TABLE \(identifier: table.schema, table.name)
                ADD COLUMN \(identifier: column.name) \(sql: column.type.description)
                """)
        }
        for column in widenings {
            try await connection.query(
                """
                ALTER TABLE \(identifier: table.schema, table.name)
                ALTER COLUMN \(identifier: column.name) TYPE \(sql: column.type.description)
                """)
        }
        for column in contract.columns where !column.isRequired && present[column.name]?.isRequired == true {
            try await connection.query(
                """
                ALTER TABLE \(identifier: table.schema, table.name)
                ALTER COLUMN \(identifier: column.name) DROP NOT NULL
                """)
        }
        return additions.map { "added \(table).\($0.name)" }
            + widenings.map { "widened \(table).\($0.name) to \($0.type)" }
    }

    /// Types that take every value of another one, with the same meaning.
    private static let widenings: [String: Set<String>] = [
        "integer": ["bigint", "numeric", "double precision"], "bigint": ["numeric"],
        "date": ["timestamp with time zone"],
    ]

    private func create(_ contract: Contract, _ connection: PostgresConnection) async throws {
        let table = contract.table
        let columns = contract.columns.map { column in
            "\(PostgresQuoting.identifier(column.name)) \(column.type)\(column.isRequired ? " NOT NULL" : "")"
        }
        try await connection.query(
            "CREATE TABLE \(identifier: table.schema, table.name) (\(sql: columns.joined(separator: ", ")))")
        if let description = contract.tableDescription {
            try await connection.query(
                """
                COMMENT ON TABLE \(identifier: table.schema, table.name)
                IS \(sql: PostgresQuoting.literal(description))
                """)
        }
        for column in contract.columns {
            guard let description = column.description else { continue }
            try await connection.query(
                """
                COMMENT ON COLUMN \(identifier: table.schema, table.name).\(identifier: column.name)
                IS \(sql: PostgresQuoting.literal(description))
                """)
        }
        // Events arrive nearly in the order of their times: a few pages of BRIN find a day's rows, at 5 % of COPY's rate.
        if let time = contract.eventTimeProperty {
            try await connection.query(
                """
                CREATE INDEX ON \(identifier: table.schema, table.name)
                USING brin (\(identifier: time.column)) WITH (pages_per_range = 32, autosummarize = on)
                """)
        }
    }

    private struct ExistingColumn {
        let type: String
        let isRequired: Bool
        let hasDefault: Bool
    }

    private func columns(
        of table: Contract.TableName, _ connection: PostgresConnection
    ) async throws -> [String: ExistingColumn] {
        var columns: [String: ExistingColumn] = [:]
        let rows = try await connection.query(
            """
            SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = \(table.schema) AND c.relname = \(table.name) AND a.attnum > 0 AND NOT a.attisdropped
            """)
        for row in rows {
            columns[try row.get(0)] = ExistingColumn(
                type: try row.get(1), isRequired: try row.get(2), hasDefault: try row.get(3))
        }
        return columns
    }

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

extension ColumnType {
    /// As `format_type` spells it.
    var formatted: String { self == .timestamptz ? "timestamp with time zone" : description }
}
