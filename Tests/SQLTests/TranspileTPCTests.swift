import SQL
import Testing

@Suite("TPC-H and TPC-DS in the other dialect") struct TranspileTPCTests {
    @Test("go there and come back", arguments: TPCQueries.all)
    func roundTrip(query: TPCQueries.Entry) throws {
        let postgres = TPCQueries.catalog(for: query)
        let bigQuery = postgres.transpiled(to: .bigQuery)
        let original = try parseStatements(query.text, dialect: .postgres)
        let there = try original.transpiled(from: .postgres, to: .bigQuery, catalog: postgres)
        #expect(there.warnings.isEmpty)
        let written = Self.text(there.tree, .bigQuery)
        let read = try parseStatements(
            there.tree.map { $0.sql(.bigQuery) }.joined(separator: ";\n"), dialect: .bigQuery)
        let isEqual = read == there.tree
        #expect(isEqual, "\(there.tree.map { $0.sql(.bigQuery) })")
        try Self.qualify(read, bigQuery)

        let back = try read.transpiled(from: .bigQuery, to: .postgres, catalog: bigQuery)
        let text = Self.text(back.tree, .postgres)
        #expect(LibpgQuery.error(text) == nil)
        try Self.qualify(back.tree, postgres)
        let expected = Self.normal(Self.text(original, .postgres))
        if let difference = Self.exceptions[query.name] {
            #expect(Self.difference(Self.normal(text), expected).contains(difference))
        } else {
            #expect(Self.difference(Self.normal(text), expected) == "")
            #expect(LibpgQuery.fingerprint(Self.normal(text)) == LibpgQuery.fingerprint(expected))
        }

        let again = try back.tree.transpiled(from: .postgres, to: .bigQuery, catalog: postgres)
        #expect(Self.difference(Self.text(again.tree, .bigQuery), written) == "")
    }

    /// Queries that come back with the same meaning in other words, and what shows it.
    private static let exceptions = [
        // GoogleSQL would group by the select list's ca_zip, so the table's is named.
        "tpcds-08": "GROUP BY customer_address.ca_zip",
        // GoogleSQL has no integers of 32 bits.
        "tpcds-54": "AS bigint",
        // GoogleSQL has no FROM and FOR between arguments.
        "tpch-22": "substring(c_phone, 1, 2)",
        // GoogleSQL has no column names behind an alias; they stand in the select list.
        "tpch-13": "AS c_custkey",
    ]

    static func text(_ statements: [Statement], _ dialect: SQLDialect) -> String {
        statements.map { $0.sql(dialect, style: .canonical) }.joined(separator: ";\n")
    }

    /// Without the words that say what holds anyway: PostgreSQL has nulls first in descending order.
    private static func normal(_ text: String) -> String {
        text.replacing(" DESC NULLS FIRST", with: " DESC").replacing(" ASC NULLS FIRST", with: " NULLS FIRST")
            .replacing(" ASC NULLS LAST", with: "").replacing(" ASC", with: "")
    }

    /// Where two texts part; empty when they do not.
    static func difference(_ left: String, _ right: String) -> String {
        if left == right { return "" }
        let common = left.commonPrefix(with: right).count
        return [left, right].map { "…" + $0.dropFirst(max(0, common - 30)).prefix(120) + "…" }.joined(
            separator: " instead of ")
    }

    static func qualify(_ statements: [Statement], _ catalog: SchemaCatalog) throws {
        for case .query(let query) in statements {
            let result = try query.qualified(in: catalog, options: ResolveOptions(requiresKnownTables: true))
            #expect(result.isComplete)
        }
    }
}
