import ModelProject
import OrderedCollections
import Pipeline
import Planning
import Postgres
import SQL

/// What came of a unit test.
struct UnitTestResult: Sendable {
    let name: String
    let model: ModelName
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
    /// Inputs have all columns of what they stand for: NULL where a test's rows say nothing.
    var fillsColumns = false

    init(database: Database, project: Project, graph: ProjectGraph) {
        self.database = database
        self.project = project
        self.graph = graph
    }

    /// - Throws: ``PipelineError`` for a test that is no test: of no model, or with variables that nobody asks for.
    func run(_ test: ModelTest) async throws -> UnitTestResult {
        guard let name = project.index.find(test.model), let snapshot = graph[name] else {
            let hint = project.index.nearest(to: test.model).map { " Did you mean \($0)?" } ?? ""
            throw test.error("There is no model \(test.model).\(hint)")
        }
        try checkVariables(of: test, snapshot)
        try checkGateway(of: test)
        do {
            var found: [String]
            do {
                found = try await problems(of: test, snapshot)
            } catch let refused as Refused where refused.missesColumn {
                // Rows may leave out what the test is not about. To look that up takes more than the test itself.
                var filling = self
                filling.fillsColumns = true
                found = try await filling.problems(of: test, snapshot)
            }
            return UnitTestResult(name: test.name, model: name, problems: found)
        } catch let refused as Refused {
            return UnitTestResult(name: test.name, model: name, problems: [refused.message])
        }
    }

    private func problems(of test: ModelTest, _ snapshot: ModelSnapshot) async throws -> [String] {
        try await database.discarded { session in try await problems(of: test, snapshot, session) }
    }

    /// Tests run where models do.
    private func checkGateway(of test: ModelTest) throws(PipelineError) {
        guard let name = test.gateway, name != project.config.defaultGateway else { return }
        guard let gateway = project.config.gateways[name] else {
            throw test.error("There is no gateway \(name) under gateways in config.yaml.")
        }
        guard gateway.type == "postgres" || project.config.overridesEngine else {
            throw test.error(
                "The gateway \(name) is of the type \(gateway.type), and tests run on PostgreSQL, where the models run. Take "
                    + "`gateway` out.")
        }
    }

    /// SQL that the database refused: the test has failed, and its transaction with it.
    struct Refused: Error {
        let message: String
        /// A column is named that there is not.
        var missesColumn = false
    }

    /// Runs SQL that stands for something of the test.
    /// - Parameters:
    ///   - placed: The SQL of the model in it.
    ///   - prefix: What stands before that; nil where its place in the statement says nothing.
    @discardableResult
    func run(
        _ sql: String, from placed: PlacedSQL? = nil, after prefix: String? = nil, _ what: String, _ session: Session
    ) async throws -> [Row] {
        do {
            return try await session.rows("\(sql: sql)")
        } catch let error as PostgresError where error.code == .server {
            var bare = error
            bare.position = nil
            let message = "\(what): \(bare)"
            throw Refused(
                message: placed.map {
                    "\($0.error(atCharacter: prefix == nil ? nil : error.position, after: prefix ?? "", message))"
                } ?? message, missesColumn: error.sqlState == .undefinedColumn)
        }
    }

    private func checkVariables(of test: ModelTest, _ snapshot: ModelSnapshot) throws(PipelineError) {
        let known: Set = ["start", "end", "execution_time", "is_incremental"]
        let asked = snapshot.definition.query.names.union(project.config.variables.keys)
        if let other = test.variables.keys.sorted().first(where: { !known.contains($0) && !asked.contains($0) }) {
            throw test.error("The model \(snapshot.name) asks for no variable \(other).")
        }
    }

    /// What the model's query makes of a test's inputs: columns, and rows as text.
    /// - Throws: ``PipelineError`` for a test that is no test, or SQL that the database refuses.
    func outputs(of test: ModelTest) async throws -> (columns: [StoredColumn], rows: [[String?]]) {
        guard let name = project.index.find(test.model), let snapshot = graph[name] else {
            throw test.error("There is no model \(test.model).")
        }
        do {
            return try await database.discarded { session in
                let prepared = try await prepare(test, snapshot, session)
                let schema = SQLText.identifier(Self.schema)
                try await run(
                    "CREATE TABLE \(schema).actual AS \(prepared.filtered)", from: prepared.sql, "the query", session)
                let columns = try await self.columns("actual", session)
                let list = columns.map { "\(SQLText.identifier($0.name))::text" }.joined(separator: ", ")
                let order = columns.indices.map { "\($0 + 1)" }.joined(separator: ", ")
                let rows = try await run("SELECT \(list) FROM \(schema).actual ORDER BY \(order)", "the query", session)
                return (columns, rows.map(\.values))
            }
        } catch let refused as Refused {
            throw test.error(refused.message)
        }
    }

    /// The model's query over the test's inputs, which are tables now.
    private struct Prepared {
        let sql: PlacedSQL
        /// With the interval's filter.
        let filtered: String
        let dialect: SQLDialect
    }

    private func prepare(
        _ test: ModelTest, _ snapshot: ModelSnapshot, _ session: Session
    ) async throws -> Prepared {
        try await session.execute("CREATE SCHEMA \(identifier: Self.schema)")
        let query = try self.query(of: test, snapshot)
        var tables: [String: String] = [:]
        for (index, input) in test.inputs.enumerated() {
            let table = "\(SQLText.identifier(Self.schema)).\(SQLText.identifier("input_\(index)"))"
            try await create(table, input.key, input.value, quoted: query.quotedNames, session)
            tables[input.key] = table
            if let model = project.index.find(input.key) { tables[model.description] = table }
        }
        for table in query.tables where input(table, tables) == nil {
            throw test.error("The query reads \(table), for which the test has no input.")
        }
        let sql = query.placed(at: snapshot.definition.query.firstCode) { input($0, tables) }
        // Once by itself, so that a mistake in it is told as one, at its place.
        let shape = "CREATE TABLE \(SQLText.identifier(Self.schema)).output_shape AS SELECT * FROM ("
        try await run(
            shape + sql.text + "\n) AS model WITH NO DATA", from: sql, after: shape, "\(snapshot.name)", session)
        let columns = try await self.columns("output_shape", session)
        let filter = try self.filter(of: test, snapshot, columns)
        return Prepared(
            sql: sql, filtered: "SELECT * FROM (\(sql.text)\n) AS model\(filter)", dialect: query.dialect)
    }

    private func problems(of test: ModelTest, _ snapshot: ModelSnapshot, _ session: Session) async throws -> [String] {
        let prepared = try await prepare(test, snapshot, session)
        let (sql, filtered) = (prepared.sql, prepared.filtered)
        var problems: [String] = []
        if let output = test.outputs {
            problems += try await compare(output, with: filtered, from: sql, "the query", session)
        }
        for (name, output) in test.ctes {
            guard let cte = try commonTable(name, of: sql.text, prepared.dialect) else {
                throw test.error("The query of \(snapshot.name) has no CTE \(name).")
            }
            problems += try await compare(output, with: cte, from: sql, "the CTE \(name)", session)
        }
        for assertion in test.assertions {
            let rows = try await run(
                "SELECT (\(assertion))::text AS holds FROM (\(filtered)) AS model", "assert: \(assertion)", session)
            let values = rows.compactMap { $0["holds"] }
            if values.contains("false") || values.count < rows.count { problems.append("does not hold: \(assertion)") }
        }
        return problems
    }

    /// The query of one of the tables of WITH that stand in `text`.
    private func commonTable(_ name: String, of text: String, _ dialect: SQLDialect) throws -> String? {
        try parseQuery(text, dialect: dialect).query(ofCommonTable: name)?.sql(dialect)
    }

    /// In the transaction alone, so it needs no name of its own.
    static let schema = "millrace_unit_test"

    func columns(_ table: String, _ session: Session) async throws -> [StoredColumn] {
        try await database.columns(of: RelationPath(Self.schema, table), session)
    }

    /// The column that a test means: the one spelled so where there is one, in any case otherwise.
    static func column(_ written: String, among known: some Collection<String>) -> String {
        if written.first == "\"" { return written.identifierName }
        if known.contains(written) { return written }
        let folded = written.lowercased()
        if known.contains(folded) { return folded }
        let similar = known.filter { $0.lowercased() == folded }
        return similar.count == 1 ? similar.first ?? folded : folded
    }

    // MARK: The query

    private func query(of test: ModelTest, _ snapshot: ModelSnapshot) throws -> ParsedQuery {
        let interval = try interval(of: test)
        let execution = try moment("execution_time", in: test) ?? interval.end
        let rendering = ModelRendering(snapshot)
        let context = rendering.context(
            for: interval, execution: execution, isIncremental: test.variables["is_incremental"] == .boolean(true),
            extra: test.variables, stage: .testing)
        // With an execution time of its own, a test sees the same clock every day.
        guard test.variables["execution_time"] != nil else { return try rendering.read(try rendering.query(context)) }
        return try rendering.parsedQuery(context, frozenAt: execution)
    }

    private func input(_ name: String, _ tables: [String: String]) -> String? {
        tables[name.lowercased()] ?? project.index.find(name).flatMap { tables[$0.description] }
    }

    private func interval(of test: ModelTest) throws -> Interval {
        let start = try moment("start", in: test) ?? .beginning
        var end = Moment.distant
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
        of test: ModelTest, _ snapshot: ModelSnapshot, _ columns: [StoredColumn]
    ) throws -> String {
        guard let options = snapshot.definition.kind.timeRange, test.variables["start"] != nil,
            test.variables["end"] != nil
        else { return "" }
        let type = try ModelSQL.timeType(of: snapshot, columns)
        let condition = TimeFilter.condition(
            options.timeColumn, type, format: options.timeFormat, in: try interval(of: test))
        return " WHERE \(condition)"
    }

    // MARK: Comparing

    private func compare(
        _ output: ModelTest.Output, with sql: String, from placed: PlacedSQL, _ what: String, _ session: Session
    ) async throws -> [String] {
        let schema = SQLText.identifier(Self.schema)
        try await run("CREATE TABLE \(schema).actual AS \(sql)", from: placed, what, session)
        try await session.execute("CREATE TABLE \(sql: schema).expected (LIKE \(sql: schema).actual)")
        let types = try await self.columns("actual", session)
        let columns = types.map(\.name)
        let rows = output.rows.map { row in
            OrderedDictionary(
                row.map { (Self.column($0.key, among: columns), $0.value) }, uniquingKeysWith: { first, _ in first })
        }
        var named = rows.reduce(into: OrderedSet<String>()) { $0.formUnion($1.keys) }
        if let query = output.query {
            try await run(
                "CREATE TABLE \(schema).given AS SELECT * FROM (\(query)\n) AS given", "what is expected of \(what)",
                session)
            named = OrderedSet(try await self.columns("given", session).map(\.name))
        }
        if let unknown = named.first(where: { !columns.contains($0) }) {
            return ["\(what) has no column \(unknown); it has \(columns.joined(separator: ", "))"]
        }
        let typed = OrderedDictionary(types.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        for (index, row) in rows.enumerated() {
            try await insert(
                row, of: typed, into: "\(schema).expected", "row \(index + 1) expected of \(what)", session)
        }
        if output.query != nil {
            let list = named.map { SQLText.identifier($0) }
            let values = named.map { name in
                "\(SQLText.identifier(name))::\(types.first { $0.name == name }?.type ?? "text")"
            }
            try await run(
                "INSERT INTO \(schema).expected (\(list.joined(separator: ", "))) "
                    + "SELECT \(values.joined(separator: ", ")) FROM \(schema).given",
                "what is expected of \(what)", session)
            try await session.execute("DROP TABLE \(sql: schema).given")
        }
        let compared = output.partial && !named.isEmpty ? columns.filter(named.contains) : columns
        let list = compared.map { name in
            let column = SQLText.identifier(name)
            // Of two values of json nothing says whether they are equal.
            return types.contains { $0.name == name && $0.type == "json" } ? "\(column)::jsonb AS \(column)" : column
        }.joined(separator: ", ")
        func difference(_ left: String, _ right: String) async throws -> [RowDifference.TextRow] {
            try await run(
                """
                SELECT row_to_json(millrace_difference)::text AS row, millrace_difference.* FROM (
                  SELECT \(list) FROM \(schema).\(left)
                  EXCEPT ALL SELECT \(list) FROM \(schema).\(right)) AS millrace_difference
                """, "comparing \(what)", session
            ).map { RowDifference.TextRow(json: $0.first ?? "", values: Array($0.values.dropFirst())) }
        }
        let found = RowDifference(
            columns: compared, missing: try await difference("expected", "actual"),
            surplus: try await difference("actual", "expected"))
        try await session.execute("DROP TABLE \(sql: schema).actual, \(sql: schema).expected")
        return found.lines(of: what)
    }
}
