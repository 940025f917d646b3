import Pipeline

extension Template {
    /// Expands Jinja, and then the macros in what it gives.
    public func render(_ context: RenderContext) throws(PipelineError) -> RenderedText {
        var expander = MacroExpander(context)
        for definition in definitions { try expander.define(try definition.expandJinja(context)) }
        return try expander.expand(try expandJinja(context))
    }

    private func expandJinja(_ context: RenderContext) throws(PipelineError) -> RenderedText {
        var renderer = TemplateRenderer(source: source, context: context)
        try renderer.render(nodes)
        return renderer.output
    }
}

private struct TemplateRenderer {
    let source: SourceFile
    let context: RenderContext
    let bytes: [UInt8]
    var output: RenderedText
    var assigned: [String: VariableValue] = [:]

    init(source: SourceFile, context: RenderContext) {
        self.source = source
        self.context = context
        bytes = Array(source.text.utf8)
        output = RenderedText(source: source)
    }

    mutating func render(_ nodes: [TemplateNode]) throws(PipelineError) {
        for node in nodes {
            switch node {
            case .text(let range):
                output.append(String(decoding: bytes[range], as: UTF8.self), from: range.lowerBound, verbatim: true)
            case .output(let expression, let range):
                output.append(try evaluate(expression).plain, from: range.lowerBound, verbatim: false)
            case .assign(let name, let expression, _):
                assigned[name] = try evaluate(expression)
            case .conditional(let branches):
                for branch in branches {
                    let taken: Bool
                    if let condition = branch.condition { taken = try evaluate(condition).isTrue } else { taken = true }
                    if taken {
                        try render(branch.nodes)
                        break
                    }
                }
            }
        }
    }

    private func unknownVariable(_ name: String, at offset: Int) -> PipelineError {
        source.error(
            at: offset, "There is no variable \(name) in config.yaml. Add it under `variables`, or give a default.")
    }

    // MARK: Jinja

    private func evaluate(_ expression: JinjaExpression) throws(PipelineError) -> VariableValue {
        switch expression {
        case .literal(let value, _): return value
        case .name(let name, let offset): return try value(of: name, at: offset)
        case .not(let inner): return .boolean(!(try evaluate(inner).isTrue))
        case .binary(.and, let left, let right):
            let first = try evaluate(left)
            return first.isTrue ? try evaluate(right) : first
        case .binary(.or, let left, let right):
            let first = try evaluate(left)
            return first.isTrue ? first : try evaluate(right)
        case .binary(.equal, let left, let right): return .boolean(try evaluate(left) == evaluate(right))
        case .binary(.different, let left, let right): return .boolean(try evaluate(left) != evaluate(right))
        case .call(let function, let arguments, let offset):
            var values: [VariableValue] = []
            for argument in arguments { values.append(try evaluate(argument)) }
            return try call(function, values, at: offset)
        }
    }

    private func value(of name: String, at offset: Int) throws(PipelineError) -> VariableValue {
        if let value = assigned[name] { return value }
        if let argument = context.arguments[name.lowercased()] { return .string(argument) }
        if let variable = TimeVariable(name, in: context) { return .string(variable.plain) }
        switch name {
        case "this", "this_model": return .string(context.thisModel)
        case "gateway": return .string(context.gateway)
        default: break
        }
        if let value = context.variables[name.lowercased()] { return value }
        throw source.error(
            at: offset,
            "Unknown name `\(name)`. Known: start_…, end_…, execution_… (date, ds, ts, dt …), this, ref('model'), "
                + "var('name'), is_incremental().")
    }

    private func call(
        _ function: String, _ arguments: [VariableValue], at offset: Int
    ) throws(PipelineError) -> VariableValue {
        switch (function.lowercased(), arguments.count) {
        case ("is_incremental", 0): return .boolean(context.isIncremental)
        case ("ref", 1), ("ref", 2):
            let text = arguments.map(\.plain).joined(separator: ".")
            if let name = context.models.find(text) { return .string(name.description) }
            let hint = context.models.nearest(to: text).map { " Did you mean \($0)?" } ?? ""
            throw source.error(at: offset, "There is no model \(text).\(hint)")
        case ("source", 2):
            return .string(arguments.map(\.plain).joined(separator: "."))
        case ("var", 1), ("var", 2):
            if let value = context.variables[arguments[0].plain.lowercased()] { return value }
            if arguments.count == 2 { return arguments[1] }
            throw unknownVariable(arguments[0].plain, at: offset)
        default:
            throw source.error(
                at: offset,
                "`\(function)` with \(arguments.count) arguments is not supported here. Known: is_incremental(), "
                    + "ref('model'), source('schema', 'table'), var('name', default).")
        }
    }
}
