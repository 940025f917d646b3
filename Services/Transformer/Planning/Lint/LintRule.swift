/// What `transformer lint` looks for: SQLMesh's built-in rules under their names, and what the SQL parser forgives.
public enum LintRule: String, Sendable, CaseIterable, Comparable {
    /// A column that no relation has, or that more than one has.
    case ambiguousOrInvalidColumn = "ambiguousorinvalidcolumn"
    /// A `*` over columns that are not known before the query runs.
    case invalidSelectStarExpansion = "invalidselectstarexpansion"
    /// Outer columns without a name of their own, or two of one name.
    case noAmbiguousProjections = "noambiguousprojections"
    /// A `*` in the outer select list.
    case noSelectStar = "noselectstar"
    case noMissingAudits = "nomissingaudits"
    case noMissingUnitTest = "nomissingunittest"
    /// A table that is read and is neither a model nor declared.
    case noMissingExternalModels = "nomissingexternalmodels"
    /// SQL that is read as it was meant, and that no database takes as it stands.
    case forgivenSQL = "forgivensql"

    /// The rules that make `lint` fail unless somebody chooses others; the others warn.
    public static let errors: Set<LintRule> = [
        .ambiguousOrInvalidColumn, .invalidSelectStarExpansion, .noAmbiguousProjections,
    ]

    public static func < (left: LintRule, right: LintRule) -> Bool { left.rawValue < right.rawValue }
}

/// A place in a project that a rule does not like.
public struct LintFinding: Sendable, Equatable {
    public let rule: LintRule
    public let model: String
    /// Relative to the pipeline folder.
    public let file: String
    /// Counted from 1.
    public let line: Int, column: Int
    public let message: String
}
