// CurrentPipeline: the contracts and rules by which the collector judges now. Replaced as a whole when the pipeline's files
// change; what is broken in a new version stays as it was in the old one.
import DataContract
import Pipeline
import ServiceRuntime
import Synchronization

/// What the pipeline's folder says to a collector.
struct CollectorPlan: Sendable, Equatable {
    var contracts: [Contract]
    var rules: CollectorRules
    /// What could not be read, and is as it was before, or not there.
    var problems: [PipelineError] = []

    var topics: [String] { contracts.map(\.topic.name) }

    /// Reads the folder.
    /// - Parameter old: What was good before: it stands in for what is broken now.
    /// - Throws: `PipelineError`, or `ExitError` for a folder without contracts, when there is nothing to stand in.
    static func read(_ folder: PipelineFolder, after old: CollectorPlan? = nil) throws -> CollectorPlan {
        let found = folder.readContracts()
        var problems = found.problems
        var contracts = found.contracts
        for problem in found.problems {
            keep(old?.contracts.first { $0.file == problem.file }, in: &contracts)
        }
        guard !contracts.isEmpty else {
            guard var old else { throw problems.first ?? ExitError.noContracts(in: folder) }
            let gone = PipelineError(file: "\(folder.path)/contracts", message: "There are no contracts any more.")
            old.problems = problems.isEmpty ? [gone] : problems
            return old
        }
        let rules: CollectorRules
        do throws(PipelineError) {
            guard let read = try folder.collectorRules(topics: contracts.map(\.topic.name).sorted()) else {
                throw PipelineError(file: "collector.yaml", message: "There is no topic to write to.")
            }
            rules = read
        } catch {
            guard let old else { throw error }
            problems.append(error)
            rules = old.rules
            // The old rules need the topics that they name.
            let needed = Set(rules.calls.values.map(\.topic))
            for contract in old.contracts where needed.contains(contract.topic.name) { keep(contract, in: &contracts) }
        }
        contracts.sort { $0.topic.name < $1.topic.name }
        return CollectorPlan(contracts: contracts, rules: rules, problems: problems)
    }

    private static func keep(_ contract: Contract?, in contracts: inout [Contract]) {
        guard let contract, !contracts.contains(where: { $0.topic.name == contract.topic.name }) else { return }
        contracts.append(contract)
    }
}

/// The plan of the moment. Asked by every request, replaced by the watcher.
final class CurrentPipeline: Sendable {
    private let state: Mutex<CollectorPlan>
    /// Another number for every plan.
    private let number = Atomic<Int>(0)

    init(_ plan: CollectorPlan) { state = Mutex(plan) }

    var plan: CollectorPlan { state.withLock { $0 } }
    var generation: Int { number.load(ordering: .acquiring) }

    func replace(with plan: CollectorPlan) {
        state.withLock { $0 = plan }
        number.wrappingAdd(1, ordering: .releasing)
    }

    /// What `/readyz` says of files that cannot be read.
    var health: HealthStatus {
        let problems = plan.problems
        guard let first = problems.first else { return .ok }
        let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
        return .warning("\(first)\(more) What it said before holds, as far as there was anything.")
    }
}
