import Foundation
import Logging
import ModelProject
import Pipeline
import Planning
import Postgres
import ServiceRuntime

/// What commands for people have in common.
enum CommandSupport {
    static let groups = [
        PipelineLocation.group, PostgresEndpoint.group, WarehouseReader.group, TransformerSettings.group,
        LineageSettings.group,
    ]

    /// Settings, logger and connections; closed when `body` returns. SIGINT and SIGTERM end its statements in the database.
    static func withWorkbench(_ body: @escaping @Sendable (Workbench, Settings) async throws -> Void) async throws {
        try await Interruption.cancelling { try await withOpenWorkbench(body) }
    }

    private static func withOpenWorkbench(_ body: @Sendable (Workbench, Settings) async throws -> Void) async throws {
        let settings = try await Settings.load(transformerService, groups: groups)
        let logger = try Observability.bootstrap(settings, level: .warning)
        let own = try TransformerSettings(settings)
        let database = Database(
            PostgresSettings(try PostgresEndpoint(settings), statementTimeout: own.statementTimeout),
            connectionsMax: TransformerSettings.connections(batches: own.concurrency),
            logger: logger)
        do {
            let lineage = try LineageReporter.make(settings, logger: logger)
            let workbench = try await Workbench(
                database: database, reader: try WarehouseReader(settings).user, concurrency: own.concurrency,
                lineage: lineage, logger: logger)
            try await telling(lineage) { try await body(workbench, settings) }
            await database.close()
        } catch {
            await database.close()
            throw error
        }
    }

    /// Sends what is told to an OpenLineage backend beside `body`, and what is left of it behind.
    private static func telling(_ lineage: LineageReporter?, _ body: @Sendable () async throws -> Void) async throws {
        guard let lineage else { return try await body() }
        async let sending: Void = lineage.run()
        do { try await body() } catch {
            lineage.finish()
            await sending
            throw error
        }
        lineage.finish()
        await sending
    }

    /// The pipeline folder that the settings name, read to be run on the database that they name.
    static func project(_ settings: Settings, _ choice: ProjectChoice) throws -> Project {
        let project = try ProjectSource(settings, choice).project()
        for reason in project.leftOut { Output.note("left out: \(reason)") }
        return project
    }

    /// The same for commands that only look at models, and have nothing to do without them.
    static func projectWithModels(_ settings: Settings, _ choice: ProjectChoice) throws -> Project {
        let project = try PipelineFolder(at: try PipelineLocation(settings).path).project(choice.options())
        for reason in project.leftOut { Output.note("left out: \(reason)") }
        if project.models.isEmpty {
            throw ExitError(.failed, "There are no models in \(try PipelineLocation(settings).path)/models.")
        }
        return project
    }

    /// A day, or a time, as people write it.
    static func moment(_ text: String, named name: String) throws -> Moment {
        if let relative = RelativeTime(text) { return relative.before(Moment(Date())) }
        guard let moment = Moment(text) else {
            throw ExitError(
                .usage, "--\(name): `\(text)` is not a date. Write it as 2024-04-30, or as '1 week ago' or yesterday.")
        }
        return moment
    }

    /// What `--execution-time` says it is; now without it.
    /// - Throws: ``ExitError`` for a time that is still to come: data of it would count as complete.
    static func executionTime(_ text: String?, now: Moment = Moment(Date())) throws -> Moment {
        guard let text else { return now }
        let time = try moment(text, named: "execution-time")
        guard time <= now else { throw ExitError(.usage, "--execution-time \(time) is in the future.") }
        return time
    }

    /// The end of a range as people mean it: a day to its end.
    static func end(_ text: String) throws -> Moment {
        let moment = try moment(text, named: "end")
        // The last day belongs to it.
        return Moment(text) == nil || text.utf8.count == 10
            ? IntervalGrid(.day).floor(moment).adding(seconds: 86_400) : moment
    }

    /// A model of an environment, by any name that people give it.
    static func model(_ text: String, in environment: EnvironmentCatalog.Environment) throws -> PromotedModel {
        let index = ModelIndex(environment.models.map(\.name))
        guard let name = index.find(text), let model = environment[name] else {
            let hint = index.nearest(to: text).map { " Did you mean \($0)?" } ?? ""
            throw ExitError(.failed, "The environment \(environment.name) has no model \(text).\(hint)")
        }
        return model
    }

    /// The models that any of `selections` names.
    /// - Parameter withParents: And what these read, directly or not.
    static func models(
        _ selections: [String], withParents: Bool = false, among candidates: [ModelSelection.Candidate]
    ) throws -> Set<ModelName> {
        var names: Set<ModelName> = []
        for text in selections {
            do {
                let selection = try ModelSelection(text)
                if let branch = selection.branches.first {
                    throw ExitError(.usage, "git:\(branch) is for plans: only those compare files.")
                }
                let wanted = withParents ? selection.withParents : selection
                names.formUnion(try wanted.names(among: candidates))
            } catch let mistake as ModelSelection.Mistake {
                throw ExitError(.failed, "\(mistake)")
            }
        }
        return names
    }

    static func model(_ text: String) throws -> ModelName {
        guard let name = ModelName(text) else { throw ExitError(.usage, "`\(text)` is not a model's name.") }
        return name
    }
}
