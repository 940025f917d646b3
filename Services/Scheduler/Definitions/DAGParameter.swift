// DAGParameter: what may be said when a run is asked for: a subset of JSON Schema. Values are checked before anything is
// written, and travel with the run.
import Foundation

/// A value of a parameter, as JSON has it.
public enum ParameterValue: Codable, Sendable, Equatable {
    case text(String)
    case integer(Int)
    case number(Double)
    case flag(Bool)

    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let flag = try? value.decode(Bool.self) {  // no flag: another kind
            self = .flag(flag)
        } else if let integer = try? value.decode(Int.self) {  // no whole number: another kind
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {  // no number: a text, or nothing of ours
            self = .number(number)
        } else {
            self = .text(try value.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .flag(let value): try container.encode(value)
        }
    }

    /// Reads a text as a value of a type; `nil` when it is none.
    init?(_ text: String, as type: DAGParameter.Kind) {
        switch type {
        case .string: self = .text(text)
        case .integer:
            guard let integer = Int(text) else { return nil }
            self = .integer(integer)
        case .number:
            guard let number = Double(text), number.isFinite else { return nil }
            self = .number(number)
        case .boolean:
            guard let flag = Bool(text) else { return nil }
            self = .flag(flag)
        }
    }

    /// As a template shows it.
    var text: String {
        switch self {
        case .text(let value): value
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .flag(let value): String(value)
        }
    }
}

/// A parameter of a DAG.
public struct DAGParameter: Codable, Sendable, Equatable {
    /// JSON Schema's words.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case string, integer, number, boolean
    }

    /// JSON Schema's formats that are checked.
    public enum Format: String, Codable, Sendable, CaseIterable {
        case date
        case dateTime = "date-time"
    }

    public var name: String
    public var type: Kind
    public var title: String?
    public var description: String?
    /// Without one it must be given.
    public var standard: ParameterValue?
    public var allowed: [ParameterValue]?
    public var minimum: Double?
    public var maximum: Double?
    public var minLength: Int?
    public var maxLength: Int?
    public var format: Format?

    /// No text is longer, whatever its schema says.
    static let lengthMax = 10_000

    /// What is wrong with a value; `nil` when it is good.
    func problem(with value: ParameterValue) -> String? {
        switch (type, value) {
        case (.string, .text(let text)):
            let length = text.unicodeScalars.count
            guard length >= minLength ?? 0 else { return "has \(length) characters; \(minLength ?? 0) at least" }
            let most = maxLength ?? Self.lengthMax
            guard length <= most else { return "has \(length) characters; \(most) at most" }
            guard !text.utf8.contains(0) else { return "has a NUL in it" }
            switch format {
            case .date where text.utf8.count != 10 || TimeText.date(text) == nil: return "is no day such as 2026-11-01"
            case .dateTime where TimeText.date(text) == nil: return "is no time such as 2026-11-01T12:00:00Z"
            default: break
            }
        case (.integer, .integer(let number)):
            if let problem = outside(Double(number)) { return problem }
        case (.number, .integer(let number)):
            if let problem = outside(Double(number)) { return problem }
        case (.number, .number(let number)):
            if let problem = outside(number) { return problem }
        case (.boolean, .flag): break
        default: return "is no \(type.rawValue)"
        }
        guard let allowed, !allowed.contains(value) else { return nil }
        return "is none of \(allowed.map { "\"\($0.text)\"" }.joined(separator: ", "))"
    }

    private func outside(_ number: Double) -> String? {
        if let minimum, number < minimum { return "is less than \(minimum.formatted())" }
        if let maximum, number > maximum { return "is more than \(maximum.formatted())" }
        return nil
    }
}

extension DAGDefinition {
    /// The parameters of a run: what was given, the defaults for the rest.
    /// - Throws: ``RequestError/parameters(_:)`` that tells all that is wrong.
    func parameters(_ given: [String: ParameterValue]) throws(RequestError) -> [String: ParameterValue] {
        var problems: [String] = []
        var values: [String: ParameterValue] = [:]
        for parameter in parameters {
            guard let value = given[parameter.name] ?? parameter.standard else {
                problems.append("`\(parameter.name)` must be given")
                continue
            }
            if let problem = parameter.problem(with: value) { problems.append("`\(parameter.name)` \(problem)") }
            values[parameter.name] = value
        }
        let known = Set(parameters.map(\.name))
        for name in given.keys.sorted() where !known.contains(name) {
            problems.append("`\(name.prefix(80))` is no parameter of this DAG")
        }
        guard problems.isEmpty else { throw .parameters(problems) }
        return values
    }
}
