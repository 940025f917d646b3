import OrderedCollections
import Pipeline

/// Carries a template's Jinja out.
struct JinjaRenderer {
    let source: SourceFile
    let context: RenderContext
    private let bytes: [UInt8]
    private(set) var output: RenderedText
    /// What names mean, from the whole file to the innermost loop.
    var scopes: [[String: VariableValue]] = [[:]]
    /// Macros of the file; those of macros/ are the context's.
    private var macros: [String: JinjaMacro] = [:]
    private var depth = 0
    /// Rounds of loops that are left.
    private var rounds = 1_000_000

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
                append(String(decoding: bytes[range], as: UTF8.self), from: range.lowerBound, verbatim: true)
            case .output(let expression, let range):
                let value = try evaluate(expression)
                append(value == .null ? "None" : value.plain, from: range.lowerBound, verbatim: false)
            case .assign(let name, let expression): assign(name, try evaluate(expression))
            case .assignAttribute(let name, let attribute, let expression):
                let value = try evaluate(expression)
                guard case .mapping(var pairs)? = variable(name) else {
                    throw source.error(
                        at: expression.offset, "`\(name)` is no namespace: {% set \(name) = namespace() %}.")
                }
                pairs[attribute] = value
                replace(name, with: .mapping(pairs))
            case .assignBlock(let name, let nodes): assign(name, .string(try text(of: nodes)))
            case .perform(let expression): _ = try evaluate(expression)
            case .conditional(let branches):
                for branch in branches {
                    if let condition = branch.condition, !(try evaluate(condition).isTrue) { continue }
                    try render(branch.nodes)
                    break
                }
            case .loop(let loop): try render(loop)
            case .macro(let macro): macros[macro.name] = macro
            }
        }
    }

    private mutating func append(_ text: String, from offset: Int, verbatim: Bool) {
        output.append(text, from: offset, verbatim: verbatim)
    }

    /// What `nodes` give, apart from the template's own text.
    private mutating func text(of nodes: [TemplateNode]) throws(PipelineError) -> String {
        let outer = output
        output = RenderedText(source: source)
        defer { output = outer }
        try render(nodes)
        return output.text
    }

    // MARK: Loops

    private mutating func render(_ loop: JinjaLoop) throws(PipelineError) {
        let value = try evaluate(loop.list)
        guard let all = JinjaFilters.elements(value) else {
            throw source.error(at: loop.list.offset, "This is no list to loop over: `\(value.plain)`.")
        }
        scopes.append([:])
        defer { scopes.removeLast() }
        var elements: [VariableValue] = []
        for element in all {
            try bind(element, loop)
            if let condition = loop.condition, !(try evaluate(condition).isTrue) { continue }
            elements.append(element)
        }
        if elements.isEmpty { return try render(loop.otherwise) }
        for (index, element) in elements.enumerated() {
            rounds -= 1
            guard rounds >= 0, output.text.utf8.count <= MacroExpander.writtenMax else {
                throw source.error(
                    at: loop.list.offset, "The loops of this template are too long: 1,000,000 rounds or 16 MiB.")
            }
            scopes[scopes.count - 1] = ["loop": Self.state(of: elements, at: index)]
            try bind(element, loop)
            try render(loop.nodes)
        }
    }

    private mutating func bind(_ element: VariableValue, _ loop: JinjaLoop) throws(PipelineError) {
        if loop.targets.count == 1 { return assign(loop.targets[0], element) }
        guard case .list(let parts) = element, parts.count == loop.targets.count else {
            throw source.error(
                at: loop.list.offset,
                "`\(element.plain)` cannot be taken apart into \(loop.targets.joined(separator: ", ")).")
        }
        for (name, part) in zip(loop.targets, parts) { assign(name, part) }
    }

    private static func state(of elements: [VariableValue], at index: Int) -> VariableValue {
        let count = elements.count
        return .mapping([
            "index": .integer(index + 1), "index0": .integer(index), "revindex": .integer(count - index),
            "revindex0": .integer(count - index - 1), "first": .boolean(index == 0),
            "last": .boolean(index == count - 1),
            "length": .integer(count), "previtem": index > 0 ? elements[index - 1] : .null,
            "nextitem": index + 1 < count ? elements[index + 1] : .null,
        ])
    }

    // MARK: Names

    /// In the innermost scope.
    private mutating func assign(_ name: String, _ value: VariableValue) { scopes[scopes.count - 1][name] = value }

    /// Where it is known already.
    mutating func replace(_ name: String, with value: VariableValue) {
        guard let scope = scopes.lastIndex(where: { $0[name] != nil }) else { return assign(name, value) }
        scopes[scope][name] = value
    }

    func variable(_ name: String) -> VariableValue? {
        for scope in scopes.reversed() { if let value = scope[name] { return value } }
        return nil
    }

    // MARK: Macros

    func macro(_ name: String) -> JinjaMacro? { macros[name] ?? context.macros.jinja[name] }

    /// What the macro makes of its arguments, as text.
    mutating func call(
        _ macro: JinjaMacro, _ positional: [VariableValue], _ named: [String: VariableValue], at offset: Int
    ) throws(PipelineError) -> VariableValue {
        guard depth < 64 else {
            throw source.error(
                at: offset, "Macros are nested too deeply here: 64 levels. Does `\(macro.name)` call itself?")
        }
        let names = macro.parameters.map(\.name)
        guard positional.count <= names.count, named.keys.allSatisfy(names.contains) else {
            throw source.error(at: offset, "The macro `\(macro.name)` takes \(names.joined(separator: ", ")).")
        }
        var inner = self
        if macro.source != source { inner = JinjaRenderer(source: macro.source, context: context) }
        inner.depth = depth + 1
        inner.macros = macros
        inner.rounds = rounds
        inner.scopes = [macro.source == source ? scopes[0] : [:], [:]]
        for (index, parameter) in macro.parameters.enumerated() {
            if index < positional.count {
                inner.assign(parameter.name, positional[index])
            } else if let value = named[parameter.name] {
                inner.assign(parameter.name, value)
            } else if let fallback = parameter.fallback {
                inner.assign(parameter.name, try inner.evaluate(fallback))
            } else {
                throw source.error(at: offset, "The macro `\(macro.name)` needs the argument \(parameter.name).")
            }
        }
        let text = try inner.text(of: macro.nodes)
        rounds = inner.rounds
        return .string(text)
    }
}
