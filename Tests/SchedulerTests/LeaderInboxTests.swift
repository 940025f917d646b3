import Testing

@testable import Scheduler

@Suite("The leader's inbox") struct LeaderInboxTests {
    @Test("holds a signal once, until it is taken, however often it comes")
    func signals() async throws {
        let inbox = LeaderInbox()
        for _ in 0..<10_000 {
            inbox.post(.requests)
            inbox.post(.clock)
        }
        inbox.take(.requests)
        inbox.post(.requests)
        inbox.close()
        var taken: [LeaderSignal] = []
        for await (event, _) in inbox.entries {
            if case .signal(let signal) = event { taken.append(signal) }
        }
        #expect(taken == [.requests, .clock, .requests])
    }

    @Test("answers who hands something in after it was closed")
    func closed() async {
        let inbox = LeaderInbox()
        inbox.close()
        await inbox.send(.signal(.clock))
    }
}
