import Pipeline

/// `linter` of `config.yaml`: the rules that `transformer lint` looks at. Names are in lower case; `all` is every rule.
public struct LinterSettings: Sendable, Equatable {
    /// False, which is SQLMesh's default, leaves out all rules.
    public private(set) var isEnabled = false
    /// Rules whose findings are errors.
    public private(set) var errors: [String] = []
    /// Rules that only warn.
    public private(set) var warnings: [String] = []
    /// Rules that are left out, whatever else names them.
    public private(set) var ignored: [String] = []

    init(_ value: YAMLValue) throws(PipelineError) {
        for (key, part) in try value.mapping() {
            switch key.text {
            case "enabled": isEnabled = try part.boolean()
            case "rules": errors = try part.strings().map { $0.lowercased() }
            case "warn_rules": warnings = try part.strings().map { $0.lowercased() }
            case "ignored_rules": ignored = try part.strings().map { $0.lowercased() }
            case "use_project_index": break  // how SQLMesh finds models faster
            default:
                throw key.error("Unknown key `\(key.text)`. Known: enabled, rules, warn_rules, ignored_rules.")
            }
        }
        if let both = errors.first(where: { warnings.contains($0) }) {
            throw value.error("The rule \(both) is in rules and in warn_rules: it is an error or it warns.")
        }
    }
}
