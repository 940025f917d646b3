import ArgumentParser
import DataContract
import Kafka
import Logging
import Postgres
import ServiceRuntime
import Warehouse

/// `raw-sink offsets`.
struct OffsetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offsets",
        abstract: "Show where sinks stand, and move one on whose records Kafka has no more.",
        discussion: """
            A line a partition: the next offset to land, the first and the end that Kafka has, and what is behind. A sink
            stops reading a partition whose next offset is gone, because records were deleted before they were landed or
            because the topic was made anew, and goes on with the others. --to moves that partition to where Kafka has
            records again; running sinks take it up by themselves. It never moves behind what was landed: for that, see
            `raw-sink replay`.

              raw-sink offsets --topic events
              raw-sink offsets --topic events --partition 3 --to earliest
            """)

    @Option(help: "Only this topic.") var topic: String?
    @Option(help: "The partition to move.") var partition: Int32?
    @Option(help: "Where to: earliest, or an offset.") var to: String?

    func validate() throws {
        guard to != nil else {
            if partition != nil { throw ValidationError("--partition goes with --to.") }
            return
        }
        guard topic != nil, partition != nil else { throw ValidationError("--to needs --topic and --partition.") }
        guard OffsetTarget(to ?? "") != nil else {
            throw ValidationError("--to is earliest or an offset, such as 1042.")
        }
    }

    func run() async throws {
        let settings = try await Settings.load(
            rawSinkService, groups: [KafkaEndpoint.group, PostgresEndpoint.group, PipelineLocation.group])
        let logger = try Observability.bootstrap(settings, level: .warning)
        let contracts = try PipelineContracts.load(settings).filter { topic ?? $0.topic.name == $0.topic.name }
        guard !contracts.isEmpty else {
            throw ExitError(.configuration, "no contract describes topic \(topic ?? "").")
        }
        let kafka = try KafkaSettings(KafkaEndpoint(settings), clientID: "raw-sink-offsets")
        let warehouse = PostgresEngine(
            try PostgresSettings(PostgresEndpoint(settings)), connectionsMax: 1, logger: logger)
        do {
            let admin = try KafkaAdmin(kafka, timeout: .seconds(10), logger: logger)
            let offsets = SinkOffsets(warehouse: warehouse, admin: admin)
            if let topic, let partition, let target = to.flatMap({ OffsetTarget($0) }) {
                print(try await offsets.move(TopicPartition(topic, partition), to: target))
            } else {
                for contract in contracts {
                    for line in try await offsets.standings(of: contract.topic.name) { print(line) }
                }
            }
            await admin.close()
        } catch {
            await warehouse.close()
            throw error
        }
        await warehouse.close()
    }
}
