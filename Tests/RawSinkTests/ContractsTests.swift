import DataContract
import Foundation
import Kafka
import Pipeline
import Postgres
import ServiceRuntime
import TestKit
import Testing
import Warehouse

@testable import RawSink

@Suite(
    "Contracts that change while a sink runs",
    .enabled(if: KafkaTestServer.isAvailable && PostgresTestServer.isAvailable), .serialized)
struct ContractsTests {
    /// A sink that lands by the files of a folder.
    private static func with(
        _ body: (SinkHarness, URL, SinkHarness.RunningSink, HealthChecks) async throws -> Void
    ) async throws {
        try await SinkHarness.with(partitions: 2) { harness in
            let folder = try SinkProcess.pipeline(topic: harness.topic.name)
            defer { try? FileManager.default.removeItem(at: folder) }
            let sink = try harness.start(membership: .dynamic, folder: PipelineFolder(at: folder.path))
            let checks = HealthChecks()
            sink.health.register(with: checks) { sink.book.warning }
            try await harness.produce(0..<10)
            try await harness.waitForRows(10)
            try await body(harness, folder, sink, checks)
            try await sink.stop()
        }
    }

    private static func produce(_ id: Int, _ more: String, _ topic: KafkaTestTopic) async throws {
        let value = #"{"id":\#(id),"at":"2026-11-23T00:00:00Z"\#(more)}"#
        try await topic.produce([ProducerMessage(topic: topic.name, value: Array(value.utf8))])
    }

    @Test(
        "a field that is added becomes a column, without a restart and without leaving the group",
        .timeLimit(.minutes(10)))
    func field() async throws {
        try await Self.with { harness, folder, sink, checks in
            let added = SinkProcess.contract(
                topic: harness.topic.name, more: "      - {name: colour, logicalType: string}")
            try SinkProcess.write(added, to: "t.yaml", in: folder)
            try await harness.wait("the contract to be taken up") { sink.book.inForce.first?.property("colour") != nil }
            #expect(sink.book.warning == nil)
            #expect(await checks.readiness().isReady)
            try await Self.produce(10, #","colour":"red""#, harness.topic)
            try await harness.waitForRows(11)
            // The batch under way may have been decoded before.
            try await harness.wait("a message of the new contract") {
                try await Self.produce(11, #","colour":"red""#, harness.topic)
                return try await harness.number("SELECT count(*) FROM raw.t WHERE colour = 'red'") > 0
            }
        }
    }

    @Test("one that is broken stays as it was, and is named until it is mended", .timeLimit(.minutes(10)))
    func broken() async throws {
        try await Self.with { harness, folder, sink, checks in
            let good = SinkProcess.contract(topic: harness.topic.name)
            try SinkProcess.write(good.replacing("required: true", with: "requird: true"), to: "t.yaml", in: folder)
            try await harness.wait("the contract to be named") { await checks.readiness().json.contains("requird") }
            let report = await checks.readiness()
            #expect(report.isReady)
            #expect(report.json.contains("contracts/t.yaml:"), "\(report.json)")
            #expect(report.json.contains("Did you mean required?"), "\(report.json)")
            try await harness.produce(10..<20)
            try await harness.waitForRows(20)
            // A change that the table cannot follow is no better.
            try SinkProcess.write(
                SinkProcess.contract(topic: harness.topic.name, idType: "boolean"), to: "t.yaml", in: folder)
            try await harness.wait("the difference to be named") { await checks.readiness().json.contains("column id") }
            try await harness.produce(20..<30)
            try await harness.waitForRows(30)
            try SinkProcess.write(good, to: "t.yaml", in: folder)
            try await harness.wait("the warning to end") { sink.book.warning == nil }
            try await harness.produce(30..<40)
            try await harness.waitForRows(40)
            try await harness.expectExactly(40)
        }
    }

    @Test(
        "a topic that is added waits for `raw-sink init`, says so, and lands after it; removed, it lands no more",
        .timeLimit(.minutes(10)))
    func topics() async throws {
        try await withTopic("second", partitions: 1) { second in
            try await Self.with { harness, folder, sink, checks in
                for id in 0..<5 { try await Self.produce(id, "", second) }
                try SinkProcess.write(
                    SinkProcess.contract(topic: second.name, table: "second"), to: "second.yaml", in: folder)
                try await harness.wait("the table to be missed") {
                    await checks.readiness().json.contains("raw.second is missing. Run `raw-sink init`")
                }
                #expect(await checks.readiness().isReady)
                try await harness.produce(10..<20)
                try await harness.waitForRows(20)

                let warehouse = PostgresEngine(harness.database, connectionsMax: 1, logger: PostgresTestServer.logger())
                let contracts = try PipelineFolder(at: folder.path).contracts()
                _ = try await warehouse.prepareRawTables(for: contracts)
                await warehouse.close()
                try await harness.wait("the new topic to land") {
                    try await harness.number("SELECT count(*) FROM raw.second") == 5
                }
                #expect(sink.book.warning == nil)
                try await harness.produce(20..<30)
                try await harness.waitForRows(30)

                try FileManager.default.removeItem(at: folder.appending(path: "contracts/second.yaml"))
                try await harness.wait("the topic to be let go") { sink.book.inForce.count == 1 }
                try await harness.produce(30..<40)
                try await harness.waitForRows(40)
                try await harness.expectExactly(40)
                #expect(sink.book.warning == nil)

                // An empty folder is a mistake, not a wish.
                try FileManager.default.removeItem(at: folder.appending(path: "contracts/t.yaml"))
                try await harness.wait("it to be told") { sink.book.warning?.contains("no contract any more") == true }
                try await harness.produce(40..<50)
                try await harness.waitForRows(50)
            }
        }
    }
}

@Suite(
    "One broken contract among good ones", .enabled(if: KafkaTestServer.isAvailable && PostgresTestServer.isAvailable))
struct BrokenContractTests {
    @Test("does not keep the others from their tables, and is named", .timeLimit(.minutes(10)))
    func commands() async throws {
        let binary = try #require(SinkProcess.binary, "build the product raw-sink first")
        try await SinkHarness.with { harness in
            let folder = try SinkProcess.pipeline(topic: harness.topic.name)
            defer { try? FileManager.default.removeItem(at: folder) }
            try SinkProcess.write("kind: DataContrakt", to: "broken.yaml", in: folder)
            try SinkProcess.write(
                SinkProcess.contract(topic: "\(harness.topic.name)-two", table: "two"), to: "two.yaml", in: folder)
            let reader = PostgresTestServer.uniqueName("reader")
            let done = try await SinkProcess.run(
                ["init", "--warehouse-reader-user", reader], binary, folder, harness)
            #expect(done.code == 1)
            #expect(done.output.contains("created raw.two"), "\(done.output)")
            #expect(done.output.contains("contracts/broken.yaml:1:7: kind: Expected DataContract."), "\(done.output)")
            #expect(done.output.contains("the other tables are as their contracts say"))
            let check = try await SinkProcess.run(["run", "--check"], binary, folder, harness)
            #expect(check.code == 1)
            #expect(check.output.contains("contracts/broken.yaml:1:7: kind: Expected DataContract."), "\(check.output)")
            let json = try await SinkProcess.run(
                ["init", "--log-format", "json", "--warehouse-reader-user", reader], binary, folder, harness)
            for line in json.output.split(separator: "\n") {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                #expect(object?["message"] is String && object?["level"] is String, "\(line)")
            }
            #expect(json.code == 1)
            try await harness.pool.query("DROP OWNED BY \(identifier: reader)")
            try await harness.pool.query("DROP ROLE \(identifier: reader)")
        }
    }
}
