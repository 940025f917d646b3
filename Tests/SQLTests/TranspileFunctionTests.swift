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

    @Test("with any number of arguments, an answer or an error") func anyNumberOfArguments() throws {
        let files: [(String, SQLDialect, SQLDialect)] = [
            ("postgres.txt", .postgres, .bigQuery), ("googlesql.txt", .bigQuery, .postgres),
        ]
        var tried = 0
        for (file, source, target) in files {
            for one in Case.all(of: file) {
                guard let name = one.call.split(separator: "(").first, name.allSatisfy({ $0.isLetter || $0 == "_" })
                else {
                    continue
                }
                for count in 0...7 {
                    let arguments = Array(repeating: "s", count: count).joined(separator: ", ")
                    guard let query = try? parseQuery("SELECT \(name)(\(arguments)) FROM t", dialect: source) else {
                        continue
                    }
                    let options = TranspileOptions(unsupported: .warn, unknownFunctions: .warn)
                    do throws(SQLError) {
                        let result = try query.transpiled(
                            from: source, to: target, catalog: TranspileTests.catalog(source), options: options)
                        #expect(!result.tree.sql(target).contains("$1"), "\(name) with \(count) arguments")
                        #expect(!result.tree.sql(target).contains("@argument"), "\(name) with \(count) arguments")
                    } catch {
                        #expect(!error.message.isEmpty)
                    }
                    tried += 1
                }
            }
        }
        #expect(tried > 1000)
    }

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
