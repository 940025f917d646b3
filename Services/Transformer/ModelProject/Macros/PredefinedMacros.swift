import Pipeline

/// SQLMesh's macro functions.
extension MacroExpander {
    mutating func evaluatePredefined(_ call: MacroCall) throws(PipelineError) -> MacroValue {
        switch call.name {
        case "def": throw call.error("@DEF is a statement of its own: it stands before the query and ends with ;.")
        case "each", "filter", "reduce": return try evaluateOverList(call)
        case "if": return try evaluateIf(call)
        case "var", "blueprint_var": return try evaluateVariable(call)
        case "eval":
            guard call.arguments.count == 1 else { throw call.error("@EVAL takes one argument: an expression.") }
            return try constant(try value(of: call.arguments[0], in: call.text), at: call).value
        case "sql": return try evaluateSQL(call)
        default: break
        }
        if let value = try generate(call) { return value }
        let known = KnownMacros.functions + Array(scope.functions.keys)
        throw call.error(
            "The macro @\(call.name)(…) is not known.\(KnownMacros.hint(forFunction: call.name, in: known)) Macros written in "
                + "Python are not supported: write it as @DEF(\(call.name), x -> …), or its SQL into the model.")
    }

    /// What macros that need nothing but their arguments make of them; nil for a macro that nobody knows.
    private mutating func generate(_ call: MacroCall) throws(PipelineError) -> MacroValue? {
        guard KnownMacros.functions.contains(call.name) else { return nil }
        let arguments = try arguments(of: call)
        switch call.name {
        case "and": return try LogicMacros.joined(arguments, by: "AND")
        case "or": return try LogicMacros.joined(arguments, by: "OR")
        case "safe_add": return try ArithmeticMacros.joined(arguments, by: "+")
        case "safe_sub": return try ArithmeticMacros.joined(arguments, by: "-")
        case "safe_div": return try ArithmeticMacros.divided(arguments, dialect: context.dialect)
        case "haversine_distance": return try ArithmeticMacros.haversine(arguments, dialect: context.dialect)
        case "generate_surrogate_key": return try KeyMacros.surrogateKey(arguments, dialect: context.dialect)
        case "star": return try star(arguments)
        case "union": return try union(arguments)
        case "pivot": return try pivot(arguments)
        case "deduplicate": return try deduplicate(arguments)
        case "date_spine": return try dateSpine(arguments)
        case "resolve_template": return try resolveTemplate(arguments)
        default: return nil
        }
    }

    /// `@IF(condition, true, false)`. The branch that is not taken is not looked at.
    private mutating func evaluateIf(_ call: MacroCall) throws(PipelineError) -> MacroValue {
        guard (2...3).contains(call.arguments.count) else {
            throw call.error("@IF takes a condition, what stands there when it is true, and what when it is false.")
        }
        if try isTrue(try value(of: call.arguments[0], in: call.text), at: call) {
            return try value(of: call.arguments[1], in: call.text)
        }
        return call.arguments.count == 3 ? try value(of: call.arguments[2], in: call.text) : .nothing
    }

    /// `@VAR('name', default)` and `@BLUEPRINT_VAR('name', default)`.
    private mutating func evaluateVariable(_ call: MacroCall) throws(PipelineError) -> MacroValue {
        guard let first = call.arguments.first, (1...2).contains(call.arguments.count) else {
            throw call.error("@\(call.name) takes a name and, if you like, a default.")
        }
        let written = call.text.skimmer.text(first)
        let name = written.hasPrefix("@") ? try value(of: first, in: call.text).embedded : written.trimmingQuotes()
        if call.name == "blueprint_var" {
            if let text = context.blueprint[name.lowercased()] { return .sql(text) }
        } else if let value = context.variables[name.lowercased()] {
            if case .list(let elements) = value {
                return .sql("ARRAY[\(elements.map(\.literal).joined(separator: ", "))]")
            }
            return .constant(value)
        }
        if call.arguments.count == 2 { return try value(of: call.arguments[1], in: call.text) }
        if call.name == "blueprint_var" {
            throw call.error(
                "The blueprint of this model has no variable \(name). Add it to `blueprints`, or give a default.")
        }
        throw call.error("There is no variable \(name) in config.yaml. Add it under `variables`, or give a default.")
    }

    /// `@SQL('text')`: the text, with the variables in it replaced, as SQL. A second argument, which says what the text
    /// is, decides nothing here: the text is read where it stands.
    private mutating func evaluateSQL(_ call: MacroCall) throws(PipelineError) -> MacroValue {
        guard let first = call.arguments.first, call.arguments.count <= 2 else {
            throw call.error("@SQL takes one argument: a string with SQL in it.")
        }
        let value = try value(of: first, in: call.text)
        guard let string = value.string else { return value }
        let place = call.text.place(of: call.start)
        let text = MacroText(filled(string), from: place.source, at: place.offset, dialect: context.dialect)
        return try self.value(of: text.skimmer.trimmed(text.whole), in: text)
    }

    /// The positional arguments of a call, lists taken apart and what is left out left out.
    mutating func values(of call: MacroCall) throws(PipelineError) -> [MacroValue] {
        try arguments(of: call).positional
    }

    /// The arguments of a call.
    mutating func arguments(of call: MacroCall) throws(PipelineError) -> MacroArguments {
        var arguments = MacroArguments(call: call)
        for range in call.arguments {
            if let (name, range) = call.named(range) {
                guard arguments.named.updateValue(try value(of: range, in: call.text), forKey: name) == nil else {
                    throw call.error("The argument \(name) of @\(call.name) is here twice.")
                }
                continue
            }
            guard arguments.named.isEmpty else {
                throw call.text.error(
                    at: range.lowerBound, "Arguments without a name come before those with one.")
            }
            switch try value(of: range, in: call.text) {
            case .nothing: break
            case .list(let elements): arguments.positional += elements.map { .sql($0) }
            case let value: arguments.positional.append(value)
            }
        }
        return arguments
    }
}
