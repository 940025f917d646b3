/// How a dialect looks names up.
struct NamingTraits: Sendable {
    /// `a.b` may be the field `b` of the column `a`.
    var pathsReachFields: Bool
    /// The alias of UNNEST is the element itself, not a table with a column.
    var elementsAreValues: Bool
    /// HAVING and QUALIFY see the names that the select list gives.
    var havingSeesAliases: Bool
    /// Columns that every table has and `*` does not show.
    var hiddenColumns: Set<String>
    /// The name of a column that is a call, when the query gives none: the function's.
    var callsNameColumns: Bool

    static let postgres = NamingTraits(
        pathsReachFields: false, elementsAreValues: false, havingSeesAliases: false,
        hiddenColumns: ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"], callsNameColumns: true)
    static let bigQuery = NamingTraits(
        pathsReachFields: true, elementsAreValues: true, havingSeesAliases: true,
        hiddenColumns: [
            "_partitiontime", "_partitiondate", "_table_suffix", "_file_name", "_change_type",
            "_change_timestamp",
        ], callsNameColumns: false)
}
