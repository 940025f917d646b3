import ControlPlane
import Foundation
import ModelProject
import Pipeline
import Planning
import ServiceRuntime

/// Plans; shows the plan; and applies it when told to.
struct PlanWork {
    enum Mode {
        case show
        /// Where somebody is there to be asked; else as `show`.
        case ask
        case apply
    }

    var options: PlanOptions
    var mode: Mode
    /// What the command was told, so that what it shows can be carried out later; nil: that is not offered.
    var arguments: [String]?
    /// What was shown before and is carried out now.
    var stored: StoredPlan?

    /// Nobody sees the plan before it is carried out.
    private var appliesAtOnce: Bool { mode == .apply && !options.explain }

    /// What goes on, for people: beside the document where there is one.
    private var report: PlanRunner.Report {
        if options.json { return { Output.note($0) } }
        return { Output.line($0) }
    }

    func run() async throws {
        let work = self
        try await CommandSupport.withWorkbench { try await work.run($0, $1) }
    }

    func run(_ workbench: Workbench, _ settings: Settings) async throws {
        var work = self
        work.options.target = try options.target.resolved(settings, options.choice.options())
        try await work.plan(workbench, settings)
    }

    private func plan(_ workbench: Workbench, _ settings: Settings) async throws {
        var request = try options.request(now: stored?.upTo ?? Moment(Date()))
        let git = GitChanges(folder: try PipelineLocation(settings).path)
        for branch in Set(request.selections.flatMap(\.branches)).sorted() {
            request.changedFiles[branch] = try await git.files(since: branch)
        }
        // Read beside the project, or else when nobody else can change it any more.
        let environment = request.environment
        async let early = appliesAtOnce ? nil : workbench.planner.surroundings(of: environment)
        let project = try CommandSupport.project(settings, options.choice)
        for notice in project.notices { report("note: \(notice)") }
        let graph = try ProjectGraph(project)
        // Awaited before the tests, which then have its connection: to open another takes longer than all it is asked.
        let read = try await early
        if !options.skipTests {
            let runner = UnitTestRunner(database: workbench.database, project: project, graph: graph)
            try await TestWork.run(runner, only: nil, quiet: true, report: report)
        }
        try await run(project, graph, request, read, workbench)
    }

    /// As the options say, and config.yaml where they say nothing.
    private func run(
        _ project: Project, _ graph: ProjectGraph, _ request: PlanRequest, _ read: PlanMaker.Surroundings?,
        _ workbench: Workbench
    ) async throws {
        var work = self
        work.options.noDiff = options.noDiff || project.config.plan.noDiff
        if project.config.plan.autoApply { work.mode = .apply }
        try await work.carryOut(project, graph, request, read, workbench)
    }

    private func carryOut(
        _ project: Project, _ graph: ProjectGraph, _ request: PlanRequest, _ read: PlanMaker.Surroundings?,
        _ workbench: Workbench
    ) async throws {
        guard appliesAtOnce else {
            let surroundings: PlanMaker.Surroundings
            if let read {
                surroundings = read
            } else {
                surroundings = try await workbench.planner.surroundings(of: request.environment)
            }
            let plan = try await plan(project, graph, request, surroundings, workbench)
            try await show(plan, request, workbench, id: try await keep(plan, request, workbench))
            guard mode == .ask, !options.explain, !plan.isEmpty, Terminal.isInteractive else { return }
            guard try await Terminal.confirms("\nApply this plan?") else { return Output.line("Nothing was changed.") }
            return try await exclusively(workbench) { try await apply(plan, request, workbench) }
        }
        try await exclusively(workbench) {
            let surroundings = try await workbench.planner.surroundings(of: request.environment)
            let plan = try await plan(project, graph, request, surroundings, workbench)
            if let stored {
                // Somebody may have carried it out while this waited.
                _ = try await workbench.store.storedPlan(stored.id)
                try check(plan, against: stored)
            }
            if !options.json { try await show(plan, request, workbench) }
            try await apply(plan, request, workbench)
            if let stored { try await workbench.store.markApplied(stored) }
        }
    }

    /// Keeps what is shown for `apply --plan`.
    /// - Returns: The name of the plan; nil when there is nothing to carry out.
    private func keep(_ plan: Plan, _ request: PlanRequest, _ workbench: Workbench) async throws -> String? {
        guard let arguments, !plan.isEmpty else { return nil }
        let id = UUIDv7.make().text
        try await workbench.store.keep(
            StoredPlan(id: id, upTo: request.upTo, arguments: arguments, record: PlanRecord(plan)))
        return id
    }

    /// - Throws: `conflict` when the plan is not the one that was shown.
    private func check(_ plan: Plan, against stored: StoredPlan) throws {
        let differences = stored.record.differences(from: PlanRecord(plan))
        guard !differences.isEmpty else { return }
        throw TransformerError(
            .conflict,
            "The plan \(stored.id) is not what would be done now: \(differences.joined(separator: "; ")). Nothing was done. "
                + "`transformer plan \(plan.environment)` shows what it is now.")
    }

    /// - Throws: ``ExitError`` when nothing is selected for an environment that there is not: it would have no models.
    private func plan(
        _ project: Project, _ graph: ProjectGraph, _ request: PlanRequest, _ surroundings: PlanMaker.Surroundings,
        _ workbench: Workbench
    ) async throws -> Plan {
        let plan = try await workbench.planner.plan(project, graph, request, in: surroundings)
        if request.selected != nil, plan.models.isEmpty, plan.changes.isEmpty {
            throw ExitError(
                .failed,
                "--select-model names no model, and \(plan.environment) has none yet: there is nothing to plan.")
        }
        return plan
    }

    private func exclusively(_ workbench: Workbench, _ body: @Sendable () async throws -> Void) async throws {
        try await workbench.plans.exclusively(options.target.environment, report: report, body)
    }

    /// - Parameter id: What the plan is kept as; nil: it is not.
    private func show(
        _ plan: Plan, _ request: PlanRequest, _ workbench: Workbench, id: String? = nil
    ) async throws {
        var explanation: PlanExplanation?
        if options.explain {
            explanation = try PlanExplanation(plan, request, done: try await workbench.store.done())
        }
        if options.json {
            return print(
                try CommandJSON.text(
                    PlanDocument(plan, id: id, showsTexts: !options.noDiff, explanation: explanation)))
        }
        Output.line(PlanText(plan, showsDiff: !options.noDiff).text)
        if let explanation { Output.line("\n\(explanation.text)") }
        if let removal = plan.removal, !options.allowRemoval { Output.line("\n\(removal)") }
        if let id { Output.line("\nTo carry out just this, within a week: transformer apply --plan \(id)") }
    }

    private func apply(_ plan: Plan, _ request: PlanRequest, _ workbench: Workbench) async throws {
        var id: String?
        if !plan.isEmpty {
            let display = ProgressDisplay(
                isTerminal: Terminal.isWritable && !options.json, total: plan.work.reduce(0) { $0 + $1.batches.count },
                say: report)
            defer { display.end() }
            id = try await workbench.plans.apply(
                plan, as: stored?.id, execution: request.upTo, allowingRemoval: options.allowRemoval,
                report: { display.line($0) }, progress: { display.update($0, $1, of: $2) })
        }
        if options.json {
            print(try CommandJSON.text(PlanDocument(plan, showsTexts: !options.noDiff, appliedAs: id)))
        } else if id != nil {
            Output.line("\(plan.environment) is up to date.")
        }
    }
}
