import TestKit
import TestValues
import Testing

@testable import Postgres

@Suite("The pool's decisions") struct PoolStateMachineTests {
    typealias Machine = PoolStateMachine<Int, String>
    let start = ContinuousClock.now

    private func machine(_ max: Int) -> Machine {
        var limits = PostgresPoolLimits(connectionsMax: max)
        limits.idleMax = .seconds(60)
        limits.checkAfter = .seconds(1)
        return Machine(limits: limits)
    }

    private func text(_ answer: Machine.Answer) -> String {
        switch answer {
        case .wait: "wait"
        case .grant(let grant): text(grant)
        }
    }

    private func text(_ grant: Machine.Grant) -> String {
        switch grant {
        case .use(let connection, let check): "use \(connection)\(check ? " checked" : "")"
        case .open: "open"
        case .closed: "closed"
        }
    }

    @Test("opens up to the limit, then makes wait")
    func limit() {
        var pool = machine(2)
        #expect(text(pool.acquire("a", now: start)) == "open")
        #expect(text(pool.acquire("b", now: start)) == "open")
        #expect(text(pool.acquire("c", now: start)) == "wait")
        #expect(pool.leased == 2)
    }

    @Test("serves waiters in order, and gives a lost connection's slot on")
    func order() {
        var pool = machine(1)
        _ = pool.acquire("a", now: start)
        _ = pool.acquire("b", now: start)
        _ = pool.acquire("c", now: start)
        let first = pool.release(7, now: start).wake
        #expect(first?.waiter == "b")
        #expect(first.map { text($0.grant) } == "use 7")
        let second = pool.discard()
        #expect(second?.waiter == "c")
        #expect(second.map { text($0.grant) } == "open")
        #expect(pool.discard() == nil)
        #expect(pool.leased == 0)
    }

    @Test("a waiter who gave up is passed over; one who was woken cannot give up")
    func givingUp() {
        var pool = machine(1)
        _ = pool.acquire("a", now: start)
        _ = pool.acquire("b", now: start)
        _ = pool.acquire("c", now: start)
        let (once, twice) = (pool.giveUp("b"), pool.giveUp("b"))
        #expect(once)
        #expect(!twice)
        #expect(pool.release(1, now: start).wake?.waiter == "c")
        let tooLate = pool.giveUp("c")
        #expect(!tooLate)
    }

    @Test("checks what has been idle, and lets the oldest go")
    func idle() {
        var pool = machine(3)
        for waiter in ["a", "b", "c"] { _ = pool.acquire(waiter, now: start) }
        #expect(pool.release(1, now: start).close.isEmpty)
        _ = pool.release(2, now: start + .seconds(30))
        #expect(text(pool.acquire("d", now: start + .seconds(30))) == "use 2")
        _ = pool.release(2, now: start + .seconds(30))
        #expect(text(pool.acquire("e", now: start + .seconds(31))) == "use 2 checked")
        _ = pool.release(2, now: start + .seconds(31))
        #expect(pool.release(3, now: start + .seconds(60)).close == [1])
        #expect(pool.idleCount == 2)
    }

    @Test("closed, it hands out nothing and closes what comes back")
    func closing() {
        var pool = machine(1)
        _ = pool.acquire("a", now: start)
        _ = pool.acquire("b", now: start)
        #expect(pool.close().wake == ["b"])
        #expect(pool.release(1, now: start).close == [1])
        #expect(text(pool.acquire("c", now: start)) == "closed")
    }

    @Test("random use never breaks the limit nor leaves a waiter beside a free connection", arguments: 1...20)
    func properties(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var pool = machine(3)
        var leased: [Int] = []
        var opening = 0, next = 0, waiter = 0
        var waiting: [String] = []
        func take(_ grant: Machine.Grant) {
            switch grant {
            case .use(let connection, _):
                #expect(!leased.contains(connection), "seed \(seed)")
                leased.append(connection)
            case .open: opening += 1
            case .closed: Issue.record("closed")
            }
        }
        func woken(_ wake: Machine.Wake?) {
            guard let wake else { return }
            #expect(waiting.removeFirst() == wake.waiter, "seed \(seed)")
            take(wake.grant)
        }
        for step in 0..<2000 {
            let now = start + .seconds(step)
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                waiter += 1
                if case .grant(let grant) = pool.acquire("\(waiter)", now: now) {
                    take(grant)
                } else {
                    waiting.append("\(waiter)")
                }
            case 2 where opening > 0:
                opening -= 1
                next += 1
                leased.append(next)
            case 3 where opening > 0:
                opening -= 1
                woken(pool.discard())
            case 4 where !leased.isEmpty:
                let connection = leased.remove(at: Int.random(in: 0..<leased.count, using: &random))
                woken(pool.release(connection, now: now).wake)
            case 5 where !waiting.isEmpty:
                let quitter = waiting.removeLast()
                let gaveUp = pool.giveUp(quitter)
                #expect(gaveUp)
            default: continue
            }
            #expect(pool.leased == leased.count + opening, "seed \(seed)")
            #expect(pool.leased + pool.idleCount <= 3, "seed \(seed)")
            #expect(pool.waitingCount == 0 || (pool.idleCount == 0 && pool.leased == 3), "seed \(seed)")
        }
    }
}

@Suite("A pool", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct PoolTests {
    @Test("never has more sessions than its limit, and all work gets done")
    func limits() async throws {
        let name = PostgresTestServer.uniqueName("pool")
        var settings = PostgresTestServer.settings()
        settings.applicationName = name
        try await withPool(settings, connectionsMax: 3) { pool in
            let seen = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        try await pool.query(
                            "SELECT count(*) AS n, pg_sleep(0.001) FROM pg_stat_activity WHERE application_name = \(name)"
                        ).one().get("n")
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(seen.count == 60)
            #expect(seen.max() ?? 0 <= 3)
            #expect(pool.counts.leased == 0)
            #expect(pool.counts.idle <= 3)
        }
    }

    @Test("a waiter can be cancelled, and gives up after its time")
    func waiting() async throws {
        var limits = PostgresPoolLimits(connectionsMax: 1)
        limits.waitMax = .milliseconds(50)
        let pool = PostgresPool(PostgresTestServer.settings(), limits: limits, logger: PostgresTestServer.logger())
        try await pool.withConnection { _ in
            let exhausted = await failure { try await pool.query("SELECT 1") }
            #expect(exhausted?.code == .poolExhausted)
            #expect(exhausted?.isRetriable == true)
        }
        await pool.close()
        try await withPool(connectionsMax: 1) { pool in
            try await pool.withConnection { _ in
                let task = Task { try await pool.query("SELECT 1") }
                try await eventually("it waits") { pool.counts.waiting == 1 }
                task.cancel()
                #expect(await failure { try await task.value }?.code == .cancelled)
                #expect(pool.counts.waiting == 0)
            }
            #expect(try await pool.query("SELECT 1").count == 1)
        }
    }

    @Test("replaces sessions that the server ended while they were idle")
    func recovery() async throws {
        var limits = PostgresPoolLimits(connectionsMax: 2)
        limits.checkAfter = .zero
        let pool = PostgresPool(PostgresTestServer.settings(), limits: limits, logger: PostgresTestServer.logger())
        let pid = try await pool.withConnection { await $0.backendPID }
        let other = try await connect()
        try await other.query("SELECT pg_terminate_backend(\(pid))")
        try await eventually("it is gone") {
            try await other.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(pid)").isEmpty
        }
        let new = try await pool.withConnection { connection in
            try await connection.query("SELECT 1")
            return await connection.backendPID
        }
        #expect(new != pid)
        await pool.close()
    }

    @Test("hands no transaction, open or failed, to the next user")
    func cleanliness() async throws {
        try await withPool(connectionsMax: 1) { pool in
            _ = try await pool.withConnection { try await $0.query("BEGIN") }
            try await pool.withConnection { #expect(await !$0.isInTransaction) }
        }
    }

    @Test("runs a transaction again when the server chose it to make way")
    func retries() async throws {
        try await withSchema { pool, _ in
            try await pool.query("CREATE TABLE counter (n int)")
            try await pool.query("INSERT INTO counter VALUES (0)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await pool.withTransaction(isolation: .serializable, attemptsMax: 100) { connection in
                            let n: Int = try await connection.query("SELECT n FROM counter").one().get("n")
                            try await connection.query("UPDATE counter SET n = \(n + 1)::int")
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await pool.query("SELECT n FROM counter").one().get("n") == 8)
        }
    }

    @Test("closed, it says so")
    func closed() async throws {
        let pool = PostgresPool(PostgresTestServer.settings(), logger: PostgresTestServer.logger())
        await pool.close()
        #expect(await failure { try await pool.query("SELECT 1") }?.code == .closed)
    }
}

@Suite("Migrations", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct MigrationTests {
    private let steps = [
        Migration(1, "users", "CREATE TABLE users (id int); CREATE INDEX ON users (id)"),
        Migration(2, "names", "ALTER TABLE users ADD name text"),
    ]

    @Test("apply once, in order, however many start at once")
    func concurrent() async throws {
        try await withSchema(connectionsMax: 6) { pool, schema in
            let migrations = Migrations(schema: schema, steps)
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<6 {
                    group.addTask { try await migrations.apply(to: pool, logger: PostgresTestServer.logger()) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted() == [1, 2])
            #expect(try await pool.query("SELECT id, name FROM users").isEmpty)
        }
    }

    @Test("refuse a changed step and a newer schema; a failing step leaves nothing")
    func mismatch() async throws {
        try await withSchema { pool, schema in
            let logger = PostgresTestServer.logger()
            try await Migrations(schema: schema, steps).apply(to: pool, logger: logger)
            let changed = [Migration(1, "users", "CREATE TABLE users (id bigint)"), steps[1]]
            #expect(
                await failure { try await Migrations(schema: schema, changed).apply(to: pool, logger: logger) }?.code
                    == .migrationMismatch)
            #expect(
                await failure { try await Migrations(schema: schema, [steps[0]]).apply(to: pool, logger: logger) }?.code
                    == .migrationMismatch)
            let failing =
                steps + [Migration(3, "good", "CREATE TABLE good ()"), Migration(4, "bad", "CREATE TABLE oops (")]
            let error = await failure { try await Migrations(schema: schema, failing).apply(to: pool, logger: logger) }
            #expect(error?.message.contains("Migration 4 (bad)") == true)
            #expect(
                try await pool.query("SELECT 1 FROM pg_tables WHERE schemaname = \(schema) AND tablename = 'good'")
                    .isEmpty)
            let gap = [steps[0], Migration(3, "gap", "SELECT 1")]
            #expect(
                await failure { try await Migrations(schema: schema, gap).apply(to: pool, logger: logger) }?.code
                    == .invalidUse)
        }
    }
}
