import ArgumentParser
import DataContract
import Pipeline
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
            contracts' tables and nothing else; without WAREHOUSE_READER_PASSWORD it cannot log in. On BigQuery
            (WAREHOUSE_ENGINE=bigquery) no reader is made: there, who may read is decided by the rights of accounts.

            Columns are added, and widened as far as the catalogue alone is concerned, beside running sinks. A change for
            which PostgreSQL writes the whole table anew locks readers out: it is done with --allow-rewrite only.

              raw-sink init
              raw-sink init --check      says what it would do; ends with 1 when there is something
            """)

    @Flag(help: "Change nothing; say what differs, and end with 1 if something does.") var check = false
    @Flag(help: "Widen columns of tables with rows even if that locks readers out.") var allowRewrite = false

    func run() async throws {
        let settings = try await Settings.load(
            rawSinkService, groups: SinkWarehouse.groups + [PipelineLocation.group, WarehouseReader.group])
        let logger = try Observability.bootstrap(settings, level: .warning)
        let read = try PipelineContracts.read(settings).read
        let reader = try WarehouseReader(settings)
        let warehouse = try SinkWarehouse.open(settings, connectionsMax: 1, logger: logger)
        do {
            if check {
                try await Self.check(read, warehouse)
                await warehouse.close()
                return
            }
            try await prepare(read, reader, warehouse)
        } catch {
            await warehouse.close()
            throw error
        }
        await warehouse.close()
    }

    /// Each contract's table by itself: one that cannot be made does not keep the others from being made.
    private func prepare(_ read: ReadContracts, _ reader: WarehouseReader, _ warehouse: any RawWarehouse) async throws {
        var done: [String] = []
        var refused: [String] = []
        var ready: [Contract] = []
        for contract in read.contracts {
            do throws(WarehouseError) {
                done += try await warehouse.prepareRawTables(for: [contract], allowingRewrite: allowRewrite)
                ready.append(contract)
            } catch {
                switch error {
                case .incompatibleTable, .relationInUse: refused.append("\(contract.file): \(error)")
                default: throw error
                }
            }
        }
        if warehouse.rawCapabilities.makesReaders {
            try await warehouse.prepareReader(role: reader.user, password: reader.password, contracts: ready)
        } else {
            Output.note("no reader was made: who may read is decided by the warehouse's own rights for accounts")
        }
        for line in done { Output.line(line) }
        refused += read.problems.map(\.description)
        guard refused.isEmpty else {
            let rest = ready.isEmpty ? "nothing was done" : "the other tables are as their contracts say"
            throw ExitError(
                .failed,
                (refused + ["\(refused.count) contracts were not carried out; \(rest)."]).joined(separator: "\n"))
        }
        if done.isEmpty { Output.line("the raw tables are as the contracts say") }
    }

    private static func check(_ read: ReadContracts, _ warehouse: any RawWarehouse) async throws {
        let plans = try await warehouse.planRawTables(for: read.contracts).filter { !$0.isDone }
        for plan in plans {
            for difference in plan.differences { Output.line("\(plan.table): refused: \(difference)") }
            for step in plan.steps { Output.line("\(plan.table): would \(step)") }
        }
        try PipelineContracts.refuse(read.problems)
        guard plans.isEmpty else {
            throw ExitError(.failed, "\(plans.count) of \(read.contracts.count) tables differ from their contracts.")
        }
        Output.line("the raw tables are as the contracts say")
    }
}
