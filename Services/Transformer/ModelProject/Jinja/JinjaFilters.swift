import Foundation
import OrderedCollections
import Pipeline

/// What stands behind `|`.
enum JinjaFilters {
    static let names: Set = [
        "abs", "capitalize", "count", "d", "default", "first", "float", "format", "int", "items", "join", "last",
        "length",
        "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "select",
        "selectattr",
        "sort", "string", "sum", "title", "trim", "unique", "upper",
    ]

    static func check(_ name: String, in source: SourceFile, at offset: Int) throws(PipelineError) {
        guard !names.contains(name) else { return }
        throw source.error(
            at: offset, "The filter `\(name)` is not supported. Known: \(names.sorted().joined(separator: ", ")).")
    }

    /// The value that the filter makes; nil where it does not go with these values.
    static func apply(
        _ name: String, _ value: VariableValue, _ arguments: [VariableValue], _ named: [String: VariableValue]
    ) -> VariableValue? {
        let first = arguments.first
        switch (name, value) {
        case ("upper", _), ("lower", _), ("title", _), ("capitalize", _):
            return JinjaMethods.ofString(name, value.plain, [])
        case ("trim", _): return JinjaMethods.ofString("strip", value.plain, arguments)
        case ("replace", _): return JinjaMethods.ofString("replace", value.plain, arguments)
        case ("format", .string(let text)): return JinjaMethods.percentFormat(text, arguments)
        case ("string", _): return .string(value.plain)
        case ("length", _), ("count", _): return elements(value).map { .integer($0.count) }
        case ("list", _): return elements(value).map { .list($0) }
        case ("items", .mapping): return JinjaMethods.ofMapping("items", value, [])
        case ("first", _): return elements(value)?.first
        case ("last", _): return elements(value)?.last
        case ("join", _):
            let separator = (first ?? named["d"])?.plain ?? ""
            return elements(value).map { .string($0.map(\.plain).joined(separator: separator)) }
        case ("reverse", .string(let text)): return .string(String(text.reversed()))
        case ("reverse", _): return elements(value).map { .list($0.reversed()) }
        case ("unique", _): return elements(value).map { .list(Array(OrderedSet($0))) }
        case ("sort", _):
            let isReversed = (first ?? named["reverse"])?.isTrue ?? false
            return sorted(value, by: named["attribute"]?.plain).map { .list(isReversed ? $0.reversed() : $0) }
        case ("min", _): return sorted(value, by: nil)?.first
        case ("max", _): return sorted(value, by: nil)?.last
        case ("sum", _):
            return elements(value)?.reduce(VariableValue.integer(0)) { JinjaArithmetic.apply(.add, $0, $1) ?? .null }
        case ("abs", .integer(let number)): return .integer(abs(number))
        case ("abs", .number(let number)): return .number(abs(number))
        case ("int", _): return integer(value) ?? first ?? .integer(0)
        case ("float", _):
            return JinjaArithmetic.number(value).map { .number($0) } ?? Double(value.plain).map { .number($0) }
        case ("round", _): return rounded(value, first ?? named["precision"])
        default: return nil
        }
    }

    /// What a loop goes over: a list's elements, a mapping's keys, a text's characters.
    static func elements(_ value: VariableValue) -> [VariableValue]? {
        switch value {
        case .list(let elements): elements
        case .mapping(let pairs): pairs.keys.map { .string($0) }
        case .string(let text): text.map { .string(String($0)) }
        default: nil
        }
    }

    private static func integer(_ value: VariableValue) -> VariableValue? {
        switch value {
        case .integer: return value
        case .boolean(let flag): return .integer(flag ? 1 : 0)
        case .number(let number): return Int(exactly: number.rounded(.towardZero)).map { .integer($0) }
        case .string(let text):
            let digits = text.trimmingCharacters(in: .whitespaces)
            if let number = Int(digits) { return .integer(number) }
            return Double(digits).flatMap { Int(exactly: $0.rounded(.towardZero)) }.map { .integer($0) }
        default: return nil
        }
    }

    private static func rounded(_ value: VariableValue, _ digits: VariableValue?) -> VariableValue? {
        guard let number = JinjaArithmetic.number(value) else { return nil }
        guard case .integer(let digits)? = digits else { return .number(number.rounded(.toNearestOrEven)) }
        guard (0...15).contains(digits) else { return nil }
        let scale = pow(10, Double(digits))
        return .number((number * scale).rounded(.toNearestOrEven) / scale)
    }

    private static func sorted(_ value: VariableValue, by attribute: String?) -> [VariableValue]? {
        guard let elements = elements(value) else { return nil }
        let keyed = elements.map { element -> (VariableValue, VariableValue) in
            guard let attribute, case .mapping(let pairs) = element else { return (element, element) }
            return (pairs[attribute] ?? .null, element)
        }
        return keyed.sorted { JinjaArithmetic.order($0.0, $1.0).map { $0 < 0 } ?? false }.map(\.1)
    }
}
