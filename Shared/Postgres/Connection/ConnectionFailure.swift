// ConnectionFailure: why a connection was not made, and what to do about it. libpq keeps no SQLSTATE of a refused log-in, so
// it is told by the words of the server, of libpq and of the system.
import CLibpq

/// A kind of failure, known by its words.
struct ConnectionFailure {
    let words: [String]
    /// The server's code, where the server refused us; `nil` where it was not reached, which may pass by itself.
    let state: SQLState?
    /// For an operator.
    let advice: String

    private init(_ words: String..., state: SQLState? = nil, advice: String) {
        self.words = words
        self.state = state
        self.advice = advice
    }

    /// The first that fits counts: what no retry mends comes before what may pass, as there may be several hosts.
    static let known: [ConnectionFailure] = [
        ConnectionFailure(
            "password authentication failed", state: "28P01",
            advice:
                "The password of that role is wrong, or there is no such role: check POSTGRES_USER and POSTGRES_PASSWORD "
                + "(of bi-api's reader: WAREHOUSE_READER_USER and WAREHOUSE_READER_PASSWORD)"),
        ConnectionFailure(
            "no password supplied", state: "28P01",
            advice: "The server asks for a password: set POSTGRES_PASSWORD, or POSTGRES_PASSWORD_FILE"),
        ConnectionFailure(
            "no pg_hba.conf entry", state: "28000",
            advice:
                "The server's pg_hba.conf lets nobody in from here as that role, or only with another POSTGRES_SSLMODE"),
        ConnectionFailure(
            "role \"", "does not exist", state: "28000",
            advice: "There is no such role: check POSTGRES_USER, or create it"),
        ConnectionFailure(
            "role \"", "not permitted to log in", state: "28000",
            advice: "That role has no LOGIN: check POSTGRES_USER (of bi-api's reader: run `raw-sink init` with "
                + "WAREHOUSE_READER_PASSWORD)"),
        ConnectionFailure(
            "authentication failed", state: "28000",
            advice:
                "The server does not know that role by this way of logging in: check POSTGRES_USER and its pg_hba.conf"),
        ConnectionFailure(
            "database \"", "does not exist", state: "3D000",
            advice: "There is no such database: check POSTGRES_DB, or create it"),
        ConnectionFailure(
            "permission denied for database", state: "42501",
            advice: "That role may not connect to that database: GRANT CONNECT"),
        ConnectionFailure(
            "certificate", state: "28000",
            advice:
                "The server's TLS certificate is not trusted: check POSTGRES_SSLMODE, the host's name and the root certificate"
        ),
        ConnectionFailure(
            "server does not support SSL", state: "0A000",
            advice: "The server has no TLS: check POSTGRES_SSLMODE, or switch TLS on there"),
        ConnectionFailure(
            "could not translate host name", advice: "There is no host of that name: check POSTGRES_HOST"),
        ConnectionFailure(
            "Connection refused",
            advice: "Nothing listens there: check that PostgreSQL runs, POSTGRES_HOST and POSTGRES_PORT"),
        ConnectionFailure(
            "No such file or directory", advice: "Nothing listens there: check that PostgreSQL runs, and POSTGRES_HOST"),
        ConnectionFailure("session is read-only", advice: "None of the hosts takes writes: check POSTGRES_HOST"),
        ConnectionFailure(
            "timeout expired",
            advice: "The host does not answer: check POSTGRES_HOST, POSTGRES_PORT and the firewalls between"),
        ConnectionFailure(
            "timed out",
            advice: "The host does not answer: check POSTGRES_HOST, POSTGRES_PORT and the firewalls between"),
        ConnectionFailure(
            "No route to host", advice: "The host cannot be reached: check POSTGRES_HOST and the network"),
        ConnectionFailure(
            "Network is unreachable", advice: "The host cannot be reached: check POSTGRES_HOST and the network"),
        ConnectionFailure(
            "invalid response to SSL negotiation",
            advice: "What answers there is no PostgreSQL: check POSTGRES_HOST and POSTGRES_PORT"),
        ConnectionFailure(
            "expected authentication request",
            advice: "What answers there is no PostgreSQL: check POSTGRES_HOST and POSTGRES_PORT"),
    ]

    /// What the words say.
    static func of(_ text: String) -> ConnectionFailure? {
        known.first { $0.words.allSatisfy { text.contains($0) } }
    }
}

extension PostgresError {
    /// Why a connection was not made.
    init(connecting connection: OpaquePointer, address: String, user: String) {
        let text = PostgresError.trimmed(PQerrorMessage(connection).map { String(cString: $0) } ?? "")
        let failure = ConnectionFailure.of(text)
        self.init(.connectionFailed, "Could not connect to \(address) as \(user): \(text)")
        sqlState = failure?.state
        hint = failure?.advice
    }
}
