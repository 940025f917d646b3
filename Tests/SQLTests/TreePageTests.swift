import Foundation
import SQL
import Testing

/// What the module's pages show is there, and everything that is there is shown.
@Suite("The module's pages") struct TreePageTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let dialect: SQLDialect
        let hasPlaceholders: Bool
        let types: [String]
        let text: String
        var testDescription: String { types.joined(separator: ", ") }
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let module = root.appending(path: "Shared/SQL")

    private static func page(_ path: String) -> String {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
    }

    /// The texts of `docs/sql-tree.md`: each begins with a line that names dialect and types.
    static let examples: [Example] = {
        var examples: [Example] = []
        for block in page("docs/sql-tree.md").components(separatedBy: "```sql\n").dropFirst() {
            let texts = block.components(separatedBy: "```")[0].components(separatedBy: "\n\n")
            for text in texts {
                let (head, body) = text.split(at: "\n")
                let (dialect, types) = head.split(at: ": ")
                examples.append(
                    Example(
                        dialect: dialect.contains("bigquery") ? .bigQuery : .postgres,
                        hasPlaceholders: dialect.hasSuffix("placeholders"), types: types.components(separatedBy: ", "),
                        text: body))
            }
        }
        return examples
    }()

    @Test("each example makes the types that it names", arguments: examples) func example(_ example: Example) throws {
        let options = ParseOptions(placeholders: example.hasPlaceholders)
        let statements = try parseStatements(example.text, dialect: example.dialect, options: options)
        var found: Set<String> = []
        for statement in statements { Self.types(in: statement, &found) }
        for type in example.types { #expect(found.contains(type), "\(type) is not in: \(example.text)") }
        let written = statements.map { $0.sql(example.dialect) }.joined(separator: "; ")
        #expect(try parseStatements(written, dialect: example.dialect, options: options) == statements)
    }

    @Test("every public type is on a page") func complete() throws {
        let types = try Self.publicTypes()
        #expect(types.count > 150)
        #expect(Self.examples.count > 40)
        let shown = Set(Self.examples.flatMap(\.types))
        let pages = Self.page("Shared/SQL/README.md") + Self.page("docs/sql-tree.md")
        for type in types.sorted() where !shown.contains(type) {
            let isOnPage = try pages.contains(
                Regex("\\b\(type.replacing(".", with: "\\."))\\b")
                    .wordBoundaryKind(.simple))
            #expect(isOnPage, "\(type) is on no page")
        }
    }

    /// Names of the types of all values in `value`, without the module's.
    private static func types(in value: Any, _ found: inout Set<String>) {
        let name = String(reflecting: type(of: value))
        if name.hasPrefix("SQL.") { found.insert(String(name.dropFirst(4))) }
        for child in Mirror(reflecting: value).children { types(in: child.value, &found) }
    }

    /// Public types by their full names, read from the sources.
    private static func publicTypes() throws -> Set<String> {
        let declaration = /^( *)(public )?(?:final |indirect )*(?:struct|enum|class|protocol|extension) ([A-Z][\w.]*)/
        var types: Set<String> = []
        let files = FileManager.default.enumerator(at: module, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            var outer: [(indent: Int, name: String)] = []
            for line in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n") {
                guard let match = line.firstMatch(of: declaration) else { continue }
                let indent = match.1.count
                outer.removeAll { $0.indent >= indent }
                outer.append((indent, String(match.3)))
                if match.2 != nil { types.insert(outer.map(\.name).joined(separator: ".")) }
            }
        }
        return types
    }
}

extension String {
    /// What stands before and behind the first `separator`.
    fileprivate func split(at separator: String) -> (String, String) {
        guard let range = range(of: separator) else { return (self, "") }
        return (String(self[..<range.lowerBound]), String(self[range.upperBound...]))
    }
}
