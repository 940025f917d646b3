import Synchronization

/// Wakes a loop that waits for work. A call while nobody waits is kept for the next wait.
final class WakeUp: Sendable {
    private struct State {
        var isCalled = false
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    /// There is something to do.
    func call() {
        let waiting = state.withLock { state in
            let waiting = state.waiting.values
            state.waiting = [:]
            state.isCalled = waiting.isEmpty
            return Array(waiting)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when called, after `timeout`, or when the task is cancelled.
    func wait(atMost timeout: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.untilCalled() }
            group.addTask { try? await Task.sleep(for: timeout) }
            await group.next()
            group.cancelAll()
        }
    }

    private func untilCalled() async {
        let ticket = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesNow = state.withLock { state in
                    if state.isCalled || Task.isCancelled {
                        state.isCalled = false
                        return true
                    }
                    state.waiting[ticket] = continuation
                    return false
                }
                if resumesNow { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
        }
    }
}
