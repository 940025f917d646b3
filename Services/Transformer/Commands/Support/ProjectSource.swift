import Foundation
import ModelProject
import Pipeline
import ServiceRuntime

/// The pipeline folder that the settings name, read to be run on the database that they name.
struct ProjectSource: Sendable {
    /// The folder.
    let path: String
    private let choice: ProjectOptions
    private let engine: EngineAddress

    init(path: String, _ choice: ProjectOptions, engine: EngineAddress) {
        self.path = path
        self.choice = choice
        self.engine = engine
    }

    init(_ settings: Settings, _ choice: ProjectChoice) throws {
        let endpoint = try PostgresEndpoint(settings)
        self.init(
            path: try PipelineLocation(settings).path, choice.options(database: endpoint.database),
            engine: EngineAddress(host: endpoint.host, port: endpoint.port, database: endpoint.database))
    }

    /// - Parameter memory: What an earlier reading found.
    /// - Throws: ``PipelineError`` for what is wrong in the folder, and for a project that belongs on another engine.
    func project(memory: ProjectMemory? = nil) throws(PipelineError) -> Project {
        var options = choice
        options.now = Moment(Date())
        let project = try PipelineFolder(at: path).project(options, memory: memory)
        if let problem = project.config.problem(runningOn: engine) { throw problem }
        return project
    }
}
