// Template: text with `{{ … }}` in it, and what fills it in. What is filled in is escaped as its place needs it, and in SQL it is
// bound: nothing that somebody gives can become a statement, a header, another host or more JSON.
import Foundation

/// What templates of a task can say.
struct TemplateValues: Sendable, Equatable {
    /// By their whole names: `params.day`, `run.interval_end`, `tasks.count.result`.
    var values: [String: String]

    subscript(name: String) -> String? { values[name] }
}

/// Text with places to fill in.
struct Template: Sendable, Equatable {
    enum Piece: Sendable, Equatable {
        case text(String)
        case value(String)
    }

    /// What keeps a template from being one.
    struct Mistake: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    let pieces: [Piece]

    /// - Throws: ``Mistake`` for a place that is not closed, or has no name.
    init(_ text: String) throws(Mistake) {
        var pieces: [Piece] = []
        var rest = text[...]
        while let open = rest.range(of: "{{") {
            guard let close = rest[open.upperBound...].range(of: "}}") else {
                throw Mistake(description: "`{{` without `}}`")
            }
            let name = rest[open.upperBound..<close.lowerBound].trimmingCharacters(in: .whitespaces)
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isOfName) else {
                throw Mistake(
                    description: "`{{ \(name.prefix(40)) }}` is no name such as `params.day` or `run.interval_end`")
            }
            if open.lowerBound > rest.startIndex { pieces.append(.text(String(rest[..<open.lowerBound]))) }
            pieces.append(.value(name))
            rest = rest[close.upperBound...]
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        self.pieces = pieces
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "._-/".utf8.contains(byte)
    }

    /// The names that are filled in.
    var names: [String] { pieces.compactMap { if case .value(let name) = $0 { name } else { nil } } }

    /// The names in the order of `$1`, `$2` …, each once.
    var boundNames: [String] {
        names.reduce(into: []) { seen, name in if !seen.contains(name) { seen.append(name) } }
    }

    /// The text before the first place.
    var head: String { if case .text(let text)? = pieces.first { text } else { "" } }

    /// - Parameter escape: What is done to each value.
    /// - Throws: ``TaskFailed`` for a value that is not there.
    func filled(_ values: TemplateValues, _ escape: (String) -> String = { $0 }) throws(TaskFailed) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let piece): text += piece
            case .value(let name): text += escape(try Self.value(name, values))
            }
        }
        return text
    }

    /// The statement with `$1`, `$2` … in place of the values, and the values.
    func bound(_ values: TemplateValues) throws(TaskFailed) -> (sql: String, parameters: [String]) {
        var sql = ""
        var numbers: [String: Int] = [:]
        var parameters: [String] = []
        for piece in pieces {
            switch piece {
            case .text(let piece): sql += piece
            case .value(let name):
                if numbers[name] == nil {
                    parameters.append(try Self.value(name, values))
                    numbers[name] = parameters.count
                }
                sql += "$\(numbers[name] ?? 0)"
            }
        }
        return (sql, parameters)
    }

    private static func value(_ name: String, _ values: TemplateValues) throws(TaskFailed) -> String {
        guard let value = values[name] else {
            throw TaskFailed(
                "template", "`{{ \(name) }}` has no value in this run: what it names has not run, or gave nothing.",
                isRetriable: false)
        }
        return value
    }

    /// A value within a JSON string.
    static func json(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// A value within an address: nothing of it ends a part of the path or begins another.
    static func url(_ value: String) -> String {
        let isPlain: (UInt8) -> Bool = { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_~".utf8.contains(byte)
        }
        return value.utf8.reduce(into: "") { text, byte in
            if isPlain(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.utf8.count < 2 ? "0" : "") + digits
            }
        }
    }
}

/// Why an attempt came to nothing.
struct TaskFailed: Error, Equatable, CustomStringConvertible {
    let code: String
    let message: String
    let isRetriable: Bool

    init(_ code: String, _ message: String, isRetriable: Bool) {
        self.code = code
        self.message = message
        self.isRetriable = isRetriable
    }

    var description: String { "\(code): \(message)" }
}
