import OrderedCollections
import Pipeline
import Planning
import Postgres

/// What came of a unit test.
struct UnitTestResult: Sendable {
    let name: String
    /// Empty when the test passed.
    let problems: [String]
}

/// Runs a project's unit tests on the real engine.
///
/// Each test makes its input tables in a schema of its own within a transaction that is always rolled back, so that nothing
/// of it stays, whatever happens. Rows are compared by the engine, in the types that the query gives.
struct UnitTestRunner: Sendable {
    let database: Database
    let project: Project
    let graph: ProjectGraph

    func run(_ test: ModelTest) async throws -> UnitTestResult {
        guard let name = project.index.find(test.model), let snapshot = graph[name] else {
            let hint = project.index.nearest(to: test.model).map { " Did you mean \($0)?" } ?? ""
            throw test.error("There is no model \(test.model).\(hint)")
        }
        let found = try await database.discarded { session in
            try await problems(of: test, snapshot, session)
        }
        return UnitTestResult(name: test.name, problems: found)
    }

    private func problems(of test: ModelTest, _ snapshot: ModelSnapshot, _ session: Session) async throws -> [String] {
        try await session.execute("CREATE SCHEMA \(identifier: Self.schema)")
        var tables: [String: String] = [:]
        for (index, input) in test.inputs.enumerated() {
            let table = "\(SQLText.identifier(Self.schema)).\(SQLText.identifier("input_\(index)"))"
            try await create(table, input.value, test, session)
            tables[input.key] = table
            if let model = project.index.find(input.key) { tables[model.description] = table }
        }
        let sql = try query(of: test, snapshot, tables: tables)
        var problems: [String] = []
        let filter = try await self.filter(of: test, snapshot, sql: sql, session)
        let filtered = "SELECT * FROM (\(sql)\n) AS model\(filter)"
        if let output = test.outputs { problems += try await compare(output, with: filtered, "the query", session) }
        for (name, output) in test.ctes {
            guard let cte = QueryOutline(sql).query(ofCommonTable: name) else {
                throw test.error("The query of \(snapshot.name) has no CTE \(name).")
            }
            problems += try await compare(output, with: cte, "the CTE \(name)", session)
        }
        for assertion in test.assertions {
            let rows = try await session.rows(
                "SELECT (\(sql: assertion))::text AS holds FROM (\(sql: filtered)) AS model")
            let values = rows.compactMap { $0["holds"] }
            if values.contains("false") || values.count < rows.count { problems.append("does not hold: \(assertion)") }
        }
        return problems
    }

    /// In the transaction alone, so it needs no name of its own.
    private static let schema = "millrace_unit_test"

    private func create(_ table: String, _ input: ModelTest.Input, _ test: ModelTest, _ session: Session) async throws {
        var columns = input.columns
        for row in input.rows {
            for (name, value) in row where columns[name] == nil {
                columns[name] = Self.type(of: name, in: input.rows) ?? (value == .null ? "text" : nil)
            }
        }
        let list = columns.map { "\(SQLText.identifier($0.key)) \($0.value)" }.joined(separator: ", ")
        try await session.execute("CREATE TABLE \(sql: table) (\(sql: list))")
        for row in input.rows { try await insert(row, into: table, session) }
    }

    private func insert(
        _ row: OrderedDictionary<String, TestValue>, into table: String, _ session: Session
    ) async throws {
        let names = row.keys.map { SQLText.identifier($0) }.joined(separator: ", ")
        let values = row.values.map { value in
            if case .text(let text, _) = value { SQLText.literal(text) } else { "NULL" }
        }.joined(separator: ", ")
        try await session.execute("INSERT INTO \(sql: table) (\(sql: names)) VALUES (\(sql: values))")
    }

    /// From what the values look like: whole numbers, numbers, true and false, days, times; text otherwise.
    private static func type(of column: String, in rows: [OrderedDictionary<String, TestValue>]) -> String? {
        var found: String?
        for case .text(let text, let quoted)? in rows.map({ $0[column] }) {
            let type: String
            if !quoted, Int(text) != nil {
                type = "bigint"
            } else if !quoted, Double(text) != nil {
                type = "numeric"
            } else if !quoted, ["true", "false"].contains(text.lowercased()) {
                type = "boolean"
            } else if Moment(text) != nil {
                type = text.utf8.count == 10 ? "date" : "timestamptz"
            } else {
                return "text"
            }
            if let found, found != type { return Set([found, type]) == ["bigint", "numeric"] ? "numeric" : "text" }
            found = type
        }
        return found
    }

    // MARK: The query

    private func query(of test: ModelTest, _ snapshot: ModelSnapshot, tables: [String: String]) throws -> String {
        let interval = try interval(of: test)
        let execution = test.variables["execution_time"].flatMap { Moment($0.plain) } ?? interval.end
        let context = ModelRendering(snapshot).context(
            for: interval, execution: execution, isIncremental: test.variables["is_incremental"] == .boolean(true),
            extra: test.variables)
        let query = try ModelRendering(snapshot).parsedQuery(context)
        for table in query.tables where input(table, tables) == nil {
            throw test.error("The query reads \(table), for which the test has no input.")
        }
        return query.replacingTables { input($0, tables) }
    }

    private func input(_ name: String, _ tables: [String: String]) -> String? {
        tables[name.lowercased()] ?? project.index.find(name).flatMap { tables[$0.description] }
    }

    private func interval(of test: ModelTest) throws -> Interval {
        let start = try moment("start", in: test) ?? .epoch
        var end = Moment(year: 9999, month: 1, day: 1)
        if let written = test.variables["end"]?.plain, let moment = try moment("end", in: test) {
            // SQLMesh's end is inclusive: a day means to its end.
            end =
                written.utf8.count == 10
                ? moment.adding(seconds: 86_400) : Moment(microseconds: moment.microseconds + 1)
        }
        guard let interval = Interval(from: start, to: end) else { throw test.error("`end` is before `start`.") }
        return interval
    }

    private func moment(_ name: String, in test: ModelTest) throws -> Moment? {
        guard let value = test.variables[name] else { return nil }
        guard let moment = Moment(value.plain) else { throw test.error("`\(name)`: \(value.plain) is not a time.") }
        return moment
    }

    /// With `start` and `end`, an incremental model is tested as it would be published: rows of the interval alone.
    private func filter(
        of test: ModelTest, _ snapshot: ModelSnapshot, sql: String, _ session: Session
    ) async throws -> String {
        guard let options = snapshot.definition.kind.timeRange, test.variables["start"] != nil,
            test.variables["end"] != nil
        else { return "" }
        let view = "\(SQLText.identifier(Self.schema)).output_shape"
        try await session.execute("CREATE TABLE \(sql: view) AS SELECT * FROM (\(sql: sql)\n) AS model WITH NO DATA")
        let columns = try await ModelTables(database: database).columns(
            of: RelationName(schema: Self.schema, name: "output_shape"), session)
        try await session.execute("DROP TABLE \(sql: view)")
        guard let column = columns.first(where: { $0.name == options.timeColumn }),
            let type = TimeFilter.ColumnType(postgres: column.type)
        else { throw test.error("The query has no time column \(options.timeColumn).") }
        let condition = TimeFilter.condition(
            options.timeColumn, type, format: options.timeFormat, in: try interval(of: test))
        return " WHERE \(condition)"
    }

    // MARK: Comparing

    private func compare(
        _ output: ModelTest.Output, with sql: String, _ what: String, _ session: Session
    ) async throws -> [String] {
        let schema = SQLText.identifier(Self.schema)
        try await session.execute("CREATE TABLE \(sql: schema).actual AS \(sql: sql)")
        try await session.execute("CREATE TABLE \(sql: schema).expected (LIKE \(sql: schema).actual)")
        let columns = try await ModelTables(database: database).columns(
            of: RelationName(schema: Self.schema, name: "actual"), session
        ).map(\.name)
        let named = output.rows.reduce(into: OrderedSet<String>()) { $0.formUnion($1.keys) }
        if let unknown = named.first(where: { !columns.contains($0) }) {
            return ["\(what) has no column \(unknown); it has \(columns.joined(separator: ", "))"]
        }
        for row in output.rows { try await insert(row, into: "\(schema).expected", session) }
        let compared = output.partial && !named.isEmpty ? columns.filter(named.contains) : columns
        let list = compared.map { SQLText.identifier($0) }.joined(separator: ", ")
        func difference(_ left: String, _ right: String) async throws -> [String] {
            try await session.rows(
                """
                SELECT row_to_json(d)::text AS row FROM (
                  SELECT \(sql: list) FROM \(sql: schema).\(sql: left)
                  EXCEPT ALL SELECT \(sql: list) FROM \(sql: schema).\(sql: right)) AS d
                """
            ).map { try $0.text("row") }
        }
        let missing = try await difference("expected", "actual").map { "missing from \(what): \($0)" }
        let surplus = try await difference("actual", "expected").map { "not expected of \(what): \($0)" }
        try await session.execute("DROP TABLE \(sql: schema).actual, \(sql: schema).expected")
        return missing + surplus
    }
}
