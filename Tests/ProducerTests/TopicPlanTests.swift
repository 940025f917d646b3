import Testing

@testable import Producer

@Suite("A plan for topics") struct TopicPlanTests {
    private static let wanted = WantedTopic(
        name: "events", partitions: 6, replicationFactor: 3, configuration: ["retention.ms": "604800000"])

    private static func existing(
        partitions: Int = 6, replicationFactor: Int = 3, retention: String? = "604800000"
    ) -> [String: ExistingTopic] {
        var configuration = ["cleanup.policy": "delete"]
        configuration["retention.ms"] = retention
        return [
            "events": ExistingTopic(
                partitions: partitions, replicationFactor: replicationFactor, configuration: configuration)
        ]
    }

    @Test(
        "changes what may be changed, and nothing that is right already",
        arguments: [
            ([:], [.create(wanted)]),
            (existing(), []),
            (existing(partitions: 2), [.addPartitions(topic: "events", from: 2, to: 6)]),
            (
                existing(retention: "1000"),
                [.setConfiguration(topic: "events", name: "retention.ms", from: "1000", to: "604800000")]
            ),
            (
                existing(retention: nil),
                [.setConfiguration(topic: "events", name: "retention.ms", from: nil, to: "604800000")]
            ),
        ] as [([String: ExistingTopic], [TopicChange])])
    func changes(existing: [String: ExistingTopic], expected: [TopicChange]) {
        let plan = TopicPlan(wanted: [Self.wanted], existing: existing)
        #expect(plan.changes == expected)
        #expect(plan.refusals.isEmpty)
    }

    @Test(
        "refuses what Kafka cannot alter, and says what to do",
        arguments: [
            (existing(partitions: 8), "8 partitions", "make a new topic"),
            (existing(replicationFactor: 1), "replication factor is 1", "reassignment"),
        ])
    func refusals(existing: [String: ExistingTopic], what: String, advice: String) throws {
        let refusal = try #require(TopicPlan(wanted: [Self.wanted], existing: existing).refusals.first)
        #expect(refusal.description.contains(what))
        #expect(refusal.description.contains(advice))
    }
}
