// The other dialect: what the module's users call.

/// What transpiling does about constructs that it cannot put into the other dialect.
public struct TranspileOptions: Sendable, Hashable {
    /// What is done about one construct.
    public enum Handling: Sendable, Hashable {
        /// The error is thrown.
        case refuse
        /// The construct stays as it is, and the error is among the warnings.
        case warn
    }

    /// For what the other dialect has no equivalent of, and for what means one thing or another depending on a type
    /// that is not known.
    public var unsupported: Handling
    /// For functions that neither dialect is known to have: perhaps the user's own.
    public var unknownFunctions: Handling

    public init(unsupported: Handling = .refuse, unknownFunctions: Handling = .warn) {
        self.unsupported = unsupported
        self.unknownFunctions = unknownFunctions
    }
}

/// A tree in another dialect than the one it was read in.
public struct Transpiled<Tree: Sendable>: Sendable {
    public var tree: Tree
    /// What may not mean the same, in the order in which it was met: errors that the options asked not to be thrown.
    /// Their ranges are those of the text that was read; `SQLError.placed(in:)` adds lines and columns.
    public var warnings: [SQLError]

    public init(tree: Tree, warnings: [SQLError] = []) {
        self.tree = tree
        self.warnings = warnings
    }
}

extension Query {
    /// The query with the same meaning in another dialect.
    ///
    /// Where a meaning depends on types (`a / b`, `a || b`, `day + 1`), they come from literals, casts, functions and
    /// the catalogue.
    /// - Parameter catalog: The tables that the query reads, in the dialect `source`; tables that it lacks have columns
    ///   of unknown types.
    /// - Throws: `noEquivalent` for what cannot be said in `target`, `typeNeeded` where a type is not known that
    ///   decides what the text means, both with what to write instead; with a catalogue also what `qualified` throws.
    public func transpiled(
        from source: SQLDialect, to target: SQLDialect, catalog: SchemaCatalog? = nil,
        options: TranspileOptions = TranspileOptions()
    ) throws(SQLError) -> Transpiled<Query> {
        let result = try Statement.query(self).transpiled(from: source, to: target, catalog: catalog, options: options)
        guard case .query(let query) = result.tree else { return Transpiled(tree: self, warnings: result.warnings) }
        return Transpiled(tree: query, warnings: result.warnings)
    }
}

extension Statement {
    /// The statement with the same meaning in another dialect. Parameters and errors are those of a query's.
    public func transpiled(
        from source: SQLDialect, to target: SQLDialect, catalog: SchemaCatalog? = nil,
        options: TranspileOptions = TranspileOptions()
    ) throws(SQLError) -> Transpiled<Statement> {
        guard source != target else { return Transpiled(tree: self) }
        var transpiler = Transpiler(from: source, to: target, catalog: catalog, options: options)
        let tree = try transpiler.transpile(self)
        return Transpiled(tree: tree, warnings: transpiler.warnings)
    }
}

extension Array where Element == Statement {
    /// The statements of a script in another dialect. Parameters and errors are those of a query's.
    public func transpiled(
        from source: SQLDialect, to target: SQLDialect, catalog: SchemaCatalog? = nil,
        options: TranspileOptions = TranspileOptions()
    ) throws(SQLError) -> Transpiled<[Statement]> {
        var result = Transpiled<[Statement]>(tree: [])
        for statement in self {
            let one = try statement.transpiled(from: source, to: target, catalog: catalog, options: options)
            result.tree.append(one.tree)
            result.warnings += one.warnings
        }
        return result
    }
}

extension Expression {
    /// The expression with the same meaning in another dialect. Columns are of unknown types.
    public func transpiled(
        from source: SQLDialect, to target: SQLDialect, options: TranspileOptions = TranspileOptions()
    ) throws(SQLError) -> Transpiled<Expression> {
        let query = Query(Select(items: [SelectItem(value: self)]))
        let result = try query.transpiled(from: source, to: target, options: options)
        guard case .select(let select) = result.tree.body, let item = select.items.first else {
            throw SQLError(.noEquivalent, "\(target) says this with more than an expression.", at: range)
        }
        return Transpiled(tree: item.value, warnings: result.warnings)
    }
}

/// Reads a script, puts its statements into another dialect and writes them, with a semicolon behind each.
///
/// Errors and warnings have lines and columns of `text`. Parameters are those of `Query.transpiled`.
public func transpile(
    _ text: String, from source: SQLDialect, to target: SQLDialect, catalog: SchemaCatalog? = nil,
    options: TranspileOptions = TranspileOptions(), style: GeneratorStyle = .pretty
) throws(SQLError) -> Transpiled<String> {
    let statements = try parseStatements(text, dialect: source)
    do throws(SQLError) {
        let result = try statements.transpiled(from: source, to: target, catalog: catalog, options: options)
        let texts = result.tree.map { $0.sql(target, style: style) + ";\n" }
        return Transpiled(tree: texts.joined(), warnings: result.warnings.map { $0.placed(in: text) })
    } catch {
        throw error.placed(in: text)
    }
}
