import ModelProject
import Pipeline
import SQL

/// Names that cannot work, found when a project is read: before anything is planned, computed or dropped.
///
/// What a model reads of another model is looked up in that one's query. Raw tables may have any column, and so may what
/// takes `*` from them.
struct NameCheck {
    /// PostgreSQL cuts names off after so many bytes.
    static let bytesMax = 63

    private var catalogs: [SQLDialect: SchemaCatalog] = [:]

    /// - Parameter snapshots: Parents before children.
    /// - Returns: The columns that each gives; of some, not all of them can be known.
    /// - Throws: All mistakes, in the order of the models.
    static func columns(of snapshots: [ModelSnapshot]) throws(PipelineError) -> [ModelName: [String]] {
        var check = NameCheck()
        var columns: [ModelName: [String]] = [:]
        var found = [PipelineError?](repeating: nil, count: snapshots.count)
        var others: [Int] = []
        for (index, snapshot) in snapshots.enumerated() {
            if let known = snapshot.outputColumns, hasKnownColumns(snapshot) {
                columns[snapshot.name] = known
                check.add(known, of: snapshot)
                others.append(index)
            } else {
                do throws(PipelineError) { columns[snapshot.name] = try check.check(snapshot) } catch {
                    found[index] = error
                }
            }
        }
        // What they read is known by now: most models are looked at side by side.
        let (done, known) = (check, columns)
        let errors = others.concurrentMap { index -> PipelineError? in
            let snapshot = snapshots[index]
            do throws(PipelineError) {
                try done.checkNames(in: snapshot)
                try done.check(known[snapshot.name] ?? [], of: snapshot)
                return nil
            } catch { return error }
        }
        for (index, error) in zip(others, errors) { found[index] = error }
        if let error = PipelineError(all: found.compactMap(\.self)) { throw error }
        return columns
    }

    /// Whether its query alone says which columns it gives, and nothing that it reads is known only later.
    private static func hasKnownColumns(_ snapshot: ModelSnapshot) -> Bool {
        snapshot.definition.kind.options.addedColumns.isEmpty && !snapshot.readsItself
    }

    /// - Parameter snapshot: Its parents must have been added before.
    /// - Returns: The columns that it gives; nil when not all of them can be known.
    private mutating func check(_ snapshot: ModelSnapshot) throws(PipelineError) -> [String]? {
        try checkNames(in: snapshot)
        guard let columns = outputs(of: snapshot, catalog(of: snapshot)) else { return nil }
        try check(columns, of: snapshot)
        add(columns, of: snapshot)
        return columns
    }

    /// The model's own name, and those in its query.
    private func checkNames(in snapshot: ModelSnapshot) throws(PipelineError) {
        for part in [snapshot.name.schema, snapshot.name.name] where part.utf8.count > Self.bytesMax {
            throw snapshot.definition.error(
                "name", "`\(part)` has \(part.utf8.count) bytes; a name may have \(Self.bytesMax). Shorten it.")
        }
        let query = snapshot.query
        // Tables that are not known here may well be in the database; a name that no table of the query goes by is a mistake.
        let unknown = query.query.nameErrors(in: catalog(of: snapshot)).filter {
            [.unknownColumn, .unknownTable].contains($0.code)
        }
        let errors = unknown.map { query.error(at: $0.range, "\(snapshot.name): \($0.message)") }
        if let error = PipelineError(all: errors) { throw error }
    }

    /// What is known so far to a query in the model's dialect.
    private func catalog(of snapshot: ModelSnapshot) -> SchemaCatalog {
        catalogs[snapshot.query.dialect]
            ?? SchemaCatalog(dialect: snapshot.query.dialect, takesWholeNames: snapshot.bundle.index.isExact)
    }

    private mutating func add(_ columns: [String], of snapshot: ModelSnapshot) {
        let dialect = snapshot.query.dialect
        // Taken out while it is changed: a second owner would make each change copy it whole.
        var catalog = catalogs.removeValue(forKey: dialect) ?? catalog(of: snapshot)
        catalog.add(QualifiedName(snapshot.name.schema, snapshot.name.name), columns: columns.map { .init($0) })
        if snapshot.name.schema == ModelName.defaultSchema {
            catalog.add(QualifiedName(snapshot.name.name), columns: columns.map { .init($0) })
        }
        catalogs[dialect] = catalog
    }

    /// Nil when not all of them can be known.
    private func outputs(of snapshot: ModelSnapshot, _ catalog: SchemaCatalog) -> [String]? {
        let declared = snapshot.definition.columns
        let added = snapshot.definition.kind.options.addedColumns
        if !declared.isEmpty { return Array(declared.keys) + added.filter { declared[$0] == nil } }
        do throws(SQLError) {
            let qualified = try snapshot.query.query.qualified(in: catalog)
            guard qualified.isComplete else { return nil }
            let columns = qualified.columns.map(\.name)
            return columns + added
        } catch {
            return nil  // the database knows more, and says so when the table is made
        }
    }

    private static func repeated(_ names: [String], in columns: [String]) -> String? {
        names.first { name in columns.count { $0 == name } > 1 }
    }

    private func check(_ columns: [String], of snapshot: ModelSnapshot) throws(PipelineError) {
        let model = snapshot.definition
        let known = columns.joined(separator: ", ")
        if let time = model.kind.timeRange?.timeColumn, !columns.contains(time) {
            let similar = columns.first { $0.lowercased() == time.lowercased() }
            let hint = similar.map { " Write it as in the query: time_column \"\($0)\"." } ?? ""
            throw model.error("kind", "\(snapshot.name) has no column \(time) to be its time column: \(known).\(hint)")
        }
        if let missing = model.kind.options.columns.first(where: { !columns.contains($0) }) {
            throw model.error(
                "kind", "\(snapshot.name) has no column \(missing), which its kind names: \(known).")
        }
        if let twice = Self.repeated(model.kind.options.addedColumns, in: columns) {
            throw model.error(
                "kind",
                "The query of \(snapshot.name) gives \(twice), a column that \(model.kind.name) adds. Leave it out of the "
                    + "query, or name the kind's column otherwise.")
        }
        if let other = model.columnDescriptions.keys.first(where: { !columns.contains($0) }) {
            throw model.error(
                "column_descriptions", "\(snapshot.name) has no column \(other) to describe: \(known).")
        }
        if let long = columns.first(where: { $0.utf8.count > Self.bytesMax }) {
            throw model.error(
                "columns",
                "The column `\(long)` has \(long.utf8.count) bytes; a name may have \(Self.bytesMax). Shorten it.")
        }
    }
}
