import Logging
import Metrics
import TestKit
import Testing

@testable import Kafka

@Suite("Settings reach librdkafka, and wrong ones stop the start") struct SettingsTests {
    private func make(_ properties: [String: String]) throws(KafkaError) {
        let settings = KafkaSettings(bootstrapServers: "127.0.0.1:1", clientID: "test", properties: properties)
        _ = try KafkaProducer(settings, logger: KafkaTestServer.logger(.critical))
        _ = try KafkaConsumer(
            settings, group: ConsumerGroup("g"), topics: ["t"], logger: KafkaTestServer.logger(.critical))
        _ = try KafkaAdmin(settings, logger: KafkaTestServer.logger(.critical))
    }

    @Test(
        "logins and certificates are passed through",
        arguments: [
            ["security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.username": "u", "sasl.password": "p"],
            [
                "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "u",
                "sasl.password": "p",
            ],
            ["security.protocol": "SSL", "enable.ssl.certificate.verification": "false"],
            ["compression.type": "zstd", "linger.ms": "5"],
            [:],
        ])
    func accepted(properties: [String: String]) throws {
        try make(properties)
    }

    @Test(
        "what librdkafka refuses is named, a secret's value is not",
        arguments: [
            (properties: ["no.such.property": "x"], named: "no.such.property", hidden: nil),
            (properties: ["acks": "many"], named: "acks", hidden: nil),
            (properties: ["sasl.oauthbearer.method": "s3cret"], named: "sasl.oauthbearer.method", hidden: "s3cret"),
            (properties: ["ssl.key.pem": "s3cret", "security.protocol": "SSL"], named: "", hidden: "s3cret"),
        ] as [(properties: [String: String], named: String, hidden: String?)])
    func refused(properties: [String: String], named: String, hidden: String?) {
        let error = #expect(throws: KafkaError.self) { try make(properties) }
        #expect(error?.reason == .configuration)
        #expect(error?.isRetriable == false)
        #expect(error?.description.contains(named) == true || named.isEmpty)
        if let hidden { #expect(error?.description.contains(hidden) == false) }
    }

    @Test("correctness is not a setting: offsets are never stored, committed or reset by the library")
    func enforced() {
        let properties = ConsumerProperties(
            .group(ConsumerGroup("g", instance: .named("one")), topics: []), readAhead: ReadAhead(),
            reportsPartitionEnd: false)
        #expect(properties.enforced["enable.auto.commit"] == "false")
        #expect(properties.enforced["enable.auto.offset.store"] == "false")
        #expect(properties.enforced["auto.offset.reset"] == "error")
        #expect(properties.enforced["partition.assignment.strategy"] == "range")
        #expect(properties.enforced["group.instance.id"] == "one")
        #expect(properties.defaults["isolation.level"] == "read_committed")
    }

    @Test("a member is static under its host's name, unless told otherwise")
    func instance() {
        #expect(ConsumerGroup("g").instanceID?.hasPrefix("g-") == true)
        #expect(ConsumerGroup("g", instance: .named("x")).instanceID == "x")
        #expect(ConsumerGroup("g", instance: .dynamic).instanceID == nil)
    }
}

@Suite("Errors say what to do") struct KafkaErrorTests {
    @Test(
        "to programs",
        arguments: [
            (RD.timedOut, KafkaError.Reason.timedOut, true, false), (RD.transport, .unreachable, true, false),
            (RD.unknownTopic, .unknownTopic, false, false), (RD.offsetOutOfRange, .offsetOutOfRange, false, false),
            (RD.fencedInstance, .fenced, false, true), (RD.producerFenced, .fenced, false, true),
            (RD.tooLarge, .messageTooLarge, false, false), (RD.notAuthorized, .notAuthorized, false, false),
            (RD.fatal, .other, false, true), (RD.rebalance, .other, true, false),
        ])
    func properties(code: RD, reason: KafkaError.Reason, isRetriable: Bool, isFatal: Bool) {
        let error = KafkaError(code.code, "do it")
        #expect(error.reason == reason)
        #expect(error.isRetriable == isRetriable)
        #expect(error.isFatal == isFatal)
        #expect(error.isFenced == (reason == .fenced))
    }

    @Test("to people")
    func text() {
        let error = KafkaError(
            RD.offsetOutOfRange.code, "read", detail: "Fetch offset 5 is gone", partition: TopicPartition("t", 3))
        #expect(
            error.description == """
                Could not read (t[3]): Fetch offset 5 is gone [OFFSET_OUT_OF_RANGE]. Records were deleted before they were \
                read, or the topic was made anew: choose a start.
                """)
    }
}

@Suite("Statistics") struct StatisticsTests {
    @Test("what is read of librdkafka's JSON, and that other text is nothing")
    func parse() throws {
        let text = """
            {"brokers":{"a":{"state":"UP","nodeid":1},"b":{"state":"DOWN","nodeid":2},"c":{"state":"UP","nodeid":-1}},
            "msg_cnt":3,"msg_size":40,"topics":{"t":{"topic":"t","partitions":{
            "0":{"partition":0,"fetchq_cnt":7,"ls_offset":12,"hi_offset":13},"-1":{"partition":-1}}}},"more":1}
            """
        let statistics = try #require(text.withCString { ClientStatistics($0) })
        #expect(statistics.brokersUp == 1)
        #expect(statistics.queuedMessages == 3)
        #expect(statistics.queuedBytes == 40)
        #expect(statistics.partitions.keys.sorted() == [TopicPartition("t", 0)])
        #expect(statistics.partitions[TopicPartition("t", 0)]?.end == 12)
        #expect("nonsense".withCString { ClientStatistics($0) } == nil)
    }
}
