import ArgumentParser
import Foundation
import ModelProject
import Pipeline
import Planning
import ServiceRuntime

/// What plan and apply share.
struct PlanOptions: ParsableArguments {
    @OptionGroup var target: EnvironmentOption
    @Option(help: "Compute nothing before this day: a preview. What is missing is computed by later runs.")
    var start: String?
    @Option(help: "Compute nothing after this day.")
    var end: String?
    @Flag(help: "Do not run the unit tests first.")
    var skipTests = false
    @Flag(help: "Carry the plan out even when it removes all models of the environment, or more than half.")
    var allowRemoval = false

    func window() throws -> Interval? {
        guard start != nil || end != nil else { return nil }
        let from = try start.map { try CommandSupport.moment($0, named: "start") } ?? .beginning
        let to = try end.map { try CommandSupport.end($0) } ?? Moment(year: 9999, month: 1, day: 1)
        guard let window = Interval(from: from, to: to) else { throw ExitError(.usage, "--end is before --start.") }
        return window
    }
}

/// `transformer plan`
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what it takes to make an environment what the models say.")
    @OptionGroup var options: PlanOptions
    @Flag(help: "Carry the plan out without asking.")
    var autoApply = false

    func run() async throws {
        try await PlanWork(options: options, applies: autoApply).run()
    }
}

/// `transformer apply`
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Make an environment what the models say: tables, rows, audits, views.")
    @OptionGroup var options: PlanOptions

    func run() async throws {
        try await PlanWork(options: options, applies: true).run()
    }
}

/// Plans, and applies when told to.
private struct PlanWork {
    let options: PlanOptions
    let applies: Bool

    func run() async throws {
        let window = try options.window()
        let work = self
        try await CommandSupport.withWorkbench { workbench, settings in
            let project = try CommandSupport.project(settings)
            let name = work.options.target.environment
            if !work.options.skipTests {
                try await TestWork.run(project, database: workbench.database, only: nil, quiet: true)
            }
            guard work.applies else { return try await work.show(project, window, workbench) }
            try await workbench.plans.exclusively(name, report: { Output.line($0) }) {
                try await work.apply(project, window, workbench, settings)
            }
        }
    }

    private func show(_ project: Project, _ window: Interval?, _ workbench: Workbench) async throws {
        let plan = try await workbench.planner.plan(
            project, for: options.target.environment, upTo: Moment(Date()), window: window)
        Output.line(PlanText(plan).text)
        if let removal = plan.removal, !options.allowRemoval { Output.line("\n\(removal)") }
    }

    private func apply(
        _ project: Project, _ window: Interval?, _ workbench: Workbench, _ settings: Settings
    ) async throws {
        let now = Moment(Date())
        let environment = options.target.environment
        let plan = try await workbench.planner.plan(project, for: environment, upTo: now, window: window)
        Output.line(PlanText(plan).text)
        guard !plan.isEmpty else { return }
        try await workbench.plans.apply(plan, execution: now, allowingRemoval: options.allowRemoval) { Output.line($0) }
        try await CommandSupport.sendMessages(workbench, settings)
        Output.line("\(environment) is up to date.")
    }
}
