import ArgumentParser
import DataContract
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

            Columns are added, and widened as far as the catalogue alone is concerned, beside running sinks. A change for
            which PostgreSQL writes the whole table anew locks readers out: it is done with --allow-rewrite only.

              raw-sink init
              raw-sink init --check      says what it would do; ends with 1 when there is something
            """)

    @Flag(help: "Change nothing; say what differs, and end with 1 if something does.") var check = false
    @Flag(help: "Widen columns of tables with rows even if that locks readers out.") var allowRewrite = false

    func run() async throws {
        let settings = try await Settings.load(
            rawSinkService, groups: [PostgresEndpoint.group, PipelineLocation.group, WarehouseReader.group])
        let logger = try Observability.bootstrap(settings, level: .warning)
        let contracts = try PipelineContracts.load(settings)
        let reader = try WarehouseReader(settings)
        let warehouse = PostgresEngine(
            try PostgresSettings(PostgresEndpoint(settings)), connectionsMax: 1, logger: logger)
        do {
            if check {
                try await Self.check(contracts, warehouse)
                await warehouse.close()
                return
            }
            let done = try await warehouse.prepareRawTables(for: contracts, allowingRewrite: allowRewrite)
            try await warehouse.prepareReader(role: reader.user, password: reader.password, contracts: contracts)
            for line in done { print(line) }
            if done.isEmpty { print("the raw tables are as the contracts say") }
        } catch {
            await warehouse.close()
            throw error
        }
        await warehouse.close()
    }

    private static func check(_ contracts: [Contract], _ warehouse: PostgresEngine) async throws {
        let plans = try await warehouse.planRawTables(for: contracts).filter { !$0.isDone }
        for plan in plans {
            for difference in plan.differences { print("\(plan.table): refused: \(difference)") }
            for step in plan.steps { print("\(plan.table): would \(step)") }
        }
        guard plans.isEmpty else {
            throw ExitError(.failed, "\(plans.count) of \(contracts.count) tables differ from their contracts.")
        }
        print("the raw tables are as the contracts say")
    }
}
