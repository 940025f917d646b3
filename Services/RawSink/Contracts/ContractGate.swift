// ContractGate: which of the contracts in the files come into force. One that is broken, or whose table is not ready, is set
// aside by name, and the others land; where it was in force before in another form, that form stays.
// By least privilege: a sink adds columns and widens types, as it does at its start. A new table, and with it the reader's
// right to it, is `raw-sink init`'s to make; the sink takes the topic up as soon as that is done.
import DataContract
import Logging
import Pipeline
import Warehouse

/// Lets contracts into the book.
struct ContractGate {
    let book: ContractBook
    let warehouse: any RawWarehouse
    let logger: Logger

    /// Brings into force what can be.
    /// - Throws: `WarehouseError` that may pass, when nothing was changed; what is wrong with the first when none can be in
    ///   force at all.
    func admit(_ read: ReadContracts) async throws {
        let before = book.inForce
        var contracts: [Contract] = []
        var troubles: [String: String] = [:]
        var failure: (any Error)?
        for problem in read.problems {
            troubles[problem.file] = "\(problem)"
            failure = failure ?? problem
        }
        for contract in read.contracts {
            do {
                if !before.contains(contract) { try await prepare(contract) }
                contracts.append(contract)
            } catch let error as WarehouseError where error.isRetriable {
                throw error
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                troubles[contract.file] = "\(contract.file): \(error)"
                failure = failure ?? error
            }
        }
        for old in before where troubles[old.file] != nil {
            guard !contracts.contains(where: { $0.topic.name == old.topic.name || $0.table == old.table }) else {
                continue
            }
            contracts.append(old)
            troubles[old.file]? += " (\(old.topic.name) is landed by the contract as it was before)"
        }
        if contracts.isEmpty {
            guard before.isEmpty else {
                // An empty folder is more likely a mistake, or a moment between two states, than a wish.
                book.replace(before, troubles: ["": "there is no contract any more; the former ones stay in force"])
                return
            }
            if let failure { throw failure }
        }
        tell(troubles, before, contracts)
        book.replace(contracts.sorted { $0.topic.name < $1.topic.name }, troubles: troubles)
    }

    /// Makes the table what the contract says, as far as that locks nobody out.
    private func prepare(_ contract: Contract) async throws {
        let plans = try await warehouse.planRawTables(for: [contract])
        if let plan = plans.first, plan.steps == [.create] { throw WarehouseError.tableMissing(plan.table) }
        for line in try await warehouse.prepareRawTables(for: [contract]) {
            logger.info("raw table changed", metadata: ["what": "\(line)"])
        }
    }

    private func tell(_ troubles: [String: String], _ before: [Contract], _ after: [Contract]) {
        let told = book.troubles
        for (file, trouble) in troubles.sorted(by: { $0.key < $1.key }) where told[file] != trouble {
            logger.warning("contract set aside", metadata: ["reason": "\(trouble)"])
        }
        guard !before.isEmpty else { return }
        for contract in after where !before.contains(contract) {
            logger.info("contract taken up", metadata: ["file": "\(contract.file)", "topic": "\(contract.topic.name)"])
        }
        for contract in before where !after.contains(where: { $0.topic.name == contract.topic.name }) {
            logger.warning(
                "topic landed no more: its contract is gone",
                metadata: ["file": "\(contract.file)", "topic": "\(contract.topic.name)"])
        }
    }
}
