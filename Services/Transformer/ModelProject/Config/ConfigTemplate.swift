import Foundation
import Pipeline

/// Jinja in `config.yaml`: `{{ env_var('NAME', 'default') }}`, `{{ user() }}`, `{% if %}`, `{% set %}`, and the filters
/// that make values of texts. What is commented out is a comment.
struct ConfigTemplate {
    private let source: SourceFile
    private let environment: [String: String]
    private var assigned: [String: VariableValue] = [:]
    private var text = ""
    /// The open `{% if %}`, outermost first.
    private var conditions: [Condition] = []

    private struct Condition {
        /// One of its branches has been taken.
        var isDecided: Bool
        /// What stands here counts.
        var isTaken: Bool
        let offset: Int
    }

    /// The file with all of it expanded. A variable that is not set and has no default leaves a mark: it is an error where
    /// somebody reads it, see ``UnsetVariables``.
    static func expand(_ source: SourceFile, environment: [String: String]) throws(PipelineError) -> SourceFile {
        var template = ConfigTemplate(source: source, environment: environment)
        try template.run()
        return SourceFile(path: source.path, text: template.text)
    }

    private init(source: SourceFile, environment: [String: String]) {
        self.source = source
        self.environment = environment
    }

    private var isTaken: Bool { conditions.allSatisfy(\.isTaken) }

    private mutating func run() throws(PipelineError) {
        var rest = source.text[...]
        while let open = Self.nextTag(in: rest) {
            if isComment(at: open.lowerBound) {
                let end = rest[open.lowerBound...].firstIndex(of: "\n") ?? rest.endIndex
                keep(rest[..<end])
                rest = rest[end...]
                continue
            }
            keep(rest[..<open.lowerBound])
            let offset = self.offset(of: open.upperBound)
            let isOutput = source.text[open] == "{{"
            guard let close = rest.range(of: isOutput ? "}}" : "%}", range: open.upperBound..<rest.endIndex) else {
                throw source.error(at: offset - 2, "This \(source.text[open]) is never closed.")
            }
            let inside = offset..<self.offset(of: close.lowerBound)
            if isOutput {
                if isTaken { text += try value(of: inside).plain }
            } else {
                try tag(inside)
            }
            rest = rest[close.upperBound...]
        }
        keep(rest)
        if let open = conditions.last { throw source.error(at: open.offset, "This {% if %} has no {% endif %}.") }
    }

    private mutating func keep(_ piece: Substring) { if isTaken { text += piece } }

    private static func nextTag(in text: Substring) -> Range<String.Index>? {
        guard let output = text.range(of: "{{") else { return text.range(of: "{%") }
        guard let tag = text.range(of: "{%"), tag.lowerBound < output.lowerBound else { return output }
        return tag
    }

    private func offset(of index: String.Index) -> Int {
        source.text.utf8.distance(from: source.text.startIndex, to: index)
    }

    /// True behind a `#` that stands outside of quotes, at the start of the line or after white space.
    private func isComment(at index: String.Index) -> Bool {
        let text = source.text
        let start = text[..<index].lastIndex(of: "\n").map { text.index(after: $0) } ?? text.startIndex
        var quote: Character?
        var previous: Character = " "
        for character in text[start..<index] {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == "#", previous.isWhitespace {
                return true
            }
            previous = character
        }
        return false
    }

    // MARK: Tags

    private mutating func tag(_ range: Range<Int>) throws(PipelineError) {
        let inside = trimmingDashes(range)
        var parser = JinjaParser(source: source, range: inside)
        switch parser.word() {
        case "if":
            let condition = try parser.parseWhole()
            let holds = isTaken ? try truth(of: condition) : false
            conditions.append(Condition(isDecided: holds, isTaken: holds, offset: inside.lowerBound))
        case "elif":
            guard var last = conditions.popLast() else { throw closesNothing(inside) }
            let condition = try parser.parseWhole()
            last.isTaken = !last.isDecided && isTaken ? try truth(of: condition) : false
            last.isDecided = last.isDecided || last.isTaken
            conditions.append(last)
        case "else":
            guard let last = conditions.indices.last else { throw closesNothing(inside) }
            conditions[last].isTaken = !conditions[last].isDecided
            conditions[last].isDecided = true
        case "endif":
            guard conditions.popLast() != nil else { throw closesNothing(inside) }
        case "set":
            let bytes = Array(source.text.utf8)
            guard let name = parser.word(), let sign = inside.first(where: { bytes[$0] == UInt8(ascii: "=") }) else {
                throw source.error(at: inside.lowerBound, "Expected a name and = after set.")
            }
            if isTaken { assigned[name] = try value(of: sign + 1..<inside.upperBound) }
        default:
            throw source.error(
                at: inside.lowerBound, "Only if, elif, else, endif and set may stand in tags of config.yaml.")
        }
    }

    private func closesNothing(_ range: Range<Int>) -> PipelineError {
        source.error(at: range.lowerBound, "This tag closes nothing: there is no open {% if %} here.")
    }

    private func trimmingDashes(_ range: Range<Int>) -> Range<Int> {
        let bytes = Array(source.text.utf8)[range]
        let start = bytes.first == UInt8(ascii: "-") ? range.lowerBound + 1 : range.lowerBound
        let end = bytes.count > 1 && bytes.last == UInt8(ascii: "-") ? range.upperBound - 1 : range.upperBound
        return start..<end
    }

    // MARK: Values

    private func value(of range: Range<Int>) throws(PipelineError) -> VariableValue {
        var parser = JinjaParser(source: source, range: trimmingDashes(range))
        return try value(of: try parser.parseWhole())
    }

    private func filtered(_ value: VariableValue, by filter: String, at offset: Int) throws(PipelineError)
        -> VariableValue
    {
        switch filter {
        case "int":
            guard !UnsetVariables.isMarked(value.plain) else { return value }
            guard let number = Int(value.plain) else {
                throw source.error(at: offset, "`\(value.plain)` is not a whole number.")
            }
            return .integer(number)
        case "string", "as_text": return .string(value.plain)
        case "lower": return .string(value.plain.lowercased())
        case "upper": return .string(value.plain.uppercased())
        case "trim": return .string(value.plain.trimmingCharacters(in: .whitespacesAndNewlines))
        default:
            throw source.error(
                at: offset,
                "The filter \(filter) may not stand in config.yaml. Known: int, string, lower, upper, trim.")
        }
    }

    private func truth(of expression: JinjaExpression) throws(PipelineError) -> Bool {
        try value(of: expression).isTrue
    }

    private func value(of expression: JinjaExpression) throws(PipelineError) -> VariableValue {
        switch expression.kind {
        case .literal(let value): return value
        case .name(let name):
            if let value = assigned[name] { return value }
            throw source.error(
                at: expression.offset, "There is no `\(name)` here. Known: env_var('NAME', 'default'), user().")
        case .not(let inner): return .boolean(try !truth(of: inner))
        case .filter(let base, let name, _):
            return try filtered(try value(of: base), by: name.lowercased(), at: expression.offset)
        case .binary(.and, let left, let right): return .boolean(try truth(of: left) ? try truth(of: right) : false)
        case .binary(.or, let left, let right):
            let first = try value(of: left)
            return first.isTrue ? first : try value(of: right)
        case .binary(.equal, let left, let right): return .boolean(try value(of: left) == value(of: right))
        case .binary(.different, let left, let right): return .boolean(try value(of: left) != value(of: right))
        case .conditional(let chosen, let condition, let otherwise):
            if try truth(of: condition) { return try value(of: chosen) }
            if let otherwise { return try value(of: otherwise) }
            return .null
        case .call(let callee, let arguments):
            guard case .name(let name) = callee.kind else { break }
            return try call(name, arguments.positional, at: callee.offset)
        default: break
        }
        throw source.error(
            at: expression.offset,
            "This may not stand in config.yaml. Known: env_var('NAME', 'default'), user(), comparisons, and, or, not, and "
                + "the filters int, string, lower, upper, trim.")
    }

    private func call(
        _ name: String, _ arguments: [JinjaExpression], at offset: Int
    ) throws(PipelineError) -> VariableValue {
        switch (name, arguments.count) {
        case ("user", 0): return .string(environment["USER"] ?? environment["LOGNAME"] ?? NSUserName())
        case ("env_var", 1), ("env_var", 2):
            let variable = try value(of: arguments[0]).plain
            if let value = environment[variable] { return .string(value) }
            if arguments.count == 2 { return try value(of: arguments[1]) }
            return .string(UnsetVariables.mark(variable, at: offset))
        default:
            throw source.error(
                at: offset, "`\(name)` may not stand in config.yaml. Known: env_var('NAME', 'default'), user().")
        }
    }
}

/// Environment variables that `config.yaml` asks for and that are not set. They matter only where they are read: the
/// password of a gateway that is not used may be missing.
enum UnsetVariables {
    /// Stands around a mark; no text that people write has it.
    private static let sign = "\u{F8F0}"

    static func mark(_ name: String, at offset: Int) -> String { "\(sign)\(offset) \(name)\(sign)" }

    static func isMarked(_ text: String) -> Bool { text.contains(sign) }

    /// The error of the first mark in `text`; nil when there is none.
    static func error(in text: String, of source: SourceFile) -> PipelineError? {
        let parts = text.components(separatedBy: sign)
        guard parts.count > 2, let space = parts[1].firstIndex(of: " "), let offset = Int(parts[1][..<space]) else {
            return nil
        }
        let name = parts[1][parts[1].index(after: space)...]
        return source.error(at: offset, "The environment variable \(name) is not set, and no default is given.")
    }
}
