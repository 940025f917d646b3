import SQL
import Testing

@Suite("The queries of TPC-H and TPC-DS") struct TPCTests {
    @Test("are all there") func count() {
        #expect(TPCQueries.all.count == 22 + 99)
    }

    @Test("are written as PostgreSQL reads them, in every style", arguments: TPCQueries.all)
    func postgres(query: TPCQueries.Entry) throws {
        let statements = try parseStatements(query.text, dialect: .postgres)
        for style in [GeneratorStyle.oneLine, .pretty, .canonical] {
            let text = statements.map { $0.sql(.postgres, style: style) }.joined(separator: ";\n")
            #expect(LibpgQuery.error(text) == nil)
            #expect(LibpgQuery.fingerprint(text) == LibpgQuery.fingerprint(query.text))
            let again = try parseStatements(text, dialect: .postgres)
            if style.canonical {
                #expect(again.map { $0.sql(.postgres, style: .canonical) }.joined(separator: ";\n") == text)
            } else {
                #expect(again == statements)
            }
        }
    }

    @Test("have every name resolved, and are complete", arguments: TPCQueries.all)
    func qualified(query: TPCQueries.Entry) throws {
        let options = ResolveOptions(requiresKnownTables: true)
        for case .query(let tree) in try parseStatements(query.text, dialect: .postgres) {
            let result = try tree.qualified(in: TPCQueries.catalog(for: query), options: options)
            #expect(result.isComplete)
            #expect(result.columns.allSatisfy { $0.type != nil })
            let text = result.query.sql(.postgres)
            #expect(LibpgQuery.error(text) == nil)
            let again = try parseQuery(text, dialect: .postgres).qualified(
                in: TPCQueries.catalog(for: query), options: options)
            #expect(again.query == result.query)
            #expect(again.columns == result.columns)
        }
    }

    @Test("have a source for each column that is not made of nothing", arguments: TPCQueries.all)
    func lineage(query: TPCQueries.Entry) throws {
        for case .query(let tree) in try parseStatements(query.text, dialect: .postgres) {
            let lineage = try tree.lineage(in: TPCQueries.catalog(for: query))
            #expect(lineage.columns.contains { !$0.sources.isEmpty } || query.text.lowercased().contains("count(*)"))
        }
    }
}
