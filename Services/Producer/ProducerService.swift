import ArgumentParser
import Kafka
import Pipeline
import ServiceRuntime

/// The producer as its operator sees it.
public let producerService = ServiceDescription(
    name: "producer", summary: "Gets events into Kafka.",
    groups: [KafkaEndpoint.group, PipelineLocation.group, HTTPEndpoint.group(port: 8081), CollectorSettings.group])

/// The commands of the executable `producer`.
public struct ProducerCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "producer", abstract: producerService.summary,
        discussion: SettingsDocument.help(for: producerService),
        subcommands: [
            TopicsCommand.self, ServeCommand.self, SimulateCommand.self, ReplayCommand.self, SpoolCommand.self,
        ])

    public init() {}
}

extension ExitError {
    /// A folder without contracts has no topics: most often it is the wrong one.
    static func noContracts(in folder: PipelineFolder) -> ExitError {
        ExitError(
            .configuration,
            "\(folder.path) has no contracts (contracts/*.yaml), so there are no topics. Set MILLRACE_PIPELINE to the "
                + "pipeline's folder, the one with config.yaml.")
    }
}

extension KafkaSettings {
    init(_ endpoint: KafkaEndpoint, clientID: String) {
        self.init(bootstrapServers: endpoint.bootstrapServers, clientID: clientID, properties: endpoint.properties)
    }
}
