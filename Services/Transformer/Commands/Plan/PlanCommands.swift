import ArgumentParser
import Foundation
import ServiceRuntime

/// `transformer plan`
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what it takes to make an environment what the models say.",
        discussion: """
            On a terminal it asks whether to carry the plan out; elsewhere it only shows it, and `transformer apply --plan ID`
            carries out what was shown.

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
        try await PlanWork(options: options, mode: mode, arguments: ownArguments).run()
    }
}

extension ParsableCommand {
    /// What this process was told behind the command's name.
    fileprivate var ownArguments: [String] { Array(ProcessInfo.processInfo.arguments.dropFirst(2)) }
}

/// `transformer apply`
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Make an environment what the models say: tables, rows, audits, views.",
        discussion: """
            The same as `plan --auto-apply`. With --plan it does what an earlier `plan` has shown, for the time that it was
            made for: no more than that, and nothing when the environment or the files are not what they were.

              transformer apply dev
              transformer apply --plan 01935a22
            """)
    @OptionGroup var options: PlanOptions
    @OptionGroup var refused: RefusedPlanOptions
    @Option(help: ArgumentHelp("Carry out this plan, given by its name or the beginning of it.", valueName: "id"))
    var plan: String?

    func validate() throws {
        guard let plan else { return }
        let others = ownArguments.filter {
            !["--plan", "--plan=\(plan)", plan, "--json", "--allow-removal"].contains($0)
        }
        guard others.isEmpty else {
            throw ValidationError(
                "--plan does what was shown, and goes with --json and --allow-removal alone. Leave out "
                    + "\(others.joined(separator: " ")), or plan anew.")
        }
    }

    func run() async throws {
        guard let plan else { return try await PlanWork(options: options, mode: .apply).run() }
        let (json, allowsRemoval) = (options.json, options.allowRemoval)
        try await CommandSupport.withWorkbench { workbench, settings in
            let stored = try await workbench.store.storedPlan(plan)
            var options: PlanOptions
            do { options = try PlanCommand.parse(stored.arguments).options } catch {
                throw ExitError(
                    .failed,
                    "The plan \(stored.id) was made by another version: \(PlanCommand.message(for: error)) Plan anew.")
            }
            options.json = json
            options.allowRemoval = options.allowRemoval || allowsRemoval
            try await PlanWork(options: options, mode: .apply, stored: stored).run(workbench, settings)
        }
    }
}
