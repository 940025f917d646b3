import ArgumentParser
import DataContract
import Foundation
import Kafka
import ServiceRuntime
import Warehouse

/// `raw-sink replay`.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Read a stretch of a topic again, beside running sinks.",
        discussion: """
            Without --into: puts into the raw table those rows that it lacks, of what a sink has landed already; a message
            that is there, as a row or as a dead letter, is left alone. With --into: everything goes into that table, which
            is made in the contract's shape if it is missing; run again, it goes on where it was.

            A point is an offset (1042), one for some partitions (3:1042,4:77), a day (2026-11-23) or a time
            (2026-11-23T05:00:00Z). --from is included, --to is not. The consumer group is not touched.

              raw-sink replay --topic events --from 2026-11-22 --to 2026-11-23
              raw-sink replay --topic events --from 3:1042 --to 3:1050 --into raw.events_look
            """)

    @Option(help: "The topic; a contract must describe it.") var topic: String
    @Option(help: "Where to begin.") var from: String
    @Option(help: "Where to end; now by default.") var to: String?
    @Option(help: "Another table: schema.table.") var into: String?

    func run() async throws {
        guard let begin = ReplayPoint(from) else { throw Self.noPoint("--from", from) }
        let end = try to.map { text in
            guard let point = ReplayPoint(text) else { throw Self.noPoint("--to", text) }
            return point
        }
        let settings = try await Settings.load(
            rawSinkService, groups: SinkWarehouse.groups + [KafkaEndpoint.group, PipelineLocation.group])
        let logger = try Observability.bootstrap(settings, level: .warning)
        guard let contract = try PipelineContracts.load(settings, of: topic).first else { return }
        let target = try into.map { try Self.table($0, contract) }
        let kafka = try KafkaSettings(KafkaEndpoint(settings), clientID: "raw-sink-replay")
        let warehouse = try SinkWarehouse.open(settings, connectionsMax: 2, logger: logger)
        do {
            let replay = Replay(kafka: kafka, warehouse: warehouse, contract: contract, into: target, logger: logger)
            let report = try await replay.run(from: begin, to: end) { progress in
                Output.note("\(progress)")
            }
            Output.line("\(report)")
        } catch {
            await warehouse.close()
            throw error
        }
        await warehouse.close()
    }

    private static func noPoint(_ option: String, _ text: String) -> ValidationError {
        ValidationError(
            "\(option) \"\(text)\" is no point; write 1042, 3:1042,4:77, 2026-11-23 or 2026-11-23T05:00:00Z.")
    }

    private static func table(_ text: String, _ contract: Contract) throws -> Contract.TableName {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, !parts[1].hasPrefix("_") else {
            throw ValidationError("--into \"\(text)\" is no table; write schema.table, the name not beginning with _.")
        }
        let table = Contract.TableName(schema: parts[0], name: parts[1])
        guard table != contract.table else {
            throw ValidationError("--into \(text) is the topic's own table: leave --into out to fill what it lacks.")
        }
        return table
    }
}
