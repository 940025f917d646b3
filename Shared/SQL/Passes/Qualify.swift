/// A query in which every name is written out, and what it returns.
public struct QualifiedQuery: Sendable {
    /// Tables have aliases, columns are qualified by them, stars are written as the columns they stand for.
    public let query: Query
    /// In order.
    public let columns: [OutputColumn]
    /// False when a star over a table of unknown columns remains, so that there may be more columns.
    public let isComplete: Bool
}

extension Query {
    /// Finds out what each name of the query means.
    ///
    /// A table that the catalogue does not know has the columns that the query names, unless
    /// `ResolveOptions.requiresKnownTables` is set. A name that could belong to several such tables stays as it is.
    /// - Throws: `unknownColumn` and `unknownTable`, with what was perhaps meant, and `ambiguousColumn`.
    public func qualified(
        in catalog: SchemaCatalog, options: ResolveOptions = ResolveOptions()
    ) throws(SQLError) -> QualifiedQuery {
        var resolver = Resolver(catalog: catalog, options: options)
        var query = self
        let columns = try resolver.resolve(&query)
        return QualifiedQuery(
            query: query,
            columns: columns.columns.map { OutputColumn(name: catalog.dialect.folded($0.name), type: $0.type) },
            isComplete: !columns.isOpen)
    }
}
