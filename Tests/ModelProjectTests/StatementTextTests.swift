import ModelProject
import Testing

@Suite("Statements beside a query") struct StatementTextTests {
    @Test(
        "have one text for all spellings, which fingerprints are made of: it may not change",
        arguments: [
            ("CREATE INDEX  ON analytics.a (X); -- why", "create index on analytics . a ( x )"),
            ("create index on \"analytics\".\"a\" (/* no */ x);;", "create index on analytics . a ( x )"),
            ("SET Work_Mem = '1MB'", "set work_mem = '1MB'"),
            ("SELECT a::INT || E'\\n', \"Two words\" != 1.5e3", "select a :: int || E'\\n' , \"Two words\" <> 1.5e3"),
            ("SELECT j ->> 'a' #>> '{b}'", "select j -> > 'a' # > > '{b}'"),
            ("DO $x$ BEGIN NULL; END $x$", "do $x$ BEGIN NULL; END $x$"),
            ("GRANT SELECT ON t TO r;", "grant select on t to r"),
        ])
    func canonical(text: String, one: String) { #expect(StatementText.canonical(text) == one) }

    @Test(
        "read other tables where they are put in",
        arguments: [
            ("INSERT INTO log SELECT n FROM y", "INSERT INTO log SELECT n FROM (y!) AS \"y\""),
            (
                "DELETE FROM t WHERE x IN (SELECT x FROM s.y AS z)",
                "DELETE FROM t WHERE x IN (SELECT x FROM (s.y!) AS z)"
            ),
            ("WITH y AS (SELECT 1 AS n) INSERT INTO log SELECT n FROM y", nil),
            ("CREATE TRIGGER t AFTER INSERT ON y EXECUTE FUNCTION f()", nil),
            ("SELECT '; FROM y'; SELECT 1 FROM y", "SELECT '; FROM y'; SELECT 1 FROM (y!) AS \"y\""),
        ] as [(String, String?)])
    func tables(text: String, replaced: String?) {
        #expect(
            StatementText.replacingTables(text) { ["y", "s.y"].contains($0) ? "(\($0)!)" : nil } == replaced ?? text)
    }
}
