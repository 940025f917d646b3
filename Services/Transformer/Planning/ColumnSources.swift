import ModelProject
import SQL

/// A column that another one is made from directly.
public struct ColumnSource: Sendable, Hashable {
    /// `schema.name` of a model or of a raw table, lower case.
    public let relation: String
    public let isModel: Bool
    public let column: String
    public let usage: LineageUsage
}

extension ModelSnapshot {
    /// What each column of the model is made from, one step back; empty when that cannot be told.
    /// - Parameter known: The columns of a model that it reads; nil where they are not known.
    public func columnSources(
        knowing known: (ModelName) -> [String]?
    ) -> [(column: String, sources: [ColumnSource])] {
        let index = parentIndex
        let catalog = query.catalog { written in index.relation(written).flatMap { known($0) } }
        let lineage: QueryLineage
        // What cannot be followed has no sources to tell of; the database judges the query itself.
        do throws(SQLError) { lineage = try query.query.lineage(in: catalog) } catch { return [] }
        return lineage.columns.map { column in
            let sources = column.sources.map { source in
                let table = source.column.table.lowercased()
                let model = index.find(table)
                return ColumnSource(
                    relation: model?.description ?? table, isModel: model != nil, column: source.column.column,
                    usage: source.usage)
            }
            return (column.name, sources)
        }
    }
}
