import Curl
import DataContract
import Foundation
import Kafka
import TestKit
import Testing
import Warehouse

@testable import RawSink

/// A topic, its contract and a table of BigQuery's of their own, and raw-sink as a process between them.
struct BigQueryHarness {
    let topic: KafkaTestTopic
    let table: String
    let folder: URL
    let warehouse: BigQueryEngine
    /// Where the process finds BigQuery.
    let address: String

    /// Runs `body` with a topic whose table is not made yet.
    static func with(partitions: Int = 3, through proxy: String? = nil, _ body: (BigQueryHarness) async throws -> Void)
        async throws
    {
        let emulator = try #require(BigQueryTestServer.address)
        try await withTopic("sink", partitions: partitions) { topic in
            let table = "t_\(topic.name.replacing("-", with: "_"))"
            let folder = try SinkProcess.pipeline(topic: topic.name, table: table)
            let warehouse = BigQueryEngine(
                .emulator(at: emulator, project: BigQueryTestServer.project), logger: KafkaTestServer.logger())
            let harness = BigQueryHarness(
                topic: topic, table: table, folder: folder, warehouse: warehouse, address: proxy ?? emulator)
            do {
                try await body(harness)
            } catch {
                await harness.end()
                throw error
            }
            await harness.end()
        }
    }

    private func end() async {
        try? FileManager.default.removeItem(at: folder)
        await warehouse.close()
    }

    var environment: [String: String] {
        [
            "MILLRACE_PIPELINE": folder.path, "KAFKA_BOOTSTRAP_SERVERS": topic.settings.bootstrapServers,
            "WAREHOUSE_ENGINE": "bigquery", "BIGQUERY_PROJECT": BigQueryTestServer.project,
            "BIGQUERY_EMULATOR_HOST": address, "HTTP_PORT": "0", "LOG_LEVEL": "error",
            "SINK_GROUP": "\(topic.name)-sinks", "SINK_INSTANCE": "p", "SINK_BATCH_ROWS_MAX": "100",
            "SINK_BATCH_WAIT": "20ms", "SINK_SESSION_TIMEOUT": "6s",
        ]
    }

    /// Runs a command to its end: its exit code, and what it printed and logged.
    func run(_ arguments: [String], _ binary: URL) async throws -> (code: Int32, output: String) {
        try await SinkProcess.run(arguments, binary, environment)
    }

    func start(_ binary: URL, _ arguments: [String] = ["run"]) throws -> Process {
        try SinkProcess.start(binary, environment, arguments)
    }

    func produce(_ ids: Range<Int>) async throws {
        try await topic.produce(
            ids.map { id in
                ProducerMessage(
                    topic: topic.name, key: Array("k\(id % 97)".utf8),
                    value: Array(#"{"id":\#(id),"at":"2026-11-23T00:00:00Z"}"#.utf8))
            })
    }

    /// Messages that are no JSON.
    func produceGarbage(_ count: Int) async throws {
        try await topic.produce(
            (0..<count).map { ProducerMessage(topic: topic.name, value: Array("no json \($0)".utf8)) })
    }

    /// The one number that a query gives; 0 for NULL.
    func number(_ sql: String) async throws -> Int {
        try await warehouse.read(ReadQuery(sql, timeMax: .seconds(600))) { result in
            var number = 0
            for try await row in result.rows { number = row[0].flatMap { Int($0) } ?? 0 }
            return number
        }
    }

    func rows() async throws -> Int { try await number("SELECT COUNT(*) FROM raw.\(table)") }

    func letters() async throws -> Int {
        try await number("SELECT COUNT(*) FROM raw._dead_letters WHERE topic = '\(topic.name)'")
    }

    /// Waits until there are `count` rows.
    func waitForRows(_ count: Int) async throws { try await wait("\(count) rows") { try await rows() >= count } }

    func wait(_ what: String, until isDone: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(400)
        while try await !isDone() {
            guard ContinuousClock.now < end else {
                Issue.record("waited for \(what); there are \(try await rows()) rows")
                throw CancellationError()
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Every id from 0 is there once, no position twice, and each as a landing says.
    func expectExactly(_ count: Int, letters: Int = 0) async throws {
        #expect(try await rows() == count)
        #expect(try await number("SELECT COUNT(DISTINCT id) FROM raw.\(table)") == count)
        let name = "CONCAT(CAST(_topic_partition AS STRING), '/', CAST(_offset AS STRING))"
        #expect(try await number("SELECT COUNT(DISTINCT \(name)) FROM raw.\(table)") == count)
        #expect(try await self.letters() == letters)
        let its = "WHERE topic = '\(topic.name)'"
        #expect(try await number("SELECT SUM(`rows`) FROM raw._landings \(its)") == count)
        #expect(try await number("SELECT SUM(rejected) FROM raw._landings \(its)") == letters)
        #expect(try await number("SELECT SUM(next_offset) FROM raw._sink_offsets \(its)") == count + letters)
    }
}
