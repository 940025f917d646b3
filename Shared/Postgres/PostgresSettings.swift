// PostgresSettings: where the server is and how to talk to it. Checked by the server and libpq when connecting.

/// How far the connection is encrypted and the server's certificate checked; names as libpq's `sslmode`.
public enum PostgresTLSMode: String, Sendable, CaseIterable {
    /// No TLS at all.
    case disable
    /// TLS only where the server insists.
    case allow
    /// TLS where the server has it, without looking at its certificate.
    case prefer
    /// TLS or no connection, without looking at the certificate.
    case require
    /// TLS with a certificate of a trusted authority.
    case verifyCA = "verify-ca"
    /// TLS with a certificate of a trusted authority, made out to the host's name.
    case verifyFull = "verify-full"
}

/// Where the server is, who we are, and the limits every connection starts with.
public struct PostgresSettings: Sendable {
    /// Host name, address, or the folder of a Unix socket. Several, comma separated, are tried in order.
    public var host: String
    /// TCP port.
    public var port: Int
    /// Role to connect as.
    public var user: String
    /// Its password; nil leaves it to libpq (`~/.pgpass`, peer authentication).
    public var password: String?
    /// Database.
    public var database: String
    /// Encryption and check of the server's certificate.
    public var tls: PostgresTLSMode = .prefer
    /// File of the trusted certificate authorities (PEM), for `verify-ca` and `verify-full`.
    public var rootCertificateFile: String?
    /// File of this client's certificate (PEM).
    public var certificateFile: String?
    /// File of this client's private key (PEM).
    public var privateKeyFile: String?
    /// Shown in `pg_stat_activity`.
    public var applicationName: String
    /// The longest wait for a connection, in whole seconds (at least 2 s, as libpq has it).
    public var connectTimeout: Duration = .seconds(10)
    /// The longest that one statement may take; nil for no limit. Single transactions can set their own.
    public var statementTimeout: Duration?
    /// The longest that a statement may go on after it was cancelled; then its connection is cut off. Nil: as long as it
    /// takes. For sessions that work for somebody who waits: a server in the middle of sending hears no cancel.
    public var cancelMax: Duration?
    /// The longest wait for a lock; nil for no limit.
    public var lockTimeout: Duration?
    /// Whether only a server that takes writes will do: of several hosts the primary is found, after a fail-over too.
    public var requiresWritable = false
    /// Schemas in which names without a schema are looked up; empty leaves the server's default.
    public var searchPath: [String] = []
    /// Further run-time parameters of the server, set at start: `["work_mem": "64MB"]`.
    public var parameters: [String: String] = [:]

    /// Settings with the usual defaults.
    public init(
        host: String = "localhost", port: Int = 5432, user: String, password: String? = nil, database: String,
        tls: PostgresTLSMode = .prefer, applicationName: String = "millrace"
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.tls = tls
        self.applicationName = applicationName
    }

    /// The server and database for logs and errors, without user or password: `db.example:5432/millrace`.
    public var address: String { "\(host):\(port)/\(database)" }
}

extension PostgresSettings {
    /// What libpq is told, keyword by keyword. Results are read as text, so their form is pinned here.
    var connectionParameters: [(keyword: String, value: String)] {
        var list: [(keyword: String, value: String)] = [
            ("host", host), ("port", String(port)), ("user", user), ("dbname", database),
            ("sslmode", tls.rawValue), ("application_name", applicationName), ("client_encoding", "UTF8"),
            ("connect_timeout", String(max(2, connectTimeout.components.seconds))),
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "60000"), ("options", serverOptions),
        ]
        if requiresWritable { list.append(("target_session_attrs", "read-write")) }
        if let password { list.append(("password", password)) }
        if let rootCertificateFile { list.append(("sslrootcert", rootCertificateFile)) }
        if let certificateFile { list.append(("sslcert", certificateFile)) }
        if let privateKeyFile { list.append(("sslkey", privateKeyFile)) }
        return list
    }

    private var serverOptions: String {
        var options: [(String, String)] = [
            ("DateStyle", "ISO, YMD"), ("TimeZone", "UTC"), ("IntervalStyle", "iso_8601"), ("bytea_output", "hex"),
            ("extra_float_digits", "1"), ("standard_conforming_strings", "on"),
        ]
        if let statementTimeout { options.append(("statement_timeout", "\(statementTimeout.milliseconds)")) }
        if let lockTimeout { options.append(("lock_timeout", "\(lockTimeout.milliseconds)")) }
        if !searchPath.isEmpty {
            options.append(("search_path", searchPath.map { PostgresQuoting.identifier($0) }.joined(separator: ", ")))
        }
        options += parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return options.map { "-c \($0)=\(Self.escaped($1))" }.joined(separator: " ")
    }

    /// Options are split at blanks; a backslash keeps the next character.
    private static func escaped(_ value: String) -> String {
        String(value.flatMap { $0 == " " || $0 == "\\" ? ["\\", $0] : [$0] })
    }
}

extension Duration {
    /// Whole milliseconds, at least 1: PostgreSQL takes 0 for "no limit".
    var milliseconds: Int64 {
        max(1, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
    }
}
