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
    /// What decides which rows there are: conditions of WHERE, HAVING, QUALIFY and joins, the keys of GROUP BY and
    /// DISTINCT ON, and those of ORDER BY where LIMIT cuts the rows off; here and in the queries that this one reads from.
    public let filters: [SourceReference]
    /// False when a star over a table of unknown columns remains.
    public let isComplete: Bool
}

/// Where what a statement writes comes from.
public struct StatementLineage: Sendable, Hashable {
    /// The table that the statement changes or makes; nil for one that only reads, and for those without rows.
    public let table: QualifiedName?
    /// The columns that are written, or of a query those that it returns.
    public let columns: [QueryLineage.Column]
    /// What decides which rows are written: conditions, of MERGE those of its clauses too.
    public let filters: [SourceReference]
    /// False when a star over a table of unknown columns remains.
    public let isComplete: Bool
}

extension Query {
    /// Follows each column of the result to the columns of tables that it comes from: through WITH, subqueries, joins,
    /// set operations, stars, UNNEST, PIVOT, window functions and pipes.
    /// - Throws: As `qualified(in:options:)`.
    public func lineage(
        in catalog: SchemaCatalog, options: ResolveOptions = ResolveOptions()
    ) throws(SQLError) -> QueryLineage {
        var resolver = Resolver(tracingIn: catalog, options)
        var query = self
        let columns = try resolver.resolve(&query)
        return QueryLineage(
            columns: resolver.traced(columns.columns), filters: resolver.traced(columns.filters),
            isComplete: !columns.isOpen)
    }
}

extension Statement {
    /// Follows each column that INSERT, UPDATE, MERGE, CREATE TABLE AS and CREATE VIEW write, or that a query returns,
    /// to the columns of tables that it comes from.
    /// - Throws: As `qualified(in:options:)`.
    public func lineage(
        in catalog: SchemaCatalog, options: ResolveOptions = ResolveOptions()
    ) throws(SQLError) -> StatementLineage {
        var resolver = Resolver(tracingIn: catalog, options)
        var statement = self
        let result = try resolver.resolve(&statement)
        let query = result.target == nil ? result.returned : nil
        return StatementLineage(
            table: result.target, columns: resolver.traced(query?.columns ?? result.written),
            filters: resolver.traced(query?.filters ?? result.filters), isComplete: !(query?.isOpen ?? result.isOpen))
    }
}

extension Resolver {
    /// One that keeps track of where values come from.
    fileprivate init(tracingIn catalog: SchemaCatalog, _ options: ResolveOptions) {
        var options = options
        options.tracksLineage = true
        self.init(catalog: catalog, options: options)
    }

    fileprivate func traced(_ columns: [SourceColumn]) -> [QueryLineage.Column] {
        columns.map { column in
            QueryLineage.Column(
                name: dialect.folded(column.name), type: column.outputType(functions),
                sources: column.lineage.map { .init(column: origins[Int($0.column)], usage: $0.usage) })
        }
    }

    fileprivate func traced(_ entries: [LineageEntry]) -> [SourceReference] {
        entries.map { origins[Int($0.column)] }
    }
}
