import Pipeline
import SQL

/// The dialects that models may be written in. What runs is PostgreSQL's: another one is translated, or refused.
public enum ModelDialect {
    /// What the engine speaks.
    static let engine = SQLDialect.postgres

    /// Why a text in the dialect `name` cannot run, and what to do; nil when it can.
    static func problem(_ name: String) -> String? {
        if SQLDialect(named: name) != nil { return nil }
        return "The dialect `\(name)` cannot be run on PostgreSQL. Write this in postgres or bigquery; or say "
            + "--dialect postgres, which reads all of the project as PostgreSQL's SQL, as it stands."
    }

    /// The query in the engine's words, with its text.
    static func translated(_ query: Query, from dialect: SQLDialect) throws(SQLError) -> Query {
        try query.transpiled(from: dialect, to: engine).tree
    }

    /// A statement in the engine's words.
    public static func statement(_ rendered: RenderedText, dialect name: String) throws(PipelineError) -> String {
        guard let dialect = SQLDialect(named: name), dialect != engine else {
            return StatementText.corrected(rendered.text)
        }
        do throws(SQLError) {
            return try parseStatements(rendered.text, dialect: dialect).transpiled(from: dialect, to: engine).tree
                .map { $0.sql(engine) }.joined(separator: ";\n")
        } catch {
            let place = error.range.isNone ? 0 : error.range.offsets.lowerBound
            throw rendered.error(at: place, "This cannot be said in PostgreSQL: \(error.message)")
        }
    }

    /// A column's type as the engine calls it: `DOUBLE` is `double precision`. One that cannot be read stays as written.
    static func type(_ written: String, dialect name: String) -> String {
        let dialect = SQLDialect(named: name) ?? engine
        let prefix = "SELECT CAST(NULL AS "
        if dialect == engine {
            let text = StatementText.corrected("\(prefix)\(written))")
            return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count).dropLast()) : written
        }
        // A type that nobody knows stays as it is written: the database says what it thinks of it.
        guard let cast = try? parseExpression("CAST(NULL AS \(written))", dialect: dialect),
            let text = try? cast.transpiled(from: dialect, to: engine).tree.sql(engine), text.hasPrefix("CAST(NULL AS ")
        else { return written }
        return String(text.dropFirst("CAST(NULL AS ".count).dropLast())
    }
}
