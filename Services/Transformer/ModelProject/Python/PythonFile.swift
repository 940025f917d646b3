import Pipeline

/// A Python file of a SQLMesh project: which models and macros it defines, so that what is left out can be named. The code
/// itself is never read.
struct PythonFile {
    /// Something that a decorator marks.
    struct Definition: Equatable {
        /// Lower case.
        let name: String
        /// From 1.
        let line: Int
    }

    let path: String
    private(set) var models: [Definition] = []
    private(set) var macros: [Definition] = []

    init(path: String, text: String) {
        self.path = path
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.drop { $0 == " " || $0 == "\t" }
        }
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("@model(") {
                guard let name = Self.quoted(lines[index...].prefix(10)) else { continue }
                models.append(Definition(name: name.lowercased(), line: index + 1))
            } else if line.hasPrefix("@macro") {
                let name = Self.quoted([line]) ?? Self.function(lines[index...].prefix(10))
                if let name { macros.append(Definition(name: name.lowercased(), line: index + 1)) }
            }
        }
    }

    /// The first text in quotes.
    private static func quoted(_ lines: some Sequence<Substring>) -> String? {
        for line in lines {
            guard let open = line.firstIndex(where: { $0 == "'" || $0 == "\"" }) else { continue }
            let rest = line[line.index(after: open)...]
            return rest.firstIndex(of: line[open]).map { String(rest[..<$0]) }
        }
        return nil
    }

    /// The name behind the first `def`.
    private static func function(_ lines: some Sequence<Substring>) -> String? {
        for line in lines where line.hasPrefix("def ") {
            return String(line.dropFirst(4).prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        }
        return nil
    }

    /// An error that says what is not supported, and what to do.
    func refusal(in folder: String, hint: String) -> PipelineError {
        PipelineError(
            file: path, line: models.first?.line ?? macros.first?.line ?? 1, column: 1,
            message: "Python is not supported. \(Self.instead[folder] ?? "Write it in SQL.")\(hint)")
    }

    private static let instead = [
        "models": "Write the model as SQL.",
        "macros": "Write the macro as @DEF(name, x -> …), or as a Jinja macro, in a .sql file in macros/.",
        "tests": "Write the test as YAML: inputs, outputs, and `assert: min(events) >= 0` for conditions.",
    ]
}
