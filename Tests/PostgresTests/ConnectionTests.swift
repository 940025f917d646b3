import Foundation
import TestKit
import Testing

@testable import Postgres

/// Polls until the server's own account says so: what another session sees has no event to wait for.
func eventually(_ what: String, within: Duration = .seconds(20), _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + within
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("not so within \(within): \(what)")
            return
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

func connect(_ change: (inout PostgresSettings) -> Void = { _ in }) async throws -> PostgresConnection {
    var settings = PostgresTestServer.settings()
    change(&settings)
    return try await PostgresConnection.connect(settings, logger: PostgresTestServer.logger())
}

func failure(_ body: () async throws -> Void) async -> PostgresError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? PostgresError
    }
}

@Suite("A connection", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct ConnectionTests {
    @Test("binds interpolated values and never pastes them")
    func binding() async throws {
        let connection = try await connect()
        let evil = "'; DROP TABLE users; --"
        let missing: Int? = nil
        let row = try await connection.query("SELECT \(evil)::text AS a, \(missing)::int AS b, \(7)::bigint + 1 AS c")
            .one()
        #expect(try row.get("a") == evil)
        #expect(try row.get("b", as: Int?.self) == nil)
        #expect(try row.get("c", as: Int.self) == 8)
    }

    @Test("reports SQLSTATE, position and the object at fault")
    func serverErrors() async throws {
        try await withSchema { pool, _ in
            let syntax = await failure { try await pool.query("SELECT 1 +") }
            #expect(syntax?.sqlState == .syntaxError)
            #expect(syntax?.isRetriable == false)
            let column = await failure { try await pool.query("SELECT nope FROM pg_class") }
            #expect(column?.sqlState == .undefinedColumn)
            #expect(column?.position == 8)
            try await pool.query("CREATE TABLE t (id int CONSTRAINT positive CHECK (id > 0))")
            let check = await failure { try await pool.query("INSERT INTO t VALUES (-1)") }
            #expect(check?.constraint == "positive")
            #expect(check?.table == "t")
            #expect(try await pool.execute("INSERT INTO t VALUES (1), (2)") == 2)
        }
    }

    @Test("refuses text that C would cut short")
    func nul() async throws {
        let connection = try await connect()
        #expect(await failure { try await connection.query(PostgresQuery("SELECT 1\0; x")) }?.code == .invalidUse)
        #expect(await failure { try await connection.query("SELECT \("a\0b")") }?.code == .invalidUse)
        #expect(try await connection.query("SELECT 1").count == 1)
    }

    @Test("names what it could not reach, and whether to try again")
    func connecting() async throws {
        let refused = await failure { _ = try await connect { $0.port = 1 } }
        #expect(refused?.code == .connectionFailed)
        #expect(refused?.isRetriable == true)
        #expect(refused?.message.contains(":1/") == true)
        let password = await failure { _ = try await connect { $0.password = "wrong-canary" } }
        if let password {
            #expect(password.isRetriable == false)
            #expect(!"\(password)".contains("wrong-canary"))
        }
        let database = await failure { _ = try await connect { $0.database = "no_such_database" } }
        #expect(database?.isRetriable == false)
        let named: [(String, (inout PostgresSettings) -> Void)] = [
            ("Nothing listens there: check that PostgreSQL runs, POSTGRES_HOST and POSTGRES_PORT", { $0.port = 1 }),
            ("There is no such database: check POSTGRES_DB", { $0.database = "no_such_database" }),
            ("There is no host of that name: check POSTGRES_HOST", { $0.host = "no-such-host.invalid" }),
        ]
        for (advice, change) in named {
            let error = await failure { _ = try await connect(change) }
            #expect(error?.description.contains(advice) == true, "\(String(describing: error))")
            #expect(error?.description.contains(" as \(PostgresTestServer.settings().user): ") == true)
        }
        let tls = await failure { _ = try await connect { $0.tls = .verifyFull } }
        #expect(tls?.code == .connectionFailed)
        #expect(tls?.isRetriable == false)
    }

    @Test(
        "and says what is wrong by the server's words",
        arguments: [
            (
                #"connection to server at "db" (10.0.0.1), port 5432 failed: FATAL:  password authentication failed for user "x""#,
                "28P01", "The password of that role is wrong"
            ),
            (#"FATAL:  role "x" does not exist"#, "28000", "There is no such role"),
            (#"FATAL:  database "x" does not exist"#, "3D000", "There is no such database"),
            ("fe_sendauth: no password supplied", "28P01", "The server asks for a password"),
            (#"FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "x", no encryption"#, "28000", "pg_hba.conf"),
            (#"FATAL:  Peer authentication failed for user "x""#, "28000", "by this way of logging in"),
            ("SSL error: certificate verify failed", "28000", "TLS certificate is not trusted"),
            ("server does not support SSL, but SSL was required", "0A000", "The server has no TLS"),
            (#"could not translate host name "db" to address: Name or service not known"#, nil, "no host of that name"),
            ("Connection refused\n\tIs the server running on that host", nil, "Nothing listens there"),
            ("connection to server failed: timeout expired", nil, "does not answer"),
            ("received invalid response to SSL negotiation: H", nil, "is no PostgreSQL"),
            ("FATAL:  the database system is starting up", nil, nil),
        ] as [(String, SQLState?, String?)])
    func advice(text: String, state: SQLState?, advice: String?) {
        let failure = ConnectionFailure.of(text)
        #expect(failure?.state == state)
        #expect((failure == nil) == (advice == nil))
        if let advice { #expect(failure?.advice.contains(advice) == true) }
    }

    @Test("a message of several lines is told in one")
    func oneLine() {
        #expect(
            PostgresError.trimmed(
                "connection to server failed: Connection refused\n\tIs the server running on that host?\n")
                == "connection to server failed: Connection refused Is the server running on that host?")
        #expect(PostgresError.trimmed("") == "")
    }

    @Test("cancelling the task ends the statement on the server")
    func cancellation() async throws {
        let name = PostgresTestServer.uniqueName("cancel")
        let connection = try await connect { $0.applicationName = name }
        let observer = try await connect()
        let running = { () async throws -> Bool in
            try await !observer.query(
                "SELECT 1 FROM pg_stat_activity WHERE application_name = \(name) AND state = 'active'"
            ).isEmpty
        }
        let task = Task { try await connection.query("SELECT pg_sleep(600)") }
        try await eventually("the statement runs", running)
        task.cancel()
        let error = await failure { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(try await !running())
        #expect(try await connection.query("SELECT 1").count == 1)
    }

    @Test("a statement that does not end when told to is cut off with its connection, where that is wanted")
    func cutOff() async throws {
        let name = PostgresTestServer.uniqueName("deaf")
        let connection = try await connect {
            $0.applicationName = name
            $0.cancelMax = .milliseconds(50)
        }
        let watcher = try await connect()
        let task = Task {
            try await connection.script(
                """
                DO $$ BEGIN FOR i IN 1..1000 LOOP
                    BEGIN PERFORM pg_sleep(1); EXCEPTION WHEN query_canceled THEN NULL; END;
                END LOOP; END $$
                """)
        }
        let active: PostgresQuery =
            "SELECT pid FROM pg_stat_activity WHERE application_name = \(name) AND state = 'active'"
        while try await watcher.query(active).isEmpty { await Task.yield() }
        task.cancel()
        let error = await failure { try await task.value }
        #expect(error?.code == .connectionLost)
        #expect(await !connection.isOpen)
        let left = try await watcher.query(active)
        #expect(left.count == 1, "the server does not listen")
        try await watcher.query("SELECT pg_terminate_backend(pid) FROM (\(active)) AS deaf")
    }

    @Test("a task cancelled at any moment leaves the connection right for the next statement")
    func cancellationRaces() async throws {
        let connection = try await connect()
        for round in 0..<60 {
            let task = Task { try await connection.query("SELECT pg_sleep(0.002), \(round)::int AS round") }
            if round % 3 > 0 { try await Task.sleep(for: .microseconds(round * 70)) }
            task.cancel()
            if let error = await failure({ try await task.value }) { #expect(error.code == .cancelled) }
            #expect(try await connection.query("SELECT \(round)::int AS round").one().get("round") == round)
        }
    }

    @Test("a statement past its limit is timed out, not cancelled")
    func timeout() async throws {
        let connection = try await connect { $0.statementTimeout = .milliseconds(20) }
        #expect(await failure { try await connection.query("SELECT pg_sleep(60)") }?.code == .timedOut)
    }

    @Test("a killed backend is a lost connection, to be tried again")
    func killed() async throws {
        let connection = try await connect()
        let other = try await connect()
        let pid = await connection.backendPID
        let task = Task { try await connection.query("SELECT pg_sleep(600)") }
        try await eventually("the statement runs") {
            try await !other.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(pid) AND state = 'active'").isEmpty
        }
        try await other.query("SELECT pg_terminate_backend(\(pid))")
        let error = await failure { try await task.value }
        #expect(error?.code == .connectionLost)
        #expect(error?.isRetriable == true)
        #expect(await !connection.isOpen)
        #expect(await failure { try await connection.query("SELECT 1") }?.isConnectionGone == true)
    }

    @Test("an idle session whose end was told is dead before its socket closes")
    func farewell() async throws {
        let relay = try LingeringRelay(to: PostgresTestServer.settings().port)
        let connection = try await connect {
            $0.host = "127.0.0.1"
            $0.port = relay.port
        }
        #expect(await connection.isAlive())
        let pid = await connection.backendPID
        try await connect().query("SELECT pg_terminate_backend(\(pid))")
        try await eventually("the server's last words have come") { relay.serverHasClosed }
        #expect(await !connection.isAlive())
        #expect(await !connection.isOpen)
        await connection.close()
    }

    @Test("a transaction is whole or not at all")
    func transactions() async throws {
        struct Stop: Error {}
        try await withSchema { pool, _ in
            try await pool.query("CREATE TABLE t (id int PRIMARY KEY)")
            try await pool.withTransaction { try await $0.query("INSERT INTO t VALUES (1)") }
            await #expect(throws: Stop.self) {
                try await pool.withTransaction { connection in
                    try await connection.query("INSERT INTO t VALUES (2)")
                    throw Stop()
                }
            }
            // A caller that swallows the failure of a statement must not believe in the COMMIT.
            let swallowed = await failure {
                try await pool.withTransaction { connection in
                    try await connection.query("INSERT INTO t VALUES (3)")
                    _ = try? await connection.query("INSERT INTO t VALUES (3)")
                }
            }
            #expect(swallowed?.code == .server)
            let readOnly = await failure {
                _ = try await pool.withTransaction(readOnly: true) { try await $0.query("INSERT INTO t VALUES (4)") }
            }
            #expect(readOnly?.sqlState == .readOnlySQLTransaction)
            #expect(try await pool.query("SELECT id FROM t").map { try $0.get("id", as: Int.self) } == [1])
        }
    }

    @Test("a transaction's task that is cancelled rolls back and gives the connection on")
    func cancelledTransaction() async throws {
        try await withSchema(connectionsMax: 1) { pool, _ in
            try await pool.query("CREATE TABLE t (id int)")
            let (started, start) = AsyncStream<Void>.makeStream()
            let task = Task {
                try await pool.withTransaction { connection in
                    try await connection.query("INSERT INTO t VALUES (1)")
                    start.finish()
                    try await connection.query("SELECT pg_sleep(600)")
                }
            }
            for await _ in started {}
            task.cancel()
            #expect(await failure { try await task.value }?.code == .cancelled)
            #expect(try await pool.query("SELECT * FROM t").isEmpty)
        }
    }

    @Test("notifications reach a session that listens")
    func notifications() async throws {
        let listener = try await connect(), sender = try await connect()
        let channel = PostgresTestServer.uniqueName("Channel")
        try await listener.listen(to: channel)
        #expect(try await listener.nextNotification(waitMax: .milliseconds(1)) == nil)
        async let received = listener.nextNotification()
        try await sender.notify(channel, payload: "hello")
        let notification = try await received
        #expect(notification.channel == channel)
        #expect(notification.payload == "hello")
        let waiting = Task { try await listener.nextNotification() }
        waiting.cancel()
        #expect(await failure { _ = try await waiting.value }?.code == .cancelled)
    }

    @Test("describes a query without running it")
    func describing() async throws {
        let connection = try await connect()
        let columns = try await connection.describe("SELECT 1/0 AS a, 'x'::text AS b, $1::date AS c")
        #expect(columns.map(\.name) == ["a", "b", "c"])
        #expect(columns.map(\.type) == [.int4, .text, .date])
    }
}
