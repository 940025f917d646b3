import Foundation
import SQL
import Testing

/// Every family of functions, a call a line, in Fixtures/functions: under a call of the one dialect stands what it is in
/// the other one, or behind `!` why it has no equivalent.
@Suite("Functions in the other dialect") struct TranspileFunctionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let call: String
        let result: String
        var testDescription: String { call }

        static func all(of file: String) -> [Case] {
            let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/functions/\(file)")
            let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
            let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
            return stride(from: 0, to: lines.count - 1, by: 2).map {
                Case(call: lines[$0], result: lines[$0 + 1].trimmingCharacters(in: .whitespaces))
            }
        }
    }

    @Test("from PostgreSQL to GoogleSQL", arguments: Case.all(of: "postgres.txt"))
    func bigQuery(one: Case) throws { try check(one, .postgres, .bigQuery) }

    @Test("from GoogleSQL to PostgreSQL", arguments: Case.all(of: "googlesql.txt"))
    func postgres(one: Case) throws { try check(one, .bigQuery, .postgres) }

    private func check(_ one: Case, _ source: SQLDialect, _ target: SQLDialect) throws {
        let query = try parseQuery("SELECT \(one.call) FROM t", dialect: source)
        let options = TranspileOptions(unsupported: .refuse, unknownFunctions: .refuse)
        do throws(SQLError) {
            let result = try query.transpiled(
                from: source, to: target, catalog: TranspileTests.catalog(source), options: options)
            guard case .select(let select) = result.tree.body, let item = select.items.first else {
                Issue.record("\(one.call) is no longer one select")
                return
            }
            #expect(item.value.sql(target) == one.result)
            #expect(try parseQuery(result.tree.sql(target), dialect: target) == result.tree)
            if target == .postgres { #expect(LibpgQuery.error(result.tree.sql(target)) == nil) }
        } catch {
            #expect("! \(error.message)" == one.result)
        }
    }
}
