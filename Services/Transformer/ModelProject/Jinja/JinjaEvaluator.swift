import OrderedCollections
import Pipeline

/// Expressions.
extension JinjaRenderer {
    mutating func evaluate(_ expression: JinjaExpression) throws(PipelineError) -> VariableValue {
        switch expression.kind {
        case .literal(let value): return value
        case .name, .attribute, .item:
            if let value = try known(expression) { return value }
            throw unknown(expression)
        case .list(let elements): return .list(try evaluate(elements))
        case .mapping(let pairs):
            var values: OrderedDictionary<String, VariableValue> = [:]
            for pair in pairs { values[try evaluate(pair.key).plain] = try evaluate(pair.value) }
            return .mapping(values)
        case .slice(let base, let from, let to): return try slice(base, from, to)
        case .not(let inner): return .boolean(!(try evaluate(inner).isTrue))
        case .minus(let inner):
            return try needed(JinjaArithmetic.apply(.subtract, .integer(0), try evaluate(inner)), at: expression)
        case .binary(let operation, let left, let right): return try binary(operation, left, right, expression)
        case .conditional(let value, let condition, let otherwise):
            if try evaluate(condition).isTrue { return try evaluate(value) }
            guard let otherwise else { return .string("") }
            return try evaluate(otherwise)
        case .test(let value, let name, let arguments, let negated):
            return .boolean(try holds(name, value, arguments) != negated)
        case .filter(let base, let name, let arguments): return try filter(base, name, arguments)
        case .call(let callee, let arguments): return try call(callee, arguments, expression)
        }
    }

    private mutating func evaluate(_ expressions: [JinjaExpression]) throws(PipelineError) -> [VariableValue] {
        var values: [VariableValue] = []
        for expression in expressions { values.append(try evaluate(expression)) }
        return values
    }

    private func needed(_ value: VariableValue?, at expression: JinjaExpression) throws(PipelineError) -> VariableValue
    {
        guard let value else { throw source.error(at: expression.offset, "These values do not go together here.") }
        return value
    }

    private mutating func binary(
        _ operation: JinjaOperator, _ left: JinjaExpression, _ right: JinjaExpression, _ whole: JinjaExpression
    ) throws(PipelineError) -> VariableValue {
        let first = try evaluate(left)
        if operation == .and { return first.isTrue ? try evaluate(right) : first }
        if operation == .or { return first.isTrue ? first : try evaluate(right) }
        let second = try evaluate(right)
        guard let value = JinjaArithmetic.apply(operation, first, second) else {
            throw source.error(
                at: whole.offset, "`\(operation.rawValue)` does not go with `\(first.plain)` and `\(second.plain)`.")
        }
        return value
    }

    // MARK: Names and parts

    /// The value of a name or of a part of one; nil where nobody knows it.
    private mutating func known(_ expression: JinjaExpression) throws(PipelineError) -> VariableValue? {
        switch expression.kind {
        case .name(let name): return value(of: name)
        case .attribute(let base, let name):
            if case .name("this") = base.kind, variable("this") == nil { return thisPart(name) }
            guard let value = try known(base) else { return nil }
            if case .mapping(let pairs) = value { return pairs[name] }
            return nil
        case .item(let base, let key):
            guard let value = try known(base) else { return nil }
            switch (value, try evaluate(key)) {
            case (.mapping(let pairs), let key): return pairs[key.plain]
            case (.list(let elements), .integer(let index)):
                let place = index < 0 ? elements.count + index : index
                return elements.indices.contains(place) ? elements[place] : nil
            case (.string(let text), .integer(let index)):
                let characters = Array(text)
                let place = index < 0 ? characters.count + index : index
                return characters.indices.contains(place) ? .string(String(characters[place])) : nil
            default: return nil
            }
        default: return try evaluate(expression)
        }
    }

    private func unknown(_ expression: JinjaExpression) -> PipelineError {
        guard case .name(let name) = expression.kind else {
            return source.error(at: expression.offset, "There is no such part of this value.")
        }
        return source.error(
            at: expression.offset,
            "Unknown name `\(name)`. Known: start_…, end_…, execution_… (date, ds, ts, dt …), this, ref('model'), "
                + "var('name'), is_incremental().")
    }

    private func value(of name: String) -> VariableValue? {
        if let value = variable(name) { return value }
        let lower = name.lowercased()
        if let argument = context.arguments[lower] { return .string(argument) }
        if let time = TimeVariable(name, in: context) { return .string(time.plain) }
        switch name {
        case "this", "this_model": return .string(context.thisModel)
        case "gateway": return .string(context.gateway)
        case "runtime_stage": return .string(context.stage.rawValue)
        case "model_kind_name": return .string(context.kindName)
        default: break
        }
        if let text = context.blueprint[lower] { return .string(SQLPiece(text).string ?? text) }
        return context.variables[lower]
    }

    /// `this.schema`, `this.name`
    private func thisPart(_ name: String) -> VariableValue? {
        guard let parts = SQLPiece(context.thisModel).nameParts, let last = parts.last else { return nil }
        switch name {
        case "name", "table", "identifier": return .string(last)
        case "schema": return parts.count > 1 ? .string(parts[parts.count - 2]) : nil
        default: return nil
        }
    }

    private mutating func slice(
        _ base: JinjaExpression, _ from: JinjaExpression?, _ to: JinjaExpression?
    ) throws(PipelineError) -> VariableValue {
        let value = try evaluate(base)
        guard let elements = JinjaFilters.elements(value) else {
            throw source.error(at: base.offset, "Only lists and texts have slices.")
        }
        func place(_ bound: VariableValue?, _ otherwise: Int) throws(PipelineError) -> Int {
            guard let bound else { return otherwise }
            guard case .integer(let index) = bound else {
                throw source.error(at: base.offset, "The bounds of a slice are whole numbers.")
            }
            return min(max(index < 0 ? elements.count + index : index, 0), elements.count)
        }
        var bounds: [VariableValue?] = []
        for bound in [from, to] {
            if let bound { bounds.append(try evaluate(bound)) } else { bounds.append(nil) }
        }
        let start = try place(bounds[0], 0)
        let end = max(start, try place(bounds[1], elements.count))
        let part = Array(elements[start..<end])
        if case .string = value { return .string(part.map(\.plain).joined()) }
        return .list(part)
    }

    // MARK: Tests and filters

    private mutating func holds(
        _ name: String, _ value: JinjaExpression, _ arguments: [JinjaExpression]
    ) throws(PipelineError) -> Bool {
        if name == "defined" || name == "undefined" {
            if case .name(let word) = value.kind, macro(word) != nil { return name == "defined" }
            return (try known(value) != nil) == (name == "defined")
        }
        let subject = try evaluate(value)
        guard let holds = JinjaTests.holds(name, subject, try evaluate(arguments)) else {
            throw source.error(at: value.offset, "The test `\(name)` does not go with `\(subject.plain)`.")
        }
        return holds
    }

    private mutating func filter(
        _ base: JinjaExpression, _ name: String, _ arguments: JinjaArguments
    ) throws(PipelineError) -> VariableValue {
        let values = try evaluate(arguments.positional)
        var named: [String: VariableValue] = [:]
        for (key, expression) in arguments.named { named[key] = try evaluate(expression) }
        if name == "default" || name == "d" {
            let value = try known(base)
            let takesFalse = (values.count > 1 ? values[1] : named["boolean"])?.isTrue ?? false
            if let value, !takesFalse || value.isTrue { return value }
            return values.first ?? named["default_value"] ?? .string("")
        }
        let value = try evaluate(base)
        let result =
            try overElements(name, value, values, named, at: base) ?? JinjaFilters.apply(name, value, values, named)
        guard let result else {
            throw source.error(at: base.offset, "The filter `\(name)` does not go with `\(value.plain)`.")
        }
        return result
    }

    /// `map`, `select`, `reject`, `selectattr`, `rejectattr`; nil for other filters.
    private func overElements(
        _ name: String, _ value: VariableValue, _ arguments: [VariableValue], _ named: [String: VariableValue],
        at base: JinjaExpression
    ) throws(PipelineError) -> VariableValue? {
        guard ["map", "select", "reject", "selectattr", "rejectattr"].contains(name) else { return nil }
        guard let elements = JinjaFilters.elements(value) else { return nil }
        func part(_ element: VariableValue, _ name: String) -> VariableValue {
            if case .mapping(let pairs) = element { pairs[name] ?? named["default"] ?? .null } else { .null }
        }
        var result: [VariableValue] = []
        for element in elements {
            switch name {
            case "map":
                if let attribute = named["attribute"] {
                    result.append(part(element, attribute.plain))
                } else if let filter = arguments.first?.plain,
                    let value = JinjaFilters.apply(filter, element, Array(arguments.dropFirst()), [:])
                {
                    result.append(value)
                } else {
                    return nil
                }
            default:
                var rest = arguments[...]
                var subject = element
                if name.hasSuffix("attr") { subject = part(element, rest.popFirst()?.plain ?? "") }
                var holds = subject.isTrue
                if let test = rest.popFirst()?.plain {
                    let spelled = ["==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"][test] ?? test
                    guard JinjaTests.names.contains(spelled),
                        let answer = spelled == "defined"
                            ? subject != .null : JinjaTests.holds(spelled, subject, Array(rest))
                    else {
                        throw source.error(at: base.offset, "The test `\(test)` does not go with `\(subject.plain)`.")
                    }
                    holds = answer
                }
                if holds == name.hasPrefix("select") { result.append(element) }
            }
        }
        return .list(result)
    }

    // MARK: Calls

    private mutating func call(
        _ callee: JinjaExpression, _ arguments: JinjaArguments, _ whole: JinjaExpression
    ) throws(PipelineError) -> VariableValue {
        let values = try evaluate(arguments.positional)
        var named: [String: VariableValue] = [:]
        for (key, expression) in arguments.named { named[key] = try evaluate(expression) }
        switch callee.kind {
        case .name(let name):
            if let macro = macro(name) { return try call(macro, values, named, at: whole.offset) }
            return try call(name, values, named, at: whole.offset)
        case .attribute(let base, let method):
            let value = try evaluate(base)
            if case .name(let name) = base.kind, variable(name) != nil,
                let changed = JinjaMethods.changed(method, value, values)
            {
                replace(name, with: changed)
                return .null
            }
            if let result = JinjaMethods.call(method, value, values) { return result }
            throw source.error(
                at: callee.offset,
                "The method `\(method)` does not go with `\(value.plain)`. Known: \(JinjaMethods.known).")
        default: throw source.error(at: callee.offset, "This cannot be called.")
        }
    }

    private func call(
        _ function: String, _ arguments: [VariableValue], _ named: [String: VariableValue], at offset: Int
    ) throws(PipelineError) -> VariableValue {
        switch (function, arguments.count) {
        case ("is_incremental", 0): return .boolean(context.isIncremental)
        case ("ref", 1), ("ref", 2):
            let text = arguments.map(\.plain).joined(separator: ".")
            if let name = context.models.find(text) { return .string(name.description) }
            let hint = context.models.nearest(to: text).map { " Did you mean \($0)?" } ?? ""
            throw source.error(at: offset, "There is no model \(text).\(hint)")
        case ("source", 2): return .string(arguments.map(\.plain).joined(separator: "."))
        case ("var", 1), ("var", 2), ("blueprint_var", 1), ("blueprint_var", 2):
            let name = arguments[0].plain.lowercased()
            if function == "blueprint_var", let text = context.blueprint[name] {
                return .string(SQLPiece(text).string ?? text)
            }
            if function == "var", let value = context.variables[name] { return value }
            if let fallback = arguments.count == 2 ? arguments[1] : named["default"] { return fallback }
            throw source.error(
                at: offset,
                "There is no variable \(arguments[0].plain) in config.yaml. Add it under `variables`, or give a default."
            )
        case ("namespace", 0):
            return .mapping(OrderedDictionary(uniqueKeysWithValues: named.sorted { $0.key < $1.key }))
        case ("dict", 0): return .mapping(OrderedDictionary(uniqueKeysWithValues: named.sorted { $0.key < $1.key }))
        case ("range", 1...3): return try range(arguments, at: offset)
        default:
            throw source.error(
                at: offset,
                "`\(function)` with \(arguments.count) arguments is not supported. Known: \(JinjaFunctions.known).")
        }
    }

    private func range(_ arguments: [VariableValue], at offset: Int) throws(PipelineError) -> VariableValue {
        let numbers = arguments.compactMap { value -> Int? in
            if case .integer(let number) = value { number } else { nil }
        }
        guard numbers.count == arguments.count else { throw source.error(at: offset, "range() takes whole numbers.") }
        let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
        let step = numbers.count == 3 ? numbers[2] : 1
        guard step != 0, abs(start) < 1 << 40, abs(end) < 1 << 40, (end - start) / step <= 100_000 else {
            throw source.error(at: offset, "range() gives 100,000 numbers at most, and its step is not 0.")
        }
        return .list(stride(from: start, to: end, by: step).map { .integer($0) })
    }
}
