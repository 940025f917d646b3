import Foundation
import SQL
import Testing

/// What a PostgreSQL has said of types; see Fixtures/postgres-types for how to ask again.
struct TypeAnswers {
    /// Expressions over the table `v`, with their types.
    let expressions: [(text: String, type: String)]
    /// The types of the columns that a query of TPC-H or TPC-DS returns, by its name.
    let queries: [String: [String]]

    static let all: TypeAnswers = {
        do { return try TypeAnswers() } catch { fatalError("No types: \(error)") }
    }()

    private init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/postgres-types.tsv")
        var expressions: [(String, String)] = []
        var queries: [String: [String]] = [:]
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
            let fields = line.components(separatedBy: "\t")
            if fields[0].hasPrefix("tpc") {
                queries[fields[0]] = fields[1].components(separatedBy: "|")
            } else {
                expressions.append((fields[0], fields[1]))
            }
        }
        self.expressions = expressions
        self.queries = queries
    }

    /// The kind that PostgreSQL's name of a type stands for, whatever its length.
    static func kind(_ name: String) throws -> DataType.Kind? {
        // `"bit"` is bits of any number, and bpchar is what the words char and character stand for.
        let name = name == "bpchar" ? "character" : name.replacing("\"", with: "")
        guard case .cast(let cast) = try parseExpression("CAST(NULL AS \(name))", dialect: .postgres) else {
            return nil
        }
        return cast.type.kind
    }
}

@Suite("Types are those that PostgreSQL says") struct TypeTests {
    static let catalog: SchemaCatalog = {
        var catalog = SchemaCatalog(dialect: .postgres)
        catalog.add(
            QualifiedName("v"),
            columns: [
                .init("s", .int16), .init("i", .int32), .init("b", .int64), .init("r", .float32),
                .init("d", .float64), .init("n", .numeric), .init("t", .text), .init("vc", .varchar),
                .init("ch", .char), .init("b1", .boolean), .init("by", .bytes), .init("da", .date),
                .init("ti", .time), .init("ts", .timestamp), .init("tz", .timestampTZ), .init("iv", .interval),
                .init("js", .json), .init("jb", .jsonb), .init("u", .uuid),
                .init("ia", .array(DataType(kind: .int32))),
            ])
        return catalog
    }()

    @Test("there are answers for what is tested") func count() {
        #expect(TypeAnswers.all.expressions.count >= 250)
        #expect(TypeAnswers.all.queries.count == TPCQueries.all.count)
    }

    @Test("of expressions") func expressions() throws {
        for (text, type) in TypeAnswers.all.expressions {
            let query = try parseQuery("SELECT \(text) AS c FROM v", dialect: .postgres)
            let found = try query.qualified(in: Self.catalog).columns[0].type
            #expect(try found == TypeAnswers.kind(type), "\(text) is \(type)")
        }
    }

    @Test("of the columns of TPC-H and TPC-DS", arguments: TPCQueries.all) func queries(entry: TPCQueries.Entry) throws
    {
        let statements = try parseStatements(entry.text, dialect: .postgres)
        guard case .query(let query)? = statements.last else { throw SQLError(.unresolved, "no query") }
        let found = try query.qualified(in: TPCQueries.catalog(for: entry)).columns.map(\.type)
        let answers = try (TypeAnswers.all.queries[entry.name] ?? []).map(TypeAnswers.kind)
        #expect(found == answers)
    }

    @Test(
        "and GoogleSQL's are those that its reference says",
        arguments: [
            ("1", "INT64"), ("1.5", "FLOAT64"), ("NUMERIC '1'", "NUMERIC"), ("'a'", "STRING"), ("b'a'", "BYTES"),
            ("NULL", "INT64"), ("[1, 2.5]", "ARRAY<FLOAT64>"),
            ("STRUCT(1 AS a, 'x' AS b)", "STRUCT<a INT64, b STRING>"),
            ("i / 2", "FLOAT64"), ("n / 2", "NUMERIC"), ("i * n", "NUMERIC"), ("n + f", "FLOAT64"),
            ("DIV(i, 2)", "INT64"), ("MOD(n, 2)", "NUMERIC"), ("SAFE_DIVIDE(i, 2)", "FLOAT64"),
            ("SAFE_DIVIDE(n, 2)", "NUMERIC"), ("d + 1", "DATE"), ("d - d", "INTERVAL"), ("ts - ts", "INTERVAL"),
            ("d + INTERVAL 1 DAY", "DATETIME"), ("dt - INTERVAL 1 DAY", "DATETIME"),
            ("ts + INTERVAL 1 HOUR", "TIMESTAMP"),
            ("DATE_ADD(d, INTERVAL 1 DAY)", "DATE"), ("DATE_TRUNC(d, MONTH)", "DATE"),
            ("DATE_DIFF(d, d, DAY)", "INT64"),
            ("TIMESTAMP_TRUNC(ts, DAY)", "TIMESTAMP"), ("DATETIME(ts)", "DATETIME"), ("EXTRACT(YEAR FROM d)", "INT64"),
            ("EXTRACT(DATE FROM ts)", "DATE"), ("EXTRACT(TIME FROM ts)", "TIME"), ("FORMAT_DATE('%Y', d)", "STRING"),
            ("PARSE_DATE('%Y', s)", "DATE"), ("UNIX_SECONDS(ts)", "INT64"), ("CURRENT_DATE()", "DATE"),
            ("LAST_DAY(d)", "DATE"), ("s || 'x'", "STRING"), ("bytes || bytes", "BYTES"), ("CONCAT(s, 'x')", "STRING"),
            ("SUBSTR(bytes, 1)", "BYTES"), ("UPPER(s)", "STRING"), ("SPLIT(s, ',')", "ARRAY<STRING>"),
            ("SPLIT(s, ',')[0]", "STRING"), ("REGEXP_EXTRACT(s, 'a')", "STRING"),
            ("REGEXP_EXTRACT_ALL(s, 'a')", "ARRAY<STRING>"),
            ("REGEXP_CONTAINS(s, 'a')", "BOOL"), ("TO_HEX(MD5(s))", "STRING"), ("MD5(s)", "BYTES"),
            ("FARM_FINGERPRINT(s)", "INT64"), ("GENERATE_UUID()", "STRING"), ("JSON_VALUE(j, '$.a')", "STRING"),
            ("JSON_QUERY(j, '$.a')", "JSON"), ("JSON_QUERY(s, '$.a')", "STRING"), ("j.a.b", "JSON"), ("j['a']", "JSON"),
            ("INT64(j)", "INT64"), ("TO_JSON_STRING(j)", "STRING"), ("PARSE_JSON(s)", "JSON"),
            ("IF(b, 1, 2.5)", "FLOAT64"),
            ("IF(b, NULL, d)", "DATE"), ("IFNULL(i, 0)", "INT64"), ("NULLIF(s, '')", "STRING"),
            ("COALESCE(NULL, n, 1)", "NUMERIC"),
            ("GREATEST(d, '2026-01-01')", "DATE"), ("CASE WHEN b THEN i ELSE n END", "NUMERIC"),
            ("SAFE_CAST(s AS INT64)", "INT64"), ("ROUND(i)", "FLOAT64"), ("ROUND(n, 2)", "NUMERIC"),
            ("ABS(i)", "INT64"),
            ("POW(i, 2)", "FLOAT64"), ("POW(n, 2)", "NUMERIC"), ("SQRT(i)", "FLOAT64"),
            ("GENERATE_ARRAY(1, i)", "ARRAY<INT64>"),
            ("GENERATE_DATE_ARRAY(d, d)", "ARRAY<DATE>"), ("ARRAY_LENGTH(a)", "INT64"),
            ("ARRAY_CONCAT(a, a)", "ARRAY<INT64>"),
            ("a[SAFE_OFFSET(0)]", "INT64"), ("ARRAY(SELECT x * 1.5 FROM UNNEST(a) AS x)", "ARRAY<FLOAT64>"),
            ("ARRAY_TO_STRING(SPLIT(s), '')", "STRING"), ("SAFE.SUBSTR(s, 1)", "STRING"), ("NET.HOST(s)", "STRING"),
            ("COUNT(*)", "INT64"), ("COUNTIF(b)", "INT64"), ("SUM(i)", "INT64"), ("SUM(n)", "NUMERIC"),
            ("AVG(i)", "FLOAT64"),
            ("AVG(n)", "NUMERIC"), ("MAX(d)", "DATE"), ("ANY_VALUE(s)", "STRING"), ("STDDEV(i)", "FLOAT64"),
            ("ARRAY_AGG(d)", "ARRAY<DATE>"), ("STRING_AGG(s)", "STRING"), ("LOGICAL_OR(b)", "BOOL"),
            ("APPROX_COUNT_DISTINCT(s)", "INT64"), ("APPROX_QUANTILES(i, 4)", "ARRAY<INT64>"),
            ("MAX_BY(s, i)", "STRING"),
            ("LAG(i) OVER (ORDER BY d)", "INT64"), ("LAG(i, 1, 0.5) OVER (ORDER BY d)", "FLOAT64"),
            ("ROW_NUMBER() OVER ()", "INT64"), ("PERCENT_RANK() OVER (ORDER BY d)", "FLOAT64"),
            ("PERCENTILE_DISC(i, 0.5) OVER ()", "INT64"), ("PERCENTILE_CONT(i, 0.5) OVER ()", "FLOAT64"),
            ("WITH(x AS 1, y AS x + 0.5, y * 2)", "FLOAT64"), ("EXISTS (SELECT 1)", "BOOL"),
            ("s IN UNNEST(SPLIT(s))", "BOOL"),
            ("(SELECT AS STRUCT 1 AS a, d)", "STRUCT<a INT64, d DATE>"), ("(1, 'a')", "STRUCT<INT64, STRING>"),
        ]) func bigQuery(text: String, type: String) throws
    {
        var catalog = SchemaCatalog(dialect: .bigQuery)
        catalog.add(
            QualifiedName("v"),
            columns: [
                .init("i", .int64), .init("n", .numeric), .init("f", .float64), .init("s", .text), .init("b", .boolean),
                .init("bytes", .bytes), .init("d", .date), .init("dt", .timestamp), .init("ts", .timestampTZ),
                .init("j", .json), .init("a", .array(DataType(kind: .int64))),
            ])
        let query = try parseQuery("SELECT \(text) AS c FROM v", dialect: .bigQuery)
        let found = try query.qualified(in: catalog).columns[0].type
        #expect(found.map { DataType(kind: $0).sql(.bigQuery) } == type)
    }
}
