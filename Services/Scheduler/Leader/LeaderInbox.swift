// LeaderInbox: what happens, in the order in which it is dealt with. The leader's state is touched by nobody else.
// Always: whoever hands something in and waits is answered, also when the leader has gone.
import ControlPlane
import Synchronization

/// Something that the leader has to look at.
enum LeaderEvent: Sendable {
    case manifest(EnvironmentManifest)
    case removed(environment: String)
    /// A transformer said something.
    case answer(ControlEnvelope)
    /// People may have asked for something.
    case requests
    /// It is time.
    case clock
}

final class LeaderInbox: Sendable {
    typealias Entry = (event: LeaderEvent, done: CheckedContinuation<Void, Never>?)

    let entries: AsyncStream<Entry>
    private let source: AsyncStream<Entry>.Continuation

    init() {
        (entries, source) = AsyncStream.makeStream()
    }

    /// Hands an event in and waits until it is dealt with: who reads a topic reads no faster than that.
    func send(_ event: LeaderEvent) async {
        await withCheckedContinuation { continuation in
            if case .enqueued = source.yield((event, continuation)) { return }
            continuation.resume()
        }
    }

    /// Hands an event in.
    func post(_ event: LeaderEvent) { source.yield((event, nil)) }

    /// No more events; what is in already is dealt with, or at least answered.
    func close() { source.finish() }
}
