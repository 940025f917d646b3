import ArgumentParser
import ServiceRuntime
import Warehouse

/// `raw-sink maintain`.
struct MaintainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintain",
        abstract: "Make partitions ahead and drop what is older than the contracts keep, once.",
        discussion: """
            `raw-sink run` does the same every SINK_MAINTENANCE_EVERY. Readers are not locked out; a partition that a long
            query still reads is dropped when the query is done.

              raw-sink maintain
            """)

    func run() async throws {
        let settings = try await Settings.load(
            rawSinkService, groups: SinkWarehouse.groups + [PipelineLocation.group])
        let logger = try Observability.bootstrap(settings, level: .warning)
        let contracts = try PipelineContracts.load(settings)
        let warehouse = try SinkWarehouse.open(settings, connectionsMax: 2, logger: logger)
        do {
            let done = try await warehouse.maintainRawTables(of: contracts)
            for line in done { Output.line(line) }
            if done.isEmpty { Output.line("nothing to do") }
        } catch {
            await warehouse.close()
            throw error
        }
        await warehouse.close()
    }
}
