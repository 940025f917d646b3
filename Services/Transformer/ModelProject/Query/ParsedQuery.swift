import Pipeline
import SQL

/// A query as it will run, read by the SQL parser. Its text stays as it was written; only relations are put in.
public struct ParsedQuery: Sendable {
    /// The text after expansion and correction, with the way back to the file.
    let rendered: RenderedText
    /// The text after expansion and correction.
    public var sql: String { rendered.text }
    /// What it runs in.
    public let dialect: SQLDialect
    /// The tree.
    public let query: Query
    /// One text for all spellings of the query, in the dialect that it was written in.
    public let canonical: String
    /// What was corrected in it: what SQLGlot forgives, and no database does.
    public let notes: [SourceNote]

    /// - Throws: ``PipelineError`` at the place in the file that the mistake came from.
    public init(_ rendered: RenderedText, dialect name: String) throws(PipelineError) {
        guard let dialect = SQLDialect(named: name) else {
            throw rendered.error(at: 0, ModelDialect.problem(name) ?? "")
        }
        let written: Query
        let proper: RenderedText
        do throws(SQLError) {
            let (query, corrections) = try parseForgivingQuery(rendered.text, dialect: dialect)
            notes = corrections.map {
                SourceNote(offset: rendered.sourceOffset(of: $0.range.offsets.lowerBound), message: $0.message)
            }
            proper = corrections.isEmpty ? rendered : rendered.corrected(corrections)
            // Its places are to be those of the text that is sent.
            written = corrections.isEmpty ? query : try parseQuery(proper.text, dialect: dialect)
        } catch {
            let expected = error.expected.isEmpty ? "" : " Expected \(error.expected.joined(separator: ", "))."
            throw rendered.error(at: error.range.offsets.lowerBound, error.message + expected)
        }
        canonical = written.sql(dialect, style: .canonical)
        self.dialect = ModelDialect.engine
        guard dialect != ModelDialect.engine else {
            (self.rendered, query) = (proper, written)
            return
        }
        do throws(SQLError) {
            let text = try ModelDialect.translated(written, from: dialect).sql(ModelDialect.engine)
            var translated = RenderedText(source: proper.source)
            translated.append(text, from: proper.sourceOffset(of: 0), verbatim: false)
            (self.rendered, query) = (translated, try parseQuery(text, dialect: ModelDialect.engine))
        } catch {
            let place = error.range.isNone ? 0 : error.range.offsets.lowerBound
            throw proper.error(at: place, "This cannot be said in PostgreSQL: \(error.message)")
        }
    }

    /// The query with the functions that say what time it is replaced by `moment`.
    public init(
        _ rendered: RenderedText, frozenAt moment: Moment, dialect: String
    ) throws(PipelineError) {
        try self.init(rendered.frozen(at: moment, dialect: dialect), dialect: dialect)
    }

    /// The relations whose columns macros wrote into the text, by the name that they asked for, with those columns.
    public var relationsRead: [String: [RelationColumn]] { rendered.relationsRead }

    /// The relations that the query reads, lower case, without its own CTEs: `raw.events`, `sessions`.
    public var tables: [String] { query.tableReferences().map { Self.name($0) } }

    /// Where in the file each relation of ``tables`` is named first.
    public var places: [String: Int] {
        tablesInText.reduce(into: [:]) { places, table in
            let offset = rendered.sourceOffset(of: table.name.range.offsets.lowerBound)
            places[Self.name(table), default: offset] = min(places[Self.name(table)] ?? offset, offset)
        }
    }

    /// Names of the text in double quotes (or backticks), unquoted: those whose capitals count.
    public var quotedNames: Set<String> {
        guard let list = try? tokenize(sql, dialect: dialect) else { return [] }
        return Set(list.tokens.filter { $0.kind == .quotedName }.map { StatementText.unquoted(sql.sql(in: $0.range)) })
    }

    /// Names of the columns that the query returns, as SQL means them; nil where a star hides some of them, or they cannot
    /// be told.
    public var columns: [String]? {
        guard let qualified = try? query.qualified(in: SchemaCatalog(dialect: dialect)), qualified.isComplete else {
            return nil
        }
        return qualified.columns.map(\.name)
    }

    /// The query with the relations that `replacement` knows put in, each under the name it had.
    /// - Parameters:
    ///   - offset: Where in the file the query starts.
    ///   - replacement: SQL for the FROM clause, by the relation's name (`schema.name` or `name`); nil: stays.
    public func placed(at offset: Int, replacing replacement: (String) -> String?) -> PlacedSQL {
        PlacedSQL(self, at: offset, replacing: replacement)
    }

    /// Where in the file `range` of the text came from, in UTF-8 bytes.
    public func sourceOffset(of range: SourceRange) -> Int {
        rendered.sourceOffset(of: range.isNone ? 0 : range.offsets.lowerBound)
    }

    /// An error at the place in the file that `range` of the text came from.
    public func error(at range: SourceRange, _ message: String) -> PipelineError {
        rendered.error(at: range.isNone ? 0 : range.offsets.lowerBound, message)
    }

    /// The relations, in the order of the text.
    var tablesInText: [TableReference] { RelationReplacement.inText(query.tableReferences()) }

    /// Without the database, which can be one only: see ``databases``.
    /// What is known of the relations that the query names, each under the name it is written with.
    /// - Parameter columns: Those of a relation as written, lower case; nil where they are not known.
    public func catalog<Failure: Error>(
        knowing columns: (String) throws(Failure) -> [String]?
    ) throws(Failure) -> SchemaCatalog {
        var catalog = SchemaCatalog(dialect: dialect)
        for table in query.tableReferences() {
            guard let known = try columns(Self.name(table)) else { continue }
            catalog.add(table.name, columns: known.map { .init($0) })
        }
        return catalog
    }

    /// The relation as written, lower case: `schema.name` or `name`.
    public static func name(_ table: TableReference) -> String {
        let parts = table.name.parts
        return (parts.count == 3 ? parts[1...] : parts[...]).map { $0.name.lowercased() }.joined(separator: ".")
    }

    /// The databases that names of three parts are in, each with its place in the file.
    public var databases: [(name: String, offset: Int)] {
        tablesInText.filter { $0.name.parts.count == 3 }.map { table in
            (dialect.folded(table.name.parts[0]), rendered.sourceOffset(of: table.name.range.offsets.lowerBound))
        }
    }
}
