import Foundation
import SQL

/// The functions that `@EVAL` and conditions know.
enum ConstantFunctions {
    private static let names = [
        "abs", "coalesce", "concat", "greatest", "least", "length", "lower", "nullif", "replace", "round", "trim",
        "upper",
    ]

    static func call(
        _ call: FunctionCall, _ arguments: [ConstantValue]
    ) throws(ConstantEvaluator.Failure) -> ConstantValue {
        let name = call.name.name.lowercased()
        let result = ofAny(name, arguments) ?? ofText(name, arguments) ?? ofNumbers(name, arguments)
        if let result { return result }
        let known = names.joined(separator: ", ").uppercased()
        throw ConstantEvaluator.Failure(
            message: "\(name.uppercased()) of these values is known only to the database. Known here: \(known).")
    }

    private static func ofAny(_ name: String, _ arguments: [ConstantValue]) -> ConstantValue? {
        switch name {
        case "coalesce": arguments.first { $0 != .null } ?? .null
        case "concat": .string(arguments.map { $0.value.text ?? "" }.joined())
        case "nullif" where arguments.count == 2: arguments[0] == arguments[1] ? .null : arguments[0]
        default: nil
        }
    }

    private static func ofText(_ name: String, _ arguments: [ConstantValue]) -> ConstantValue? {
        let texts = arguments.compactMap { value -> String? in
            if case .string(let text) = value { text } else { nil }
        }
        guard let text = texts.first, texts.count == arguments.count else { return nil }
        switch (name, texts.count) {
        case ("upper", 1): return .string(text.uppercased())
        case ("lower", 1): return .string(text.lowercased())
        case ("trim", 1): return .string(text.trimmingCharacters(in: .whitespaces))
        case ("length", 1): return .integer(text.unicodeScalars.count)
        case ("replace", 3) where !texts[1].isEmpty: return .string(text.replacing(texts[1], with: texts[2]))
        default: return nil
        }
    }

    private static func ofNumbers(_ name: String, _ arguments: [ConstantValue]) -> ConstantValue? {
        let numbers = arguments.compactMap(\.number)
        guard let number = numbers.first, numbers.count == arguments.count else { return nil }
        switch (name, numbers.count) {
        case ("abs", 1):
            if case .integer(let value) = arguments[0] { return value > .min ? .integer(abs(value)) : nil }
            return .number(abs(number))
        case ("round", 1):
            if case .integer = arguments[0] { return arguments[0] }
            return .number(number.rounded(.toNearestOrAwayFromZero))
        case ("round", 2) where (0...15).contains(numbers[1]):
            let scale = pow(10, numbers[1].rounded(.down))
            return .number((number * scale).rounded(.toNearestOrAwayFromZero) / scale)
        case ("greatest", _): return numbers.max().flatMap { numbers.firstIndex(of: $0) }.map { arguments[$0] }
        case ("least", _): return numbers.min().flatMap { numbers.firstIndex(of: $0) }.map { arguments[$0] }
        default: return nil
        }
    }
}
