import ArgumentParser
import Postgres
import ServiceRuntime
import Warehouse

/// `raw-sink init`: makes the warehouse's raw side what the contracts say.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Create the raw schema, tables and the reader's role.",
        discussion: """
            Creates what is missing, adds columns that a contract has gained, widens types. What would lose data is refused,
            with every difference. Running it again changes nothing. The reader (WAREHOUSE_READER_USER) may read the
            contracts' tables and nothing else; without WAREHOUSE_READER_PASSWORD it cannot log in.

              raw-sink init
            """)

    func run() async throws {
        let settings = try await Settings.load(
            rawSinkService, groups: [PostgresEndpoint.group, PipelineLocation.group, WarehouseReader.group])
        let logger = try Observability.bootstrap(settings, level: .warning)
        let contracts = try PipelineContracts.load(settings)
        let reader = try WarehouseReader(settings)
        let warehouse = PostgresEngine(
            try PostgresSettings(PostgresEndpoint(settings)), connectionsMax: 1, logger: logger)
        do {
            let done = try await warehouse.prepareRawTables(for: contracts)
            try await warehouse.prepareReader(role: reader.user, password: reader.password, contracts: contracts)
            for line in done { print(line) }
            if done.isEmpty { print("the raw tables are as the contracts say") }
        } catch {
            await warehouse.close()
            throw error
        }
        await warehouse.close()
    }
}
