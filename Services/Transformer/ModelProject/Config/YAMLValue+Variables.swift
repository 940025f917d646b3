import OrderedCollections
import Pipeline

extension YAMLValue {
    /// A scalar with its YAML type, or a list or mapping of such.
    func variable() throws(PipelineError) -> VariableValue {
        if node.sequence != nil {
            var values: [VariableValue] = []
            for element in try sequence() { values.append(try element.variable()) }
            return .list(values)
        }
        if node.mapping != nil {
            var values: OrderedDictionary<String, VariableValue> = [:]
            for (key, value) in try mapping() { values[key.text] = try value.variable() }
            return .mapping(values)
        }
        let text = try string()
        guard node.scalar?.style == .plain else { return .string(text) }
        if isNull { return .null }
        if let value = node.bool { return .boolean(value) }
        if let value = Int(text) { return .integer(value) }
        if let value = Double(text) { return .number(value) }
        return .string(text)
    }

    func variables() throws(PipelineError) -> [String: VariableValue] {
        var found: [String: VariableValue] = [:]
        for (key, value) in try mapping() { found[key.text.lowercased()] = try value.variable() }
        return found
    }
}
