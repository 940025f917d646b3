import ArgumentParser
import ModelProject
import Pipeline
import Planning
import ServiceRuntime

/// `transformer lint`
struct LintCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "Look at the models by rules, without a database.",
        discussion: """
            Each finding is a line, `file:line:column: rule: message`, as editors and CI take it; those that only warn say so.
            It ends with 1 when a rule that is an error has found something, or the project cannot be read.

            Errors: ambiguousorinvalidcolumn, invalidselectstarexpansion, noambiguousprojections. Warnings: noselectstar,
            nomissingaudits, nomissingunittest, nomissingexternalmodels, and forgivensql, for what SQLGlot and Millrace forgive
            and no database does.

            `linter` of config.yaml chooses others (`enabled`, `rules`, `warn_rules`, `ignored_rules`), the options win over it, and
            `ignored_rules` of MODEL leaves rules out for that model.

              transformer lint --error nomissingaudits --ignore nomissingunittest
            """)
    @Option(
        name: [.customLong("model"), .customLong("models")],
        help: ArgumentHelp("Only these: names with *, tag:x, +x, x+, &, |, ^; may be repeated.", valueName: "models"))
    var models: [String] = []
    @Option(
        name: .customLong("error"),
        help: ArgumentHelp("This rule is an error; may be repeated; `all`.", valueName: "rule"))
    var errors: [String] = []
    @Option(
        name: .customLong("warn"),
        help: ArgumentHelp("This rule only warns; may be repeated; `all`.", valueName: "rule"))
    var warnings: [String] = []
    @Option(
        name: .customLong("ignore"),
        help: ArgumentHelp("This rule is left out; may be repeated; `all`.", valueName: "rule"))
    var ignored: [String] = []
    @OptionGroup var choice: ProjectChoice
    @Flag(help: "The findings as one JSON list.")
    var json = false

    func run() async throws {
        let settings = try await Settings.load(transformerService, groups: [PipelineLocation.group])
        let project = try CommandSupport.projectWithModels(settings, choice)
        let levels = try LintLevels(project.config.linter, errors: errors, warnings: warnings, ignored: ignored)
        for name in levels.unknown {
            Output.note(
                "`linter` of config.yaml names \(name), which is no rule that is built in: it is not looked at.")
        }
        let folder = try PipelineFolder(at: try PipelineLocation(settings).path)
        let graph = try ProjectGraph(project)
        var declared = Set(project.externals.map(\.name))
        for contract in folder.readContracts().contracts { declared.insert("\(contract.table)".lowercased()) }
        let linter = Linter(project, graph, declared: declared)
        var findings = linter.findings(Set(levels.levels.keys))
        if !models.isEmpty {
            let names = Set(try CommandSupport.models(models, among: graph.candidates).map(\.description))
            findings = findings.filter { names.contains($0.model) }
        }
        let failed = findings.count { levels.levels[$0.rule] == .error }
        if json {
            print(try CommandJSON.text(findings.map { LintDocument($0, levels.levels[$0.rule] ?? .warning) }))
        } else {
            for finding in findings { print(LintDocument(finding, levels.levels[finding.rule] ?? .warning).text) }
            if levels.levels.isEmpty {
                print(
                    "No rule is on: `linter` of config.yaml wants `enabled: true`, or name rules with --error and --warn."
                )
            } else if findings.isEmpty {
                print("The rules find nothing in \(graph.snapshots.count) models.")
            }
        }
        if failed > 0 { throw ExitError(.failed, json ? "" : "\(failed) findings are errors.") }
    }
}

/// How serious each rule is.
struct LintLevels {
    enum Level: String, Encodable { case error, warning }

    /// Rules that are left out are not here.
    private(set) var levels: [LintRule: Level]

    /// What the project names and what is not built in: rules in Python.
    let unknown: [String]

    /// Later lists win over earlier ones, and one that names a rule over `all`.
    /// - Parameter project: What its configuration says; nil: each rule is what it is by itself.
    /// - Throws: ``ExitError`` for a rule that there is not.
    init(_ project: LinterSettings?, errors: [String], warnings: [String], ignored: [String]) throws {
        levels = Self.levels(of: project)
        let names = (project?.errors ?? []) + (project?.warnings ?? []) + (project?.ignored ?? [])
        unknown = Set(names).filter { $0 != "all" && LintRule(rawValue: $0) == nil }.sorted()
        let lists: [([String], Level?)] = [(errors, .error), (warnings, .warning), (ignored, nil)]
        for (names, level) in lists where names.contains("all") {
            for rule in LintRule.allCases { levels[rule] = level }
        }
        for (names, level) in lists {
            for name in names where name != "all" { levels[try Self.rule(name)] = level }
        }
    }

    private static func levels(of project: LinterSettings?) -> [LintRule: Level] {
        var levels: [LintRule: Level] = [:]
        for rule in LintRule.allCases {
            guard let project else {
                levels[rule] = LintRule.errors.contains(rule) ? .error : .warning
                continue
            }
            func isIn(_ names: [String]) -> Bool { names.contains(rule.rawValue) || names.contains("all") }
            guard project.isEnabled, !isIn(project.ignored) else { continue }
            // A rule by its name wins over `all`.
            if project.warnings.contains(rule.rawValue) {
                levels[rule] = .warning
            } else if isIn(project.errors) {
                levels[rule] = .error
            } else if isIn(project.warnings) {
                levels[rule] = .warning
            }
        }
        return levels
    }

    private static func rule(_ name: String) throws -> LintRule {
        guard let rule = LintRule(rawValue: name.lowercased()) else {
            let known = LintRule.allCases.map(\.rawValue).joined(separator: ", ")
            throw ExitError(.usage, "There is no rule \(name). Known: \(known), all.")
        }
        return rule
    }
}

/// A finding as data, and as a line.
struct LintDocument: Encodable {
    let rule: String, level: LintLevels.Level, model: String, file: String, line: Int, column: Int, message: String

    init(_ finding: LintFinding, _ level: LintLevels.Level) {
        rule = finding.rule.rawValue
        self.level = level
        model = finding.model
        file = finding.file
        line = finding.line
        column = finding.column
        message = finding.message
    }

    var text: String {
        "\(file):\(line):\(column): \(rule)\(level == .warning ? " (warning)" : ""): \(message)"
    }
}
