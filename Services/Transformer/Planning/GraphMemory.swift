import ModelProject
import Pipeline

/// The graph of a project that is read again and again: a model that says what it said, among the same others, is taken
/// for read.
public struct GraphMemory: Sendable {
    /// The project's models.
    public let graph: ProjectGraph
    /// How many of its models had to be read.
    public let readModels: Int
    /// Before audits that stand alone were added to them.
    private let models: [ModelName: ModelSnapshot]
    private let surroundings: Surroundings

    /// - Parameter earlier: An earlier reading of the same folder; nil: there is none.
    /// - Throws: ``PipelineError``, as ``ProjectGraph`` does.
    public init(_ project: Project, after earlier: GraphMemory? = nil) throws(PipelineError) {
        surroundings = Surroundings(project)
        var known: [ModelName: ModelSnapshot] = [:]
        if let earlier, earlier.surroundings == surroundings {
            for model in project.models where !model.asksForColumns {
                if let snapshot = earlier.models[model.name], snapshot.definition == model {
                    known[model.name] = snapshot
                }
            }
        }
        models = try ProjectGraph.models(of: project, known: known)
        readModels = models.count - known.count
        if let earlier, readModels == 0, models.count == earlier.models.count {
            graph = earlier.graph
        } else {
            graph = try ProjectGraph(project, models)
        }
    }
}

/// What a model's snapshot follows from besides its own text, and the columns of others where its macros ask for them.
private struct Surroundings: Sendable, Equatable {
    let config: ProjectConfig
    let names: [ModelName]
    let databases: Set<String>
    let macros: [SourceFile]
    let audits: [AuditDefinition]
    let tables: [String: [RelationColumn]]
    let externals: [ExternalModel]
    let landingTables: Set<String>

    init(_ project: Project) {
        config = project.config
        names = project.index.names
        databases = project.databases
        macros = project.macros.sources
        audits = project.audits
        tables = project.tables
        externals = project.externals
        landingTables = project.landingTables
    }
}
