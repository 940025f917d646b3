/// Where the columns of a query's result come from.
public struct QueryLineage: Sendable, Hashable {
    /// A source column and how it is used.
    public struct Source: Sendable, Hashable {
        public let column: SourceReference
        public let usage: LineageUsage
    }

    /// A column of the result and where its values come from.
    public struct Column: Sendable, Hashable {
        public let name: String
        public let type: DataType.Kind?
        /// Each source once, with the strongest of its uses; in the order in which the query first names them.
        public let sources: [Source]
    }

    /// In the order of the result.
    public let columns: [Column]
    /// What decides which rows there are: conditions of WHERE, HAVING, QUALIFY and joins, here and in the queries that
    /// this one reads from.
    public let filters: [SourceReference]
    /// False when a star over a table of unknown columns remains.
    public let isComplete: Bool
}

extension Query {
    /// Follows each column of the result to the columns of tables that it comes from: through WITH, subqueries, joins,
    /// set operations, stars, UNNEST and window functions.
    /// - Throws: As `qualified(in:options:)`.
    public func lineage(
        in catalog: SchemaCatalog, options: ResolveOptions = ResolveOptions()
    ) throws(SQLError) -> QueryLineage {
        var options = options
        options.tracksLineage = true
        var resolver = Resolver(catalog: catalog, options: options)
        var query = self
        let columns = try resolver.resolve(&query)
        let origins = resolver.origins
        return QueryLineage(
            columns: columns.columns.map { column in
                QueryLineage.Column(
                    name: catalog.dialect.folded(column.name), type: column.type,
                    sources: column.lineage.map {
                        QueryLineage.Source(column: origins[Int($0.column)], usage: $0.usage)
                    })
            },
            filters: columns.filters.map { origins[Int($0.column)] }, isComplete: !columns.isOpen)
    }
}
