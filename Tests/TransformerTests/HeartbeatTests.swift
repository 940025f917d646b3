import Foundation
import Logging
import Synchronization
import Testing

@testable import Transformer

@Suite("The lease of a command") struct HeartbeatTests {
    private struct Away: Error {}

    /// A clock on which nothing takes time but sleeping, so that a busy machine ends no lease.
    private struct SleepingClock: Clock {
        struct Instant: InstantProtocol {
            var time = Duration.zero

            func advanced(by duration: Duration) -> Instant { Instant(time: time + duration) }
            func duration(to other: Instant) -> Duration { other.time - time }
            static func < (left: Instant, right: Instant) -> Bool { left.time < right.time }
        }

        private final class Time: Sendable { let now = Mutex(Instant()) }

        private let time = Time()
        var now: Instant { time.now.withLock { $0 } }
        var minimumResolution: Duration { .zero }

        func sleep(until deadline: Instant, tolerance: Duration?) async throws {
            try Task.checkCancellation()
            time.now.withLock { $0 = max($0, deadline) }
        }
    }

    /// What a heartbeat ends with when its renewals go like this, and how many there were. After the last: Away.
    private func end(_ answers: [Result<Date?, Away>], lease: Duration) async -> (
        code: TransformerError.Code?, calls: Int, after: Duration
    ) {
        let clock = SleepingClock()
        let calls = Mutex(0)
        let heartbeat = Heartbeat(task: "a", lease: lease, logger: Logger.silent, clock: clock) {
            let number = calls.withLock { calls in
                calls += 1
                return calls
            }
            guard number <= answers.count else { throw Away() }
            return try answers[number - 1].get()
        }
        do {
            try await heartbeat.run()
            return (nil, calls.withLock { $0 }, clock.now.time)
        } catch {
            return ((error as? TransformerError)?.code, calls.withLock { $0 }, clock.now.time)
        }
    }

    @Test("outlives a renewal that fails while there is time left")
    func failing() async {
        let later = Date(timeIntervalSinceNow: 600)
        let ended = await end(
            [.success(later), .failure(Away()), .success(later), .failure(Away()), .success(nil)], lease: .seconds(3))
        #expect(ended.code == .leaseLost && ended.calls == 5 && ended.after == .milliseconds(3_600))
    }

    @Test("ends when no renewal succeeds in its time")
    func lost() async {
        let ended = await end([], lease: .milliseconds(300))
        #expect(ended.code == .leaseLost && ended.calls == 8 && ended.after == .milliseconds(310))
    }

    @Test("ends at the deadline of the latest attempt")
    func deadline() async {
        let ended = await end(
            [.success(Date(timeIntervalSinceNow: 600)), .success(Date(timeIntervalSinceNow: -1))],
            lease: .milliseconds(300))
        #expect(ended.code == .deadlinePassed && ended.calls == 2)
    }
}
