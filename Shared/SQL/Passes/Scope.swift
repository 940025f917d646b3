/// What can be named at one place of a query.
struct Scope {
    /// A relation of FROM under the name it goes by.
    struct Source {
        var key: String
        var alias: Identifier
        var columns: ColumnSet
        /// The name is that of a value, an element of an array, not of a table.
        var isValue = false
        /// The keys of the table's whole name, when it goes by it: `s.t.x` names a column then.
        var path: [String] = []
        /// Its columns are only found with its alias before them: a pipe operator has put others in their place.
        var isNamedOnly = false
    }

    /// A column that USING or NATURAL has made of one of each side.
    struct Merged {
        var key: String
        var name: Identifier
        /// Indexes in `sources`.
        var sources: [Int]
    }

    /// A column that a star shows; of no source when it is of several.
    struct StarColumn {
        var key: String
        var name: Identifier
        /// Index in `sources`.
        var source: Int?
    }

    var sources: [Source] = []
    var merged: [Merged] = []
    /// Between two operators of a pipe: the columns that there are; nil when they are not all known.
    var shown: [StarColumn]?
    /// What the windows of the WINDOW clause are made of, by name.
    var windows: [String: [LineageEntry]] = [:]
    /// Names of the select list, for clauses that see them.
    var outputs: [String: Resolved] = [:]
    /// True while what is inside may not see the sources: in a subquery of FROM without LATERAL.
    var isHidden = false
    /// What decides which rows there are.
    var filters: [LineageEntry] = []
    /// By what a pipe's rows are in order, which decides about them once LIMIT cuts some off.
    var order: [LineageEntry] = []

    func source(_ key: String) -> Source? { sources.first { $0.key == key } }
}

/// What is known of an expression's value.
struct Resolved {
    var type: DataType.Kind?
    var lineage: [LineageEntry] = []
    /// A text constant, which takes the type of what stands beside it.
    var isUntyped = false
}

/// A column of a query's result.
public struct OutputColumn: Sendable, Hashable {
    /// The name as the dialect would show it.
    public var name: String
    /// Nil when it cannot be told.
    public var type: DataType.Kind?
}
