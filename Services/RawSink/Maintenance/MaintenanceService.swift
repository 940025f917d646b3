import DataContract
import Logging
import Metrics
import ServiceLifecycle
import Warehouse

/// Keeps raw tables in shape beside the sink: partitions ahead, retention, ids that no window needs any more. Of several
/// sinks one does it at a time.
struct MaintenanceService: Service, CustomStringConvertible {
    let description = "maintenance"
    let warehouse: any RawWarehouse
    /// Those in force now.
    let contracts: @Sendable () -> [Contract]
    let every: Duration
    let logger: Logger

    private let failures = Counter(label: "raw_sink_maintenance_failures_total")

    init(
        warehouse: any RawWarehouse, contracts: @escaping @Sendable () -> [Contract], every: Duration, logger: Logger
    ) {
        self.warehouse = warehouse
        self.contracts = contracts
        self.every = every
        self.logger = logger
    }

    /// Whether a contract asks for anything.
    private static func isNeeded(by contracts: [Contract]) -> Bool {
        contracts.contains { $0.rowRetention != nil || $0.uniqueWindow != nil }
    }

    /// Ends when the service is told to stop. A failure is told and tried again at the next turn: landing goes on.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let contracts = self.contracts()
                if Self.isNeeded(by: contracts) { await once(contracts) }
                do {
                    try await Task.sleep(for: every)
                } catch {
                    return  // told to stop
                }
            }
        }
    }

    private func once(_ contracts: [Contract]) async {
        do {
            let done = try await warehouse.maintainRawTables(of: contracts)
            for line in done { logger.info("maintained", metadata: ["what": "\(line)"]) }
        } catch {
            failures.increment()
            logger.warning("maintenance failed", metadata: ["error": "\(error)"])
        }
    }
}
