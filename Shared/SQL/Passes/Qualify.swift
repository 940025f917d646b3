/// A query in which every name is written out, and what it returns.
public struct QualifiedQuery: Sendable {
    /// Tables have aliases, columns are qualified by them, stars are written as the columns they stand for.
    public let query: Query
    /// In order.
    public let columns: [OutputColumn]
    /// False when a star over a table of unknown columns remains, so that there may be more columns.
    public let isComplete: Bool
}

/// A statement in which every name is written out.
public struct QualifiedStatement: Sendable {
    /// As the query of a `QualifiedQuery`. Names of columns that are written to stay as they are.
    public let statement: Statement
    /// What the statement returns, by itself or by RETURNING, in order; empty when it returns nothing.
    public let columns: [OutputColumn]
    /// False when a star over a table of unknown columns remains.
    public let isComplete: Bool
}

extension Query {
    /// Finds out what each name of the query means.
    ///
    /// A table that the catalogue does not know has the columns that the query names, unless
    /// `ResolveOptions.requiresKnownTables` is set. A name that could belong to several such tables stays as it is.
    /// - Throws: `unknownColumn` and `unknownTable`, with what was perhaps meant, `ambiguousColumn`, and `unresolved`
    ///   for set operations and lists that do not fit together.
    public func qualified(
        in catalog: SchemaCatalog, options: ResolveOptions = ResolveOptions()
    ) throws(SQLError) -> QualifiedQuery {
        var resolver = Resolver(catalog: catalog, options: options)
        var query = self
        let columns = try resolver.resolve(&query)
        return QualifiedQuery(
            query: query, columns: catalog.dialect.outputs(columns), isComplete: !columns.isOpen)
    }

    /// All names of the query that mean nothing or several things, in the order in which they are met; empty for a
    /// query that `qualified(in:options:)` accepts. What a wrong name stood for is taken as known from there on, so
    /// that one mistake is said once.
    public func nameErrors(
        in catalog: SchemaCatalog, options: ResolveOptions = ResolveOptions()
    ) -> [SQLError] {
        Statement.query(self).nameErrors(in: catalog, options: options)
    }
}

extension Statement {
    /// Finds out what each name of the statement means: of its queries, its conditions, and the columns it writes to.
    /// Statements that read no rows stay as they are.
    /// - Throws: As `Query.qualified(in:options:)`.
    public func qualified(
        in catalog: SchemaCatalog, options: ResolveOptions = ResolveOptions()
    ) throws(SQLError) -> QualifiedStatement {
        var resolver = Resolver(catalog: catalog, options: options)
        var statement = self
        let result = try resolver.resolve(&statement)
        return QualifiedStatement(
            statement: statement, columns: result.returned.map { catalog.dialect.outputs($0) } ?? [],
            isComplete: !(result.returned?.isOpen ?? result.isOpen))
    }

    /// All names of the statement that mean nothing or several things: see `Query.nameErrors(in:options:)`.
    public func nameErrors(
        in catalog: SchemaCatalog, options: ResolveOptions = ResolveOptions()
    ) -> [SQLError] {
        var options = options
        options.collectsErrors = true
        var resolver = Resolver(catalog: catalog, options: options)
        var statement = self
        do {
            _ = try resolver.resolve(&statement)
            return resolver.errors
        } catch {
            return resolver.errors + [error]
        }
    }
}

extension SQLDialect {
    /// The columns as the dialect would show them.
    func outputs(_ columns: ColumnSet) -> [OutputColumn] {
        columns.columns.map { OutputColumn(name: folded($0.name), type: $0.outputType(traits.functions)) }
    }
}
