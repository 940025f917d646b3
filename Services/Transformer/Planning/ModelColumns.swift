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
    private let found = Mutex<[ModelName: Found]>([:])

    private enum Found {
        /// Its columns depend on its own: a circle.
        case asked
        case known([RelationColumn]?)
    }

    init(_ project: Project, index: ModelIndex) {
        models = Dictionary(project.models.map { ($0.name, $0) }) { first, _ in first }
        tables = project.tables
        self.index = index
        config = project.config
        macros = project.macros
    }

    /// By the name that a person writes, in any case; nil when they are not known.
    func columns(of relation: String) throws(PipelineError) -> [RelationColumn]? {
        guard let name = index.find(relation), let model = models[name] else { return tables[relation.lowercased()] }
        if !model.columns.isEmpty { return model.columns.map { RelationColumn($0.key, $0.value) } }
        let before = found.withLock { found in
            defer { found[name] = found[name] ?? .asked }
            return found[name]
        }
        switch before {
        case .asked: return nil
        case .known(let columns): return columns
        case nil: break
        }
        let columns = try queried(model)
        found.withLock { $0[name] = .known(columns) }
        return columns
    }

    /// The columns of the model's query; their types are left to the database.
    private func queried(_ model: ModelDefinition) throws(PipelineError) -> [RelationColumn]? {
        let rendering = ModelRendering(model, config: config, models: index, macros: macros, columns: columns)
        let query = try rendering.fingerprintQuery(isIncremental: false)
        let catalog = try query.catalog { name throws(PipelineError) in try columns(of: name)?.map(\.name) }
        // What cannot be followed has no columns to tell of: whoever asks for them says so.
        guard let qualified = try? query.query.qualified(in: catalog), qualified.isComplete else { return nil }
        return qualified.columns.map { RelationColumn($0.name) }
    }
}
