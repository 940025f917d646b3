/// Finds out for each name of a query what it names, and writes it out; infers types and, where asked, lineage on the
/// way. One walk over the tree does all of it.
///
/// Invariant: when a `resolve` returns, `scopes` and `common` are as they were when it was called.
struct Resolver {
    let catalog: SchemaCatalog
    let dialect: SQLDialect
    let naming: NamingTraits
    let functions: FunctionTraits
    let options: ResolveOptions
    var scopes: [Scope] = []
    /// The tables of WITH clauses in sight, the innermost last.
    var common: [(key: String, columns: ColumnSet)] = []
    /// The table of WITH RECURSIVE whose first part comes next: index in `common`, and the names of its columns.
    var recursion: (table: Int, columns: [Identifier])?
    /// What was found wrong, when errors are collected.
    var errors: [SQLError] = []
    /// What the children of a node are, while it is gone through.
    var children = ChildValues()
    /// The columns of tables that lineage has met; entries count into it.
    var origins: [SourceReference] = []
    /// The types of expressions that carry numbers, where somebody wants to know them.
    var recorded: NodeTypes?
    private var originNumbers: [SourceReference: Int32] = [:]

    init(catalog: SchemaCatalog, options: ResolveOptions) {
        self.catalog = catalog
        self.options = options
        dialect = catalog.dialect
        naming = dialect.traits.naming
        functions = dialect.traits.functions
    }

    mutating func origin(_ table: String, _ column: String) -> Int32 {
        let reference = SourceReference(table: table, column: column)
        if let known = originNumbers[reference] { return known }
        let number = Int32(origins.count)
        origins.append(reference)
        originNumbers[reference] = number
        return number
    }

    // MARK: Names

    /// What the column at `position` of a source is.
    mutating func resolved(_ source: Scope.Source, _ position: Int) -> Resolved {
        let column = source.columns.columns[position]
        let type = column.outputType(functions)
        guard options.tracksLineage else { return Resolved(type: type) }
        guard let table = source.columns.table, column.lineage.isEmpty else {
            return Resolved(type: type, lineage: column.lineage)
        }
        let number = origin(table.description, column.name.name)
        return Resolved(type: type, lineage: [LineageEntry(column: number, usage: .copied)])
    }

    /// What a column is of which only the name is known.
    mutating func assumed(_ source: Scope.Source, _ name: Identifier) -> Resolved {
        guard options.tracksLineage, let table = source.columns.rest else { return Resolved() }
        let number = origin(table.description, dialect.folded(name))
        return Resolved(lineage: [LineageEntry(column: number, usage: .copied)])
    }

    mutating func resolve(_ column: inout ColumnReference) throws(SQLError) -> Resolved {
        if column.qualifier.isEmpty {
            if let found = try unqualified(column.name, whole: &column) { return found }
            return try missing(column)
        }
        return try qualified(&column)
    }

    /// A name without a table before it. Nil when nothing in sight has it.
    private mutating func unqualified(
        _ name: Identifier, whole column: inout ColumnReference
    ) throws(SQLError) -> Resolved? {
        let key = dialect.key(name)
        var open: Scope.Source?
        var opens = 0
        for level in scopes.indices.reversed() where !scopes[level].isHidden {
            if !scopes[level].merged.isEmpty, let merged = scopes[level].merged.last(where: { $0.key == key }) {
                return self.merged(merged, in: scopes[level])
            }
            var found: (source: Int, position: Int)?
            for index in scopes[level].sources.indices where !scopes[level].sources[index].isNamedOnly {
                if let position = scopes[level].sources[index].columns.position(of: key) {
                    if let first = found {
                        let sources = scopes[level].sources
                        return try report(ambiguous(column, sources[first.source], sources[index]))
                    }
                    found = (index, position)
                } else if scopes[level].sources[index].columns.isOpen {
                    if opens == 0 { open = scopes[level].sources[index] }
                    opens += 1
                }
            }
            if let found {
                let source = scopes[level].sources[found.source]
                if !source.alias.name.isEmpty, !(source.isValue && source.key == key) {
                    column.qualifier = column.qualifier.isEmpty ? [source.alias] : [source.alias] + column.qualifier
                }
                return resolved(source, found.position)
            }
            if !scopes[level].outputs.isEmpty, let output = scopes[level].outputs[key] { return output }
            // The whole row, or the element of an array.
            if let source = scopes[level].source(key) { return row(source) }
        }
        guard let open, !naming.hiddenColumns.contains(key) else { return opens > 0 ? Resolved() : nil }
        guard opens == 1 else { return Resolved() }
        if !open.alias.name.isEmpty { column.qualifier = [open.alias] + column.qualifier }
        return assumed(open, name)
    }

    mutating func merged(_ merged: Scope.Merged, in scope: Scope) -> Resolved {
        var result = Resolved()
        for index in merged.sources {
            let source = scope.sources[index]
            guard let position = source.columns.position(of: merged.key) else { continue }
            let one = resolved(source, position)
            result.type = result.type ?? one.type
            result.lineage.merge(one.lineage)
        }
        return result
    }

    mutating func row(_ source: Scope.Source) -> Resolved {
        var result = Resolved()
        let columns = source.columns.columns
        if source.isValue, columns.count == 1, columns[0].key == source.key {
            result.type = columns[0].type
        } else if naming.pathsReachFields, !source.columns.isOpen {
            result.type = .structure(fields(columns))
        }
        guard options.tracksLineage else { return result }
        for position in columns.indices { result.lineage.merge(resolved(source, position).lineage) }
        result.lineage = result.lineage.used(.computed)
        return result
    }

    /// A name with a table, or with a column of which it is a field, before it.
    private mutating func qualified(_ column: inout ColumnReference) throws(SQLError) -> Resolved {
        let parts = column.parts
        let keys = parts.map { dialect.key($0) }
        for level in scopes.indices.reversed() where !scopes[level].isHidden {
            if let source = scopes[level].source(keys[0]) {
                if let position = source.columns.position(of: keys[1]) {
                    column.qualifier[0] = source.alias
                    let whole = resolved(source, position)
                    return fields(of: whole, Array(parts.dropFirst(2)))
                }
                if source.columns.isOpen || naming.hiddenColumns.contains(keys[1]) { return assumed(source, parts[1]) }
                if source.isValue { return row(source) }
                return try report(unknown(parts[1], in: [source], at: column))
            }
            for source in scopes[level].sources where !source.path.isEmpty && keys.count > source.path.count {
                guard source.path.elementsEqual(keys.prefix(source.path.count)) else { continue }
                let key = keys[source.path.count]
                guard let position = source.columns.position(of: key) else {
                    if source.columns.isOpen { return assumed(source, parts[source.path.count]) }
                    return try report(unknown(parts[source.path.count], in: [source], at: column))
                }
                column.qualifier = [source.alias] + parts[source.path.count..<(parts.count - 1)]
                return fields(of: resolved(source, position), Array(parts.dropFirst(source.path.count + 1)))
            }
        }
        if naming.pathsReachFields {
            var first = ColumnReference(qualifier: [], name: parts[0], info: column.info)
            if let whole = try unqualified(parts[0], whole: &first) {
                column.qualifier = first.qualifier + parts.dropLast()
                return fields(of: whole, Array(parts.dropFirst()))
            }
        }
        return try report(unknownTable([parts[0]], at: column.info.range))
    }

    /// A field, through as many structs as there are names.
    private func fields(of whole: Resolved, _ names: [Identifier]) -> Resolved {
        var result = whole
        for name in names {
            let key = dialect.key(name)
            if case .structure(let fields)? = result.type {
                result.type = fields.first { $0.name.map { dialect.key($0) } == key }?.type.kind
            } else if result.type != .json {
                result.type = nil
            }
            result.lineage = result.lineage.used(.computed)
        }
        return result
    }

    /// The fields of a row of these columns.
    func fields(_ columns: [SourceColumn]) -> [DataType.Field] {
        columns.map { column in
            DataType.Field(name: column.name, type: DataType(kind: column.type ?? .named(QualifiedName("unknown"))))
        }
    }

    // MARK: Errors

    private mutating func missing(_ column: ColumnReference) throws(SQLError) -> Resolved {
        if naming.hiddenColumns.contains(dialect.key(column.name)) { return Resolved() }
        let visible = scopes.reversed().filter { !$0.isHidden }
        return try report(unknown(column.name, in: visible.flatMap(\.sources), at: column))
    }

    /// Throws the error, or keeps it and goes on with a value of which nothing is known.
    mutating func report(_ error: SQLError) throws(SQLError) -> Resolved {
        guard options.collectsErrors else { throw error }
        errors.append(error)
        return Resolved()
    }

    func unknownTable(_ name: [Identifier], at range: SourceRange) -> SQLError {
        let text = name.map(\.name).joined(separator: ".")
        let known = scopes.reversed().flatMap { $0.sources.map(\.alias.name) }
        return SQLError(
            .unknownTable,
            "No table of this query goes by the name \(text).\(Suggestion.text(for: text, in: known))", at: range)
    }

    private func unknown(_ name: Identifier, in sources: [Scope.Source], at column: ColumnReference) -> SQLError {
        let known = sources.flatMap { $0.columns.columns.map(\.name.name) }
        let tables = sources.map(\.alias.name).filter { !$0.isEmpty }.joined(separator: ", ")
        let place =
            sources.isEmpty
            ? "There is no table here to have a column \(name.name)."
            : tables.isEmpty ? "There is no column \(name.name) here." : "No column \(name.name) in \(tables)."
        return SQLError(
            .unknownColumn, place + Suggestion.text(for: name.name, in: known), at: column.info.range)
    }

    private func ambiguous(_ column: ColumnReference, _ first: Scope.Source, _ second: Scope.Source) -> SQLError {
        let names = [first, second].map { $0.alias.name.isEmpty ? "the pipe" : $0.alias.name }
        let tables = names[0] == names[1] ? "Two relations of \(names[0])" : "Both \(names[0]) and \(names[1])"
        return SQLError(
            .ambiguousColumn, "\(tables) have a column \(column.name.name); say which one is meant.",
            at: column.info.range)
    }
}

/// How names are resolved.
public struct ResolveOptions: Sendable, Hashable {
    /// Throws when a table is not in the catalogue; otherwise its columns are taken as the query names them.
    public var requiresKnownTables: Bool
    var tracksLineage = false
    /// Goes on behind an error where that is safe.
    var collectsErrors = false

    public init(requiresKnownTables: Bool = false) { self.requiresKnownTables = requiresKnownTables }
}

/// A column of a table outside the query.
public struct SourceReference: Sendable, Hashable, CustomStringConvertible {
    /// The table's name, parts separated by dots.
    public var table: String
    public var column: String

    public init(table: String, column: String) {
        self.table = table
        self.column = column
    }

    public var description: String { "\(table).\(column)" }
}

/// Names that were perhaps meant.
enum Suggestion {
    /// ` Did you mean x?`, or nothing.
    static func text(for name: String, in known: [String]) -> String {
        let wanted = Array(name.lowercased().utf8)
        let allowed = max(1, wanted.count / 3)
        var best: (distance: Int, name: String)?
        for candidate in known {
            let distance = self.distance(wanted, Array(candidate.lowercased().utf8))
            if distance <= allowed, distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        return best.map { " Did you mean \($0.name)?" } ?? ""
    }

    /// How many letters must be added, taken away or replaced, or swapped with the next.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before: [Int] = []
        var last = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var row = [i + 1]
            for (j, b) in right.enumerated() {
                var least = a == b ? last[j] : min(last[j], min(last[j + 1], row[j])) + 1
                if i > 0, j > 0, a == right[j - 1], left[i - 1] == b { least = min(least, before[j - 1] + 1) }
                row.append(least)
            }
            before = last
            last = row
        }
        return last[right.count]
    }
}
