import Pipeline

/// Macros in a MODEL block: variables in its properties, and `blueprints`, which make several models of one file.
struct PropertyMacros {
    let source: SourceFile
    private let context: RenderContext

    init(_ source: SourceFile, config: ProjectConfig) {
        self.source = source
        context = RenderContext(
            dialect: config.modelDefaults.dialect, gateway: config.defaultGateway ?? "", variables: config.variables)
    }

    /// The variables of each blueprint, SQL texts by name: `((a := 1, b := x), (a := 2, b := y))`.
    func blueprints(_ property: PropertyScanner.Property) throws(PipelineError) -> [[String: String]] {
        var expander = MacroExpander(context)
        let text = MacroText(property.text, from: source, at: property.offset, dialect: context.dialect)
        let elements = expander.list(try expander.value(of: text.skimmer.trimmed(text.whole), in: text))
        guard !elements.isEmpty else { throw source.error(at: property.offset, "There is no blueprint in this list.") }
        var blueprints: [[String: String]] = []
        for element in elements {
            var variables: [String: String] = [:]
            for pair in SQLPiece(element).elements ?? [element] {
                guard let sign = pair.range(of: ":=") else {
                    throw source.error(at: property.offset, "Expected `name := value` instead of `\(pair)`.")
                }
                let name = ArgumentList.trimmed(Array(pair[..<sign.lowerBound].utf8)[...]).identifierName
                variables[name] = ArgumentList.trimmed(Array(pair[sign.upperBound...].utf8)[...])
            }
            blueprints.append(variables)
        }
        return blueprints
    }

    /// The properties with the variables in them replaced.
    func expanded(
        _ properties: [PropertyScanner.Property], blueprint: [String: String]
    ) throws(PipelineError) -> [PropertyScanner.Property] {
        var expanded: [PropertyScanner.Property] = []
        for property in properties { expanded.append(try self.expanded(property, blueprint)) }
        return expanded
    }

    private func expanded(
        _ property: PropertyScanner.Property, _ blueprint: [String: String]
    ) throws(PipelineError) -> PropertyScanner.Property {
        guard property.text.contains("@") else { return property }
        var context = context
        context.blueprint = blueprint
        let text = MacroText(property.text, from: source, at: property.offset, dialect: context.dialect)
        guard try canExpand(property, context) else { return property }
        var expander = MacroExpander(context)
        var result = try expander.expand(text, text.whole).text
        // A string variable is a name here: "raw".orders.
        if property.name == "name", let parts = SQLPiece(result.trimmingQuotes()).nameParts {
            result = parts.joined(separator: ".")
        }
        return PropertyScanner.Property(
            name: property.name, nameOffset: property.nameOffset, text: result, offset: property.offset,
            isExpanded: true)
    }

    /// True where every macro is known now. Those of intervals, in audits and conditions, are replaced when they run.
    private func canExpand(_ property: PropertyScanner.Property, _ context: RenderContext) throws(PipelineError) -> Bool
    {
        var names: Set<String> = []
        let file = SourceFile(path: source.path, text: property.text)
        MacroNames.collect(file, 0..<property.text.utf8.count, into: &names)
        names.subtract(KnownMacros.functions)
        let known = Set(context.variables.keys).union(context.blueprint.keys).union(["gateway"])
        if names.isSubset(of: known) { return true }
        guard property.name == "name" else { return false }
        let unknown = names.subtracting(known).sorted().map { "@\($0)" }.joined(separator: ", ")
        throw source.error(
            at: property.offset,
            "The model's name has \(unknown) in it, which is neither a variable of config.yaml nor of `blueprints`.")
    }
}
