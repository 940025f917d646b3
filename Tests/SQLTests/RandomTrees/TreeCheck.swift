import SQL

/// Writes a random tree and reads it back.
struct TreeCheck {
    let dialect: SQLDialect
    let seed: UInt64

    /// What is wrong, each with the text; empty when all texts of the tree give the tree.
    func faults() -> [String] {
        var maker = AnyTreeMaker(dialect: dialect, seed: seed)
        let tree = maker.statement()
        let options = ParseOptions(placeholders: maker.hasPlaceholders)
        let texts = [tree.sql(dialect), tree.sql(dialect, style: .pretty)]
        var faults = texts.compactMap { text in
            do throws(SQLError) {
                let again = try parseStatements(text, dialect: dialect, options: options)
                return again == [tree] ? nil : "\(Self.difference(again, [tree])): \(text)"
            } catch {
                return "\(error)\n\(text)"
            }
        }
        let canonical = tree.sql(dialect, style: .canonical)
        let read = try? parseStatements(canonical, dialect: dialect, options: options)
        if read?.map({ $0.sql(dialect, style: .canonical) }) != [canonical] {
            faults.append("not canonical: \(canonical)")
        }
        if dialect == .postgres, !maker.hasPlaceholders {
            if let error = LibpgQuery.error(texts[0]) { faults.append("\(error): \(texts[0])") }
            if LibpgQuery.fingerprint(texts[0]) != LibpgQuery.fingerprint(texts[1]) {
                faults.append("another query when pretty: \(texts[0])")
            }
        }
        return faults.map { "\(dialect), seed \(seed): \($0)" }
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
}
