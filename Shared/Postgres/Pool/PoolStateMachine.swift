// PoolStateMachine: who gets which connection, decided without I/O, locks or clocks.
// Always: idle + leased + opening never exceed the limit; nobody waits while a connection is idle or a slot is free;
// waiters are served in the order they came.
import DequeModule

/// Limits of a pool.
public struct PostgresPoolLimits: Sendable, Equatable {
    /// Connections at the same time, leased ones and idle ones.
    public var connectionsMax = 8
    /// Idle connections that are kept however long nobody needs them.
    public var idleMin = 0
    /// How long a connection above `idleMin` stays open without being used.
    public var idleMax: Duration = .seconds(60)
    /// How long a caller waits for a connection before `.poolExhausted`.
    public var waitMax: Duration = .seconds(30)
    /// Idle connections older than this are asked for a sign of life before they are handed out.
    public var checkAfter: Duration = .seconds(1)

    /// The usual limits, with as many connections as given.
    public init(connectionsMax: Int = 8) { self.connectionsMax = max(1, connectionsMax) }
}

/// Generic, so that its tests need neither connections nor continuations.
struct PoolStateMachine<Connection: Sendable, WaiterID: Hashable & Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What somebody who asked for a connection is told to do.
    enum Grant: Sendable {
        /// Use this idle one; check it first when `needsCheck`.
        case use(Connection, needsCheck: Bool)
        /// Open one, and report with `openFailed` when that fails.
        case open
        /// The pool is closed.
        case closed
    }

    enum Answer: Sendable {
        case grant(Grant)
        case wait
    }

    /// A waiter who is to be woken with what is granted to it.
    struct Wake: Sendable {
        let waiter: WaiterID
        let grant: Grant
    }

    private struct Idle: Sendable {
        let connection: Connection
        let since: Instant
    }

    private let limits: PostgresPoolLimits
    /// Last used at the end, and taken from there: the pool shrinks to what the load needs.
    private var idle: Deque<Idle> = []
    private(set) var leased = 0
    private var waiting: Deque<WaiterID> = []
    private(set) var isClosed = false

    init(limits: PostgresPoolLimits) { self.limits = limits }

    var idleCount: Int { idle.count }
    var waitingCount: Int { waiting.count }

    /// Somebody needs a connection; told to wait, it is woken later or gives up.
    mutating func acquire(_ waiter: WaiterID, now: Instant) -> Answer {
        if isClosed { return .grant(.closed) }
        if let next = idle.popLast() {
            leased += 1
            return .grant(.use(next.connection, needsCheck: now - next.since >= limits.checkAfter))
        }
        if leased < limits.connectionsMax {
            leased += 1
            return .grant(.open)
        }
        waiting.append(waiter)
        return .wait
    }

    /// A leased connection comes back in working order.
    /// - Returns: Whom to wake, and the connections to close now.
    mutating func release(_ connection: Connection, now: Instant) -> (wake: Wake?, close: [Connection]) {
        leased -= 1
        if isClosed { return (nil, [connection]) }
        if let next = waiting.popFirst() {
            leased += 1
            return (Wake(waiter: next, grant: .use(connection, needsCheck: false)), [])
        }
        idle.append(Idle(connection: connection, since: now))
        return (nil, expired(now))
    }

    /// A leased connection is gone, or could not be opened: its slot is free.
    mutating func discard() -> Wake? {
        leased -= 1
        guard !isClosed, let next = waiting.popFirst() else { return nil }
        leased += 1
        return Wake(waiter: next, grant: .open)
    }

    /// A waiter gives up.
    /// - Returns: False when it was woken before: then it has what was granted, and must hand it back.
    mutating func giveUp(_ waiter: WaiterID) -> Bool {
        guard let index = waiting.firstIndex(of: waiter) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// Nothing is handed out from here on; leased connections are closed when they come back.
    mutating func close() -> (wake: [WaiterID], close: [Connection]) {
        isClosed = true
        defer {
            waiting.removeAll()
            idle.removeAll()
        }
        return (Array(waiting), idle.map(\.connection))
    }

    /// Takes out idle connections that nobody needed for too long, oldest first.
    mutating func expired(_ now: Instant) -> [Connection] {
        var gone: [Connection] = []
        while idle.count > limits.idleMin, let oldest = idle.first, now - oldest.since >= limits.idleMax {
            gone.append(oldest.connection)
            idle.removeFirst()
        }
        return gone
    }
}
