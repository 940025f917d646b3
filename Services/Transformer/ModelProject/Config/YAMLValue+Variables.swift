import Pipeline

extension YAMLValue {
    /// A scalar with its YAML type.
    func variable() throws(PipelineError) -> VariableValue {
        let text = try string()
        guard node.scalar?.style == .plain else { return .string(text) }
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
