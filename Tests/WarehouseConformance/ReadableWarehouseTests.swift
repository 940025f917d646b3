import Foundation
import TestKit
import Testing
import Warehouse

private func failure(_ body: () async throws -> Void) async -> WarehouseError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? WarehouseError
    }
}

@Suite("What every engine promises to who reads", .timeLimit(.minutes(20))) struct ReadableWarehouseTests {
    @Test("columns have their kinds, rows come in order, values have one text", arguments: Engine.available)
    func reading(engine: Engine) async throws {
        try await withReader(engine) { place in
            try await place.makeFacts()
            let sql = "SELECT n, t, d, i, b, j FROM \(place.schema).facts ORDER BY n DESC"
            let columns = try await place.reader.read(ReadQuery(sql)) { $0.columns }
            #expect(columns.map(\.name) == ["n", "t", "d", "i", "b", "j"])
            #expect(columns.map(\.kind) == [.number, .text, .date, .timestamp, .boolean, .json])
            let rows = try await place.rows(sql)
            #expect(
                rows.map { Array($0.prefix(4)) } == [
                    ["2", "zwei é", "1969-12-31", "1969-12-31 23:59:59.5+00"],
                    ["1", "one", "2026-02-28", "2026-02-28 23:59:59.123456+00"],
                    ["-9223372036854775808", nil, nil, nil],
                ])
            #expect(rows.map { $0[4].map { ["t", "true"].contains($0) } } == [false, true, nil])
            #expect(rows[1][5]?.filter { $0 != " " } == #"{"a":1}"#)
            #expect(rows[0][5] == nil && rows[2].suffix(2) == [nil, nil])
        }
    }

    @Test("a query without rows has columns", arguments: Engine.available)
    func noRows(engine: Engine) async throws {
        try await withReader(engine) { place in
            try await place.makeFacts()
            let sql = "SELECT n, t FROM \(place.schema).facts WHERE n = 5"
            let columns = try await place.reader.read(ReadQuery(sql)) { $0.columns.map(\.name) }
            #expect(columns == ["n", "t"])
            #expect(try await place.rows(sql) == [])
        }
    }

    @Test("parameters are values, whatever they look like", arguments: Engine.available)
    func parameters(engine: Engine) async throws {
        try await withReader(engine) { place in
            try await place.makeFacts()
            let one = engine.parameter(1), text = engine.type(.text)
            let sql = "SELECT n FROM \(place.schema).facts WHERE t = \(one)"
            #expect(try await place.rows(sql, ["one"]) == [["1"]])
            #expect(try await place.rows(sql, ["' OR TRUE --"]) == [])
            #expect(try await place.rows(sql, [nil]) == [])
            let both = "SELECT CAST(\(one) AS \(text)) AS a, CAST(\(engine.parameter(2)) AS \(text)) AS b"
            #expect(
                try await place.rows(both, ["'; DROP TABLE x; \" \\ \n é", nil]) == [
                    ["'; DROP TABLE x; \" \\ \n é", nil]
                ])
        }
    }

    @Test("who takes no more rows gets on, and can read again", arguments: Engine.available)
    func enough(engine: Engine) async throws {
        try await withReader(engine) { place in
            try await place.makeFacts()
            for _ in 1...3 {
                let first = try await place.reader.read(
                    ReadQuery("SELECT n FROM \(place.schema).facts ORDER BY n DESC")
                ) { result in
                    for try await row in result.rows { return row }
                    return []
                }
                #expect(first == ["2"])
            }
        }
    }

    @Test("many read at once, and each has its own rows", arguments: Engine.available)
    func together(engine: Engine) async throws {
        try await withReader(engine) { place in
            let sums = try await withThrowingTaskGroup(of: (Int, [[String?]]).self) { group in
                for number in 0..<12 {
                    group.addTask { (number, try await place.rows("SELECT \(number) AS n, 'x' AS t")) }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            #expect(sums.count == 12)
            for (number, rows) in sums { #expect(rows == [["\(number)", "x"]]) }
        }
    }

    @Test(
        "nothing is changed by who reads",
        arguments: Engine.available,
        [
            "DELETE FROM %.facts WHERE TRUE", "INSERT INTO %.facts (n) VALUES (7)",
            "UPDATE %.facts SET n = 7 WHERE TRUE",
            "CREATE TABLE %.new (n INT)", "CREATE TABLE %.new AS SELECT 1 AS n", "DROP TABLE %.facts",
            "DROP VIEW %.shown",
            "TRUNCATE TABLE %.facts", "SELECT 1; DROP VIEW %.shown", "SELECT 1; INSERT INTO %.facts (n) VALUES (7)",
            "CREATE OR REPLACE VIEW %.shown AS SELECT 1 AS n",
        ])
    func changes(engine: Engine, sql: String) async throws {
        try await withReader(engine) { place in
            try await place.makeFacts()
            let error = await failure { _ = try await place.rows(sql.replacing("%", with: place.schema)) }
            #expect(error != nil)
            #expect(error?.isRetriable == false)
            #expect(
                try await place.rows("SELECT count(*) AS c, max(n) AS m FROM \(place.schema).facts") == [["3", "2"]])
            #expect(try await place.rows("SELECT count(t) AS c FROM \(place.schema).shown") == [["2"]])
            #expect(try await place.reader.catalogue().filter { $0.schema == place.schema }.count == 2)
        }
    }

    @Test("a mistake is told as one, and where it is", arguments: Engine.available)
    func mistakes(engine: Engine) async throws {
        try await withReader(engine) { place in
            for sql in ["SELECT 1 +", "SELECT nope FROM \(place.schema).nothing", "SELECT\n\n  1 FROM FROM x"] {
                let error = await failure { _ = try await place.rows(sql) }
                guard case .invalidStatement(let reason, _) = error else {
                    Issue.record("\(sql): \(String(describing: error))")
                    continue
                }
                #expect(!reason.isEmpty)
                #expect(error?.isRetriable == false)
            }
            let error = await failure { _ = try await place.rows("\nSELEC 1") }
            guard case .invalidStatement(_, let position?) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect((2...8).contains(position))
        }
    }

    @Test("a row larger than who reads takes is refused; what is smaller comes", arguments: Engine.available)
    func largeRows(engine: Engine) async throws {
        try await withReader(engine) { place in
            let limit = 100_000
            for (size, isRefused) in [(99_999, false), (100_001, true), (3_000_000, true)] {
                let error = await failure {
                    let rows = try await place.rows("SELECT repeat('x', \(size)) AS t", rowBytesMax: limit)
                    #expect(rows.first?.first??.utf8.count == size)
                }
                #expect(error == (isRefused ? .rowTooLarge(bytes: size, limit: limit) : nil))
            }
            let rows = try await place.rows("SELECT repeat('é', 50000) AS t", rowBytesMax: limit)
            #expect(rows.count == 1)
        }
    }

    @Test("a task that is cancelled reads nothing", arguments: Engine.available)
    func cancelled(engine: Engine) async throws {
        try await withReader(engine) { place in
            let error = await failure {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.cancelAll()
                    group.addTask { _ = try await place.rows("SELECT 1 AS n") }
                    try await group.waitForAll()
                }
            }
            #expect(error == .cancelled)
            let rows = try await place.rows("SELECT 1 AS n")
            #expect(rows == [["1"]])
        }
    }

    @Test("what the reader's own code throws comes out as it is", arguments: Engine.available)
    func ownErrors(engine: Engine) async throws {
        struct Own: Error {}
        try await withReader(engine) { place in
            await #expect(throws: Own.self) {
                try await place.reader.read(ReadQuery("SELECT 1 AS n")) { _ -> Int in throw Own() }
            }
            let rows = try await place.rows("SELECT 1 AS n")
            #expect(rows == [["1"]])
        }
    }

    @Test("an estimate runs nothing, and tells of mistakes", arguments: Engine.available)
    func estimates(engine: Engine) async throws {
        try await withReader(engine) { place in
            try await place.makeFacts()
            #expect(try await place.reader.estimate("SELECT n FROM \(place.schema).facts").cost >= 0)
            let error = await failure {
                _ = try await place.reader.estimate("SELECT nope FROM \(place.schema).nothing")
            }
            guard case .invalidStatement = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            _ = await failure { _ = try await place.reader.estimate("DELETE FROM \(place.schema).facts WHERE TRUE") }
            #expect(try await place.rows("SELECT count(*) AS c FROM \(place.schema).facts") == [["3"]])
        }
    }

    @Test("the catalogue has tables and views, with their columns", arguments: Engine.available)
    func catalogues(engine: Engine) async throws {
        try await withReader(engine) { place in
            #expect(try await place.reader.catalogue().contains { $0.schema == place.schema } == false)
            try await place.makeFacts()
            let relations = try await place.reader.catalogue().filter { $0.schema == place.schema }
            #expect(relations.map(\.name) == ["facts", "shown"])
            #expect(relations.map(\.isView) == [false, true])
            let facts = try #require(relations.first)
            #expect(facts.columns.map(\.name) == ["n", "t", "b", "d", "i", "j"])
            // The emulator takes the JSON of a CREATE TABLE for a STRING.
            #expect(facts.columns.prefix(5).map(\.kind) == [.number, .text, .boolean, .date, .timestamp])
            #expect(relations.last?.columns.map(\.name) == ["n", "t"])
        }
    }
}
