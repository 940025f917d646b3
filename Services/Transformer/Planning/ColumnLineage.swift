import ModelProject
import SQL

/// Which column of a project is made from which, from raw tables to the last model.
public struct ColumnLineage: Sendable {
    /// A column of a model or of a raw table.
    public typealias Column = SourceReference

    /// Models whose queries cannot be followed, each with the reason: they are taken for tables.
    public let leftOut: [(model: ModelName, reason: String)]
    private let lineage: ModelLineage
    private let index: ModelIndex

    /// Follows the columns of every query.
    /// - Throws: `SQLError` where a query's names cannot be followed; its message begins with the model.
    public init(_ graph: ProjectGraph) throws(SQLError) {
        let models = try graph.snapshots.map { snapshot throws(SQLError) in try Self.model(snapshot) }
        let bare = Self.catalog(graph.snapshots)
        var catalog = bare
        for (name, columns) in graph.externals {
            let parts = name.split(separator: ".").map { Identifier(exact: String($0)) }
            catalog.add(QualifiedName(parts), columns: columns.map { .init($0.name) })
        }
        do throws(SQLError) { lineage = try ModelLineage(of: models, catalog: catalog) } catch {
            // What is declared may be older than the table: the queries alone say what they need.
            lineage = try ModelLineage(of: models, catalog: bare)
        }
        leftOut = []
        index = ModelIndex(graph.snapshots.map(\.name))
    }

    /// Follows the columns of the queries that can be followed.
    /// - Parameters:
    ///   - snapshots: Parents before children.
    ///   - columns: Of what they read besides each other, as far as they are known; of the models left out as well.
    /// - Throws: `SQLError` when the models read each other in a circle.
    public init(
        following snapshots: [ModelSnapshot], columns: [RelationPath: [String]]
    ) throws(SQLError) {
        var catalog = Self.catalog(snapshots)
        for (relation, names) in columns {
            catalog.add(QualifiedName(relation.schema, relation.name), columns: names.map { .init($0) })
        }
        var known = catalog
        var models: [ModelLineage.Model] = []
        var leftOut: [(model: ModelName, reason: String)] = []
        for snapshot in snapshots {
            do throws(SQLError) {
                let model = try Self.model(snapshot)
                let found = try model.query.lineage(in: known)
                if found.isComplete { known.add(model.name, columns: found.columns.map { .init($0.name, $0.type) }) }
                models.append(model)
            } catch {
                leftOut.append((snapshot.name, error.message))
            }
        }
        self.leftOut = leftOut
        lineage = try ModelLineage(of: models, catalog: catalog)
        let unfollowed = Set(leftOut.map(\.model))
        index = ModelIndex(snapshots.map(\.name).filter { !unfollowed.contains($0) })
    }

    private static func catalog(_ snapshots: [ModelSnapshot]) -> SchemaCatalog {
        SchemaCatalog(dialect: snapshots.first?.query.dialect ?? .postgres)
    }

    private static func model(_ snapshot: ModelSnapshot) throws(SQLError) -> ModelLineage.Model {
        ModelLineage.Model(QualifiedName(snapshot.name.schema, snapshot.name.name), try query(of: snapshot))
    }

    /// Its query, with models under their full names.
    private static func query(of snapshot: ModelSnapshot) throws(SQLError) -> Query {
        let index = ModelIndex(snapshot.bundle.models)
        let query = try snapshot.query.query.mapTables { table in
            guard let name = index.find(ParsedQuery.name(table)) else { return .table(table) }
            var full = table
            full.name = QualifiedName(name.schema, name.name)
            return .table(full)
        }
        return try snapshot.definition.kind.withHistory(query, snapshot.query.dialect)
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

extension ModelKind {
    /// The query of a history with the two columns that say when a row held: they follow from the column that says when it
    /// was changed, where there is one.
    fileprivate func withHistory(_ query: Query, _ dialect: SQLDialect) throws(SQLError) -> Query {
        guard let (history, updatedAt) = history else { return query }
        func name(_ text: String) -> String { Identifier(exact: text).sql(dialect) }
        let origin = updatedAt.map { "model.\(name($0))" } ?? "NULL"
        return try parseQuery(
            "SELECT model.*, \(origin) AS \(name(history.validFromName)), \(origin) AS \(name(history.validToName)) "
                + "FROM (\(query.sql(dialect))) AS model",
            dialect: dialect)
    }
}
