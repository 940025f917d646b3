import Curl
import Foundation
import Kafka
import TestKit
import Testing
import Warehouse

@testable import RawSink

@Suite(
    "raw-sink on BigQuery", .enabled(if: KafkaTestServer.isAvailable && BigQueryTestServer.isAvailable), .serialized,
    .timeLimit(.minutes(20)))
struct BigQueryTests {
    private func binary() throws -> URL { try #require(SinkProcess.binary, "build the product raw-sink first") }

    private func topics(_ harness: BigQueryHarness) async throws {
        let admin = try KafkaAdmin(harness.topic.settings, logger: KafkaTestServer.logger())
        try await admin.create(TopicSpecification("\(harness.topic.name).dead-letters", partitions: 1))
        await admin.close()
    }

    @Test("init makes what is missing, once, and both checks say what there is to do")
    func initialisation() async throws {
        let binary = try binary()
        try await BigQueryHarness.with { harness in
            try await topics(harness)
            let before = try await harness.run(["init", "--check"], binary)
            #expect(before.code == 1 && before.output.contains("raw.\(harness.table): would create the table"))
            let lacking = try await harness.run(["run", "--check"], binary)
            #expect(lacking.code == 1 && lacking.output.contains("raw-sink init"), "\(lacking.output)")
            let made = try await harness.run(["init"], binary)
            #expect(made.code == 0 && made.output.contains("created raw.\(harness.table)"), "\(made.output)")
            #expect(made.output.contains("no reader was made"))
            let again = try await harness.run(["init"], binary)
            #expect(again.code == 0 && again.output.contains("the raw tables are as the contracts say"))
            let after = try await harness.run(["init", "--check"], binary)
            #expect(after.code == 0, "\(after.output)")
            let ready = try await harness.run(["run", "--check"], binary)
            #expect(ready.code == 0 && ready.output.contains("all there"), "\(ready.output)")
        }
    }

    @Test("settings that do not go together end the start, and say what to do")
    func settings() async throws {
        let binary = try binary()
        try await BigQueryHarness.with(partitions: 1) { harness in
            var environment = harness.environment
            environment["BIGQUERY_PROJECT"] = nil
            let noProject = try await SinkProcess.run(["init"], binary, environment)
            #expect(noProject.code == 78 && noProject.output.contains("BIGQUERY_PROJECT is required"))
            environment = harness.environment
            environment["BIGQUERY_KEY_FILE"] = "/nowhere.json"
            let both = try await SinkProcess.run(["init"], binary, environment)
            #expect(both.code == 78 && both.output.contains("BIGQUERY_EMULATOR_HOST goes with neither"))
            environment["BIGQUERY_EMULATOR_HOST"] = nil
            let noKey = try await SinkProcess.run(["init"], binary, environment)
            #expect(noKey.code != 0 && noKey.output.contains("/nowhere.json"), "\(noKey.output)")
        }
    }

    @Test("killed again and again, it lands every message once, with dead letters and landings, and others are told")
    func killed() async throws {
        let binary = try binary()
        try await BigQueryHarness.with { harness in
            try await topics(harness)
            _ = try await harness.run(["init"], binary)
            try await harness.produce(0..<1_000)
            try await harness.produceGarbage(7)
            for round in 1...3 {
                let process = try harness.start(binary)
                try await harness.waitForRows(round * 200)
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
            let process = try harness.start(binary)
            try await harness.produce(1_000..<1_300)
            try await harness.waitForRows(1_300)
            try await harness.wait("the dead letters") { try await harness.letters() == 7 }
            try await harness.wait("the announcements") {
                try await harness.number(
                    "SELECT COUNT(*) FROM raw._landings WHERE topic = '\(harness.topic.name)' AND published_at IS NULL")
                    == 0
            }
            try await harness.wait("the mirror") {
                try await consumeTopic("\(harness.topic.name).dead-letters").count >= 7
            }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            try await harness.expectExactly(1_300, letters: 7)
            let landings = try await harness.number(
                "SELECT COUNT(*) FROM raw._landings WHERE topic = '\(harness.topic.name)'")
            let told = try await consumeTopic("millrace.events").filter {
                $0.text?.contains("\"\(harness.topic.name)\"") == true
            }
            // A sink that is killed between telling and noting it tells again.
            let ids = told.compactMap { message in message.headers.first { $0.name == "ce_id" }?.value }
            #expect(Set(ids).count == landings)
        }
    }

    @Test("over a network that fails at random, and killed in the middle, it lands every message once")
    func faults() async throws {
        let binary = try binary()
        let emulator = try #require(BigQueryTestServer.address)
        let seed = Int.random(in: 0..<1_000_000)
        let proxy = try await BigQueryFaultProxy(before: emulator, seed: seed, share: 0.1)
        try await BigQueryHarness.with(through: proxy.address) { harness in
            try await topics(harness)
            let made = try await harness.run(["init"], binary)
            #expect(made.code == 0, "seed \(seed): \(made.output)")
            try await harness.produce(0..<1_500)
            var process = try harness.start(binary)
            try await harness.waitForRows(300)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            process = try harness.start(binary)
            try await harness.waitForRows(1_500)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            try await harness.expectExactly(1_500)
            let http = HTTPClient(logger: KafkaTestServer.logger())
            let answer = try await http.send(OutgoingRequest("GET", proxy.countsAddress))
            let counts = try JSONDecoder().decode([String: Int].self, from: Data(answer.body))
            #expect(counts.filter { $0.key != "passed" }.values.reduce(0, +) > 0, "seed \(seed): \(counts)")
        }
    }

    @Test("dead letters are listed, tried again under a mended contract, and what is missing is put back")
    func repairing() async throws {
        let binary = try binary()
        try await BigQueryHarness.with(partitions: 1) { harness in
            try await topics(harness)
            try SinkProcess.write(
                SinkProcess.contract(
                    topic: harness.topic.name, table: harness.table,
                    more: "      - {name: more, logicalType: string, required: true}"),
                to: "t.yaml", in: harness.folder)
            _ = try await harness.run(["init"], binary)
            try await harness.produce(0..<5)
            try await harness.produceGarbage(1)
            let process = try harness.start(binary)
            try await harness.wait("the dead letters") { try await harness.letters() == 6 }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let listed = try await harness.run(["dead-letters", "list", "--topic", harness.topic.name], binary)
            #expect(listed.code == 0 && listed.output.contains("missing_field"), "\(listed.output)")
            try SinkProcess.write(
                SinkProcess.contract(
                    topic: harness.topic.name, table: harness.table,
                    more: "      - {name: more, logicalType: string}"), to: "t.yaml", in: harness.folder)
            let mended = try await harness.run(["init"], binary)
            #expect(mended.output.contains("let raw.\(harness.table).more be NULL"), "\(mended.output)")
            let redriven = try await harness.run(["dead-letters", "redrive", "--topic", harness.topic.name], binary)
            #expect(redriven.output.contains("5 landed, 1 failed again (invalid_json 1)"), "\(redriven.output)")
            #expect(try await harness.rows() == 5)
            let offsets = try await harness.run(["offsets", "--topic", harness.topic.name], binary)
            #expect(offsets.output.contains("next 6") && offsets.output.contains("behind 0"), "\(offsets.output)")
            let replayed = try await harness.run(
                ["replay", "--topic", harness.topic.name, "--from", "0", "--into", "raw.\(harness.table)_again"], binary
            )
            #expect(replayed.output.contains("6 messages read, 5 rows written, 1 rejected"), "\(replayed.output)")
            let filled = try await harness.run(["replay", "--topic", harness.topic.name, "--from", "0"], binary)
            #expect(filled.output.contains("0 messages read, 0 rows written"), "\(filled.output)")
            let maintained = try await harness.run(["maintain"], binary)
            #expect(maintained.code == 0 && maintained.output.contains("nothing to do"), "\(maintained.output)")
        }
    }
}
