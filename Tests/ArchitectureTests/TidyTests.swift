import Foundation
import Testing

/// What can be checked about the standards of CONTRIBUTING.md without judgement.
@Suite("The code keeps its own rules") struct TidyTests {
    @Test(
        "no shortcut in the product",
        arguments: [
            (["TODO", "FIXME", "XXX"], #"\b(TODO|FIXME|XXX)\b"#, "unfinished work belongs into an issue"),
            (["try!"], #"\btry!"#, "a failure here would end the process"),
            (["as!"], #"\bas!"#, "a failure here would end the process"),
            (["fatalError("], #"(?:^|[^.\w])fatalError\("#, "a failure here would end the process"),
            (["nonisolated(unsafe)"], #"\bnonisolated\(unsafe\)"#, "an unproven promise to the compiler"),
            (["catch"], #"catch\s*\{\s*\}"#, "a swallowed error"),
            (
                ["socketOption"], #"socketOption\(\.tcp_"#,
                "TCP_NODELAY among the options of SOL_SOCKET is SO_DEBUG; say tcpOption"
            ),
            (["sleep"], #"\bThread\.sleep|\busleep\(|\bsleep\("#, "blocks a thread"),
        ] as [([String], String, String)])
    func noShortcuts(words: [String], pattern: String, reason: String) throws {
        let regex = try Regex(pattern)
        for file in try SourceTree.files(below: "Shared", "Services") where words.contains(where: file.text.contains) {
            for (index, line) in file.lines.enumerated() where words.contains(where: line.contains) {
                guard !Self.isComment(line), line.firstMatch(of: regex) != nil else { continue }
                if line.contains("func fatalError(") { continue }  // asks librdkafka for its fatal error
                if pattern.contains("sleep"), Self.mayBlock(line, after: file.lines.prefix(index).last) { continue }
                Issue.record("\(file.path):\(index + 1): \(line.trimmingCharacters(in: .whitespaces)) (\(reason))")
            }
        }
    }

    @Test("an unchecked Sendable says why it holds, on the lines above it")
    func uncheckedSendableIsProven() throws {
        for file in try SourceTree.files(below: "Shared", "Services") {
            for (index, line) in file.lines.enumerated() where line.contains("@unchecked Sendable") {
                if Self.isComment(line) { continue }
                let above = file.lines[max(0, index - 12)..<index]
                #expect(
                    above.contains(where: Self.isComment), "\(file.path):\(index + 1) promises Sendable without a proof"
                )
            }
        }
    }

    private static func isComment(_ line: Substring) -> Bool { line.trimmingPrefix { $0 == " " }.hasPrefix("//") }

    /// `Task.sleep` blocks nothing; and a thread that is ours, or the C library's, may rest where a comment says so.
    private static func mayBlock(_ line: Substring, after above: Substring?) -> Bool {
        line.contains("Task.sleep") || line.contains("await sleep(") || line.contains(".sleep(for")
            || line.contains(".sleep(until")
            || (line + (above ?? "")).contains("thread")
    }

    @Test("every public type and function of a shared module has a doc comment")
    func publicDeclarationsAreDocumented() throws {
        let declaration =
            /^\s*(?:@[A-Za-z]+(?:\([^)]*\))?\s+)*public (?:static |final |nonisolated |mutating |indirect )*(?:func|struct|class|enum|actor|protocol|typealias|macro)\b/
        // Members that a protocol asks for by name say nothing new.
        let required =
            /\b(?:func (?:(?:make|destroy)[A-Z]\w+|log|handle|response|check|beginRow|append|appendNull|hash|makeAsyncIterator|makeIterator|encode|enqueue|next|run|==|<|index|allocate)\b|func (?:==|<)|struct (?:Async)?Iterator|typealias (?:Element|AsyncIterator|Failure|Index|Body|Output))/
        var missing: [String] = []
        for file in try SourceTree.files(below: "Shared") {
            for (index, line) in file.lines.enumerated()
            where line.contains("public ") && line.firstMatch(of: declaration) != nil
                && line.firstMatch(of: required) == nil
            {
                var above = index - 1
                while above >= 0, file.lines[above].trimmingPrefix(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
                let before = above < 0 ? "" : file.lines[above].trimmingPrefix { $0 == " " }
                if !before.hasPrefix("///") && !before.hasPrefix("*/") {
                    missing.append("\(file.path):\(index + 1): \(line.trimmingCharacters(in: .whitespaces))")
                }
            }
        }
        #expect(missing.isEmpty, "\(missing.count) undocumented:\n\(missing.prefix(60).joined(separator: "\n"))")
    }

    @Test("a file has one reason to change: none is longer than 600 lines")
    func filesAreShort() throws {
        for file in try SourceTree.files(below: "Shared", "Services") where file.lines.count > 600 {
            Issue.record("\(file.path) has \(file.lines.count) lines")
        }
    }

    @Test("documents name only files that exist")
    func linksResolve() throws {
        let documents = ["README.md", "CONTRIBUTING.md"] + (try Self.markdown(below: "docs"))
        for document in documents {
            let folder = SourceTree.root.appending(path: document).deletingLastPathComponent()
            for link in try SourceTree.text(document).matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) {
                let target = folder.appending(path: String(link.1))
                #expect(FileManager.default.fileExists(atPath: target.path()), "\(document) links to \(link.1)")
            }
        }
    }

    private static func markdown(below folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: SourceTree.root.appending(path: folder).path())
            .filter { $0.hasSuffix(".md") }.map { "\(folder)/\($0)" }
    }
}
