import Foundation
import SQL

/// The functions that `@EVAL` and conditions know.
enum ConstantFunctions {
    private static let names = [
        "abs", "coalesce", "concat", "greatest", "least", "length", "lower", "nullif", "replace", "round", "trim", "upper",
    ]

    static func call(
        _ call: FunctionCall, _ arguments: [ConstantValue]
    ) throws(ConstantEvaluator.Failure) -> ConstantValue {
        let name = call.name.name.lowercased()
        switch (name, arguments) {
        case ("coalesce", _): return arguments.first { $0 != .null } ?? .null
        case ("concat", _): return .string(arguments.map { $0.value.text ?? "" }.joined())
        case ("upper", [.string(let text)]): return .string(text.uppercased())
        case ("lower", [.string(let text)]): return .string(text.lowercased())
        case ("trim", [.string(let text)]): return .string(text.trimmingCharacters(in: .whitespaces))
        case ("length", [.string(let text)]): return .integer(text.unicodeScalars.count)
        case ("replace", [.string(let text), .string(let old), .string(let new)]) where !old.isEmpty:
            return .string(text.replacing(old, with: new))
        case ("nullif", _) where arguments.count == 2: return arguments[0] == arguments[1] ? .null : arguments[0]
        case ("abs", [.integer(let value)]) where value > .min: return .integer(abs(value))
        case ("abs", [.number(let value)]): return .number(abs(value))
        case ("round", [.integer]): return arguments[0]
        case ("round", [.number(let value)]): return .number(value.rounded())
        case ("round", [.number(let value), .integer(let digits)]) where (0...15).contains(digits):
            let scale = pow(10, Double(digits))
            return .number((value * scale).rounded() / scale)
        case ("greatest", _), ("least", _):
            let numbers = arguments.compactMap { value -> (Double, ConstantValue)? in
                switch value {
                case .integer(let number): (Double(number), value)
                case .number(let number): (number, value)
                default: nil
                }
            }
            guard numbers.count == arguments.count, !numbers.isEmpty else { break }
            let chosen = name == "least" ? numbers.min { $0.0 < $1.0 } : numbers.max { $0.0 < $1.0 }
            return chosen?.1 ?? .null
        default: break
        }
        let known = names.joined(separator: ", ").uppercased()
        throw ConstantEvaluator.Failure(
            message: "\(name.uppercased()) of these values is known only to the database. Known here: \(known).")
    }
}
