import Pipeline

/// The functions that templates may call, and what to do instead of those of dbt.
enum JinjaFunctions {
    static let known =
        "is_incremental(), ref('model'), source('schema', 'table'), var('name', default), range(n), "
        + "namespace(x=1), and macros of the file and of macros/"

    private static let instead = [
        "config": "Say it in a block at the top of the file: MODEL (name …, kind …).",
        "adapter": "Nothing is asked of the database while SQL is made: write the SQL out.",
        "run_query": "Nothing is asked of the database while SQL is made: write the values out.",
        "statement": "Nothing is asked of the database while SQL is made: write the values out.",
        "dbt_utils":
            "Macros of packages are not there: @STAR, @UNION, @GENERATE_SURROGATE_KEY, @PIVOT, @DATE_SPINE and "
            + "@DEDUPLICATE are built in.",
        "dbt": "Macros of packages are not there: write the SQL out.",
        "modules": "Python is not supported: use @start_ds and its kin, or SQL.",
        "target": "Use @gateway, or a variable of config.yaml.",
        "graph": "Other models cannot be looked at: name them with ref('model').",
        "exceptions": "Leave it out, or write a condition that the database checks.",
        "log": "Leave it out: SQL is made without a log.",
        "caller": "{% call %} is not supported: give the text as an argument.",
    ]

    /// - Throws: For what belongs to dbt and is not here.
    static func check(_ name: String, in source: SourceFile, at offset: Int) throws(PipelineError) {
        guard let instead = instead[name] else { return }
        throw source.error(at: offset, "`\(name)(…)` is not supported. \(instead)")
    }
}
