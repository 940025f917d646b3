import Pipeline

extension Template {
    /// True for `@DEF(name, …)`, alone.
    var isDefinition: Bool {
        let skimmer = SQLSkimmer(bytes: Array(source.text.utf8), end: range.upperBound, stringsHaveEscapes: false)
        let start = firstCode
        guard skimmer.at(start) == UInt8(ascii: "@") else { return false }
        let end = skimmer.at(start + 1) == nil ? start : skimmer.piece(at: start + 1).end
        return skimmer.at(end) == UInt8(ascii: "(") && skimmer.text(start + 1..<end).lowercased() == "def"
    }
}

extension Template {
    /// The name, lower case, that `@DEF(name, …)` defines.
    var definedName: String? {
        let skimmer = SQLSkimmer(bytes: Array(source.text.utf8), end: range.upperBound, stringsHaveEscapes: false)
        let open = firstCode + "@def".utf8.count
        guard isDefinition, let name = skimmer.list(openedAt: open)?.elements.first else { return nil }
        return skimmer.text(name).identifierName
    }
}

extension MacroExpander {
    /// Replaces the macros of a template whose Jinja was expanded.
    mutating func expand(_ rendered: RenderedText) throws(PipelineError) -> RenderedText {
        let text = MacroText(rendered, dialect: context.dialect)
        var result = rendered.expanded(try expand(text, text.whole))
        result.relationsRead = relationsRead
        return result
    }

    /// Carries out `@DEF(name, value)` or `@DEF(name, x -> …)`.
    mutating func define(_ rendered: RenderedText) throws(PipelineError) {
        let text = MacroText(rendered, dialect: context.dialect)
        let skimmer = text.skimmer
        let start = skimmer.code(from: 0)
        let open = skimmer.piece(at: start + 1).end
        guard let list = skimmer.list(openedAt: open) else {
            throw text.error(at: open, "This parenthesis is never closed.")
        }
        guard skimmer.code(from: list.end) == skimmer.end else {
            throw text.error(at: skimmer.code(from: list.end), "Expected ; behind @DEF(…).")
        }
        guard list.elements.count == 2, !list.elements[1].isEmpty,
            let name = SQLPiece(skimmer.text(list.elements[0])).nameParts, name.count == 1
        else {
            throw text.error(at: start, "@DEF takes a name and a value, or a name and a function: @DEF(name, x -> …).")
        }
        let call = MacroCall(name: "def", text: text, start: start, end: list.end, arguments: list.elements)
        if let function = call.function(list.elements[1]) {
            scope.functions[name[0].lowercased()] = function
        } else {
            scope.values[name[0].lowercased()] = try value(of: list.elements[1], in: text)
        }
    }
}
