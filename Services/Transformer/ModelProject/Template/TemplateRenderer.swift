import Pipeline

/// A template's text after expansion, with the way back to the file.
public struct RenderedText: Sendable, Equatable {
    public private(set) var text = ""
    /// Where each stretch of `text` came from, in order. A verbatim stretch maps byte by byte, an expanded one to its
    /// first byte.
    private var stretches: [(rendered: Int, source: Int, verbatim: Bool)] = []
    let source: SourceFile

    init(source: SourceFile) { self.source = source }

    mutating func append(_ piece: String, from offset: Int, verbatim: Bool) {
        stretches.append((text.utf8.count, offset, verbatim))
        text += piece
    }

    /// The offset in the file for an offset in `text`.
    public func sourceOffset(of offset: Int) -> Int {
        guard let stretch = stretches.last(where: { $0.rendered <= offset }) else { return 0 }
        return stretch.verbatim ? stretch.source + offset - stretch.rendered : stretch.source
    }

    /// `range` of `text` in the pieces that it came from, each with its place in the file.
    func pieces(of range: Range<Int>) -> [(offset: Int, source: Int, isVerbatim: Bool)] {
        var pieces: [(Int, Int, Bool)] = []
        for (index, stretch) in stretches.enumerated() {
            let end = index + 1 < stretches.count ? stretches[index + 1].rendered : text.utf8.count
            let start = max(stretch.rendered, range.lowerBound)
            guard start < min(end, range.upperBound) else { continue }
            let source = stretch.verbatim ? stretch.source + start - stretch.rendered : stretch.source
            pieces.append((start, source, stretch.verbatim))
        }
        return pieces
    }

    /// An error that points at the place in the file where `text` has `offset`.
    public func error(at offset: Int, _ message: String) -> PipelineError {
        source.error(at: sourceOffset(of: offset), message)
    }

    public static func == (left: RenderedText, right: RenderedText) -> Bool { left.text == right.text }
}

extension Template {
    /// Expands macros and Jinja.
    public func render(_ context: RenderContext) throws(PipelineError) -> RenderedText {
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
            case .macro(let name, let arguments, let range):
                let text = try expand(macro: name, arguments, at: range.lowerBound)
                output.append(text, from: range.lowerBound, verbatim: false)
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

    // MARK: SQLMesh macros

    private func expand(macro name: String, _ arguments: [String]?, at offset: Int) throws(PipelineError) -> String {
        if let arguments {
            guard name == "var" else {
                throw source.error(
                    at: offset,
                    "The macro @\(name)(…) is not supported. Known: @var(name, default) and the time variables.")
            }
            guard let first = arguments.first, (1...2).contains(arguments.count) else {
                throw source.error(at: offset, "@var takes a name and, if you like, a default.")
            }
            let variable = first.trimmingQuotes()
            if let value = context.variables[variable.lowercased()] { return value.literal }
            if arguments.count == 2 { return arguments[1] }
            throw unknownVariable(variable, at: offset)
        }
        if let argument = context.arguments[name] { return argument }
        if let variable = TimeVariable(name, in: context) { return variable.sql(dialect: context.dialect) }
        switch name {
        case "this_model": return context.thisModel
        case "gateway": return SQLText.literal(context.gateway)
        case "model_kind_name": return SQLText.literal(context.kindName)
        default: break
        }
        if let value = context.variables[name] { return value.literal }
        throw source.error(
            at: offset,
            "Unknown macro @\(name). Known: @start_…, @end_…, @execution_… (dt, date, ds, ts, epoch …), @this_model, "
                + "@var(name), and the names under `variables` in config.yaml.")
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

extension String {
    /// The name that an SQL identifier means: in double quotes as written, otherwise lower case.
    public var identifierName: String { first == "\"" ? trimmingQuotes() : trimmingQuotes().lowercased() }

    /// The identifier that the text begins with, quotes included.
    var prefixOfIdentifier: Substring {
        guard let quote = first, quote == "\"" || quote == "'" || quote == "`" else {
            return prefix { !$0.isWhitespace }
        }
        guard let close = dropFirst().firstIndex(of: quote) else { return prefix { !$0.isWhitespace } }
        return self[...close]
    }

    /// Without the quotes around it, if it has any.
    func trimmingQuotes() -> String {
        guard count >= 2, let first, first == last, first == "'" || first == "\"" else { return self }
        return String(dropFirst().dropLast()).replacing("\(first)\(first)", with: "\(first)")
    }
}
