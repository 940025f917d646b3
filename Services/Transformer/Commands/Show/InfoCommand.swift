import ArgumentParser
import ModelProject
import Pipeline
import Planning
import ServiceRuntime

/// `transformer info`
struct InfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show what the project has, and whether its database answers.")
    @OptionGroup var choice: ProjectChoice
    @Flag(help: "Do not ask the database.")
    var skipConnection = false
    @Flag(help: "One JSON document.")
    var json = false

    func run() async throws {
        let settings = try await Settings.load(transformerService, groups: CommandSupport.groups)
        let project = try CommandSupport.project(settings, choice)
        var info = try ProjectInfo(project, path: try PipelineLocation(settings).path)
        let json = json
        if !skipConnection {
            let endpoint = try PostgresEndpoint(settings)
            info.database = "\(endpoint.database) on \(endpoint.host):\(endpoint.port)"
            let seen = info
            try await CommandSupport.withWorkbench { workbench, _ in
                var info = seen
                let rows = try await workbench.database.session.rows("SHOW server_version")
                info.server = "PostgreSQL \(rows.first?.first ?? "")"
                info.environments = try await workbench.store.plans().keys.sorted()
                print(json ? try CommandJSON.text(info) : info.text)
            }
        } else {
            print(json ? try CommandJSON.text(info) : info.text)
        }
    }
}

/// What a project has.
struct ProjectInfo: Encodable {
    let path: String
    let models: Int
    /// By SQLMesh's name of the kind.
    let kinds: [String: Int]
    let audits: Int, tests: Int
    let dialect: String
    let gateway: String?
    /// Tables that models read and that are no models.
    let sources: [String]
    /// Nil when nobody asked.
    var database: String?
    var server: String?
    var environments: [String]?

    init(_ project: Project, path: String) throws {
        self.path = path
        models = project.models.count
        kinds = project.models.reduce(into: [:]) { $0[$1.kind.name, default: 0] += 1 }
        audits = project.audits.count
        tests = project.tests.count
        dialect = project.config.modelDefaults.dialect
        gateway = project.config.defaultGateway
        sources = Set(try ProjectGraph(project).snapshots.flatMap(\.sources)).sorted()
    }

    /// For people.
    var text: String {
        let list = kinds.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        var lines = [
            "project       \(path)", "models        \(models)\(list.isEmpty ? "" : ": \(list)")",
            "audits        \(audits)",
            "unit tests    \(tests)", "dialect       \(dialect)", "gateway       \(gateway ?? "none")",
            "reads         \(sources.isEmpty ? "nothing" : sources.joined(separator: ", "))",
        ]
        if let database, let server { lines.append("database      \(database): \(server)") }
        if let environments {
            lines.append("environments  \(environments.isEmpty ? "none" : environments.joined(separator: ", "))")
        }
        return lines.joined(separator: "\n")
    }
}
