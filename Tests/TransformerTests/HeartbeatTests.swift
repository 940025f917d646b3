import Foundation
import Logging
import Synchronization
import Testing

@testable import Transformer

@Suite("The lease of a command") struct HeartbeatTests {
    private struct Away: Error {}

    /// What a heartbeat ends with when its renewals go like this, and how many there were. After the last: Away.
    private func end(_ answers: [Result<Date?, Away>], lease: Duration) async -> (
        code: TransformerError.Code?, calls: Int
    ) {
        let calls = Mutex(0)
        let heartbeat = Heartbeat(task: "a", lease: lease, logger: Logger.silent) {
            let number = calls.withLock { calls in
                calls += 1
                return calls
            }
            guard number <= answers.count else { throw Away() }
            return try answers[number - 1].get()
        }
        do {
            try await heartbeat.run()
            return (nil, calls.withLock { $0 })
        } catch {
            return ((error as? TransformerError)?.code, calls.withLock { $0 })
        }
    }

    @Test("outlives a renewal that fails while there is time left")
    func failing() async {
        let later = Date(timeIntervalSinceNow: 600)
        let ended = await end(
            [.success(later), .failure(Away()), .success(later), .failure(Away()), .success(nil)], lease: .seconds(3))
        #expect(ended.code == .leaseLost && ended.calls == 5)
    }

    @Test("ends when no renewal succeeds in its time")
    func lost() async {
        let ended = await end([], lease: .milliseconds(300))
        #expect(ended.code == .leaseLost)
    }

    @Test("ends at the deadline of the latest attempt")
    func deadline() async {
        let ended = await end(
            [.success(Date(timeIntervalSinceNow: 600)), .success(Date(timeIntervalSinceNow: -1))],
            lease: .milliseconds(300))
        #expect(ended.code == .deadlinePassed && ended.calls == 2)
    }
}
