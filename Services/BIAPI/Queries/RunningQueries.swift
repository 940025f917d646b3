import Synchronization

/// The queries that people run now, downloads included: so many each, and their authors can stop them.
final class RunningQueries: Sendable {
    private struct Running {
        let user: String
        let stop: @Sendable () -> Void
    }

    private let running = Mutex<[String: Running]>([:])
    private let slots: UserSlots

    init(perUserMax: Int) { slots = UserSlots(perUserMax: perUserMax) }

    /// How many run.
    var count: Int { slots.count }

    /// A user's right to one query.
    /// - Throws: ``QueryFailure`` when the user runs too many already.
    func slot(for user: String) throws(QueryFailure) -> UserSlots.Slot {
        if let slot = slots.slot(for: user) { return slot }
        throw QueryFailure(
            code: .busy,
            message: "You have \(slots.perUserMax) queries and downloads under way. Stop one, or wait until one ends.")
    }

    /// Runs `work` under an id until it ends or is stopped.
    /// - Throws: ``QueryFailure`` when the user runs too many already; what `work` throws.
    func run<Value: Sendable>(
        _ id: String, user: String, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let slot = try slot(for: user)
        defer { slot.end() }
        // Not a child of the request: it is also ended by another request, the one that says stop.
        let task = Task { try await work() }
        running.withLock { $0[id] = Running(user: user) { task.cancel() } }
        defer { running.withLock { $0[id] = nil } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Stops a query of that user.
    /// - Returns: False when the user has none such.
    func stop(_ id: String, user: String) -> Bool {
        guard let query = running.withLock({ $0[id] }), query.user == user else { return false }
        query.stop()
        return true
    }
}
