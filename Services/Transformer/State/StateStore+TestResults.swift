import Foundation
import ModelProject
import Pipeline
import Planning

/// A unit test that was run, or could not be.
struct TestResult: Sendable, Equatable {
    let model: String
    let name: String
    let file: String
    let line: Int
    /// Says which text of the model was tested; nil when there was no such model.
    let dataHash: String?
    /// Empty when it passed.
    let problems: [String]
    let at: Moment
}

extension StateStore {
    /// Keeps what tests gave, until they run again.
    /// - Parameter isAll: They are all that the project has: others are forgotten.
    func keep(_ results: [TestResult], isAll: Bool) async throws {
        if results.isEmpty, !isAll { return }
        let problems = try results.map { try StoredJSON.encode($0.problems) }
        try await database.session.execute(
            """
            WITH given AS (
                SELECT DISTINCT ON (model, name) *
                FROM unnest(\(results.map(\.model))::text[], \(results.map(\.name))::text[],
                  \(results.map(\.file))::text[], \(results.map { String($0.line) })::integer[],
                  \(results.map { $0.dataHash ?? "" })::text[], \(problems)::text[],
                  \(results.map(\.at.description))::timestamptz[])
                  AS given (model, name, file, line, data_hash, problems, at)
                ORDER BY model, name),
              forgotten AS (
                DELETE FROM transformer.test_results t
                WHERE \(String(isAll))::boolean
                  AND NOT EXISTS (SELECT FROM given WHERE given.model = t.model AND given.name = t.name))
            INSERT INTO transformer.test_results (model, name, file, line, data_hash, problems, at)
            SELECT model, name, file, line, nullif(data_hash, ''), problems::jsonb, at FROM given
            ON CONFLICT (model, name) DO UPDATE SET file = excluded.file, line = excluded.line,
              data_hash = excluded.data_hash, problems = excluded.problems, at = excluded.at
            """)
    }

    /// What was kept, by name.
    /// - Parameter models: Of these.
    func testResults(of models: [ModelName]) async throws -> [TestResult] {
        try await database.session.rows(
            """
            SELECT model, name, file, line::text AS line, data_hash, problems::text AS problems, at::text AS at
            FROM transformer.test_results WHERE model = ANY (\(models.map(\.description))::text[])
            ORDER BY model, name
            """
        ).map { row in
            let name = try row.text("name")
            return TestResult(
                model: try row.text("model"), name: name, file: try row.text("file"), line: try row.integer("line"),
                dataHash: row["data_hash"], problems: try StoredJSON.decode("problems", of: "the test \(name)", row),
                at: try row.moment("at"))
        }
    }
}
