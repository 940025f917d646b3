import ArgumentParser
import DataContract
import Kafka
import Logging
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
            because the topic was made anew, and goes on with the others. --to moves that partition, or every one of the topic
            that cannot go on, to where Kafka has records again; running sinks take it up by themselves. It never moves behind
            what was landed: for that, see `raw-sink replay`.

            Where Kafka ends before the next offset, either the topic was made anew and its records are others, or Kafka lost
            its newest ones and still has some that are landed. These would be landed twice: --to earliest is refused then,
            with their number, unless --topic-is-new says that they are others.

              raw-sink offsets --topic events
              raw-sink offsets --topic events --to earliest                   records were deleted by retention
              raw-sink offsets --topic events --to earliest --topic-is-new    Kafka's data were lost, the topic made anew
              raw-sink offsets --topic events --to latest                     Kafka lost its newest records only
            """)

    @Option(help: "Only this topic.") var topic: String?
    @Option(help: "The partition to move; all that cannot go on when left out.") var partition: Int32?
    @Option(help: "Where to: earliest, latest, or an offset.") var to: String?
    @Flag(help: "The topic was made anew: its records are others than those landed with the same offsets.")
    var topicIsNew =
        false

    func validate() throws {
        guard to != nil else {
            if partition != nil { throw ValidationError("--partition goes with --to.") }
            if topicIsNew { throw ValidationError("--topic-is-new goes with --to.") }
            return
        }
        guard topic != nil else { throw ValidationError("--to needs --topic.") }
        switch OffsetTarget(to ?? "") {
        case nil: throw ValidationError("--to is earliest, latest or an offset, such as 1042.")
        case .offset where partition == nil: throw ValidationError("An offset needs --partition.")
        default: break
        }
    }

    func run() async throws {
        let settings = try await Settings.load(
            rawSinkService, groups: SinkWarehouse.groups + [KafkaEndpoint.group, PipelineLocation.group])
        let logger = try Observability.bootstrap(settings, level: .warning)
        let contracts = try PipelineContracts.load(settings, of: topic)
        let kafka = try KafkaSettings(KafkaEndpoint(settings), clientID: "raw-sink-offsets")
        let warehouse = try SinkWarehouse.open(settings, connectionsMax: 1, logger: logger)
        do {
            let admin = try KafkaAdmin(kafka, timeout: .seconds(10), logger: logger)
            let offsets = SinkOffsets(warehouse: warehouse, admin: admin)
            if let contract = contracts.first, let target = to.flatMap({ OffsetTarget($0) }) {
                var partitions = partition.map { [TopicPartition(contract.topic.name, $0)] } ?? []
                if partition == nil {
                    partitions = try await offsets.standings(of: contract.topic.name).filter(\.isGone).map(\.partition)
                }
                for partition in partitions {
                    Output.line(try await offsets.move(partition, of: contract, to: target, topicIsNew: topicIsNew))
                }
                if partitions.isEmpty {
                    Output.line("every partition of \(contract.topic.name) can go on: nothing to move")
                }
            } else {
                for contract in contracts {
                    for line in try await offsets.standings(of: contract.topic.name) { Output.line("\(line)") }
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
