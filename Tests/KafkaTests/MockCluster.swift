import CLibrdkafka
import Kafka
import TestKit
import Testing

/// librdkafka's own mock cluster: brokers in this process that can be told to fail. Speaks real sockets.
final class MockCluster: @unchecked Sendable {  // its calls may be made from any thread
    let raw: OpaquePointer
    private let host: OpaquePointer

    init(brokers: Int32 = 1) throws {
        var text = [CChar](repeating: 0, count: 512)
        host = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), &text, text.count))
        raw = try #require(rd_kafka_mock_cluster_new(host, brokers))
    }

    deinit {
        rd_kafka_mock_cluster_destroy(raw)
        rd_kafka_destroy(host)
    }

    func settings(_ properties: [String: String] = [:]) -> KafkaSettings {
        let servers = String(cString: rd_kafka_mock_cluster_bootstraps(raw))
        return KafkaSettings(bootstrapServers: servers, clientID: "test", properties: properties)
    }

    func create(_ topic: String, partitions: Int32 = 1) {
        rd_kafka_mock_topic_create(raw, topic, partitions, 1)
    }

    /// The next requests of a kind are answered with these errors.
    func push(_ errors: [rd_kafka_resp_err_t], for request: Request) {
        rd_kafka_mock_push_request_errors_array(raw, request.rawValue, errors.count, errors)
    }

    func setDown(_ broker: Int32 = 1) { rd_kafka_mock_broker_set_down(raw, broker) }
    func setUp(_ broker: Int32 = 1) { rd_kafka_mock_broker_set_up(raw, broker) }
    func setRoundTrip(milliseconds: Int32, broker: Int32 = 1) {
        rd_kafka_mock_broker_set_rtt(raw, broker, milliseconds)
    }

    /// Kafka's numbers for kinds of requests.
    enum Request: Int16 {
        case produce = 0, fetch = 1, offsetCommit = 8, offsetFetch = 9, findCoordinator = 10, joinGroup = 11
        case heartbeat = 12, leaveGroup = 13, syncGroup = 14, initProducerID = 22, endTransaction = 26
    }

    /// Fills a topic with `0`, `1` …
    func fill(_ topic: String, count: Int, partition: Int32 = 0) async throws {
        let producer = try KafkaProducer(settings(), logger: KafkaTestServer.logger())
        let bulk = producer.bulk()
        try await bulk.enqueue(
            (0..<count).map { number in
                var message = ProducerMessage(topic: topic, key: nil, text: "\(number)")
                message.partition = partition
                return message
            })
        let report = await bulk.flush()
        await producer.close()
        if let error = report.firstError { throw error }
    }
}
