// PoolBook: which waiting tasks get a place of their pool. Pools are shared by all runs of all DAGs. A plain value.
// Always: no pool has more tasks than places; a place stays free only when no task waits for it.

/// A task that may run but for a place.
public struct PlaceRequest: Sendable, Equatable {
    public let run: String
    public let task: String
    public let pool: String
    /// More goes first.
    public let priority: Int

    public init(run: String, task: String, pool: String, priority: Int) {
        self.run = run
        self.task = task
        self.pool = pool
        self.priority = priority
    }
}

/// Pools and their places.
public struct PoolBook: Sendable, Equatable {
    /// How many tasks of each pool may be under way.
    public let places: [String: Int]

    public init(places: [String: Int]) { self.places = places }

    /// Hands out what is free: a higher priority first, then the older run, then in the order given.
    /// - Parameters:
    ///   - used: Places that are taken, by pool.
    ///   - waiting: Tasks of pools that are not here are left alone.
    public func grants(used: [String: Int], to waiting: [PlaceRequest]) -> [PlaceRequest] {
        var free = places.reduce(into: [String: Int]()) { $0[$1.key] = $1.value - (used[$1.key] ?? 0) }
        let inTurn = waiting.enumerated().sorted {
            ($1.element.priority, $0.element.run, $0.offset) < ($0.element.priority, $1.element.run, $1.offset)
        }.map(\.element)
        return inTurn.filter { request in
            guard let left = free[request.pool], left > 0 else { return false }
            free[request.pool] = left - 1
            return true
        }
    }
}
