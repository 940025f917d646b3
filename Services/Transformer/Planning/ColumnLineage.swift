import ModelProject
import SQL

/// Which column of a project is made from which, from raw tables to the last model.
public struct ColumnLineage: Sendable {
    /// A column of a model or of a raw table.
    public typealias Column = SourceReference

    private let lineage: ModelLineage
    private let index: ModelIndex

    /// Follows the columns of every query.
    /// - Throws: `SQLError` where a query's names cannot be followed; its message begins with the model.
    public init(_ graph: ProjectGraph) throws(SQLError) {
        var models: [ModelLineage.Model] = []
        for snapshot in graph.snapshots {
            models.append(
                ModelLineage.Model(
                    QualifiedName(snapshot.name.schema, snapshot.name.name), try Self.query(of: snapshot)))
        }
        let dialect = graph.snapshots.first?.query.dialect ?? .postgres
        lineage = try ModelLineage(
            of: models, catalog: SchemaCatalog(dialect: dialect))
        index = ModelIndex(graph.snapshots.map(\.name))
    }

    /// Its query, with models under their full names.
    private static func query(of snapshot: ModelSnapshot) throws(SQLError) -> Query {
        let index = ModelIndex(snapshot.bundle.models)
        return try snapshot.query.query.mapTables { table in
            let written = table.name.parts.map { $0.name.lowercased() }.joined(separator: ".")
            guard let name = index.find(written) else { return .table(table) }
            var full = table
            full.name = QualifiedName(name.schema, name.name)
            return .table(full)
        }
    }

    /// The columns of a model, in the order of its query; nil for what is no model.
    public func columns(of model: ModelName) -> [String]? {
        lineage.lineage(of: QualifiedName(model.schema, model.name))?.columns.map(\.name)
    }

    /// What the values of a column come from, the nearest first, raw tables last.
    public func upstream(of column: Column) -> [ModelLineage.Connection] { lineage.upstream(of: column) }

    /// What is made of a column, the nearest first.
    public func downstream(of column: Column) -> [ModelLineage.Connection] { lineage.downstream(of: column) }

    /// The models whose rows a column decides: in WHERE, joins, HAVING and keys of groups.
    public func modelsFiltered(by column: Column) -> [String] {
        lineage.modelsFiltered(by: column).map(\.description)
    }

    /// Whether the table of a column is a model.
    public func isModel(_ column: Column) -> Bool { index.find(column.table) != nil }
}
