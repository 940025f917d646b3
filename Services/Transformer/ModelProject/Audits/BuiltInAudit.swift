import OrderedCollections
import Pipeline
import Spelling

/// One built-in audit: what it takes and the query it becomes.
struct BuiltInAudit: Sendable {
    let name: String
    let parameters: [Parameter]
    /// One of these must be given, where none of them must be given on its own.
    var oneOf: [String] = []
    /// The query that returns what is wrong.
    let sql: @Sendable (Values) -> String

    struct Parameter: Sendable {
        enum Kind {
            case expression, list, number, flag, model, partition
        }
        let name: String
        let kind: Kind
        var isRequired = true

        static func one(_ name: String) -> Self { Self(name: name, kind: .expression) }
        static func list(_ name: String) -> Self { Self(name: name, kind: .list) }
        static func number(_ name: String) -> Self { Self(name: name, kind: .number) }
        static let column = one("column")
        static let columns = list("columns")
        static let to = Self(name: "to", kind: .model)
        /// SQLMesh lets every audit be narrowed by it.
        static let condition = one("condition").optional
        static let limits = [
            one("min_v").optional, one("max_v").optional, Self(name: "inclusive", kind: .flag).optional,
        ]

        var optional: Self { Self(name: name, kind: kind, isRequired: false) }
    }

    /// The arguments of a call that has all that it must have.
    struct Values {
        fileprivate let texts: [String: [String]]
        /// The audited rows, for the FROM clause.
        var rows = ""
        /// The other model's rows, for the FROM clause.
        var other = ""

        /// An optional argument.
        subscript(name: String) -> String? { texts[name]?.first }
        /// An argument that every call has.
        func one(_ name: String) -> String { texts[name]?.first ?? "NULL" }
        func list(_ name: String) -> [String] { texts[name] ?? [] }
        /// A list as SQL.
        func joined(_ name: String) -> String { list(name).joined(separator: ", ") }
        /// True unless the call says something else.
        func isNotFalse(_ name: String) -> Bool { self[name]?.lowercased() != "false" }

        /// The condition under which `value` is outside of min_v and max_v.
        func outside(_ value: String) -> String {
            let isInclusive = isNotFalse("inclusive")
            let least = self["min_v"].map { "\(value) \(isInclusive ? "<" : "<=") (\($0))" }
            let most = self["max_v"].map { "\(value) \(isInclusive ? ">" : ">=") (\($0))" }
            return [least, most].compactMap { $0 }.joined(separator: " OR ")
        }
    }

    var readsOtherModel: Bool { parameters.contains { $0.kind == .model } }

    private var all: [Parameter] { parameters + [.condition] }

    func values(of call: AuditCall, in source: SourceFile) throws(PipelineError) -> Values {
        func error(_ message: String) -> PipelineError { source.error(at: call.offset, message) }
        let known = all.map(\.name)
        if let unknown = call.arguments.keys.first(where: { !known.contains($0) }) {
            throw error(
                "\(name) has no argument \(unknown).\(KnownNames.hint(for: unknown, in: known)) "
                    + "Known: \(known.sorted().joined(separator: ", ")).")
        }
        var texts: [String: [String]] = [:]
        for parameter in all {
            guard let values = call.arguments[parameter.name]?.values else {
                if !parameter.isRequired { continue }
                throw error("\(name) needs \(parameter.name)\(parameter.kind == .list ? " := (…)" : "").")
            }
            if parameter.kind == .list {
                if values.isEmpty { throw error("\(name) needs \(parameter.name) := (…).") }
            } else if values.count != 1 {
                throw error("\(parameter.name) must be one value, not a list.")
            }
            if values.contains("") { throw error("A value of \(parameter.name) is missing.") }
            texts[parameter.name] = values
        }
        if !oneOf.isEmpty, !oneOf.contains(where: { texts[$0] != nil }) {
            throw error("\(name) needs \(oneOf.joined(separator: " or ")).")
        }
        return Values(texts: texts)
    }

    func check(_ call: AuditCall, in source: SourceFile) throws(PipelineError) {
        let values = try values(of: call, in: source)
        for parameter in parameters {
            guard let text = values[parameter.name], let expected = parameter.kind.expected(insteadOf: text) else {
                continue
            }
            throw source.error(
                at: call.offset, "\(parameter.name) of \(name) must be \(expected) instead of `\(text)`.")
        }
    }
}

extension BuiltInAudit.Parameter.Kind {
    /// What should stand instead of `text`; nil when it may stand.
    fileprivate func expected(insteadOf text: String) -> String? {
        switch self {
        case .expression, .list: return nil
        case .number:
            // Sums are numbers too.
            let isNumber = text.contains(where: \.isNumber) && text.allSatisfy { "0123456789.eE+-*/() ".contains($0) }
            return isNumber ? nil : "a number"
        case .flag: return ["true", "false"].contains(text.lowercased()) ? nil : "true or false"
        case .model: return text.contains(where: { "'() ".contains($0) }) ? "the name of a model" : nil
        case .partition:
            let words = text.lowercased().split(whereSeparator: \.isWhitespace)
            return words.count > 2 && words.starts(with: ["partition", "by"]) ? nil : "PARTITION BY and columns"
        }
    }
}
