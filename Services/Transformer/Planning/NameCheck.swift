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

    /// - Parameter snapshot: Its parents must have been checked before.
    /// - Returns: The columns that it gives; nil when not all of them can be known.
    mutating func check(_ snapshot: ModelSnapshot) throws(PipelineError) -> [String]? {
        let model = snapshot.definition
        for part in [snapshot.name.schema, snapshot.name.name] where part.utf8.count > Self.bytesMax {
            throw model.error(
                "name", "`\(part)` has \(part.utf8.count) bytes; a name may have \(Self.bytesMax). Shorten it.")
        }
        let query = snapshot.query
        // Taken out while it is changed: a second owner would make each change copy it whole.
        var catalog =
            catalogs.removeValue(forKey: query.dialect)
            ?? SchemaCatalog(dialect: query.dialect, takesWholeNames: snapshot.bundle.index.isExact)
        defer { catalogs[query.dialect] = catalog }
        // Tables that are not known here may well be in the database; a name that no table of the query goes by is a mistake.
        let unknown = query.query.nameErrors(in: catalog).filter { [.unknownColumn, .unknownTable].contains($0.code) }
        let errors = unknown.map { query.error(at: $0.range, "\(snapshot.name): \($0.message)") }
        if let error = PipelineError(all: errors) { throw error }
        guard let columns = outputs(of: snapshot, catalog) else { return nil }
        try check(columns, of: snapshot)
        let name = QualifiedName(snapshot.name.schema, snapshot.name.name)
        catalog.add(name, columns: columns.map { .init($0) })
        if snapshot.name.schema == ModelName.defaultSchema {
            catalog.add(QualifiedName(snapshot.name.name), columns: columns.map { .init($0) })
        }
        return columns
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
