import ArgumentParser
import ServiceRuntime

/// raw-sink as its operator sees it.
public let rawSinkService = ServiceDescription(
    name: "raw-sink", summary: "Lands every event exactly once in the warehouse's raw tables.",
    groups: [
        KafkaEndpoint.group, PipelineLocation.group, HTTPEndpoint.group(port: 8082), SinkSettings.group,
        WarehouseReader.group,
    ] + SinkWarehouse.groups)

/// The commands of the executable `raw-sink`.
public struct RawSinkCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "raw-sink", abstract: rawSinkService.summary,
        discussion: SettingsDocument.help(for: rawSinkService),
        subcommands: [
            InitCommand.self, RunCommand.self, DeadLettersCommand.self, ReplayCommand.self, OffsetsCommand.self,
            MaintainCommand.self,
        ])

    public init() {}
}
