import SQL
import Testing

import class Foundation.ProcessInfo

@Suite("Trees of every kind of node are read back as they were written") struct AnyTreeTests {
    /// How many trees; SQL_RANDOM_TREES asks for more than a quick run has.
    private static let count = ProcessInfo.processInfo.environment["SQL_RANDOM_TREES"].flatMap { UInt64($0) } ?? 400

    @Test("by the dialect that wrote them", arguments: [SQLDialect.postgres, .bigQuery])
    func roundTrip(dialect: SQLDialect) throws {
        for seed in 0..<Self.count {
            var maker = AnyTreeMaker(dialect: dialect, seed: seed)
            let tree = maker.statement()
            let options = ParseOptions(placeholders: maker.hasPlaceholders)
            for style in [GeneratorStyle.oneLine, .pretty] {
                let text = tree.sql(dialect, style: style)
                do {
                    let again = try parseStatements(text, dialect: dialect, options: options)
                    if again != [tree] {
                        Issue.record("\(Self.difference(again, [tree])), seed \(seed): \(text)")
                    }
                } catch {
                    Issue.record("seed \(seed): \(error)\n\(text)")
                }
            }
            let canonical = tree.sql(dialect, style: .canonical)
            let read = try? parseStatements(canonical, dialect: dialect, options: options)
            let twice = read?.map { $0.sql(dialect, style: .canonical) }
            #expect(twice == [canonical], "seed \(seed)")
            if dialect == .postgres, !maker.hasPlaceholders {
                let (text, pretty) = (tree.sql(dialect), tree.sql(dialect, style: .pretty))
                if let error = LibpgQuery.error(text) { Issue.record("\(error), seed \(seed): \(text)") }
                #expect(LibpgQuery.fingerprint(text) == LibpgQuery.fingerprint(pretty), "seed \(seed)")
            }
        }
    }

    /// Where two trees begin to differ; the whole of them would hide it.
    private static func difference(_ read: [Statement], _ written: [Statement]) -> String {
        // Places and spellings are no part of a tree's meaning.
        func plain(_ trees: [Statement]) -> String {
            "\(trees)".replacing(/, info: SQL.NodeInfo\([^()]*\([^()]*\)[^()]*\)/, with: "")
                .replacing(/SQL.Spelling<[\w.<>]*>\(value: [^()]*(\("[^"]*"\))?\)/, with: "")
                .replacing(/, range: SQL.SourceRange\([^()]*\)/, with: "")
        }
        let (left, right) = (plain(read), plain(written))
        let common = zip(left, right).prefix { $0 == $1 }.count
        let start = max(0, common - 60)
        return "read …\(left.dropFirst(start).prefix(160))… for …\(right.dropFirst(start).prefix(160))…"
    }

    @Test("and every kind of node is among them") func coverage() throws {
        var missing = try TreeKinds.declared()
        #expect(missing.count > 300)
        var seed: UInt64 = 0
        while !missing.isEmpty, seed < 6_000 {
            for dialect in [SQLDialect.postgres, .bigQuery] {
                var maker = AnyTreeMaker(dialect: dialect, seed: seed)
                TreeKinds.remove(maker.statement(2), from: &missing)
            }
            seed += 1
        }
        #expect(missing.isEmpty, "\(missing.sorted())")
    }
}
