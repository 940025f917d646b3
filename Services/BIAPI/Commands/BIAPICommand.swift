import ArgumentParser
import ServiceRuntime
import Web

/// bi-api as its operator sees it.
public let biAPI = ServiceDescription(
    name: "bi-api", summary: "Dashboards, charts and a SQL page over the warehouse.",
    groups: [
        HTTPEndpoint.group(port: 8088), PostgresEndpoint.group, WarehouseReader.group, KafkaEndpoint.group,
        PipelineLocation.group, SessionSettings.group, BIAPISettings.group, CreateUser.passwordGroup,
    ])

/// `bi-api`: holds the commands.
public struct BIAPICommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "bi-api", abstract: biAPI.summary, subcommands: [Serve.self, CreateUser.self])

    public init() {}
}
