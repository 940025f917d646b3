import ModelProject
import Pipeline
import Postgres
import TestKit
import Testing

@testable import Transformer

/// An audit with rows that it lets pass and rows that it does not.
struct AuditCase: Sendable, CustomTestStringConvertible {
    let call: String
    /// VALUES of the columns x, y and z.
    let pass: String
    let fail: String
    /// How many failures it finds in `fail`.
    var failures = 1
    /// The column x of the other model.
    var other = ""

    init(_ call: String, pass: String, fail: String, failures: Int = 1, other: String = "(1), (2)") {
        self.call = call
        self.pass = pass
        self.fail = fail
        self.failures = failures
        self.other = other
    }

    var testDescription: String { call }
}

private let cases: [AuditCase] = [
    // rows
    AuditCase("not_null(columns := (x, y))", pass: "(1, 2)", fail: "(1, NULL), (NULL, 2), (1, 2)", failures: 2),
    AuditCase("not_null(columns := (x), condition := y > 1)", pass: "(NULL, 1)", fail: "(NULL, 2)"),
    AuditCase("accepted_values(column := x, is_in := ('a', 'b'))", pass: "('a', 1), (NULL, 1)", fail: "('c', 1)"),
    AuditCase("not_accepted_values(column := x, is_in := (1, 2))", pass: "(3, 1), (NULL, 1)", fail: "(1, 1)"),
    AuditCase(
        "accepted_range(column := x, min_v := 1, max_v := 3)", pass: "(1, 1), (3, 1)", fail: "(0, 1), (4, 1)",
        failures: 2),
    AuditCase("accepted_range(column := x, min_v := 1, inclusive := false)", pass: "(2, 1)", fail: "(1, 1)"),
    AuditCase("accepted_range(column := x, max_v := 3, inclusive := false)", pass: "(2, 1)", fail: "(3, 1)"),
    AuditCase("forall(criteria := (x > 0, y IN (1, 2)))", pass: "(1, 1)", fail: "(0, 1), (1, 3)", failures: 2),
    AuditCase("not_empty_string(column := x)", pass: "('a', 1)", fail: "('', 1)"),
    AuditCase(
        "string_length_between(column := x, min_v := 2, max_v := 3)", pass: "('ab', 1), ('abc', 1)",
        fail: "('a', 1), ('abcd', 1)", failures: 2),
    AuditCase(
        "string_length_between(column := x, max_v := 3, inclusive := false)", pass: "('ab', 1)", fail: "('abc', 1)"),
    AuditCase("string_length_equal(column := x, v := 2)", pass: "('äb', 1)", fail: "('a', 1)"),
    AuditCase(
        "valid_uuid(column := x)",
        pass: "('0E37DF36-F698-11E6-8DD4-CB9CED3DF976', 1), ('019ab2f0-6f0e-7000-8000-000000000000', 1)",
        fail: "('0e37df36-f698-11e6-8dd4', 1), ('0e37df36f69811e68dd4cb9ced3df976', 1)", failures: 2),
    AuditCase(
        "valid_uuid(column := x)", pass: "(gen_random_uuid(), 1)",
        fail: "('00000000-0000-0000-0000-000000000000'::uuid, 1)"),
    AuditCase(
        "valid_url(column := x)", pass: "('https://a.de/b?c=d', 1), ('ftp://a', 1)",
        fail: "('mailto:a@b', 1), ('http://', 1), ('http://a b', 1)", failures: 3),
    AuditCase(
        "valid_http_method(column := x)", pass: "('GET', 1), ('TRACE', 1)", fail: "('FETCH', 1), ('get', 1)",
        failures: 2),
    AuditCase(
        "valid_email(column := x)", pass: "('a.b+c@d-e.co.uk', 1)", fail: "('a@b', 1), ('@b.c', 1), ('a b@c.d', 1)",
        failures: 3),
    AuditCase(
        "match_regex_pattern_list(column := x, patterns := ('^a', 'z$'))", pass: "('ab', 1), ('yz', 1)",
        fail: "('b', 1)"),
    AuditCase(
        "not_match_regex_pattern_list(column := x, patterns := ('^a', 'z$'))", pass: "('b', 1)",
        fail: "('ab', 1), ('yz', 1)", failures: 2),
    AuditCase(
        "match_like_pattern_list(column := x, patterns := ('a%', '%z'))", pass: "('ab', 1), ('yz', 1)", fail: "('b', 1)"
    ),
    AuditCase(
        "not_match_like_pattern_list(column := x, patterns := ('a%', '%z'))", pass: "('b', 1)",
        fail: "('ab', 1), ('yz', 1)", failures: 2),
    // duplicates
    AuditCase(
        "unique_values(columns := (x, y))", pass: "(1, 1), (2, 2), (NULL, 3)", fail: "(1, 2), (1, 2)", failures: 2),
    AuditCase("unique_values(columns := (x))", pass: "(NULL, 1)", fail: "(NULL, 1), (NULL, 2)"),
    AuditCase(
        "unique_combination_of_columns(columns := (x, y))", pass: "(1, 1), (1, 2)", fail: "(1, 1), (1, 1), (2, 1)"),
    // order
    AuditCase("sequential_values(column := x)", pass: "(3, 1), (1, 1), (2, 1)", fail: "(1, 1), (3, 1), (4, 1)"),
    AuditCase("sequential_values(column := x, interval := 5)", pass: "(5, 1), (10, 1)", fail: "(5, 1), (6, 1)"),
    AuditCase(
        "sequential_values(column := x, interval := INTERVAL '1 hour')",
        pass: "(TIMESTAMP '2026-01-01 23:00', 1), ('2026-01-02 00:00', 1)",
        fail: "(TIMESTAMP '2026-01-01 23:00', 1), ('2026-01-01 23:00', 1)"),
    AuditCase(
        "mutually_exclusive_ranges(lower_bound_column := x, upper_bound_column := y)", pass: "(1, 2), (2, 4)",
        fail: "(1, 3), (2, 4)"),
    AuditCase(
        "mutually_exclusive_ranges(lower_bound_column := x, upper_bound_column := y)", pass: "(1, 1)",
        fail: "(2, 1), (3, NULL)", failures: 2),
    AuditCase(
        "mutually_exclusive_ranges(lower_bound_column := x, upper_bound_column := y, partition_clause := PARTITION BY z)",
        pass: "(1, 3, 1), (2, 4, 2)", fail: "(1, 3, 1), (2, 4, 1)"),
    // aggregates
    AuditCase("number_of_rows(threshold := 1)", pass: "(1, 1), (2, 1)", fail: "(1, 1)"),
    AuditCase("number_of_rows(threshold := 0, condition := x > 1)", pass: "(2, 1)", fail: "(1, 1)"),
    AuditCase("at_least_one(column := x)", pass: "(1, 1), (NULL, 1)", fail: "(NULL::int, 1)"),
    AuditCase("not_constant(column := x)", pass: "(1, 1), (2, 1)", fail: "(1, 1), (1, 1), (NULL, 1)"),
    AuditCase(
        "not_null_proportion(column := x, threshold := 0.5)", pass: "(1, 1), (2, 1), (NULL, 1)",
        fail: "(1, 1), (NULL, 1)"),
    AuditCase("mean_in_range(column := x, min_v := 2, max_v := 3)", pass: "(1, 1), (3, 1)", fail: "(1, 1), (2, 1)"),
    AuditCase("mean_in_range(column := x, max_v := 3, inclusive := false)", pass: "(1, 1)", fail: "(3, 1)"),
    AuditCase("stddev_in_range(column := x, min_v := 0.5, max_v := 2)", pass: "(1, 1), (3, 1)", fail: "(1, 1), (9, 1)"),
    // distributions
    AuditCase(
        "z_score(column := x, threshold := 2)", pass: "(1, 1), (2, 1), (3, 1)",
        fail: "(1, 1), (1, 1), (1, 1), (2, 1), (2, 1), (2, 1), (99, 1)"),
    AuditCase(
        "z_score(column := x, threshold := 2)", pass: "(1, 1), (1, 1)",
        fail: "(1, 1), (2, 1), (1, 1), (2, 1), (1, 1), (2, 1), (-99, 1)"),
    AuditCase(
        "kl_divergence(source_column := x, target_column := y, threshold := 0.1)", pass: "('a', 'a'), ('b', 'b')",
        fail: "('a', 'b'), ('a', 'b'), ('a', 'b'), ('b', 'a')"),
    AuditCase(
        "kl_divergence(column := x, target_column := y, threshold := 9)", pass: "('a', 'b'), ('b', 'b'), ('b', 'a')",
        fail: "('a', 'b')"),
    AuditCase(
        "chi_square(column_a := x, column_b := y, critical_value := 3.84)", pass: "(1, 1), (1, 1), (2, 2), (2, 2)",
        fail: "(1, 1), (1, 2), (2, 1), (2, 2)"),
    AuditCase(
        "chi_square(column_a := x, column_b := y, critical_value := 3.84, dependent := false)",
        pass: "(1, 1), (1, 2), (2, 1), (2, 2)", fail: "(1, 1), (1, 1), (2, 2), (2, 2)"),
    // comparisons
    AuditCase(
        "relationship(to := other, source_column := x, target_column := x)", pass: "(1, 1), (NULL, 1)",
        fail: "(1, 1), (3, 1)"),
    AuditCase(
        "relationship(to := other, source_column := x, target_column := x, to_condition := other.x > 1, from_condition := m.y > 1)",
        pass: "(2, 2), (1, 1)", fail: "(1, 2)"),
    AuditCase("equality(columns := (x), to := other)", pass: "(1, 1), (2, 1)", fail: "(1, 1), (3, 1)"),
    AuditCase("equal_row_count(to := other)", pass: "(1, 1), (3, 1)", fail: "(1, 1)"),
    AuditCase("fewer_rows_than(to := other)", pass: "(1, 1)", fail: "(1, 1), (2, 1)"),
    AuditCase(
        "cardinality_equality(source_column := x, target_column := x, to := other)", pass: "(1, 1), (2, 1)",
        fail: "(1, 1), (2, 1), (2, 2)", failures: 2),
]

@Suite("The built-in audits find what is wrong", .enabled(if: TestDatabase.isAvailable)) struct BuiltInAuditTests {
    private func failures(_ call: String, over rows: String, other: String) async throws -> Int {
        let columns = rows.prefix { $0 != ")" }.filter { $0 == "," }.count > 1 ? "x, y, z" : "x, y"
        let model = try #require(
            try TestPipelines.make(["models/m.sql": "MODEL (name m, audits (\(call))); SELECT 1 AS x"]).models.first)
        let audit = try #require(model.audits.first)
        try BuiltInAudits.check(audit, in: model.source)
        let sql = try BuiltInAudits.query(
            audit, over: "(SELECT * FROM (VALUES \(rows)) AS v (\(columns)))", as: "\"m\"", in: model.source
        ) { _ in "(SELECT * FROM (VALUES \(other)) AS v (x))" }
        let database = Database(
            PostgresTestServer.settings(), connectionsMax: 1, logger: TestDatabase.logger)
        let found: [Row]
        do {
            found = try await database.session.rows(
                "\(sql: "SELECT count(to_jsonb(audit))::text AS n FROM (\(sql)\n) AS audit")")
        } catch {
            await database.close()
            throw error
        }
        await database.close()
        return try #require(Int(try found[0].text("n")))
    }

    @Test("rows that pass and rows that fail", arguments: cases)
    func rows(audit: AuditCase) async throws {
        #expect(try await failures(audit.call, over: audit.pass, other: audit.other) == 0)
        #expect(try await failures(audit.call, over: audit.fail, other: audit.other) == audit.failures)
    }

    @Test("every one of them is among the cases")
    func complete() {
        let tested = Set(cases.map { String($0.call.prefix { $0 != "(" }) })
        #expect(tested.sorted() == BuiltInAudits.names)
        #expect(tested.count == 34)
    }

    @Test(
        "where there are no rows, only their number is wrong",
        arguments: [
            ("at_least_one(column := x)", 0), ("not_constant(column := x)", 0),
            ("not_null_proportion(column := x, threshold := 0.5)", 0), ("mean_in_range(column := x, min_v := 1)", 0),
            ("kl_divergence(column := x, target_column := y, threshold := 1)", 0),
            ("chi_square(column_a := x, column_b := y, critical_value := 1)", 0), ("number_of_rows(threshold := 0)", 1),
        ])
    func empty(call: String, count: Int) async throws {
        #expect(try await failures("\(call.dropLast()), condition := x > 9)", over: "(1, 1)", other: "(1)") == count)
    }

    @Test("an audit that compares reads the model of its own environment, computed before")
    func environments() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z"), ("bob", "view", "2026-11-05 11:00Z")])
            func project(_ users: String, blocking: Bool = true) throws -> Project {
                let audit = "relationship\(blocking ? "" : "_non_blocking")"
                return try TestPipelines.make([
                    "models/orders.sql": """
                    MODEL (name orders, kind FULL, audits (
                      \(audit)(to := users, source_column := user_id, target_column := user_id)
                    ));
                    SELECT user_id FROM raw.events
                    """,
                    "models/users.sql": "MODEL (name users, kind FULL); SELECT user_id FROM raw.events\(users)",
                ])
            }
            try await test.apply(try project(""), at: day(10))
            let fewer = " WHERE user_id = 'ada'"
            // The table of orders is prod's own: what changed is what it is compared with.
            try await test.apply(try project(fewer, blocking: false), to: "dev", at: day(10))
            let warned = try #require(try await test.workbench.store.auditFailures(of: nil).first)
            #expect(warned.model == "analytics.orders" && !warned.isBlocking && warned.failures == 1)
            #expect(try await test.value("SELECT count(*)::text FROM analytics.users") == "2")
        }
    }
}
