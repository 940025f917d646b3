import SQL
import Testing

@Suite("Names of trees of any kind are resolved, or refused") struct RandomNameTests {
    @Test("and what is written out can be read", arguments: [SQLDialect.postgres, .bigQuery])
    func resolve(dialect: SQLDialect) throws {
        let catalog = SchemaCatalog(dialect: dialect)
        var resolved = 0
        for seed in 1_000..<UInt64(1_500) {
            var maker = TreeMaker(dialect: dialect, seed: seed)
            let query = maker.query(3)
            let text = query.sql(dialect)
            let errors = query.nameErrors(in: catalog)
            guard let result = try? query.qualified(in: catalog) else {
                #expect(!errors.isEmpty, "seed \(seed): \(text)")
                continue
            }
            resolved += 1
            #expect(errors.isEmpty, "seed \(seed): \(text)")
            let written = result.query.sql(dialect)
            #expect(throws: Never.self, "seed \(seed): \(written)") { try parseQuery(written, dialect: dialect) }
            let lineage = try query.lineage(in: catalog)
            #expect(lineage.columns.map(\.name) == result.columns.map(\.name), "seed \(seed): \(text)")
            #expect(lineage.columns.map(\.type) == result.columns.map(\.type), "seed \(seed): \(text)")
            #expect(query.diff(from: query, dialect: dialect).isEmpty, "seed \(seed): \(text)")
        }
        #expect(resolved > 30)
    }
}
