import Pipeline
import SQL

extension MacroExpander {
    /// What an expression comes to without a database.
    func constant(_ value: MacroValue, at call: MacroCall) throws(PipelineError) -> ConstantValue {
        switch value {
        case .nothing: return .null
        case .constant(let value): return ConstantValue(value)
        case .list(let elements):
            var values: [ConstantValue] = []
            for element in elements { values.append(try constant(.sql(element), at: call)) }
            return .list(values)
        case .sql(let text):
            let dialect = SQLDialect(named: context.dialect) ?? .postgres
            let expression: Expression
            // A list may be written as `[a, b]` in macros of any dialect.
            if text.hasPrefix("["), let elements = SQLPiece(text).elements {
                return try constant(.list(elements), at: call)
            }
            do throws(SQLError) { expression = try parseExpression(text, dialect: dialect) } catch {
                throw call.error("@\(call.name) cannot read `\(text)`: \(error.message)")
            }
            do throws(ConstantEvaluator.Failure) {
                return try ConstantEvaluator(dialect: dialect).evaluate(expression)
            } catch { throw call.error("@\(call.name) cannot be worked out before the SQL runs. \(error.message)") }
        }
    }

    func isTrue(_ value: MacroValue, at call: MacroCall) throws(PipelineError) -> Bool {
        try constant(value, at: call).isTrue
    }
}

extension ConstantValue {
    init(_ value: VariableValue) {
        switch value {
        case .null: self = .null
        case .string(let text): self = .string(text)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .boolean(let value): self = .boolean(value)
        case .list(let values): self = .list(values.map { ConstantValue($0) })
        case .mapping: self = .symbol(value.literal)
        }
    }
}
