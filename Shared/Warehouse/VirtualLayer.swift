// The virtual layer: the views that people query, each over the table of a model's version. A promotion points all views of
// an environment at once.
import SQL

/// A view over a table.
public struct ViewDefinition: Sendable {
    /// The view's name.
    public var view: RelationPath
    /// The table, or view, that it shows.
    public var table: RelationPath
    /// Those of the table's columns that it shows, in whatever case; nil: all.
    public var columns: [String]?
    /// For people.
    public var comment: String?
    /// For people, by column.
    public var columnComments: [String: String] = [:]

    /// A view that shows all of a table.
    public init(_ view: RelationPath, over table: RelationPath, comment: String? = nil) {
        self.view = view
        self.table = table
        self.comment = comment
    }

    /// Those of a table's columns that it shows, in the table's order: a table may have kept some that its model gives no
    /// longer.
    public static func shown<Column>(
        _ columns: [Column], of names: [String]?, name: (Column) -> String
    ) -> [Column] {
        guard let names else { return columns }
        let wanted = Set(names.map { $0.lowercased() })
        let shown = columns.filter { wanted.contains(name($0).lowercased()) }
        return shown.isEmpty ? columns : shown
    }
}

/// What a promotion does to views: all of it or nothing.
public struct Publication: Sendable {
    /// Views to be made or pointed at another table.
    public var views: [ViewDefinition]
    /// Views that go, where they are there.
    public var dropped: [RelationPath]
    /// A role that may read the views, where there is one of that name; nil grants nothing.
    public var reader: String?

    /// Makes views and drops others.
    public init(_ views: [ViewDefinition], dropping dropped: [RelationPath] = [], reader: String? = nil) {
        self.views = views
        self.dropped = dropped
        self.reader = reader
    }
}

/// The tables of models, and which of them each view outside of their schemas shows.
public struct VirtualLayerState: Sendable, Equatable {
    public var tables: Set<RelationPath> = []
    public var shown: [RelationPath: RelationPath] = [:]

    public init() {}
}
