import ArgumentParser
import ServiceRuntime

/// `transformer rollback`
struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Make an environment again what it was at an earlier promotion.",
        discussion: """
            Views are pointed back in one transaction, and nothing is computed: the tables of the last week's promotions are
            kept. What has come in since is computed by the next run. The project's files stay as they are: the next
            `apply` makes the environment what they say.

              transformer rollback                    prod, to what it was before the last promotion
              transformer rollback dev --list         the promotions there were
              transformer rollback dev --to 01935a22  to that one
            """)

    @Argument(help: "The environment.") var environment = "prod"
    @Option(help: "The promotion to go back to, or the beginning of its name.") var to: String?
    @Flag(help: "Show the promotions that there were; change nothing.") var list = false

    func run() async throws {
        let (environment, plan, list) = (environment, to, list)
        try await CommandSupport.withWorkbench { workbench, settings in
            if list {
                let current = try await workbench.catalog.environment(environment).plan
                for promotion in try await workbench.store.promotions(of: environment, limit: 1_000) {
                    let mark = promotion.plan == current ? "  now" : ""
                    print(
                        "\(promotion.plan)  \(promotion.at.timestamp(fraction: false)) UTC  \(promotion.models) models\(mark)"
                    )
                }
                return
            }
            let earlier = try await workbench.plans.exclusively(environment, report: { Output.line($0) }) {
                try await workbench.rollback.carryOut(on: environment, to: plan) { Output.line($0) }
            }
            Output.line(
                "\(environment) is what it was at \(earlier.promotedAt.timestamp(fraction: false)) UTC (\(earlier.plan))."
            )
        }
    }
}
