import ArgumentParser
import Foundation
import Pipeline
import Planning
import ServiceRuntime

/// `transformer render`
struct RenderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Show a model's SQL as a run would expand it.")
    @Argument(help: "The model.")
    var model: String
    @OptionGroup var choice: ProjectChoice
    @Option(help: "The first day.")
    var start: String?
    @Option(help: "The last day.")
    var end: String?
    @Option(help: "When the run takes place, as 2024-04-30 or 2024-04-30 12:00:00; now, when left out.")
    var executionTime: String?
    @Flag(help: "One JSON document.")
    var json = false

    func run() async throws {
        let settings = try await Settings.load(transformerService, groups: [PipelineLocation.group])
        let project = try CommandSupport.projectWithModels(settings, choice)
        let graph = try ProjectGraph(project)
        guard let name = project.index.find(model), let snapshot = graph[name] else {
            let hint = project.index.nearest(to: model).map { " Did you mean \($0)?" } ?? ""
            throw ExitError(.failed, "There is no model \(model).\(hint)")
        }
        let now = try executionTime.map { try CommandSupport.moment($0, named: "execution-time") } ?? Moment(Date())
        let today = IntervalGrid(.day).floor(now)
        let from = try start.map { try CommandSupport.moment($0, named: "start") } ?? today
        let to = try end.map { try CommandSupport.end($0) } ?? from.adding(seconds: 86_400)
        guard let interval = Interval(from: from, to: to) else { throw ExitError(.usage, "--end is before --start.") }
        let rendering = ModelRendering(snapshot)
        let context = rendering.context(for: interval, execution: now, isIncremental: true)
        let sql = try rendering.query(context).text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard json else { return print(sql) }
        print(
            try CommandJSON.text(
                RenderDocument(
                    model: name.description, dialect: snapshot.definition.dialect, interval: TimeSpan(interval),
                    sql: sql)))
    }
}

/// A rendered query as data.
struct RenderDocument: Encodable {
    let model: String, dialect: String, interval: TimeSpan, sql: String
}

/// `transformer environments`
struct EnvironmentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "environments",
        abstract: "List the environments, their models and what is computed; or remove one.",
        discussion: """
            What an environment shows is gone when it is removed; the tables behind it stay, so that a plan that makes it \
            anew computes nothing twice.

              transformer environments --remove dev
            """)
    @Option(help: "Remove this environment: its views, its schedule.")
    var remove: String?
    @Flag(help: "Remove it although it is prod.")
    var allowRemoval = false
    @Flag(help: "The list as one JSON document.")
    var json = false

    func validate() throws {
        if remove != nil, json { throw ValidationError("--json is for the list.") }
        if remove == RelationNames.production, !allowRemoval {
            throw ValidationError("`prod` is what dashboards read. To remove it all the same, add --allow-removal.")
        }
    }

    func run() async throws {
        let (remove, json) = (remove, json)
        try await CommandSupport.withWorkbench { workbench, settings in
            if let remove {
                try await workbench.plans.exclusively(remove, report: { Output.line($0) }) {
                    for view in try await workbench.promoter.remove(remove, report: { Output.line($0) }) {
                        Output.line("dropped \(view)")
                    }
                }
                return Output.line("\(remove) is gone.")
            }
            let listing = try await workbench.catalog.all()
            if json {
                let document = EnvironmentsDocument(listing, done: try await workbench.store.done())
                return print(try CommandJSON.text(document))
            }
            if listing.plans.isEmpty { print("There is no environment yet: `transformer apply` makes one.") }
            let done = try await workbench.store.done()
            for environment in listing.environments {
                print("\(environment.name)  promoted \(environment.promotedAt.timestamp(fraction: false)) UTC")
                for model in environment.models {
                    let set = done[model.id] ?? IntervalSet()
                    print("  \(model.name)  \(model.version)  \(set)")
                }
            }
            for unreadable in listing.unreadable { print(unreadable) }
        }
    }
}
