import Pipeline
import SQL

/// `@AND(…)` and `@OR(…)`: conditions joined, without those that are NULL.
enum LogicMacros {
    static func joined(_ arguments: MacroArguments, by word: String) throws(PipelineError) -> MacroValue {
        guard arguments.named.isEmpty else {
            throw arguments.call.error("@\(word) takes conditions, none with a name.")
        }
        let conditions = arguments.positional.compactMap(\.text).filter { $0.lowercased() != "null" }
        guard conditions.count > 1 else { return .sql(conditions.first ?? "TRUE") }
        return .sql(conditions.map { Operand($0).inLogic }.joined(separator: " \(word) "))
    }
}

/// An expression that becomes part of a larger one. It gets parentheses where it would not hold together without.
struct Operand {
    private let text: String
    private let expression: Expression?

    /// What cannot be read as an expression is put into parentheses.
    init(_ text: String) {
        self.text = text
        expression = try? parseExpression(text, dialect: .postgres, options: ParseOptions(comments: false))
    }

    /// As an operand of AND or OR.
    var inLogic: String {
        switch expression {
        case nil, .logical: "(\(text))"
        default: text
        }
    }

    /// As an operand of arithmetic, a comparison or IS.
    var inOperation: String {
        switch expression {
        case .column, .function, .conditional, .subquery, .exists, .array, .row, .parameter: text
        case .literal: text.hasPrefix("-") ? "(\(text))" : text
        case .cast(let cast) where cast.notation.value == .function: text
        default: "(\(text))"
        }
    }
}
