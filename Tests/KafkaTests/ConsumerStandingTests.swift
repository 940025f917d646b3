import Testing

@testable import Kafka

@Suite("Where a consumer stands") struct ConsumerStandingTests {
    @Test("out of its group is trouble at first, and when a rebalance takes long")
    func membership() {
        let now = ContinuousClock.now
        var standing = ConsumerStanding()
        standing.left(at: now)
        #expect(standing.trouble(at: now)?.contains("not joined yet") == true)
        standing.joined()
        #expect(standing.trouble(at: now) == nil)
        standing.left(at: now)
        standing.left(at: now + .seconds(50))
        #expect(standing.trouble(at: now + .seconds(60)) == nil)
        #expect(standing.trouble(at: now + .seconds(61))?.contains("61 s") == true)
        standing.joined()
        #expect(standing.trouble(at: now + .seconds(3_600)) == nil)
    }

    @Test("without a broker is trouble at once, until one answers")
    func brokers() {
        var standing = ConsumerStanding()
        standing.joined()
        standing.brokers(up: 0)
        #expect(standing.trouble(at: .now)?.contains("no broker") == true)
        standing.brokers(up: 1)
        #expect(standing.trouble(at: .now) == nil)
    }
}
