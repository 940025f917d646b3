// Transpiled queries against real engines: a query of one dialect runs on its own engine and, transpiled, on the other
// one, and both give the same rows. What does not agree is in Queries/exceptions.txt with its reason, and is run too.
import Foundation
import Postgres
import SQL
import TestKit
import Testing

@Suite(
    "Transpiled queries mean the same",
    .enabled(if: PostgresTestServer.isAvailable && BigQueryEngine.isAvailable)
)
struct AgreementTests {
    /// How many queries agree at least. Raise it with the number of queries.
    static let agreeingMin = 370

    @Test("on PostgreSQL and on BigQuery's emulator") func agreement() async throws {
        let exceptions = try NamedQuery.exceptions()
        let queries = try NamedQuery.all()
        #expect(Set(queries.map(\.name)).count == queries.count, "two queries have the same name")
        #expect(
            Set(exceptions.keys).isSubset(of: queries.map(\.name)), "exceptions.txt names a query that is not there")

        try await withEngines { postgres, bigQuery in
            var agreeing = 0
            for query in queries {
                let isPostgres = query.dialect == .postgres
                let home: any Engine = isPostgres ? postgres : bigQuery
                let other: any Engine = isPostgres ? bigQuery : postgres
                let disagreement = await disagreement(query, home, other)
                switch (disagreement, exceptions[query.name]) {
                case (nil, nil): agreeing += 1
                case (nil, .some(let reason)):
                    Issue.record("\(query) agrees now, though exceptions.txt says: \(reason)")
                case (.some(let what), nil): Issue.record("\(query): \(what)")
                case (.some, .some): break
                }
            }
            print("\(agreeing) of \(queries.count) queries agree, \(exceptions.count) are listed as exceptions")
            #expect(agreeing >= Self.agreeingMin)
        }
    }

    /// Nil when the query gives the same rows on both engines; otherwise what was different, or what was refused.
    private func disagreement(_ query: NamedQuery, _ home: any Engine, _ other: any Engine) async -> String? {
        var written = ""
        do {
            let tree = try parseQuery(query.text, dialect: home.dialect)
            let expected = try await home.run(query.text)
            let result = try tree.transpiled(
                from: home.dialect, to: other.dialect, catalog: Shop.catalog(home.dialect),
                options: TranspileOptions(unsupported: .refuse, unknownFunctions: .refuse))
            written = "\n  transpiled: " + result.tree.sql(other.dialect)
            let actual = try await other.run(result.tree.sql(other.dialect))
            if expected.rows.isEmpty { return "no rows: nothing is compared" }
            return expected.difference(from: actual, isOrdered: !tree.orderBy.isEmpty).map { $0 + written }
        } catch {
            return "\(error)" + written
        }
    }

    /// Both engines with the tables of ``Shop`` in them.
    private func withEngines(_ body: (any Engine, any Engine) async throws -> Void) async throws {
        let bigQuery = try #require(BigQueryEngine())
        // The emulator is this test run's own, but another run of this test may have been there before.
        _ = try await bigQuery.run("DROP SCHEMA IF EXISTS shop CASCADE")
        _ = try await bigQuery.run("CREATE SCHEMA shop")
        for statement in Shop.tables.flatMap({ $0.statements(.bigQuery) }) { _ = try await bigQuery.run(statement) }
        try await withDatabase { settings in
            let connection = try await PostgresConnection.connect(settings, logger: PostgresTestServer.logger())
            do {
                try await connection.script("CREATE SCHEMA shop")
                for statement in Shop.tables.flatMap({ $0.statements(.postgres) }) {
                    try await connection.script(statement)
                }
                try await body(PostgresEngine(connection: connection), bigQuery)
            } catch {
                await connection.close()
                throw error
            }
            await connection.close()
        }
    }
}
