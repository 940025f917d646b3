import Spelling

/// The names of the macros that are always there.
enum KnownMacros {
    static let functions = [
        "and", "blueprint_var", "date_spine", "deduplicate", "def", "each", "eval", "filter", "generate_surrogate_key",
        "group_by", "having", "haversine_distance", "if", "join", "limit", "or", "order_by", "pivot", "reduce",
        "resolve_template", "safe_add", "safe_div", "safe_sub", "sql", "star", "union", "var", "where", "with",
    ]

    static let variables =
        ["this_model", "runtime_stage", "gateway", "model_kind_name"]
        + ["start", "end", "execution"].flatMap { moment in
            ["dt", "dtntz", "date", "ds", "ts", "tstz", "hour", "epoch", "millis"].map { "\(moment)_\($0)" }
        }

    /// ` Did you mean @x?`, or nothing.
    static func hint(for name: String, besides others: [String]) -> String {
        KnownNames.nearest(to: name, in: variables + others).map { " Did you mean @\($0)?" } ?? ""
    }

    /// ` Did you mean @x(…)?`, or nothing.
    static func hint(forFunction name: String, in known: [String]) -> String {
        KnownNames.nearest(to: name, in: known).map { " Did you mean @\($0)(…)?" } ?? ""
    }
}
