// LeaderInbox: what happens, in the order in which it is dealt with. The leader's state is touched by nobody else.
// Always: whoever hands something in and waits is answered, also when the leader has gone; what nobody waits for is in at
// most once, so that the inbox is never longer than those who hand in are many.
import ControlPlane
import Synchronization

/// Something that the leader has to look at.
enum LeaderEvent: Sendable {
    /// What is known of environments at the start: the last word on each.
    case environments([EnvironmentMessage])
    case environment(EnvironmentMessage)
    /// A transformer said something.
    case answer(ControlEnvelope)
    /// Somebody said something that this version cannot read.
    case unreadable(UnreadableMessage)
    /// An attempt that is carried out here came further.
    case outcome(LocalOutcome)
    /// What `dags/` holds now.
    case definitions(ReadDefinitions)
    case signal(LeaderSignal)
}

/// That it is time to look, and at what; it says no more than that.
enum LeaderSignal: Hashable, Sendable {
    /// People may have asked for something.
    case requests
    /// It is time.
    case clock
}

/// A word on an environment.
enum EnvironmentMessage: Sendable {
    case manifest(EnvironmentManifest)
    case removed(environment: String)
    case unreadable(environment: String, text: String, reason: String)

    /// `nil` for what is no word on an environment.
    init?(_ delivery: ControlSubscriber.Delivery) {
        switch delivery {
        case .message(let envelope):
            switch envelope.message {
            case let manifest as EnvironmentManifest: self = .manifest(manifest)
            case let removed as EnvironmentRemoved: self = .removed(environment: removed.environment)
            default: return nil
            }
        case .unreadable(let message):
            guard let key = message.key?.split(separator: "/").first else { return nil }
            self = .unreadable(environment: String(key), text: message.text, reason: message.reason)
        case .caughtUp, .gap: return nil
        }
    }

    var environment: String {
        switch self {
        case .manifest(let manifest): manifest.environment
        case .removed(let environment), .unreadable(let environment, _, _): environment
        }
    }
}

final class LeaderInbox: Sendable {
    typealias Entry = (event: LeaderEvent, done: CheckedContinuation<Void, Never>?)

    let entries: AsyncStream<Entry>
    private let source: AsyncStream<Entry>.Continuation
    /// Signals that are in, and not taken yet.
    private let signals = Mutex<Set<LeaderSignal>>([])

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

    /// Hands a signal in. One that is in already is as good as two.
    func post(_ signal: LeaderSignal) {
        guard signals.withLock({ $0.insert(signal).inserted }) else { return }
        source.yield((.signal(signal), nil))
    }

    /// To be said before a signal is dealt with: from here on it may come again.
    func take(_ signal: LeaderSignal) { signals.withLock { _ = $0.remove(signal) } }

    /// No more events; what is in already is dealt with, or at least answered.
    func close() { source.finish() }
}
