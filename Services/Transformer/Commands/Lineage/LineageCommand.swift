import ArgumentParser
import Pipeline
import Planning
import ServiceRuntime

/// `transformer lineage`
struct LineageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lineage", abstract: "Show which table, or which column, is made from which.",
        discussion: """
            From the pipeline folder, without a database.

              transformer lineage                          all models
              transformer lineage analytics.sessions       what it reads and what reads it
              transformer lineage analytics.sessions.day   the column: from raw tables to the last model
            """)
    @Argument(help: ArgumentHelp("A model, or a column of one.", valueName: "model[.column]"))
    var subject: String?
    @Flag(help: "Leave out what is written in Python, and the models that need it.")
    var skipUnsupported = false
    @Flag(help: "One JSON document.")
    var json = false

    func run() async throws {
        let settings = try await Settings.load(transformerService, groups: [PipelineLocation.group])
        let project = try CommandSupport.projectWithModels(settings, skipUnsupported: skipUnsupported)
        let graph = try ProjectGraph(project)
        guard let subject else {
            let lineage = LineageGraph(graph.snapshots)
            return print(json ? try CommandJSON.text(LineageDocument(lineage)) : lineage.tree)
        }
        if let name = project.index.find(subject), graph[name] != nil {
            let lineage = LineageGraph(graph.snapshots.filter { graph.family(of: name).contains($0.name) })
            return print(json ? try CommandJSON.text(LineageDocument(lineage)) : lineage.tree)
        }
        let report = try ColumnReport(subject, in: graph, project.index)
        print(json ? try CommandJSON.text(report) : report.text)
    }
}

/// `transformer dag`
struct DagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dag", abstract: "Show the graph of models, for Graphviz or as data.",
        discussion: "  transformer dag | dot -Tsvg > models.svg")
    @Flag(help: "Leave out what is written in Python, and the models that need it.")
    var skipUnsupported = false
    @Flag(help: "One JSON document instead of DOT.")
    var json = false
    @Flag(help: "A tree of text instead of DOT.")
    var text = false
    @Option(
        name: .customLong("select-model"),
        help: ArgumentHelp("Only these: names with *, tag:x, +x, x+, &, |, ^; may be repeated.", valueName: "models"))
    var selected: [String] = []

    func run() async throws {
        let settings = try await Settings.load(transformerService, groups: [PipelineLocation.group])
        let graph = try ProjectGraph(try CommandSupport.projectWithModels(settings, skipUnsupported: skipUnsupported))
        var snapshots = graph.snapshots
        if !selected.isEmpty {
            let names = try CommandSupport.models(selected, among: graph.candidates)
            snapshots = snapshots.filter { names.contains($0.name) }
        }
        let lineage = LineageGraph(snapshots)
        if json { return print(try CommandJSON.text(LineageDocument(lineage))) }
        print(text ? lineage.tree : lineage.dot)
    }
}
