import Foundation
import SQL
import Testing

/// The queries of TPC-H and TPC-DS, generated once by a pinned DuckDB into `.millrace/test/tpc`.
enum TPCQueries {
    struct Entry: Sendable, CustomTestStringConvertible {
        /// `tpch-01`, …
        let name: String
        let text: String
        var testDescription: String { name }
    }

    static let all = entries(in: folder)
    /// The same queries in GoogleSQL, as SQLGlot translates them.
    static let googleSQL: [Entry] = {
        _ = all
        return entries(in: folder.appending(path: "googlesql"))
    }()

    private static func entries(in folder: URL) -> [Entry] {
        do { return try load(folder) } catch { fatalError("No TPC queries: \(error). See Fixtures/tpc-queries.") }
    }

    /// The tables that the queries read, by suite.
    private static let catalogs: [String: SchemaCatalog] = {
        _ = all
        let text = (try? String(contentsOf: folder.appending(path: "schema.tsv"), encoding: .utf8)) ?? ""
        var tables: [String: [String: [SchemaCatalog.Column]]] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t").map(String.init)
            var kind: DataType.Kind?
            if case .cast(let cast)? = try? parseExpression("CAST(NULL AS \(fields[3]))", dialect: .postgres) {
                kind = cast.type.kind
            }
            tables[fields[0], default: [:]][fields[1], default: []].append(.init(fields[2], kind))
        }
        return tables.mapValues { tables in
            var catalog = SchemaCatalog(dialect: .postgres)
            for (name, columns) in tables { catalog.add(QualifiedName(name), columns: columns) }
            return catalog
        }
    }()

    static func catalog(for entry: Entry) -> SchemaCatalog {
        catalogs[String(entry.name.prefix { $0 != "-" })] ?? SchemaCatalog(dialect: .postgres)
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let folder = root.appending(path: ".millrace/test/tpc")

    private static func load(_ folder: URL) throws -> [Entry] {
        if !FileManager.default.fileExists(atPath: Self.folder.appending(path: "complete-3").path) {
            let script = Process()
            script.executableURL = root.appending(path: "Tests/SQLTests/Fixtures/tpc-queries")
            script.arguments = [Self.folder.path]
            try script.run()
            script.waitUntilExit()
        }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".sql") }.sorted()
            .map { name in
                let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
                return Entry(name: String(name.dropLast(4)), text: text)
            }
    }
}
