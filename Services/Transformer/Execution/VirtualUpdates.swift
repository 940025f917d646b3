import ModelProject
import Pipeline
import Planning
import Postgres
import SQL

/// What models do with their views once these show their tables: grants, comments, and the like.
struct VirtualUpdates: Sendable {
    let environment: String
    let execution: Moment

    /// Runs the statements of `models` in the transaction of `session`.
    /// - Throws: ``TransformerError`` at the statement that the database refused: nothing is promoted then.
    func run(for models: [PlannedModel], _ session: Session) async throws {
        for model in models where !model.snapshot.definition.onVirtualUpdate.isEmpty {
            for statement in try statements(of: model) {
                do {
                    try await session.execute("\(sql: statement.text)")
                } catch let error as PostgresError {
                    throw TransformerError.sql(error, in: statement, doing: "\(model.name), ON_VIRTUAL_UPDATE")
                }
            }
        }
    }

    private func statements(of model: PlannedModel) throws -> [PlacedSQL] {
        let rendering = ModelRendering(model.snapshot)
        var context = rendering.context(for: .always, execution: execution, isIncremental: false, stage: .promoting)
        context.thisModel = Self.ownView
        let index = model.snapshot.bundle.index
        return zip(model.snapshot.definition.onVirtualUpdate, try rendering.virtualUpdates(context)).map {
            template, sql in
            let text = StatementText.replacingTables(sql) { name in
                index.relation(name).map { RelationNames.view($0, in: environment).quoted(in: .postgres) }
            }
            let view = RelationNames.view(model.name, in: environment).quoted(in: .postgres)
            return PlacedSQL(
                StatementText.settingLocally(text.replacing(Self.ownView, with: view)), from: template.source,
                at: template.firstCode)
        }
    }

    /// Stands for the view until its place is known.
    private static let ownView = "millrace_own_view"
}
