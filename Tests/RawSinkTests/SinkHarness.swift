import DataContract
import Foundation
import Kafka
import Pipeline
import Postgres
import TestKit
import Testing
import Warehouse

@testable import RawSink

/// A topic, its contract and a database of their own, and sinks at work between them.
struct SinkHarness {
    let topic: KafkaTestTopic
    let contract: Contract
    let database: PostgresSettings
    let pool: PostgresPool

    /// A sink that is running.
    struct RunningSink {
        let service: SinkService
        let health: SinkHealth
        let book: ContractBook
        private let task: Task<Void, any Error>
        private let warehouse: PostgresEngine

        init(_ service: SinkService, _ health: SinkHealth, _ book: ContractBook, _ warehouse: PostgresEngine) {
            self.service = service
            self.book = book
            self.health = health
            self.warehouse = warehouse
            task = Task { try await service.run() }
        }

        /// Waits until it ends by itself.
        func ended() async throws {
            let result = await task.result
            await warehouse.close()
            try result.get()
        }

        /// As SIGTERM does; waits for the end.
        func stop() async throws {
            service.stop()
            try await task.value
            await warehouse.close()
        }
    }

    /// Makes topic, database and tables, runs `body`, and takes them away again.
    static func with(
        partitions: Int = 3, _ body: (SinkHarness) async throws -> Void
    ) async throws {
        try await withTopic("sink", partitions: partitions) { topic in
            try await withDatabase { database in
                try await withPool(database) { pool in
                    let contract = Contract(
                        file: "contracts/t.yaml", id: topic.name, version: "1.0.0",
                        topic: .init(name: topic.name, partitions: partitions), table: .init(schema: "raw", name: "t"),
                        properties: [
                            Property(name: "id", logicalType: .integer, isRequired: true),
                            Property(name: "note", logicalType: .string),
                            Property(name: "at", logicalType: .timestamp, isRequired: true),
                        ], eventTime: "at")
                    let harness = SinkHarness(topic: topic, contract: contract, database: database, pool: pool)
                    let warehouse = PostgresEngine(database, connectionsMax: 1, logger: PostgresTestServer.logger())
                    _ = try await warehouse.prepareRawTables(for: [contract])
                    await warehouse.close()
                    try await body(harness)
                }
            }
        }
    }

    /// - Parameter membership: Static by default. Dynamic for sinks that are stopped for good: a static member's
    ///   partitions move on only when its session has run out, which the development broker does not do in a rebalance.
    func start(
        _ instance: String = "a", rowsMax: Int = 500, membership: ConsumerGroup.Instance? = nil,
        contracts: [Contract]? = nil, deadLetters: DeadLetterLimit = .init(), folder: PipelineFolder? = nil
    ) -> RunningSink {
        let logger = KafkaTestServer.logger(.critical)
        let contracts = contracts ?? folder?.readContracts().contracts ?? [contract]
        var database = database
        database.requiresWritable = true
        database.lockTimeout = .seconds(2)
        let warehouse = PostgresEngine(database, connectionsMax: contracts.count + 2, logger: logger)
        let (health, book) = (SinkHealth(), ContractBook())
        let settings = SinkSettings(
            limits: BatchLimits(recordsMax: rowsMax, waitMax: .milliseconds(50)),
            group: ConsumerGroup(
                "\(topic.name)-sinks", instance: membership ?? .named(instance), sessionTimeout: .seconds(10)),
            deadLetters: deadLetters)
        let service = SinkService(
            SinkParts(
                kafka: KafkaTestServer.settings(clientID: instance), warehouse: warehouse,
                read: folder?.readContracts() ?? ReadContracts(contracts: contracts), folder: folder, book: book,
                settings: settings, health: health,
                logger: logger))
        return RunningSink(service, health, book, warehouse)
    }

    /// Messages that are no JSON.
    func produceGarbage(_ count: Int, partition: Int32? = nil) async throws {
        try await topic.produce(
            (0..<count).map {
                ProducerMessage(topic: topic.name, value: Array("no json \($0)".utf8), partition: partition)
            })
    }

    func produce(_ ids: Range<Int>, partition: Int32? = nil) async throws {
        try await topic.produce(
            ids.map { id in
                ProducerMessage(
                    topic: topic.name, key: Array("k\(id % 97)".utf8),
                    value: Array(#"{"id":\#(id),"at":"2026-11-23T00:00:00Z"}"#.utf8), partition: partition)
            })
    }

    /// A contract like the harness's, for another topic and table.
    func contract(for topic: KafkaTestTopic, table: String) async throws -> Contract {
        let other = Contract(
            file: contract.file, id: topic.name, version: contract.version,
            topic: .init(name: topic.name, partitions: topic.partitions), table: .init(schema: "raw", name: table),
            properties: contract.properties, eventTime: contract.eventTime)
        let warehouse = PostgresEngine(database, connectionsMax: 1, logger: PostgresTestServer.logger())
        _ = try await warehouse.prepareRawTables(for: [other])
        await warehouse.close()
        return other
    }

    /// Runs `body` while the database is changed by `begin`, with all its sessions ended, until `end`.
    func during(
        _ begin: String, until end: String, _ body: () async throws -> Void
    ) async throws {
        try await withPool(connectionsMax: 1) { outside in
            let name = database.database
            func change(_ change: String) async throws {
                try await outside.query("ALTER DATABASE \(identifier: name) \(sql: change)")
                try await outside.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(name)")
            }
            try await change(begin)
            try await body()
            try await change(end)
        }
    }

    /// Waits until the table has `count` rows.
    func waitForRows(_ count: Int) async throws {
        try await wait("\(count) rows") { try await rows() >= count }
    }

    /// Waits until the sink is a member of its group: who leaves while another joins stops a group of the development broker
    /// for good.
    func waitToJoin(_ sink: RunningSink) async throws {
        try await wait("a sink to join") { !sink.health.isGroupFailing }
    }

    func wait(
        _ what: String, until isDone: () async throws -> Bool
    ) async throws {
        let limit: Duration = .seconds(480)
        let end = ContinuousClock.now + limit
        while try await !isDone() {
            if ContinuousClock.now > end {
                let standing = try await texts(
                    "SELECT topic || '/' || partition || ' at ' || next_offset FROM raw._sink_offsets ORDER BY 1")
                Issue.record("waited \(limit) for \(what); \(try await rows()) rows; \(standing)")
                throw CancellationError()
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    func rows() async throws -> Int { try await number("SELECT count(*) FROM raw.t") }

    func number(_ sql: String) async throws -> Int {
        try await query(sql).one().get(0)
    }

    func texts(_ sql: String) async throws -> [String] {
        try await query(sql).map { try $0.get(0) }
    }

    /// Asks a second time when a test has ended this session together with the sink's.
    private func query(_ sql: String) async throws -> PostgresRows {
        let question = PostgresQuery(sql, [])
        do {
            return try await pool.query(question)
        } catch {
            guard error.isRetriable else { throw error }
        }
        return try await pool.query(question)
    }

    /// Every id from 0 is there once, and no position twice.
    func expectExactly(_ count: Int) async throws {
        #expect(try await rows() == count)
        #expect(try await number("SELECT count(DISTINCT id) FROM raw.t") == count)
        #expect(try await number("SELECT count(DISTINCT (_partition, _offset)) FROM raw.t") == count)
    }
}
