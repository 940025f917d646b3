import ModelProject
import Pipeline
import Planning
import Postgres

/// What a project does before anything is done in an environment, and when all is done.
struct EnvironmentSteps: Sendable {
    let database: Database
    let statements: EnvironmentStatements
    let environment: String
    /// The models of the environment that have views.
    let models: [ModelName]
    let execution: Moment

    /// Runs the statements of a stage, all in one transaction. No two runs do so at the same moment: grants of one
    /// object at the same time are an error of the database.
    /// - Throws: ``TransformerError`` at the statement that the database refused: none of the stage counts then.
    func run(_ stage: RuntimeStage) async throws {
        let sql = try statements.sql(stage, context)
        guard !sql.isEmpty else { return }
        try await database.transaction { session in
            try await session.execute("SELECT pg_advisory_xact_lock(hashtextextended('transformer.statements', 0))")
            for statement in sql {
                do {
                    try await session.execute("\(sql: statement.text)")
                } catch let error as PostgresError {
                    throw TransformerError.sql(error, in: statement, doing: stage.rawValue)
                }
            }
        }
    }

    /// Reads what is run at the end, so that a mistake in it is told before anything is done.
    func check() throws { _ = try statements.sql(.afterAll, context) }

    private var context: RenderContext {
        let views = models.map { RelationNames.view($0, in: environment) }
        var context = RenderContext(end: execution, execution: execution, models: ModelIndex(models))
        context.environment = environment
        context.schemas = Set(views.map(\.schema)).sorted()
        context.views = views.map(\.description).sorted()
        return context
    }
}
