// DAGFields: the fields of a YAML mapping, each asked for by its name; what is wrong is pointed at.
import Foundation
import Pipeline
import ServiceRuntime
import Spelling
import Yams

/// A mapping of which the fields are known.
struct DAGFields {
    let value: YAMLValue
    private let fields: [String: YAMLValue]

    private static let duration = Setting<Duration>.duration(
        "duration", in: .milliseconds(1)...(.seconds(3_650 * 86_400)), "")

    init(_ value: YAMLValue, known: [String]) throws(PipelineError) {
        self.value = value
        var fields: [String: YAMLValue] = [:]
        var problems: [PipelineError] = []
        for (key, field) in try value.mapping() {
            if known.contains(key.text) {
                fields[key.text] = field
            } else {
                problems.append(
                    key.error(
                        "`\(key.text.prefix(80))` is not known here."
                            + KnownNames.hint(for: String(key.text.prefix(80)), in: known, quote: "`")))
            }
        }
        if let error = PipelineError(all: problems) { throw error }
        self.fields = fields
    }

    /// The field, unless it is missing or null.
    subscript(name: String) -> YAMLValue? { fields[name].flatMap { $0.isNull ? nil : $0 } }

    func text(_ name: String, max: Int = 1_000) throws(PipelineError) -> String? {
        guard let field = self[name] else { return nil }
        let text = try field.string()
        guard text.utf8.count <= max, !text.utf8.contains(0) else {
            throw field.error("`\(name)` has more than \(max) bytes, or a NUL.")
        }
        return text
    }

    func needed(_ name: String, max: Int = 1_000) throws(PipelineError) -> String {
        guard let text = try text(name, max: max), !text.isEmpty else { throw value.error("`\(name)` is missing.") }
        return text
    }

    /// One, or a list.
    func texts(_ name: String, max: Int = 500) throws(PipelineError) -> [String]? {
        guard let field = self[name] else { return nil }
        if field.node.scalar != nil { return [field.text] }
        let list = try field.sequence()
        guard list.count <= max else { throw field.error("`\(name)` has more than \(max) entries.") }
        return try list.map { (entry) throws(PipelineError) in try entry.string() }
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(PipelineError) -> Int? {
        guard let field = self[name] else { return nil }
        guard let number = Int(field.text), range.contains(number) else {
            throw field.error("`\(name)` must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// In seconds.
    func duration(_ name: String) throws(PipelineError) -> Double? {
        guard let field = self[name] else { return nil }
        // no duration: told below
        guard let duration = try? Self.duration.check(field.text) as? Duration else {
            throw field.error("`\(name)` must be a duration such as 30s, 5m, 12h or 7d.")
        }
        return duration.seconds
    }

    func time(_ name: String) throws(PipelineError) -> Date? {
        guard let field = self[name] else { return nil }
        guard let date = TimeText.date(field.text) else {
            throw field.error("`\(name)` must be a time: 2026-11-01 or 2026-11-01T12:00:00Z.")
        }
        return date
    }

    func choice<Value>(_ name: String, _ type: Value.Type) throws(PipelineError) -> Value?
    where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
        guard let field = self[name] else { return nil }
        guard let value = Value(rawValue: field.text) else {
            let known = Value.allCases.map(\.rawValue)
            throw field.error(
                "`\(name)` must be one of \(known.joined(separator: ", "))."
                    + KnownNames.hint(for: field.text, in: known, quote: "`"))
        }
        return value
    }

    /// Names and texts.
    func pairs(_ name: String) throws(PipelineError) -> [String: String] {
        guard let field = self[name] else { return [:] }
        var pairs: [String: String] = [:]
        for (key, value) in try field.mapping() { pairs[key.text] = try value.string() }
        return pairs
    }

    /// A text with `{{ … }}`, checked.
    func template(_ name: String, max: Int = 64 << 10) throws(PipelineError) -> String? {
        guard let field = self[name], let text = try text(name, max: max) else { return nil }
        try Self.check(text, field)
        return text
    }

    static func check(_ text: String, _ field: YAMLValue) throws(PipelineError) {
        do throws(Template.Mistake) {
            _ = try Template(text)
        } catch {
            throw field.error("\(error.description).")
        }
    }

    /// A text, or anything else as JSON.
    func document(_ name: String) throws(PipelineError) -> (text: String, isDocument: Bool)? {
        guard let field = self[name] else { return nil }
        if field.node.scalar != nil { return try template(name).map { ($0, false) } }
        var text = ""
        try Self.json(field, depth: 0, into: &text)
        try Self.check(text, field)
        return (text, true)
    }

    private static let documentBytesMax = 64 << 10

    /// Writes a value as JSON. Aliases may make little YAML very long: it ends where a document is too long.
    private static func json(_ value: YAMLValue, depth: Int, into text: inout String) throws(PipelineError) {
        guard depth < 32, text.utf8.count <= documentBytesMax else {
            throw value.error("This document is deeper than 32 levels, or longer than \(documentBytesMax) bytes.")
        }
        if let scalar = value.node.scalar {
            let isPlain = scalar.style == .plain
            if value.isNull {
                text += "null"
            } else if isPlain, ["true", "false"].contains(scalar.string) || isNumber(scalar.string) {
                text += scalar.string
            } else {
                text += "\"\(Template.json(scalar.string))\""
            }
        } else if value.node.mapping != nil {
            text += "{"
            for (place, (key, field)) in try value.mapping().enumerated() {
                text += (place > 0 ? "," : "") + "\"\(Template.json(key.text))\":"
                try json(field, depth: depth + 1, into: &text)
            }
            text += "}"
        } else {
            text += "["
            for (place, entry) in try value.sequence().enumerated() {
                if place > 0 { text += "," }
                try json(entry, depth: depth + 1, into: &text)
            }
            text += "]"
        }
    }

    private static func isNumber(_ text: String) -> Bool {
        text.wholeMatch(of: /-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?/) != nil
    }
}
