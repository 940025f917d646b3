import SQL
import Testing

/// Texts that once broke a promise of the front end, found by the fuzzer and cut short.
@Suite("Texts that a fuzzer found") struct FuzzedTextTests {
    @Test(
        "are refused where the dialect has no such thing",
        arguments: [
            (SQLDialect.postgres, "CREATE TABLE k (a case UNIQUE)", "a type"),
            (.postgres, "CREATE TABLE k (a cast)", "a type"),
            (.postgres, "CREATE TABLE k (a all NOT NULL)", "a type"),
            (.postgres, "SELECT a::in # b FROM t", "a type"),
            (.bigQuery, "CREATE TABLE k (a on, c timestamp)", "a type"),
            (.postgres, "INSERT INTO t (case) SELECT 1", "a column"),
            (.bigQuery, "INSERT INTO t (if) SELECT 1", "a column"),
            (.bigQuery, "SELECT 1 FROM UNNEST(a) AS u(e, some o)", "a column"),
            (.bigQuery, "ALTER TABLE t DROP COLUMN if", "a column"),
            (.bigQuery, "SELECT CAST(a AS STRUCT<if INT64>)", "a type"),
            (.bigQuery, "CREATE TABLE k (a ARRAY)", "a type"),
            (.postgres, "SELECT EXTRACT('a b' FROM c)", "a part of a date"),
            (.postgres, #"EXPLAIN ("a b") SELECT 1"#, "an option"),
            (.postgres, "EXPLAIN (FORMAT 'a b') SELECT 1", "a single word"),
            (.postgres, #"CREATE FUNCTION f() RETURNS int PARALLEL "a b" LANGUAGE sql AS ''"#, "how"),
            (.postgres, "CREATE FUNCTION f() RETURNS int LANGUAGE 'a b' AS ''", "a language"),
            (.bigQuery, "GRANT SELECT ON TABLE t TO case", "a role"),
            (.bigQuery, "CREATE TABLE t (a INT64) OPTIONS (case = 1)", "an option"),
            (.postgres, "CREATE SCHEMA AUTHORIZATION case", "a role"),
            (.postgres, "SELECT OPERATOR(*) a FROM t", "an operator"),
            (.bigQuery, "SELECT DATETIME varying ')'", "a string"),
            (.postgres, "SELECT integer varying '5'", "a string"),
            (.bigQuery, "SELECT int '5' f", "`'5'` cannot stand here"),
            (.bigQuery, "SELECT national 'a'", "`'a'` cannot stand here"),
            (.bigQuery, "SELECT a-0é FROM t", "A number runs into a name"),
            (.bigQuery, "SELECT a FROM `b..c`", "no characters"),
            (.bigQuery, "SELECT a FROM `.c`", "no characters"),
            (.bigQuery, "CREATE SCHEMA AUTHORIZATION `.c`", "`.c`"),
            (.bigQuery, "CREATE SCHEMA d AUTHORIZATION c", "AUTHORIZATION"),
            (.postgres, "SELECT a COLLATE ''", "a collation"),
            (.postgres, "GRANT SELECT ON t TO 'user:a'", "a role"),
            (.postgres, "CREATE FUNCTION f() RETURNS TABLE <a int> AS ''", "Expected ("),
        ]) func refused(dialect: SQLDialect, text: String, expected: String) throws
    {
        let error = try #require(throws: SQLError.self) { try parseStatements(text, dialect: dialect) }
        #expect(error.code == .syntax)
        #expect(error.description.contains(expected), "\(error)")
    }

    @Test(
        "are read back as they were written",
        arguments: [
            (SQLDialect.postgres, "CREATE TABLE k (a national, b text)"),
            (.postgres, "CREATE TABLE k (a national character varying(3), b interval day)"),
            (.postgres, "SELECT national 'a', j -> 0 FROM t"),
            (.postgres, "GRANT SELECT ON TABLE t TO current_user, PUBLIC"),
            (.postgres, "ALTER TABLE t OWNER TO current_user"),
            (.bigQuery, "SELECT a FETCH FIRST values ROW ONLY"),
            (.postgres, "SELECT (values), a IN (values), (VALUES (1), (2)) FROM t WHERE a IN (VALUES (1))"),
            (.postgres, "SELECT a = b OPERATOR(*) c + d OPERATOR(s.+) e, OPERATOR(-) f, g OPERATOR(<@@>) h FROM t"),
            (.postgres, "CREATE TABLE k (a integer) WITH (fillfactor = 70, toast.analyze = 1)"),
            (.bigQuery, "CREATE TABLE k (a INTERVAL, b ARRAY<STRUCT<c INT64>>)"),
            (.bigQuery, "INSERT INTO t (FROM u |> SELECT a) UNION ALL SELECT 1"),
            (.bigQuery, "INSERT INTO t ((FROM u |> SELECT a))"),
            (.bigQuery, "SELECT a FROM my-1st-project.b.c"),
        ]) func roundTrip(dialect: SQLDialect, text: String) throws
    {
        let statements = try parseStatements(text, dialect: dialect)
        for style in [GeneratorStyle.oneLine, .pretty] {
            let written = statements.map { $0.sql(dialect, style: style) }.joined(separator: ";\n")
            #expect(try parseStatements(written, dialect: dialect) == statements, "\(written)")
        }
    }

    @Test(
        "mean the same in canonical form",
        arguments: [
            (SQLDialect.bigQuery, "GRANT `roleer` ON SCHEMA d TO 'user:a@example.com'"),
            (.postgres, "SELECT 1_000, 0b101, 0o17, 0x1F_f0, 1_0.5_0e1_0, 0B1 b, a user, b end, c left FROM t"),
            (.postgres, "SELECT js IS JSON ARRAY UNIQUE KEYS, js IS NOT JSON WITHOUT UNIQUE FROM t"),
            (
                .bigQuery,
                "FROM t |> LEFT UNION ALL BY NAME (SELECT 1 AS a) |> FULL OUTER UNION DISTINCT BY NAME ON (a) (SELECT 1 AS a)"
            ),
            (.bigQuery, "FROM t |> UNION ALL STRICT CORRESPONDING BY (a) (SELECT 1 AS a), (SELECT 2 AS a)"),
            (.bigQuery, "SELECT * FROM t UNPIVOT (v FOR k IN (a 'x', b AS 'y', c 3))"),
            (.postgres, "SELECT a FROM f(1), CAST(1 AS int) AS c, ROWS FROM (g(2))"),
            (.bigQuery, "CREATE SCHEMA d OPTIONS (a.1b = 'E', c.d = 2)"),
            (.bigQuery, "SELECT a FROM u JOIN (table JOIN v USING (a)) USING (a)"),
            (.bigQuery, "SELECT `rCTzl`(i), `a B`(i)"), (.postgres, "SET ROLE someone"),
            (.postgres, "SELECT struct <> (e), range < date"),
            (.postgres, "SELECT struct(a), struct.b FROM t AS struct"),
            (.postgres, "SET role = 'someone'"),
            (.postgres, #"EXPLAIN (FORMAT "json") SELECT EXTRACT("year" FROM a) FROM t"#),
        ]) func canonical(dialect: SQLDialect, text: String) throws
    {
        let once = try parseStatements(text, dialect: dialect).map { $0.sql(dialect, style: .canonical) }
        let twice = try parseStatements(once.joined(separator: ";"), dialect: dialect)
        #expect(twice.map { $0.sql(dialect, style: .canonical) } == once)
    }

    @Test("are refused where they would be read otherwise") func refused() {
        #expect(throws: SQLError.self) { try parseStatements("SELECT values (f(x)).y", dialect: .postgres) }
    }

    @Test(
        "with placeholders, are read back as they were written",
        arguments: ["SELECT @ wal FROM t", "SELECT @-a, @@name, @name(b), @{c d}", "SELECT a + @\u{730}, b @@ @c"])
    func placeholders(text: String) throws {
        for dialect in [SQLDialect.postgres, .bigQuery] {
            let options = ParseOptions(placeholders: true)
            guard let statements = try? parseStatements(text, dialect: dialect, options: options) else {
                #expect(dialect == .bigQuery, "PostgreSQL has these operators")
                continue
            }
            let written = statements.map { $0.sql(dialect) }.joined(separator: ";\n")
            #expect(try parseStatements(written, dialect: dialect, options: options) == statements, "\(written)")
        }
    }
}
