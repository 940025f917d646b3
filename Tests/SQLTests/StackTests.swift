import Foundation
import SQL
import Testing

@Suite("No text takes more than a small thread's stack, or more time than its length") struct StackTests {
    /// Runs `body` on a thread with so little stack as a task of the cooperative pool may have.
    private static func onSmallStack<Value: Sendable>(
        _ body: @escaping @Sendable () -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: body()) }
            thread.stackSize = 512 << 10
            thread.start()
        }
    }

    @Test("however deep it nests", arguments: DepthTests.shapes.map(\.name))
    func deep(shape: String) async throws {
        let make = try #require(DepthTests.shapes.first { $0.name == shape }).text
        for dialect in [SQLDialect.postgres, .bigQuery] {
            let codes = await Self.onSmallStack {
                [20, 200, 2_000, 50_000].map { count -> SQLError.Code? in
                    // A debug build's frames leave less of the stack to the parser than a release build's.
                    let options = ParseOptions(stackMax: 320 << 10)
                    do throws(SQLError) {
                        _ = try parseStatements(make(count), dialect: dialect, options: options)
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            #expect(codes.last != .some(nil))
            if dialect == .postgres { #expect(codes.last == .tooDeep) }
        }
    }

    /// Texts of one thing without end, and what becomes of them. Were time to grow faster than length, these
    /// would take minutes.
    static let endless: [(name: String, text: String)] = [
        ("parentheses", String(repeating: "(", count: 1 << 15)),
        ("commas", "SELECT 1" + String(repeating: ",", count: 1 << 15)),
        ("items", "SELECT 1" + String(repeating: ",1", count: 1 << 14)),
        ("statements", String(repeating: "SELECT 1;", count: 1 << 11)),
        ("mistakes", String(repeating: "SELECT 1 1;", count: 1 << 11)),
        ("a sum", "SELECT 1" + String(repeating: "+1", count: 1 << 14)),
        ("a difference in a sum", "SELECT 1" + String(repeating: " + a - b", count: 1 << 11) + " * (1"),
        ("a string", "SELECT 'x" + String(repeating: "x", count: 1 << 15)),
        ("quotes", "SELECT " + String(repeating: "'", count: 1 << 15)),
        ("strings", "SELECT " + String(repeating: "'a'\n", count: 1 << 13)),
        ("a name", "SELECT " + String(repeating: "a", count: 1 << 15)),
        ("a quoted name", "SELECT \"" + String(repeating: "a", count: 1 << 15)),
        ("parts of a name", "SELECT a" + String(repeating: ".a", count: 1 << 14)),
        ("a number", "SELECT " + String(repeating: "1", count: 1 << 15)),
        ("operators", "SELECT 1 " + String(repeating: "~", count: 1 << 15)),
        ("minuses", "SELECT 1 " + String(repeating: "- ", count: 1 << 14)),
        ("nested comments", String(repeating: "/*", count: 1 << 14)),
        ("comments", "SELECT 1" + String(repeating: "/* a */", count: 1 << 12)),
        ("comments between items", "SELECT 1" + String(repeating: ", /* a */ 1 /* b */", count: 1 << 10)),
        ("lines of comments", String(repeating: "-- a\n", count: 1 << 12) + "SELECT 1"),
        ("dollars", "SELECT " + String(repeating: "$a", count: 1 << 14)),
        ("tags", "SELECT $a$" + String(repeating: "$b", count: 1 << 14)),
        ("AND", "SELECT a" + String(repeating: " AND b", count: 1 << 12)),
        ("AND and OR", "SELECT a" + String(repeating: " AND b OR c", count: 1 << 11)),
        ("WHEN", "SELECT CASE" + String(repeating: " WHEN a THEN b", count: 1 << 11) + " END"),
        ("joins", "SELECT 1 FROM a" + String(repeating: " JOIN b ON c", count: 1 << 11)),
        ("joins without a condition", "SELECT 1 FROM a" + String(repeating: " JOIN b", count: 1 << 12)),
        ("UNION", "SELECT 1" + String(repeating: " UNION SELECT 1", count: 1 << 11)),
        ("tables of WITH", "WITH a AS (SELECT 1)" + String(repeating: ", a AS (SELECT 1)", count: 1 << 11)),
        ("pipes", "FROM a" + String(repeating: " |> WHERE b", count: 1 << 11)),
        ("angles", "SELECT CAST(a AS " + String(repeating: "ARRAY<", count: 1 << 12)),
    ]

    @Test("however long it is", arguments: endless.map(\.name))
    func long(name: String) async throws {
        let text = try #require(Self.endless.first { $0.name == name }).text
        for dialect in [SQLDialect.postgres, .bigQuery] {
            let isWritten = await Self.onSmallStack {
                let options = ParseOptions(stackMax: 320 << 10)
                let script = parseScript(text, dialect: dialect, options: options)
                let again = script.statements
                return script.errors.isEmpty != script.statements.isEmpty
                    && again.map { $0.sql(dialect) } == script.statements.map { $0.sql(dialect) }
            }
            #expect(isWritten || name == "mistakes" || name == "statements")
        }
    }
}
