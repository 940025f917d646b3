import ModelProject
import Pipeline
import SQL
import Synchronization

/// The columns of models and tables, for macros that write them out. What was found out is kept: models that read each
/// other are not read again for each reader.
final class ModelColumns: Sendable {
    private let models: [ModelName: ModelDefinition]
    private let tables: [String: [RelationColumn]]
    private let index: ModelIndex
    private let config: ProjectConfig
    private let macros: MacroLibrary
    /// What was found out; nil for those whose columns cannot be known.
    private let found = Mutex<[ModelName: [RelationColumn]?]>([:])

    init(_ project: Project, index: ModelIndex) {
        models = Dictionary(project.models.map { ($0.name, $0) }) { first, _ in first }
        tables = project.tables
        self.index = index
        config = project.config
        macros = project.macros
    }

    /// By the name that a person writes, in any case; nil when they are not known.
    func columns(of relation: String) throws(PipelineError) -> [RelationColumn]? {
        try columns(of: relation, askedBy: [])
    }

    /// - Parameter readers: The models whose columns depend on these. One of them again is a circle.
    private func columns(
        of relation: String, askedBy readers: Set<ModelName>
    ) throws(PipelineError) -> [RelationColumn]? {
        guard let name = index.find(relation), let model = models[name] else { return tables[relation.lowercased()] }
        if !model.columns.isEmpty { return model.columns.map { RelationColumn($0.key, $0.value) } }
        if readers.contains(name) { return nil }
        if let known = found.withLock({ $0[name] }) { return known }
        let columns = try queried(model, askedBy: readers.union([name]))
        found.withLock { $0[name] = .some(columns) }
        return columns
    }

    /// The columns of the model's query; their types are left to the database.
    private func queried(
        _ model: ModelDefinition, askedBy readers: Set<ModelName>
    ) throws(PipelineError) -> [RelationColumn]? {
        let columns: @Sendable (String) throws(PipelineError) -> [RelationColumn]? = { name throws(PipelineError) in
            try self.columns(of: name, askedBy: readers)
        }
        let rendering = ModelRendering(model, config: config, models: index, macros: macros, columns: columns)
        let query = try rendering.fingerprintQuery(isIncremental: false)
        let catalog = try query.catalog { name throws(PipelineError) in try columns(name)?.map(\.name) }
        // What cannot be followed has no columns to tell of: whoever asks for them says so.
        guard let qualified = try? query.query.qualified(in: catalog), qualified.isComplete else { return nil }
        return qualified.columns.map { RelationColumn($0.name) }
    }
}
