import ArgumentParser
import DataContract
import Foundation
import Kafka
import Logging
import ServiceRuntime
import Warehouse

/// `dead-letters redrive`.
struct RedriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Try rejected messages again under the contracts as they are now.",
        discussion: """
            A message that meets its contract now becomes a row with the topic, partition and offset that it had, and is a
            dead letter no more, in one transaction: exactly once, also when it is killed or run twice at once, and beside
            running sinks. What still fails stays, with one attempt more. Mend the contract and run `raw-sink init` first.

              raw-sink dead-letters redrive --topic events --reason wrong_type
            """)

    @OptionGroup var which: DeadLetterOptions

    func run() async throws {
        let filter = try which.filter()
        let settings = try await Settings.load(
            rawSinkService, groups: SinkWarehouse.groups + [KafkaEndpoint.group, PipelineLocation.group])
        let logger = try Observability.bootstrap(settings, level: .warning)
        let contracts = try PipelineContracts.load(settings, of: filter.topic)
        let kafka = try KafkaSettings(KafkaEndpoint(settings), clientID: "raw-sink-redrive")
        let warehouse = try SinkWarehouse.open(settings, connectionsMax: 2, logger: logger)
        var told: [Contract] = []
        do {
            for contract in contracts {
                let report = try await Redrive(warehouse: warehouse, contract: contract).run(filter)
                Output.line("\(contract.topic.name): \(report)")
                if report.landed > 0 { told.append(contract) }
            }
            if !told.isEmpty { try await Self.announce(told, kafka, warehouse, logger) }
        } catch {
            await warehouse.close()
            throw error
        }
        await warehouse.close()
    }

    /// Tells of the rows. When the brokers are away, a sink does it later.
    private static func announce(
        _ contracts: [Contract], _ kafka: KafkaSettings, _ warehouse: any RawWarehouse, _ logger: Logger
    ) async throws {
        let announcer = try Announcer(
            kafka, warehouse: warehouse, contracts: { contracts }, instance: "redrive", meters: SinkMeters(),
            logger: logger)
        do {
            for contract in contracts { try await announcer.emptyOutbox(of: contract, age: .zero) }
        } catch {
            logger.warning("landing not announced yet", metadata: ["error": "\(error)"])
        }
        await announcer.close(within: .zero)
    }
}

/// All dead letters of a topic that a filter means, a page a transaction.
struct Redrive {
    let warehouse: any RawWarehouse
    let contract: Contract
    /// Letters of one transaction.
    var pageSize = 200

    /// What became of them.
    struct Report: Equatable, CustomStringConvertible {
        var landed = 0
        var duplicates = 0
        /// By reason.
        var failed: [String: Int] = [:]

        /// `12 landed, 3 failed again (wrong_type 3)`.
        var description: String {
            let reasons = failed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            let count = failed.values.reduce(0, +)
            return "\(landed) landed" + (duplicates == 0 ? "" : ", \(duplicates) dropped as repetitions")
                + (count == 0 ? "" : ", \(count) failed again (\(reasons))")
        }
    }

    func run(_ filter: DeadLetterFilter) async throws -> Report {
        var report = Report()
        var last: DeadLetter.Position?
        repeat {
            let page = try await warehouse.redrive(filter, under: contract, after: last, limit: pageSize)
            report.landed += page.landed
            report.duplicates += page.duplicates
            for letter in page.failed { report.failed[letter.reason, default: 0] += 1 }
            last = page.last
        } while last != nil
        return report
    }
}
