/// The queries of the SQL page that run now, so that their authors can stop them.
actor RunningQueries {
    private struct Running {
        let user: String
        let stop: @Sendable () -> Void
    }

    private var running: [String: Running] = [:]
    private let perUserMax: Int

    init(perUserMax: Int) { self.perUserMax = perUserMax }

    /// How many run.
    var count: Int { running.count }

    /// Runs `work` under an id until it ends or is stopped.
    /// - Throws: ``QueryFailure`` when the user runs too many already; what `work` throws.
    func run<Value: Sendable>(
        _ id: String, user: String, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard running.values.count(where: { $0.user == user }) < perUserMax, running[id] == nil else {
            throw QueryFailure(
                code: .busy, message: "You have \(perUserMax) queries under way. Stop one, or wait until one ends.")
        }
        // Not a child of the request: it is also ended by another request, the one that says stop.
        let task = Task { try await work() }
        running[id] = Running(user: user) { task.cancel() }
        defer { running[id] = nil }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Stops a query of that user.
    /// - Returns: False when the user has none such.
    func stop(_ id: String, user: String) -> Bool {
        guard let query = running[id], query.user == user else { return false }
        query.stop()
        return true
    }
}
