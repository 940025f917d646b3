import ModelProject
import OrderedCollections
import Pipeline
import Planning

extension UnitTestRunner {
    /// Makes the table that an input is read from.
    func create(
        _ table: String, _ name: String, _ input: ModelTest.Input, quoted: Set<String>, _ session: Session
    ) async throws {
        let what = "the input \(name)"
        if let query = input.query { return try await create(table, by: query, input, quoted: quoted, what, session) }
        let rows = input.rows.map { row in
            OrderedDictionary(
                row.map { (Self.column($0.key, among: quoted), $0.value) }, uniquingKeysWith: { first, _ in first })
        }
        var columns = OrderedDictionary(
            input.columns.map { (Self.column($0.key, among: quoted), $0.value) },
            uniquingKeysWith: { first, _ in first })
        for row in rows {
            for (name, value) in row where columns[name] == nil {
                columns[name] = Self.type(of: name, in: rows) ?? (value == .null ? "text" : nil)
            }
        }
        if columns.isEmpty, try await createEmpty(table, like: name, session) { return }
        if fillsColumns {
            for column in try await known(like: name, beside: table, session) where columns[column.name] == nil {
                columns[column.name] = column.type
            }
        }
        let list = columns.map { "\(SQLText.identifier($0.key)) \($0.value)" }.joined(separator: ", ")
        try await run("CREATE TABLE \(table) (\(list))", what, session)
        for (index, row) in rows.enumerated() {
            try await insert(row, of: columns, into: table, "row \(index + 1) of \(what)", session)
        }
    }

    /// The columns of the model, or of the table, that an input stands for; none where they cannot be known.
    private func known(like name: String, beside table: String, _ session: Session) async throws -> [StoredColumn] {
        let place = String(table.dropLast()) + "_like\""
        try await session.execute("SAVEPOINT millrace_like")
        do {
            if try await createEmpty(place, like: name, session) {
                return try await columns(
                    place.split(separator: ".").last.map { String($0).identifierName } ?? "", session)
            }
        } catch is Refused {
            // What the model reads has no such columns either: the test says what it can.
            try await session.execute("ROLLBACK TO SAVEPOINT millrace_like")
        }
        return []
    }

    /// Makes an input of what a query gives; columns whose types are stated have those.
    private func create(
        _ table: String, by query: String, _ input: ModelTest.Input, quoted: Set<String>, _ what: String,
        _ session: Session
    ) async throws {
        try await run("CREATE TABLE \(table) AS SELECT * FROM (\(query)\n) AS given", what, session)
        for (name, type) in input.columns {
            let column = SQLText.identifier(Self.column(name, among: quoted))
            try await run(
                "ALTER TABLE \(table) ALTER COLUMN \(column) TYPE \(type) USING \(column)::\(type)",
                "the column \(name) of \(what)", session)
        }
    }

    /// Makes an input without rows, and so without columns of its own: it has those of the model, or of the table in the
    /// database, that it stands for.
    /// - Returns: False when there is neither.
    private func createEmpty(_ table: String, like name: String, _ session: Session) async throws -> Bool {
        if let model = project.index.find(name), let snapshot = graph[model] {
            let declared = snapshot.definition.columns.map { "\(SQLText.identifier($0.key)) \($0.value)" }
            if !declared.isEmpty {
                try await run(
                    "CREATE TABLE \(table) (\(declared.joined(separator: ", ")))", "the input \(name)", session)
                return true
            }
            // As the engine sees it: the model's own query over empty inputs of its own.
            let rendering = ModelRendering(snapshot)
            let query = try rendering.parsedQuery(
                rendering.context(for: .always, execution: .epoch, isIncremental: false))
            var parents: [String: String] = [:]
            for (index, parent) in query.tables.enumerated() where parents[parent] == nil {
                let place = String(table.dropLast()) + "_\(index)\""
                guard try await createEmpty(place, like: parent, session) else { return false }
                parents[parent] = place
            }
            let placed = query.placed(at: snapshot.definition.query.firstCode) { parents[$0] }
            let prefix = "CREATE TABLE \(table) AS SELECT * FROM ("
            try await run(
                prefix + placed.text + "\n) AS model WITH NO DATA", from: placed, after: prefix,
                "the columns of the input \(name)", session)
            return true
        }
        let parts = name.split(separator: ".").map { SQLText.identifier(String($0)) }.joined(separator: ".")
        let found = try await session.rows("SELECT to_regclass(\(parts))::text AS found")
        guard found.first?["found"] != nil else {
            guard let declared = graph.externals[name.lowercased()] else { return false }
            let list = declared.map { "\(SQLText.identifier($0.name)) \($0.type ?? "text")" }.joined(separator: ", ")
            try await run("CREATE TABLE \(table) (\(list))", "the input \(name)", session)
            return true
        }
        try await run("CREATE TABLE \(table) AS SELECT * FROM \(parts) WITH NO DATA", "the input \(name)", session)
        return true
    }

    func insert(
        _ row: OrderedDictionary<String, TestValue>, of types: OrderedDictionary<String, String>, into table: String,
        _ what: String, _ session: Session
    ) async throws {
        let names = row.keys.map { SQLText.identifier($0) }.joined(separator: ", ")
        let values = row.map { name, value in
            value.text(for: types[name] ?? "text").map(SQLText.literal) ?? "NULL"
        }.joined(separator: ", ")
        let content = row.isEmpty ? "DEFAULT VALUES" : "(\(names)) VALUES (\(values))"
        try await run("INSERT INTO \(table) \(content)", what, session)
    }

    /// What mappings and lists with mappings in them are is JSON; other lists are arrays.
    private static func type(of column: String, in rows: [OrderedDictionary<String, TestValue>]) -> String? {
        let values = rows.compactMap { $0[column] }
        let leaves = values.flatMap(\.leaves)
        if leaves.contains(where: { if case .mapping = $0 { true } else { false } }) { return "jsonb" }
        let isArray = values.contains { if case .list = $0 { true } else { false } }
        return isArray ? (type(of: leaves) ?? "text") + "[]" : type(of: leaves)
    }

    /// From what the values look like: whole numbers, numbers, true and false, days, times; text otherwise.
    private static func type(of values: [TestValue]) -> String? {
        var found: String?
        for case .text(let text, let quoted) in values {
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
}
