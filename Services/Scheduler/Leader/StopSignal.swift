// StopSignal: says once, to all who wait, that it is time to stop.
import Synchronization

final class StopSignal: Sendable {
    private struct State {
        var isGiven = false
        var nextID = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    var isGiven: Bool { state.withLock { $0.isGiven } }

    func give() {
        let waiting = state.withLock { state in
            state.isGiven = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Until it is given, or the task is cancelled.
    func wait() async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isGiven || Task.isCancelled { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }

    /// Until it is given, the time is over, or somebody gives the leader's place up.
    func wait(for time: Duration, orWhen changes: ChangeFeed? = nil) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            // cancelled: something else came first
            group.addTask { try? await Task.sleep(for: time + .milliseconds(5)) }
            if let changes {
                group.addTask {
                    for await change in changes.subscribe() where change.map({ $0.dag == "" }) ?? true { return }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }
}
