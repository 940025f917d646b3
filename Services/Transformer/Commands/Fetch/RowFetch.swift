import ModelProject
import Pipeline
import Planning
import Postgres
import SQL
import ServiceRuntime

/// Rows of a query over an environment, in a transaction that can change nothing.
struct RowFetch: Sendable {
    let database: Database
    let catalog: EnvironmentCatalog
    let environment: String
    let limit: Int

    /// A query with what runs before it.
    struct Prepared: Sendable {
        /// What it is a query of, for errors.
        let title: String
        /// It stands in a file, whose lines errors can name.
        let isOfFile: Bool
        let before: [PlacedSQL]
        let query: PlacedSQL
    }

    /// - Parameter text: A model's name, or a query.
    /// - Throws: ``ExitError`` for what is neither; ``PipelineError`` for a mistake in the model.
    func sql(
        _ text: String, in interval: Interval, execution: Moment, project: () throws -> Project
    ) async throws -> Prepared {
        if text.contains(where: { $0.isWhitespace || $0 == "(" }) { return try await query(text) }
        let project = try project()
        let graph = try ProjectGraph(project)
        guard let name = project.index.find(text), let snapshot = graph[name] else {
            let hint = project.index.nearest(to: text).map { " Did you mean \($0)?" } ?? ""
            throw ExitError(.failed, "There is no model \(text).\(hint)")
        }
        let found = try await catalog.environment(environment)
        if let missing = snapshot.parents.first(where: { found[$0] == nil }) {
            throw ExitError(
                .failed, "\(name) reads \(missing), which the environment \(environment) does not have: plan it first.")
        }
        let model = PlannedModel(snapshot: snapshot, version: found[name]?.version ?? "", isNew: found[name] == nil)
        let statements = try ModelSQL(try await catalog.relations(of: found)).statements(
            of: model, interval: interval, execution: execution, isIncremental: found[name] != nil,
            seedRows: .first(limit + 1))
        return Prepared(title: "\(name)", isOfFile: true, before: statements.before, query: statements.query)
    }

    /// A query of its own, in which models are the environment's views.
    func query(_ text: String) async throws -> Prepared {
        let models = try await catalog.find(environment)?.models.map(\.name) ?? []
        let source = SourceFile(path: "SQL", text: text)
        do throws(SQLError) {
            _ = try parseQuery(text, dialect: .postgres)
        } catch {
            throw ExitError(
                .usage,
                "\(source.error(at: error.range.offsets.lowerBound, "\(error.message) Give a query or a model's name."))"
            )
        }
        let index = ModelIndex(models)
        let placed = StatementText.replacingTables(text) { name in
            index.find(name).map { RelationNames.view($0, in: environment).quoted(in: .postgres) }
        }
        return Prepared(title: "the query", isOfFile: false, before: [], query: PlacedSQL(placed, from: source, at: 0))
    }

    /// The rows as a table, with a line that counts them.
    func text(_ prepared: Prepared) async throws -> String {
        let rows = try await rows(prepared, "SELECT *")
        guard let first = rows.first else { return "no rows" }
        let shown = rows.prefix(limit)
        let table = TextTable(columns: first.names, rows: shown.map(\.values))
        let more = rows.count > limit ? ", and there are more (--limit)" : ""
        return "\(table.text)\n\(shown.count == 1 ? "1 row" : "\(shown.count) rows")\(more)"
    }

    /// The rows as the database makes JSON of them: numbers keep all their digits, columns their order.
    func json(_ prepared: Prepared) async throws -> String {
        let rows = try await rows(prepared, "SELECT row_to_json(millrace_rows)::text")
        let objects = rows.prefix(limit).compactMap(\.first).joined(separator: ",\n")
        return "{\"isTruncated\":\(rows.count > limit),\"rows\":[\n\(objects)]}"
    }

    /// The rows as text, with the columns' types.
    func typed(_ prepared: Prepared) async throws -> (columns: [StoredColumn], rows: [[String?]]) {
        let prefix = "CREATE TEMPORARY TABLE millrace_rows ON COMMIT DROP AS SELECT * FROM ("
        return try await database.discarded { session in
            try await run(prepared.query, prefix, "\n) AS rows LIMIT \(limit)", prepared, session)
            let columns = try await session.rows(
                """
                SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
                WHERE attrelid = 'pg_temp.millrace_rows'::regclass AND attnum > 0 ORDER BY attnum
                """
            ).map { StoredColumn(name: try $0.text("name"), type: try $0.text("type")) }
            let list = columns.map { "\(SQLText.identifier($0.name))::text" }.joined(separator: ", ")
            let rows = try await session.rows("SELECT \(sql: list) FROM pg_temp.millrace_rows")
            return (columns, rows.map(\.values))
        }
    }

    /// One more than are shown, where there are more.
    private func rows(_ prepared: Prepared, _ selection: String) async throws -> [Row] {
        let prefix = "\(selection) FROM ("
        return try await database.reading { session in
            for statement in prepared.before {
                try await run(statement, "", "", prepared, session)
            }
            return try await run(
                prepared.query, prefix, "\n) AS millrace_rows LIMIT \(limit + 1)", prepared, session)
        }
    }

    @discardableResult
    private func run(
        _ sql: PlacedSQL, _ prefix: String, _ suffix: String, _ prepared: Prepared, _ session: Session
    ) async throws -> [Row] {
        do {
            return try await session.rows("\(sql: prefix + sql.text + suffix)")
        } catch let error as PostgresError where prepared.isOfFile {
            throw TransformerError.sql(error, in: sql, after: prefix, doing: prepared.title)
        } catch var error as PostgresError where error.code == .server {
            error.position = nil  // that of a longer text than anybody has written
            throw TransformerError(.sqlError, "\(prepared.title): \(error)")
        }
    }
}
