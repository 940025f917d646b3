import Synchronization

/// What open pages are told of.
enum Change: Sendable {
    /// These relations have other data.
    case data(Set<String>)
    /// There are other dashboards, or they look different.
    case dashboards
}

/// Changes, told to everyone who has a dashboard open.
///
/// A listener that is a thousand changes behind loses the oldest; the stream of events drops it long before.
final class ChangeHub: Sendable {
    private struct State {
        var next = 0
        var listeners: [Int: AsyncStream<Change>.Continuation] = [:]
    }

    private let state = Mutex(State())

    /// How many listen.
    var listenerCount: Int { state.withLock { $0.listeners.count } }

    /// Tells every listener.
    func tell(_ change: Change) {
        let listeners = state.withLock { Array($0.listeners.values) }
        for listener in listeners { listener.yield(change) }
    }

    /// Changes from now on, until the reader goes.
    func changes() -> AsyncStream<Change> {
        let (stream, continuation) = AsyncStream<Change>.makeStream(bufferingPolicy: .bufferingNewest(1_000))
        let id = state.withLock { state in
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.listeners[id] = nil }
        }
        return stream
    }

    /// Ends every listener's stream.
    func finish() {
        let listeners = state.withLock { state in
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }
}
