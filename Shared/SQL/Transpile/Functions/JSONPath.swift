/// A way into a JSON document: GoogleSQL's `$.a.b[0]`, PostgreSQL's `{a,b,0}`.
struct JSONPath: Equatable {
    /// Keys of objects and, as digits, places in arrays from 0.
    enum Step: Equatable {
        case key(String)
        case index(Int)
    }

    var steps: [Step]

    init(steps: [Step]) { self.steps = steps }

    /// Reads `$.a."b c"[0]['d']`; nil for what is no such path.
    init?(googleSQL text: String) {
        guard text.hasPrefix("$") else { return nil }
        var rest = text.dropFirst()
        steps = []
        while let mark = rest.popFirst() {
            switch mark {
            case ".":
                if rest.first == "\"" {
                    rest.removeFirst()
                    let key = rest.prefix { $0 != "\"" }
                    rest = rest.dropFirst(key.count + 1)
                    steps.append(.key(String(key)))
                } else {
                    let key = rest.prefix { $0 != "." && $0 != "[" }
                    guard !key.isEmpty, key != "*" else { return nil }
                    rest = rest.dropFirst(key.count)
                    steps.append(.key(String(key)))
                }
            case "[":
                let inner = rest.prefix { $0 != "]" }
                rest = rest.dropFirst(inner.count + 1)
                if let index = Int(inner), index >= 0 {
                    steps.append(.index(index))
                } else if inner.count > 1, let quote = inner.first, quote == "'" || quote == "\"", inner.last == quote {
                    steps.append(.key(String(inner.dropFirst().dropLast())))
                } else {
                    return nil
                }
            default: return nil
            }
        }
    }

    /// Reads `{a,"b c",0}`; nil for what is no such array.
    init?(postgres text: String) {
        guard text.hasPrefix("{"), text.hasSuffix("}") else { return nil }
        let inner = text.dropFirst().dropLast()
        guard !inner.contains("\\") else { return nil }
        steps = []
        var rest = inner
        while !rest.isEmpty {
            var key: Substring
            if rest.first == "\"" {
                rest.removeFirst()
                key = rest.prefix { $0 != "\"" }
                rest = rest.dropFirst(key.count + 1)
            } else {
                key = rest.prefix { $0 != "," }
                rest = rest.dropFirst(key.count)
            }
            steps.append(Self.step(String(key)))
            if rest.first == "," { rest.removeFirst() }
        }
    }

    /// What PostgreSQL takes for a place in an array if the value is one, and else for a key.
    static func step(_ text: String) -> Step { Int(text).map { .index($0) } ?? .key(text) }

    var googleSQL: String {
        "$"
            + steps.map { step in
                switch step {
                case .index(let index): "[\(index)]"
                case .key(let key): isWord(key) ? ".\(key)" : ".\"\(key)\""
                }
            }.joined()
    }

    var postgres: String {
        "{"
            + steps.map { step in
                switch step {
                case .index(let index): "\(index)"
                case .key(let key):
                    isWord(key) ? key : "\"\(key.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
                }
            }.joined(separator: ",") + "}"
    }

    private func isWord(_ key: String) -> Bool {
        guard let first = key.first, first.isASCII, first.isLetter || first == "_", key.lowercased() != "null" else {
            return false
        }
        return key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
