import ModelProject
import Planning
import Postgres
import Testing

@testable import Transformer

/// The rows are those that SQLMesh 0.236.4 has after the same steps at the same times.
@Suite(
    "Histories follow their source as SQLMesh's do", .enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(10)))
struct HistoryTests {
    private static let steps = [
        """
        INSERT INTO raw.items VALUES (1, 'a', 10, '2026-11-01 08:00'), (2, 'b', 20, '2026-11-01 09:00'),
          (3, 'c', NULL, '2026-11-01 10:00')
        """,
        """
        WITH changed AS (UPDATE raw.items SET price = 11, updated_at = '2026-11-02 08:00' WHERE id = 1)
        INSERT INTO raw.items VALUES (4, 'd', 40, '2026-11-02 07:00')
        """,
        "DELETE FROM raw.items WHERE id = 2",
        "INSERT INTO raw.items VALUES (2, 'b', 21, '2026-11-03 12:00')",
        """
        WITH gone AS (DELETE FROM raw.items WHERE id = 4)
        UPDATE raw.items SET name = 'cc', updated_at = '2026-11-05 01:00' WHERE id = 3
        """,
        """
        WITH changed AS (UPDATE raw.items SET price = 12 WHERE id = 1)
        INSERT INTO raw.items VALUES (4, 'd', 40, '2026-11-06 12:00')
        """,
    ]
    private static let since1970: [String] = [
        "1 a 10 01-01 00 11-02 08", "1 a 11 11-02 08 now", "2 b 20 01-01 00 11-04 00", "2 b 21 11-04 00 now",
        "3 c - 01-01 00 11-05 01", "3 cc - 11-05 01 now", "4 d 40 01-01 00 11-06 00", "4 d 40 11-06 12 now",
    ]
    private static let compared: [String] = [
        "1 a 10 01-01 00 11-03 00", "1 a 11 11-03 00 11-07 00", "1 a 12 11-07 00 now", "2 b 20 01-01 00 11-04 00",
        "2 b 21 11-05 00 now", "3 c - 01-01 00 11-06 00", "3 cc - 11-06 00 now", "4 d 40 11-03 00 11-06 00",
        "4 d 40 11-07 00 now",
    ]

    @Test(
        "over inserts, changes, deletes and rows that come back; once more changes nothing",
        arguments: [
            ("SCD_TYPE_2 (unique_key id, invalidate_hard_deletes true)", since1970),
            (
                "SCD_TYPE_2_BY_TIME (unique_key (id))",
                [
                    "1 a 10 01-01 00 11-02 08", "1 a 11 11-02 08 now", "2 b 20 01-01 00 11-03 12",
                    "2 b 21 11-03 12 now", "3 c - 01-01 00 11-05 01", "3 cc - 11-05 01 now",
                    "4 d 40 01-01 00 11-06 12", "4 d 40 11-06 12 now",
                ]
            ),
            (
                "SCD_TYPE_2_BY_TIME (unique_key id, invalidate_hard_deletes true, updated_at_as_valid_from true)",
                [
                    "1 a 10 11-01 08 11-02 08", "1 a 11 11-02 08 now", "2 b 20 11-01 09 11-04 00",
                    "2 b 21 11-04 00 now", "3 c - 11-01 10 11-05 01", "3 cc - 11-05 01 now",
                    "4 d 40 11-02 07 11-06 00", "4 d 40 11-06 12 now",
                ]
            ),
            ("SCD_TYPE_2_BY_COLUMN (unique_key id, columns *, invalidate_hard_deletes true)", compared),
            (
                "SCD_TYPE_2_BY_COLUMN (unique_key (coalesce(id, -1)), columns [name])",
                [
                    "1 a 10 01-01 00 now", "2 b 20 01-01 00 now", "3 c - 01-01 00 11-06 00", "3 cc - 11-06 00 now",
                    "4 d 40 11-03 00 now",
                ]
            ),
            (
                """
                SCD_TYPE_2_BY_COLUMN (unique_key id, columns (name, price + 0), invalidate_hard_deletes true,
                  execution_time_as_valid_from true, time_data_type TIMESTAMPTZ)
                """,
                [
                    "1 a 10 11-02 00 11-03 00", "1 a 11 11-03 00 11-07 00", "1 a 12 11-07 00 now",
                    "2 b 20 11-02 00 11-04 00", "2 b 21 11-05 00 now", "3 c - 11-02 00 11-06 00",
                    "3 cc - 11-06 00 now", "4 d 40 11-03 00 11-06 00", "4 d 40 11-07 00 now",
                ]
            ),
        ])
    func rows(kind: String, expected: [String]) async throws {
        try await withDatabase { test in
            try await test.execute("CREATE TABLE raw.items (id int, name text, price int, updated_at timestamp)")
            let project = try TestPipelines.make([
                "models/items.sql": """
                MODEL (name shop.items, kind \(kind), start '2026-11-01');
                SELECT id, name, price, updated_at FROM raw.items
                """,
                "models/now.sql": """
                MODEL (name shop.now, kind VIEW);
                SELECT id, valid_from FROM shop.items WHERE valid_to IS NULL
                """,
                "config.yaml": "",
            ])
            func history() async throws -> [String] {
                try await test.rows(
                    """
                    SELECT concat_ws(' ', id, name, coalesce(price::text, '-'), to_char(valid_from, 'MM-DD HH24'),
                      coalesce(to_char(valid_to, 'MM-DD HH24'), 'now'))
                    FROM shop.items ORDER BY id, valid_from, valid_to
                    """
                ).map { $0[0] }
            }
            for (index, step) in Self.steps.enumerated() {
                try await test.execute("\(sql: step)")
                if index == 0 {
                    try await test.apply(project, at: day(2))
                } else {
                    try await test.run(at: day(2 + index))
                }
            }
            #expect(try await history() == expected)
            // A day later, and again because the table is said to have got rows.
            try await test.run(at: day(8))
            try await test.workbench.store.landed(
                "raw.items", days(1...7), rows: 1, at: day(8),
                reopening: Reopening(try await test.workbench.catalog.all()))
            let again = try await test.run(at: day(8))
            #expect(!again.intervals.isEmpty)
            #expect(try await history() == expected)
            #expect(try await test.rows("SELECT count(*)::text FROM shop.now") == [["4"]])
        }
    }

    @Test("what is computed again from the start in several batches is there at once, or not at all")
    func together() async throws {
        try await withDatabase { test in
            try await test.execute("CREATE TABLE raw.items (id int, price int, at timestamp)")
            let project = try TestPipelines.make([
                "models/items.sql": """
                MODEL (name shop.items, start '2026-11-01',
                  kind INCREMENTAL_BY_UNIQUE_KEY (unique_key id, batch_size 1, disable_restatement false));
                SELECT id, 12 / price AS share FROM raw.items WHERE at BETWEEN @start_ts AND @end_ts
                """, "config.yaml": "",
            ])
            func backfill() async throws {
                _ = try await test.workbench.runner.run(
                    .init(environment: "prod", model: ModelName("shop.items"), upTo: day(4), from: day(1)),
                    ticket: ModelRunner.Ticket(execution: day(4)))
            }
            let shares: PostgresQuery = "SELECT string_agg(share::text, ' ' ORDER BY id) FROM shop.items"
            try await test.execute(
                "INSERT INTO raw.items VALUES (1, 1, '2026-11-01'), (2, 2, '2026-11-02'), (3, 3, '2026-11-03')")
            try await test.apply(project, at: day(4))
            #expect(try await test.value(shares) == "12 6 4")
            try await test.execute("UPDATE raw.items SET price = 0 WHERE id = 2")
            let error = await #expect(throws: TransformerError.self) { try await backfill() }
            #expect(error?.message.contains("models/items.sql:3") == true)
            #expect(try await test.value(shares) == "12 6 4")
            try await test.execute("UPDATE raw.items SET price = 6 WHERE id = 2")
            for _ in 1...2 {
                try await backfill()
                #expect(try await test.value(shares) == "12 2 4")
            }
        }
    }

    @Test("what is history is not computed again, unless its kind says so, and then from the start")
    func restatement() async throws {
        try await withDatabase { test in
            try await test.execute("CREATE TABLE raw.items (id int, name text, price int, updated_at timestamp)")
            func project(_ option: String) throws -> Project {
                try TestPipelines.make([
                    "models/items.sql": """
                    MODEL (name shop.items, kind SCD_TYPE_2_BY_COLUMN (unique_key id, columns [name]\(option)),
                      start '2026-11-01');
                    SELECT id, name FROM raw.items
                    """, "config.yaml": "",
                ])
            }
            func backfill() async throws {
                _ = try await test.workbench.runner.run(
                    .init(environment: "prod", model: ModelName("shop.items"), upTo: day(4), from: day(1)),
                    ticket: ModelRunner.Ticket(execution: day(4)))
            }
            try await test.execute("INSERT INTO raw.items VALUES (1, 'a')")
            try await test.apply(try project(""), at: day(2))
            try await test.execute("UPDATE raw.items SET name = 'b'")
            try await test.run(at: day(3))
            let error = await #expect(throws: TransformerError.self) { try await backfill() }
            #expect(error?.message.contains("disable_restatement") == true)
            #expect(try await test.value("SELECT string_agg(name, ' ' ORDER BY name) FROM shop.items") == "a b")
            try await test.apply(try project(", disable_restatement false"), at: day(3))
            #expect(try await test.value("SELECT string_agg(name, ' ' ORDER BY name) FROM shop.items") == "a b")
            for _ in 1...2 { try await backfill() }
            #expect(try await test.value("SELECT string_agg(name, ' ' ORDER BY name) FROM shop.items") == "b")
        }
    }

    @Test("the time of a change keeps its type and its moment")
    func type() async throws {
        try await withDatabase { test in
            try await test.execute("CREATE TABLE raw.zoned (id int, at timestamptz)")
            try await test.execute("INSERT INTO raw.zoned VALUES (1, '2026-11-01 08:00+02')")
            let project = try TestPipelines.make([
                "config.yaml": "",
                "models/h.sql": """
                MODEL (name shop.h, kind SCD_TYPE_2_BY_TIME (unique_key id, updated_at_name at));
                SELECT id, at FROM raw.zoned
                """,
            ])
            try await test.apply(project, at: day(3))
            try await test.execute("UPDATE raw.zoned SET at = '2026-11-03 08:00+02'")
            for _ in 1...2 {
                try await test.run(at: day(5))
                #expect(
                    try await test.rows(
                        "SELECT pg_typeof(at)::text, at::text, valid_from::text, valid_to::text FROM shop.h ORDER BY at"
                    )
                        == [
                            [
                                "timestamp with time zone", "2026-11-01 06:00:00+00", "1970-01-01 00:00:00",
                                "2026-11-03 06:00:00",
                            ],
                            ["timestamp with time zone", "2026-11-03 06:00:00+00", "2026-11-03 06:00:00", "NULL"],
                        ])
            }
        }
    }
}
