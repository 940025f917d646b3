// PostgresPool: connections shared by many tasks. PoolStateMachine decides, this carries it out.
import Logging
import Metrics
import Synchronization

/// A limited number of connections, opened when needed, reused, checked, and closed when nobody needs them.
///
///     let pool = PostgresPool(settings, limits: .init(connectionsMax: 4), logger: logger)
///     let rows = try await pool.query("SELECT name FROM users WHERE id = \(id)")
///     try await pool.withTransaction { connection in … }
///     await pool.close()
public final class PostgresPool: Sendable {
    typealias Machine = PoolStateMachine<PostgresConnection, UInt64>
    typealias Granted = Machine.Grant

    private struct State {
        var machine: Machine
        var continuations: [UInt64: CheckedContinuation<Granted, any Error>] = [:]
        /// Outcomes of waiters that were decided before they came to wait.
        var early: [UInt64: Result<Granted, any Error>] = [:]
        var lastWaiter: UInt64 = 0
    }

    /// Where the connections lead to.
    public let settings: PostgresSettings
    private let limits: PostgresPoolLimits
    private let logger: Logger
    private let state: Mutex<State>
    private let leasedGauge = Gauge(label: "postgres_pool_connections_leased")
    private let clock = ContinuousClock()

    /// Makes a pool without connecting yet.
    public init(_ settings: PostgresSettings, limits: PostgresPoolLimits = .init(), logger: Logger) {
        self.settings = settings
        self.limits = limits
        self.logger = logger
        state = Mutex(State(machine: Machine(limits: limits)))
    }

    /// How many connections are in use, idle, and how many tasks wait for one.
    public var counts: (leased: Int, idle: Int, waiting: Int) {
        state.withLock { ($0.machine.leased, $0.machine.idleCount, $0.machine.waitingCount) }
    }

    /// Lends a connection for the time of `body`. What `body` leaves open (a transaction, a stream) is ended.
    /// - Throws: what `body` throws; `PostgresError`: `.connectionFailed`, `.poolExhausted` after `waitMax`, `.closed`,
    ///   `.cancelled` when the task is cancelled while it waits.
    public func withConnection<R>(
        isolation: isolated (any Actor)? = #isolation, _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        let connection = try await lease()
        do {
            let value = try await body(connection)
            await takeBack(connection)
            return value
        } catch {
            await takeBack(connection)
            throw error
        }
    }

    /// Runs `body` in a transaction on a connection of its own; see `PostgresConnection.withTransaction`.
    /// - Parameter attemptsMax: How often the whole is run when the server chooses it to make way for another transaction
    ///   (serialization failure, deadlock); `body` must then be fit to run again.
    public func withTransaction<R>(
        isolation: PostgresIsolation = .readCommitted, readOnly: Bool = false, statementTimeout: Duration? = nil,
        applicationName: String? = nil, attemptsMax: Int = 1, actor: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        var attempt = 1
        while true {
            do {
                return try await withConnection { connection in
                    try await connection.withTransaction(
                        isolation: isolation, readOnly: readOnly, statementTimeout: statementTimeout,
                        applicationName: applicationName, body)
                }
            } catch let error as PostgresError
                where attempt < attemptsMax
                && (error.sqlState == .serializationFailure || error.sqlState == .deadlockDetected)
            {
                attempt += 1
            }
        }
    }

    /// Runs one statement on any connection and keeps its whole result.
    @discardableResult
    public func query(_ query: PostgresQuery) async throws(PostgresError) -> PostgresRows {
        let connection = try await lease()
        do throws(PostgresError) {
            let rows = try await connection.query(query)
            await takeBack(connection)
            return rows
        } catch {
            await takeBack(connection)
            throw error
        }
    }

    /// Runs one statement on any connection for its effect.
    /// - Returns: How many rows it inserted, updated, deleted or selected.
    @discardableResult
    public func execute(_ query: PostgresQuery) async throws(PostgresError) -> Int {
        try await self.query(query).affectedRows
    }

    /// Whether the server answers.
    public func ping() async throws(PostgresError) { try await query("SELECT 1") }

    /// Ends idle connections now and leased ones when they come back. Waiters get `.closed`.
    public func close() async {
        let (continuations, connections) = state.withLock { state in
            let (wake, close) = state.machine.close()
            for waiter in wake where state.continuations[waiter] == nil { state.early[waiter] = .success(.closed) }
            return (wake.compactMap { state.continuations.removeValue(forKey: $0) }, close)
        }
        for continuation in continuations { continuation.resume(returning: .closed) }
        for connection in connections { await connection.close() }
    }

    /// Closes connections that have been idle for longer than `idleMax`. Releasing one does so too; call it from time to
    /// time where whole minutes may pass without a statement.
    public func closeExpired() async {
        let now = clock.now
        for connection in state.withLock({ $0.machine.expired(now) }) { await connection.close() }
    }

    // MARK: Lending

    private func lease() async throws(PostgresError) -> PostgresConnection {
        while true {
            switch try await grant() {
            case .closed:
                throw PostgresError(.closed, "The pool of connections to \(settings.address) is closed")
            case .use(let connection, let needsCheck):
                if needsCheck, await !connection.isAlive() {
                    await connection.close()
                    wake(state.withLock { $0.machine.discard() })
                    continue
                }
                return connection
            case .open:
                do throws(PostgresError) {
                    return try await PostgresConnection.connect(settings, logger: logger)
                } catch {
                    wake(state.withLock { $0.machine.discard() })
                    throw error
                }
            }
        }
    }

    /// What this task may do; waits its turn where the pool is at its limit.
    private func grant() async throws(PostgresError) -> Granted {
        let (waiter, answer) = state.withLock { state in
            state.lastWaiter += 1
            return (state.lastWaiter, state.machine.acquire(state.lastWaiter, now: clock.now))
        }
        leasedGauge.record(counts.leased)
        if case .grant(let grant) = answer { return grant }
        let timeout = Task { [clock, limits, settings] in
            try await clock.sleep(for: limits.waitMax)
            giveUp(
                waiter,
                PostgresError(
                    .poolExhausted,
                    "No connection to \(settings.address) became free within \(limits.waitMax); all "
                        + "\(limits.connectionsMax) are in use"))
        }
        defer { timeout.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { wait(waiter, $0) }
            } onCancel: {
                giveUp(waiter, PostgresError(.cancelled, "The task was cancelled while it waited for a connection"))
            }
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(.cancelled, "\(error)")
        }
    }

    /// Between `acquire` and here the waiter may have been woken or have given up already: then its entry says so.
    private func wait(_ waiter: UInt64, _ continuation: CheckedContinuation<Granted, any Error>) {
        let outcome = state.withLock { state -> Result<Granted, any Error>? in
            if let early = state.early.removeValue(forKey: waiter) { return early }
            state.continuations[waiter] = continuation
            return nil
        }
        if let outcome { continuation.resume(with: outcome) }
    }

    private func giveUp(_ waiter: UInt64, _ error: PostgresError) {
        let continuation = state.withLock { state -> CheckedContinuation<Granted, any Error>? in
            guard state.machine.giveUp(waiter) else { return nil }
            if let continuation = state.continuations.removeValue(forKey: waiter) { return continuation }
            state.early[waiter] = .failure(error)
            return nil
        }
        continuation?.resume(throwing: error)
    }

    private func wake(_ wake: Machine.Wake?) {
        guard let wake else { return }
        let continuation = state.withLock { state -> CheckedContinuation<Granted, any Error>? in
            if let continuation = state.continuations.removeValue(forKey: wake.waiter) { return continuation }
            state.early[wake.waiter] = .success(wake.grant)
            return nil
        }
        continuation?.resume(returning: wake.grant)
    }

    private func takeBack(_ connection: PostgresConnection) async {
        if await connection.tidy() {
            let released = state.withLock { $0.machine.release(connection, now: clock.now) }
            wake(released.wake)
            for connection in released.close { await connection.close() }
        } else {
            wake(state.withLock { $0.machine.discard() })
        }
        leasedGauge.record(counts.leased)
    }
}
