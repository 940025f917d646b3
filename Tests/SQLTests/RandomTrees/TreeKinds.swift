import Foundation

/// The kinds of nodes that trees are made of: the cases of the enumerations in `Shared/SQL/Tree`, as their files
/// declare them, so that a new one is noticed.
enum TreeKinds {
    /// `Expression.column`, `Join.Kind.left`, …
    static func declared() throws -> Set<String> {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appending(path: "Shared/SQL/Tree")
        var kinds: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasSuffix(".swift") {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            var enclosing: [(name: String, indent: Int)] = []
            for line in text.split(separator: "\n") {
                let indent = line.prefix { $0 == " " }.count
                while let last = enclosing.last, indent <= last.indent { enclosing.removeLast() }
                if let match = line.firstMatch(of: /\b(?:enum|struct|class|extension) (\w+)/), !isComment(line) {
                    enclosing.append((String(match.1), indent))
                }
                guard let owner = enclosing.last?.name, let found = line.firstMatch(of: /(?:\{|^) *case ([^.}:]+)/),
                    !isComment(line)
                else { continue }
                for name in names(of: String(found.1)) { kinds.insert("\(owner).\(name)") }
            }
        }
        return kinds
    }

    private static func isComment(_ line: Substring) -> Bool { line.drop { $0 == " " }.hasPrefix("//") }

    /// The names in `a, b(Int, c: Int), d = "x"`.
    private static func names(of declaration: String) -> [String] {
        var depth = 0
        var names = [""]
        for character in declaration {
            switch character {
            case "(": depth += 1
            case ")": depth -= 1
            case "," where depth == 0: names.append("")
            default: if depth == 0 { names[names.count - 1].append(character) }
            }
        }
        return names.compactMap { $0.split { " =`\"".contains($0) }.first.map(String.init) }
    }

    /// Takes away the kinds that occur in a tree.
    static func remove(_ value: Any, from kinds: inout Set<String>) {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .enum {
            let type = "\(mirror.subjectType)".split(separator: ".").last ?? ""
            let name = mirror.children.first?.label ?? "\(value)"
            kinds.remove("\(type).\(name)")
        }
        for child in mirror.children { remove(child.value, from: &kinds) }
    }
}
