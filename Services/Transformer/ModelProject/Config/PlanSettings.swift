import Pipeline

/// `plan` of `config.yaml`: what a plan does that is told nothing else.
public struct PlanSettings: Sendable, Equatable {
    /// `transformer plan` carries the plan out without asking.
    public var autoApply = false
    /// Changes of incremental models hold for new intervals alone.
    public var forwardOnly = false
    /// The lines that differ are left out.
    public var noDiff = false

    /// A plan that shows what differs and asks.
    public init() {}

    init(_ value: YAMLValue, _ notices: inout [ProjectNotice]) throws(PipelineError) {
        for (key, part) in try value.mapping() {
            switch key.text {
            case "auto_apply": autoApply = try part.boolean()
            case "forward_only": forwardOnly = try part.boolean()
            case "no_diff": noDiff = try part.boolean()
            default:
                guard let why = Self.withoutEffect[key.text] else {
                    let known = ["auto_apply", "forward_only", "no_diff"] + Self.withoutEffect.keys
                    throw key.error("Unknown key `\(key.text)`. Known: \(known.sorted().joined(separator: ", ")).")
                }
                notices.append(ProjectNotice(key, "`plan.\(key.text)` has no effect: \(why)."))
            }
        }
    }

    private static let withoutEffect = [
        "auto_categorize_changes": "what a change means follows from the two queries",
        "include_unmodified": "every environment shows all models",
        "enable_preview": "forward-only changes are always tried out elsewhere than in prod",
        "no_prompts": "the one question is whether to carry the plan out",
        "use_finalized_state": "an environment is promoted in one transaction, and is never half changed",
        "always_recreate_environment": "a new environment begins as production is",
    ]
}
