import Testing

@testable import Kafka

@Suite("The ledger lets in what is expected, and nothing else") struct PartitionLedgerTests {
    let zero = TopicPartition("t", 0)
    let one = TopicPartition("t", 1)

    @Test("partitions not owned: nothing")
    func notOwned() {
        var ledger = PartitionLedger()
        #expect(ledger.floor(of: zero) == nil)
        ledger.assign([zero: 5])
        #expect(ledger.floor(of: zero) == 5)
        #expect(ledger.floor(of: one) == nil)
        ledger.release([zero])
        #expect(ledger.floor(of: zero) == nil)
        ledger.advance(zero, to: 9)
        #expect(ledger.entries.isEmpty)
    }

    @Test("positions only grow, and start anew with an assignment")
    func advance() {
        var ledger = PartitionLedger()
        ledger.assign([zero: -2])  // the library's mark for the beginning
        #expect(ledger.floor(of: zero) == 0)
        ledger.advance(zero, to: 10)
        ledger.advance(zero, to: 7)
        #expect(ledger.floor(of: zero) == 10)
        ledger.assign([zero: 3])
        #expect(ledger.floor(of: zero) == 3)
    }

    @Test("paused partitions: nothing; resuming tells where to go on, once")
    func pause() {
        var ledger = PartitionLedger()
        ledger.assign([zero: 5, one: 0])
        ledger.advance(one, to: 4)
        #expect(ledger.pause([zero, one, TopicPartition("t", 2)]) == [zero, one])
        #expect(ledger.pause([zero]) == [])
        #expect(ledger.floor(of: zero) == nil)
        #expect(ledger.resume([zero, one]) == [zero: 5, one: 4])
        #expect(ledger.resume([zero, one]) == [:])
        #expect(ledger.floor(of: one) == 4)
    }
}
