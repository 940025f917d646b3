// Alarm: rings once, at the time it was last set to. Nothing is looked at again and again.
import Foundation
import Synchronization

/// Rings at a time of the clock on the wall.
final class Alarm: Sendable {
    private struct State {
        var time: Date?
        var sleeper: Task<Void, Never>?
    }

    private let ring: @Sendable () -> Void
    private let state = Mutex(State())
    /// The wall's clock may be set: no sleep is longer than this, in seconds.
    private static let sleepMax: TimeInterval = 60

    init(_ ring: @escaping @Sendable () -> Void) { self.ring = ring }

    /// Rings at `time` instead of when it was set to before; at once when that is past, never for `nil`.
    func set(to time: Date?, now: Date) {
        state.withLock { state in
            if state.time == time, state.sleeper != nil || time == nil { return }
            state.time = time
            state.sleeper?.cancel()
            guard let time else { return state.sleeper = nil }
            let pause = min(max(0, time.timeIntervalSince(now)), Self.sleepMax)
            // Not a child of anything: it holds nothing but the bell, and `cancel` ends it.
            state.sleeper = Task { [ring, weak self] in
                guard (try? await Task.sleep(for: .seconds(pause))) != nil else { return }  // cancelled: set anew
                self?.forget(time)
                ring()
            }
        }
    }

    func cancel() {
        state.withLock { state in
            state.sleeper?.cancel()
            state = State()
        }
    }

    private func forget(_ time: Date) {
        state.withLock { state in
            if state.time == time { state = State() }
        }
    }
}
