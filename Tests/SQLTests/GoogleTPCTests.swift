import SQL
import Testing

/// The GoogleSQL of these texts is SQLGlot's: they are no output of the transpiler that is tested.
@Suite("The queries of TPC-H and TPC-DS in GoogleSQL") struct GoogleTPCTests {
    @Test("are all there") func count() {
        #expect(TPCQueries.googleSQL.map(\.name) == TPCQueries.all.map(\.name))
    }

    @Test("read back as they were written, in every style", arguments: TPCQueries.googleSQL)
    func styles(query: TPCQueries.Entry) throws {
        let statements = try parseStatements(query.text, dialect: .bigQuery)
        for style in [GeneratorStyle.oneLine, .pretty, .canonical] {
            let text = statements.map { $0.sql(.bigQuery, style: style) }.joined(separator: ";\n")
            let again = try parseStatements(text, dialect: .bigQuery)
            if style.canonical {
                #expect(again.map { $0.sql(.bigQuery, style: .canonical) }.joined(separator: ";\n") == text)
            } else {
                #expect(again == statements)
            }
        }
    }

    @Test(
        "have every name resolved, go to PostgreSQL, and come back",
        arguments: TPCQueries.googleSQL.filter { $0.name != unfaithful })
    func roundTrip(query: TPCQueries.Entry) throws {
        let postgres = TPCQueries.catalog(for: query)
        let bigQuery = postgres.transpiled(to: .bigQuery)
        let original = try parseStatements(query.text, dialect: .bigQuery)
        try TranspileTPCTests.qualify(original, bigQuery)
        let there = try original.transpiled(from: .bigQuery, to: .postgres, catalog: bigQuery)
        #expect(there.warnings.isEmpty)
        let text = TranspileTPCTests.text(there.tree, .postgres)
        #expect(LibpgQuery.error(text) == nil)
        let read = try parseStatements(text, dialect: .postgres)
        try TranspileTPCTests.qualify(read, postgres)

        let back = try read.transpiled(from: .postgres, to: .bigQuery, catalog: postgres)
        try TranspileTPCTests.qualify(back.tree, bigQuery)
        let difference = TranspileTPCTests.difference(Self.normal(back.tree), Self.normal(original))
        if let exception = Self.exceptions[query.name] {
            #expect(difference.contains(exception))
        } else {
            #expect(difference == "")
        }
    }

    /// SQLGlot leaves out the names of columns behind a table's alias, without which this one makes no sense.
    private static let unfaithful = "tpch-13"

    /// In small letters, as PostgreSQL has names; decimal constants without the word that makes them exact.
    private static func normal(_ statements: [Statement]) -> String {
        TranspileTPCTests.text(statements, .bigQuery).lowercased()
            .replacing(/numeric '([0-9.]+)'/) { $0.output.1 }.replacing("`", with: "")
    }

    /// Queries that come back with the same meaning in other words, and what shows it.
    private static let exceptions: [String: String] = [
        // The name of a select item stands for the item there; PostgreSQL would group by the table's column.
        "tpcds-08": "group by substring(ca_zip, 1, 5)",
        // Days are added to a date by a function.
        "tpcds-72": "date_add(",
        // PostgreSQL rounds halves of a float to even.
        "tpcds-78": "cast(round(",
    ]
}
