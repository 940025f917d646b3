import ArgumentParser
import Foundation
import ModelProject
import Pipeline
import Planning
import ServiceRuntime

/// `transformer diff`
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what the models say other than an environment has, or what two have.",
        discussion: """
            Ends with 1 when there is a difference. Nothing is changed, and nothing is said of what is still to compute: \
            `plan` does. `table-diff` compares rows.

              transformer diff dev          what the project says other than dev has
              transformer diff prod:dev     what dev has other than prod
            """)
    @Argument(help: ArgumentHelp("An environment, or two.", valueName: "environment[:environment]"))
    var environments: String
    @OptionGroup var choice: ProjectChoice
    @Flag(help: "Leave out the lines that differ.")
    var noDiff = false
    @Flag(help: "One JSON document.")
    var json = false

    func validate() throws {
        guard (1...2).contains(names.count), !names.contains("") else {
            throw ValidationError("Name an environment, or two as prod:dev.")
        }
    }

    private var names: [String] {
        environments.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    }

    func run() async throws {
        let (names, choice, json, showsLines) = (names, choice, json, !noDiff)
        try await CommandSupport.withWorkbench { workbench, settings in
            let from = try await workbench.catalog.environment(names[0])
            let report: DifferenceReport
            if names.count == 2 {
                let to = try await workbench.catalog.environment(names[1])
                report = try await DifferenceReport(from, to, showsLines: showsLines, workbench)
            } else {
                let project = try CommandSupport.project(settings, choice)
                let plan = try await workbench.planner.plan(project, for: from.name, upTo: Moment(Date()))
                report = DifferenceReport(plan, showsLines: showsLines)
            }
            print(json ? try CommandJSON.text(report) : report.text)
            if !report.isEmpty { throw ExitError(.failed, "") }
        }
    }
}
