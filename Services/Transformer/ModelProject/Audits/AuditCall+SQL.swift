import OrderedCollections
import Pipeline
import SQL

extension AuditCall {
    /// The call of a built-in audit with its arguments as the engine's SQL: macros in them replaced, another dialect
    /// translated. An argument that is no expression (`PARTITION BY …`) stays as it is written.
    /// - Parameter source: The file that the call stands in.
    /// - Throws: ``PipelineError`` at the call.
    public func resolved(_ context: RenderContext, in source: SourceFile) throws(PipelineError) -> AuditCall {
        let isForeign = SQLDialect(named: context.dialect).map { $0 != ModelDialect.engine } ?? false
        var call = self
        for (name, argument) in arguments {
            var texts: [String] = []
            for text in argument.values {
                let expanded = try expanded(text, context, in: source)
                let isName = name == "to" && BuiltInAudits.otherModel(of: self) != nil
                texts.append(
                    isForeign && !isName ? try translated(expanded, from: context.dialect, in: source) : expanded)
            }
            switch argument {
            case .expression: call.arguments[name] = .expression(texts.joined())
            case .list: call.arguments[name] = .list(texts)
            }
        }
        return call
    }

    private func expanded(
        _ text: String, _ context: RenderContext, in source: SourceFile
    ) throws(PipelineError) -> String {
        guard text.contains("@") || text.contains("{{") else { return text }
        do throws(PipelineError) {
            return try Template(SourceFile(path: source.path, text: text)).render(context).text
        } catch {
            throw source.error(at: offset, "An argument of \(name): \(error.message)")
        }
    }

    private func translated(
        _ text: String, from dialect: String, in source: SourceFile
    ) throws(PipelineError) -> String {
        guard let dialect = SQLDialect(named: dialect),
            let expression = try? parseExpression(text, dialect: dialect)
        else { return text }
        do throws(SQLError) {
            return try expression.transpiled(from: dialect, to: ModelDialect.engine).tree.sql(ModelDialect.engine)
        } catch {
            throw source.error(at: offset, "An argument of \(name) cannot be said in PostgreSQL: \(error.message)")
        }
    }
}
