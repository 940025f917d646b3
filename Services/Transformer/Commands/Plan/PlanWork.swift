import Foundation
import ModelProject
import Pipeline
import Planning
import ServiceRuntime

extension Plan {
    /// How many batches it computes.
    fileprivate var batchCount: Int {
        stages.reduce(0) { sum, stage in
            if case .backfill(let work) = stage { sum + work.reduce(0) { $0 + $1.batches.count } } else { sum }
        }
    }
}

/// Plans; shows the plan; and applies it when told to.
struct PlanWork {
    enum Mode {
        case show
        /// Where somebody is there to be asked; else as `show`.
        case ask
        case apply
    }

    let options: PlanOptions
    let mode: Mode

    /// What goes on, for people: beside the document where there is one.
    private var report: PlanRunner.Report {
        if options.json { return { Output.note($0) } }
        return { Output.line($0) }
    }

    func run() async throws {
        let wanted = try options.request(now: Moment(Date()))
        let work = self
        try await CommandSupport.withWorkbench { workbench, settings in
            var request = wanted
            let git = GitChanges(folder: try PipelineLocation(settings).path)
            for branch in Set(((request.selected ?? []) + request.restated).flatMap(\.branches)).sorted() {
                request.changedFiles[branch] = try await git.files(since: branch)
            }
            let project = try CommandSupport.project(settings, work.options.choice)
            for notice in project.notices { work.report("note: \(notice)") }
            if !work.options.skipTests {
                try await TestWork.run(
                    project, database: workbench.database, only: nil, quiet: true, report: work.report)
            }
            try await work.run(project, request, workbench, settings)
        }
    }

    private func run(
        _ project: Project, _ request: PlanRequest, _ workbench: Workbench, _ settings: Settings
    ) async throws {
        guard mode == .apply, !options.explain else {
            let plan = try await plan(project, request, workbench)
            try await show(plan, request, workbench)
            guard mode == .ask, !options.explain, !plan.isEmpty, Terminal.isInteractive else { return }
            guard try await Terminal.confirms("\nApply this plan?") else { return Output.line("Nothing was changed.") }
            return try await exclusively(workbench) { try await apply(plan, request, workbench, settings) }
        }
        try await exclusively(workbench) {
            let plan = try await plan(project, request, workbench)
            if !options.json { try await show(plan, request, workbench) }
            try await apply(plan, request, workbench, settings)
        }
    }

    /// - Throws: ``ExitError`` when nothing is selected for an environment that there is not: it would have no models.
    private func plan(_ project: Project, _ request: PlanRequest, _ workbench: Workbench) async throws -> Plan {
        let plan = try await workbench.planner.plan(project, request)
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

    private func show(_ plan: Plan, _ request: PlanRequest, _ workbench: Workbench) async throws {
        var explanation: PlanExplanation?
        if options.explain {
            explanation = try PlanExplanation(plan, request, done: try await workbench.store.done())
        }
        if options.json {
            return print(
                try CommandJSON.text(
                    PlanDocument(plan, showsTexts: !options.noDiff, explanation: explanation)))
        }
        Output.line(PlanText(plan, showsDiff: !options.noDiff).text)
        if let explanation { Output.line("\n\(explanation.text)") }
        if let removal = plan.removal, !options.allowRemoval { Output.line("\n\(removal)") }
    }

    private func apply(
        _ plan: Plan, _ request: PlanRequest, _ workbench: Workbench, _ settings: Settings
    ) async throws {
        var id: String?
        if !plan.isEmpty {
            let display = ProgressDisplay(
                isTerminal: Terminal.isWritable && !options.json, total: plan.batchCount, say: report)
            defer { display.end() }
            id = try await workbench.plans.apply(
                plan, execution: request.upTo, allowingRemoval: options.allowRemoval, report: { display.line($0) },
                progress: { display.update($0, $1, of: $2) })
        }
        if options.json {
            print(try CommandJSON.text(PlanDocument(plan, showsTexts: !options.noDiff, appliedAs: id)))
        } else if id != nil {
            Output.line("\(plan.environment) is up to date.")
        }
    }
}
