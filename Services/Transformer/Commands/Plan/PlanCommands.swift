import ArgumentParser

/// `transformer plan`
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what it takes to make an environment what the models say.",
        discussion: """
            On a terminal it asks whether to carry the plan out; elsewhere it only shows it.

              transformer plan dev --explain
              transformer plan dev --select-model 'marts.*' --select-model git:main
              transformer plan --restate-model raw_events+ --start 2024-04-01 --end 2024-04-30 --auto-apply
            """)
    @OptionGroup var options: PlanOptions
    @OptionGroup var refused: RefusedPlanOptions
    @Flag(help: "Carry the plan out without asking.")
    var autoApply = false
    @Flag(help: "Do not ask: show the plan, and carry it out only with --auto-apply.")
    var noPrompts = false

    func run() async throws {
        let mode: PlanWork.Mode = autoApply ? .apply : noPrompts || options.json ? .show : .ask
        try await PlanWork(options: options, mode: mode).run()
    }
}

/// `transformer apply`
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Make an environment what the models say: tables, rows, audits, views.",
        discussion: "The same as `plan --auto-apply`.")
    @OptionGroup var options: PlanOptions
    @OptionGroup var refused: RefusedPlanOptions

    func run() async throws {
        try await PlanWork(options: options, mode: .apply).run()
    }
}
