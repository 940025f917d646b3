import SQL
import Testing

@Suite("Trees of every kind of node are read back as they were written") struct AnyTreeTests {
    /// `make random-trees` looks at 100,000.
    @Test("by the dialect that wrote them", arguments: [SQLDialect.postgres, .bigQuery])
    func roundTrip(dialect: SQLDialect) {
        for seed in 0..<UInt64(400) {
            for fault in TreeCheck(dialect: dialect, seed: seed).faults() { Issue.record("\(fault)") }
        }
    }

    @Test("and every kind of node is among them") func coverage() throws {
        var missing = try TreeKinds.declared()
        #expect(missing.count > 300)
        var seed: UInt64 = 0
        while !missing.isEmpty, seed < 6_000 {
            for dialect in [SQLDialect.postgres, .bigQuery] {
                var maker = AnyTreeMaker(dialect: dialect, seed: seed)
                TreeKinds.remove(maker.statement(2), from: &missing)
            }
            seed += 1
        }
        #expect(missing.isEmpty, "\(missing.sorted())")
    }
}
