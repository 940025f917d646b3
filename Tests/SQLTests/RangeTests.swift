import Testing

@testable import SQL

@Suite("Every node knows where it stood") struct RangeTests {
    private static let statements = [
        "SELECT a.b AS c, (f(x, 1) + 2) * 3, CASE WHEN a THEN b ELSE c END, x::int[], -y, NOT z FROM s.t AS u JOIN v USING (k) WHERE a IN (1, 2) AND b BETWEEN 1 AND 2 OR c LIKE 'x%'",
        "WITH w AS (SELECT DISTINCT ON (a) a, sum(b) FILTER (WHERE c) OVER (PARTITION BY d ORDER BY e DESC) FROM t) SELECT ARRAY[1, 2][1], (x).y, EXTRACT(DAY FROM z), t AT TIME ZONE 'UTC' FROM w ORDER BY 1 LIMIT 3",
        "INSERT INTO t (a) SELECT EXISTS (SELECT 1), (SELECT 2), ROW(1, 'a''b'), U&'d!0061' UESCAPE '!', interval '1' day",
        "UPDATE t SET a = b + 1, c[1] = d WHERE e = ANY (ARRAY[1]) RETURNING f",
        "SELECT a ~<~ b, OPERATOR(s.+) c, x IS NOT DISTINCT FROM y, trim(both 'x' from y), 'a'\n'b', $1",
    ]

    /// Compares each expression with what its own part of the text says.
    private struct Checker: TreeVisitor {
        let text: [UInt8]
        let dialect: SQLDialect
        var outer = SourceRange.none
        var checked = 0
        var problems: [String] = []

        mutating func visit(_ expression: Expression) {
            let range = expression.range
            if range.isNone || range.end > UInt32(text.count) || range.start > range.end {
                return problems.append("no range in the text: \(expression.sql(dialect))")
            }
            if !outer.isNone, range.start < outer.start || range.end > outer.end {
                problems.append("\(expression.sql(dialect)) is not within what it belongs to")
            }
            check(expression, String(decoding: text[range.offsets], as: UTF8.self))
            let before = outer
            outer = range
            walk(expression)
            outer = before
        }

        private mutating func check(_ expression: Expression, _ slice: String) {
            // Parts that are no expressions on their own: stars, units of time, and what stands without its brackets.
            switch expression {
            case .star, .timePart: return
            case .array(let array) where !array.hasKeyword.value && dialect == .postgres: return
            case .literal(let literal) where literal.value == .default: return
            default: break
            }
            checked += 1
            do {
                let again = try parseExpression(slice, dialect: dialect)
                if again != expression { problems.append("`\(slice)` reads as \(again.sql(dialect))") }
            } catch {
                problems.append("`\(slice)`: \(error)")
            }
        }
    }

    private func check(_ text: String, _ dialect: SQLDialect) throws {
        for statement in try parseStatements(text, dialect: dialect, options: ParseOptions(comments: false)) {
            var checker = Checker(text: Array(text.utf8), dialect: dialect)
            checker.visit(statement)
            #expect(checker.problems.isEmpty, "\(checker.problems.prefix(3)) in \(text.prefix(400))")
            let range = statement.range
            let slice = String(decoding: Array(text.utf8)[range.offsets], as: UTF8.self)
            let again = try parseStatements(slice, dialect: dialect)
            #expect(again == [statement])
        }
    }

    @Test("in statements of many kinds", arguments: statements)
    func listed(text: String) throws { try check(text, .postgres) }

    @Test("in the queries of TPC-H and TPC-DS", arguments: TPCQueries.all)
    func benchmarks(query: TPCQueries.Entry) throws { try check(query.text, .postgres) }

    @Test("in random trees", arguments: [SQLDialect.postgres, .bigQuery])
    func random(dialect: SQLDialect) throws {
        for seed in 0..<300 as Range<UInt64> where seed % 8 != 7 {
            var maker = AnyTreeMaker(dialect: dialect, seed: seed)
            try check(maker.statement().sql(dialect), dialect)
        }
    }
}
