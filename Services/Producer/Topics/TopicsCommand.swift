import ArgumentParser
import ControlPlane
import DataContract
import Kafka
import Pipeline
import ServiceRuntime

/// `producer topics`: makes the cluster's topics what the contracts say.
struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "Create and alter topics as the contracts say.",
        discussion: """
            Creates what is missing, adds partitions, sets retention; also the topics of dead letters and of the control
            plane. What Kafka cannot alter (fewer partitions, another replication factor) is refused before anything is
            changed. Running it again changes nothing.

              producer topics            make the changes, print each
              producer topics --check    print them only; exit code 1 when there are any
            """)

    @Flag(help: "Print what would change; exit with 1 when something would.") var check = false

    func run() async throws {
        let settings = try await Settings.load(
            producerService, groups: [KafkaEndpoint.group, PipelineLocation.group])
        let logger = try Observability.bootstrap(settings, level: .warning)
        let folder = try PipelineFolder(at: PipelineLocation(settings).path)
        let contracts = try folder.contracts()
        guard !contracts.isEmpty else { throw ExitError.noContracts(in: folder) }
        let admin = try KafkaAdmin(
            KafkaSettings(KafkaEndpoint(settings), clientID: "producer-topics"),
            logger: logger)
        do {
            try await apply(contracts, with: TopicKeeper(admin: admin))
        } catch {
            await admin.close()
            throw error
        }
        await admin.close()
    }

    private func apply(_ contracts: [Contract], with keeper: TopicKeeper) async throws {
        let plan = try await keeper.plan(for: contracts)
        if check {
            let missing = try await ControlTopics.missing(keeper.admin)
            for change in plan.changes { Output.line("\(change)") }
            for name in missing { Output.line("+ create \(name), of the control plane") }
            guard plan.changes.isEmpty, missing.isEmpty else {
                throw ExitError(.failed, "the topics differ from the contracts")
            }
            Output.line("the topics are as the contracts say")
            return
        }
        guard plan.refusals.isEmpty else {
            let reasons = plan.refusals.map { "\n\($0)" }.joined()
            throw ExitError(.failed, "nothing was changed, because this cannot be altered:\(reasons)")
        }
        for change in plan.changes {
            try await keeper.make(change)
            Output.line("\(change)")
        }
        try await ControlTopics.ensure(keeper.admin)
        if plan.changes.isEmpty { Output.line("the topics are as the contracts say") }
    }
}
