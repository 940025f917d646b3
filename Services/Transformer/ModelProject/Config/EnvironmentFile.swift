import Pipeline

/// The file `.env` of a pipeline folder: `NAME=value` lines, whose values win over those of the process, as in SQLMesh.
enum EnvironmentFile {
    static func read(_ folder: PipelineFolder, over environment: [String: String]) throws(PipelineError)
        -> [String: String]
    {
        guard folder.contains(".env") else { return environment }
        return environment.merging(parse(try folder.text(of: ".env"))) { _, own in own }
    }

    /// Lines that are no assignment are comments or nothing.
    static func parse(_ text: String) -> [String: String] {
        var found: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            var rest = line.drop(while: \.isWhitespace)
            if rest.hasPrefix("export ") { rest = rest.dropFirst(7).drop(while: \.isWhitespace) }
            guard !rest.hasPrefix("#"), let sign = rest.firstIndex(of: "=") else { continue }
            let name = rest[..<sign].filter { !$0.isWhitespace }
            guard !name.isEmpty else { continue }
            found[name] = value(rest[rest.index(after: sign)...].drop(while: \.isWhitespace))
        }
        return found
    }

    private static func value(_ text: Substring) -> String {
        if let quote = text.first, quote == "'" || quote == "\"",
            let end = text.dropFirst().firstIndex(of: quote)
        {
            let inside = String(text.dropFirst()[..<end])
            return quote == "\"" ? inside.replacing("\\n", with: "\n") : inside
        }
        let bare = text.firstRange(of: " #").map { text[..<$0.lowerBound] } ?? text
        return String(bare.reversed().drop(while: \.isWhitespace).reversed())
    }
}
