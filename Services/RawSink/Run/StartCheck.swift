import DataContract
import Kafka
import Logging
import Pipeline
import ServiceRuntime
import Warehouse

/// Looks at everything that a sink needs before it lands anything. Changes nothing.
struct StartCheck {
    let warehouse: any RawWarehouse
    let read: ReadContracts
    let kafka: KafkaSettings
    let logger: Logger

    private var contracts: [Contract] { read.contracts }

    /// Prints what is wrong, a line each.
    /// - Throws: `ExitError` when something is.
    func run() async throws {
        let problems = await read.problems.map(\.description) + tables() + topics()
        for problem in problems { Output.line(problem) }
        guard problems.isEmpty else { throw ExitError(.failed, "\(problems.count) problems; nothing was landed.") }
        Output.line("\(contracts.count) contracts, their tables, topics and rights: all there")
    }

    private func tables() async -> [String] {
        do {
            var problems: [String] = []
            for plan in try await warehouse.planRawTables(for: contracts) where !plan.isDone {
                problems += plan.differences.map { "\(plan.table): \($0)" }
                problems += plan.steps.map { "\(plan.table): `raw-sink init` would \($0)" }
            }
            return problems + (try await warehouse.missingRights(for: contracts))
        } catch {
            return ["warehouse: \(error)"]
        }
    }

    private func topics() async -> [String] {
        do {
            let admin = try KafkaAdmin(kafka, timeout: .seconds(10), logger: logger)
            do {
                let present = try await admin.topics()
                await admin.close()
                return contracts.flatMap { contract in
                    [contract.topic.name, contract.deadLetterTopic].filter { present[$0] == nil }.map {
                        "topic \($0) is missing: run `producer topics`"
                    }
                }
            } catch {
                await admin.close()
                throw error
            }
        } catch {
            return ["kafka: \(error)"]
        }
    }
}
