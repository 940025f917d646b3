import Foundation
import TestKit
import Testing

@testable import Postgres

@Suite("Values come back as they were", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct ValueTests {
    /// Binds the value as a type of SQL and reads it back.
    private func roundTrip<Value: PostgresEncodable & PostgresDecodable>(_ value: Value, _ type: String) async throws
        -> Value
    {
        try await connect().query("SELECT \(value)::\(sql: type) AS x").one().get("x")
    }

    @Test("integers at their limits")
    func integers() async throws {
        for value in [Int64.min, -1, 0, 1, .max] { #expect(try await roundTrip(value, "bigint") == value) }
        for value in [Int32.min, .max] { #expect(try await roundTrip(value, "integer") == value) }
        for value in [Int16.min, .max] { #expect(try await roundTrip(value, "smallint") == value) }
        let connection = try await connect()
        #expect(
            await failure { _ = try await connection.query("SELECT 40000 AS x").one().get("x", as: Int16.self) }?.code
                == .decoding)
        #expect(
            try await connection.query("SELECT sum(x) AS x FROM (VALUES (1::bigint)) v(x)").one().get("x", as: Int.self)
                == 1)
    }

    @Test(
        "floating point to the last bit",
        arguments: [0.1, -0.0, 1e308, .leastNonzeroMagnitude, .pi, .infinity, -.infinity])
    func doubles(value: Double) async throws {
        #expect(try await roundTrip(value, "double precision").bitPattern == value.bitPattern)
    }

    @Test("numeric digit by digit")
    func numerics() async throws {
        for text in ["0", "0.10", "-12345678901234567890123456789012345678901234567890.00001", "NaN"] {
            #expect(try await roundTrip(PostgresNumeric(text), "numeric").text == text)
        }
        let decimal = try #require(Decimal(string: "-12345678901234567890.123456789012345678"))
        #expect(try await roundTrip(decimal, "numeric") == decimal)
        let connection = try await connect()
        let long = await failure {
            _ = try await connection.query("SELECT \(String(repeating: "1", count: 40))::numeric AS x").one().get(
                "x", as: Decimal.self)
        }
        #expect(long?.code == .decoding)
    }

    @Test(
        "timestamps to the microsecond, over all of PostgreSQL's years",
        arguments: [
            ("1970-01-01 00:00:00+00", 0), ("2026-11-23 02:09:40.123456+00", 1_795_399_780_123_456),
            ("2026-11-23 02:09:40.1+05:30", 1_795_379_980_100_000), ("1969-12-31 23:59:59.999999+00", -1),
            ("0001-12-31 23:59:59+00 BC", -62_135_596_801_000_000), ("infinity", Int64.max), ("-infinity", .min),
            ("9999-12-31 23:59:59+00", 253_402_300_799_000_000), ("12026-01-01 00:00:00+00", 317_336_745_600_000_000),
        ])
    func timestamps(text: String, microseconds: Int64) async throws {
        let connection = try await connect()
        let row = try await connection.query("SELECT \(text)::timestamptz AS x").one()
        let value: PostgresTimestamp = try row.get("x")
        #expect(value.microseconds == microseconds)
        #expect(try await roundTrip(value, "timestamptz") == value)
    }

    @Test("days, and Foundation's dates", arguments: ["2026-11-23", "0044-03-15 BC", "2000-02-29", "1900-03-01"])
    func dates(text: String) async throws {
        let row = try await connect().query("SELECT \(text)::date AS x, \(text)::date::timestamp AS t").one()
        let day: PostgresDate = try row.get("x")
        #expect(day.description == text)
        #expect(try await roundTrip(day, "date") == day)
        #expect(try row.get("t", as: Date.self) == day.date)
        #expect(try row.get("x", as: PostgresTimestamp.self).date == day.date)
    }

    @Test("text of all kinds", arguments: ["", "ä€𝄞", "{\"a\",b}", "NULL", "line\nbreak\\", "it's"])
    func texts(text: String) async throws {
        #expect(try await roundTrip(text, "text") == text)
        #expect(try await roundTrip([text, "x"], "text[]") == [text, "x"])
        let literal = try await connect().query(
            "SELECT \(sql: PostgresQuoting.literal(text)) AS \(identifier: "a\"b\(text)")"
        ).one()
        #expect(literal.text(at: 0) == text)
        #expect(literal.columns[0].name == "a\"b\(text)")
    }

    @Test("booleans, uuids, bytes, json, arrays, NULL")
    func others() async throws {
        #expect(try await roundTrip(true, "boolean"))
        let id = UUID()
        #expect(try await roundTrip(id, "uuid") == id)
        let bytes = PostgresBytes(Array(0...255))
        #expect(try await roundTrip(bytes, "bytea") == bytes)
        #expect(try await roundTrip(Data(bytes.bytes), "bytea") == Data(bytes.bytes))
        #expect(try await roundTrip(PostgresBytes([]), "bytea") == PostgresBytes([]))
        let json = try PostgresJSON(encoding: ["a": [1, 2]])
        #expect(try await roundTrip(json, "json") == json)
        #expect(try await roundTrip(json, "jsonb").decoded(as: [String: [Int]].self) == ["a": [1, 2]])
        #expect(try await roundTrip([1, nil, 3] as [Int?], "int[]") == [1, nil, 3])
        #expect(try await roundTrip([[1, 2], [3, 4]], "int[]") == [[1, 2], [3, 4]])
        #expect(try await roundTrip([] as [Int], "int[]") == [])
        #expect(try await roundTrip([PostgresBytes([1, 34, 92])], "bytea[]") == [PostgresBytes([1, 34, 92])])
        let row = try await connect().query("SELECT NULL::text AS x, '[0:1]={7,8}'::int[] AS y").one()
        #expect(try row.get("x", as: String?.self) == nil)
        #expect(try row.get("y") == [7, 8])
    }

    @Test("an error names column and type")
    func errors() async throws {
        let row = try await connect().query("SELECT 'x'::text AS word, NULL::int AS none").one()
        let wrong = await failure { _ = try row.get("word", as: Int.self) }
        #expect(wrong?.message.contains("\"word\" (text)") == true)
        let null = await failure { _ = try row.get("none", as: Int.self) }
        #expect(null?.message.contains("\"none\" (integer) is NULL") == true)
        #expect(await failure { _ = try row.get("missing", as: Int.self) }?.code == .invalidUse)
        #expect(await failure { _ = try row.get(9, as: Int.self) }?.code == .invalidUse)
    }

    @Test("queries are joined with their values numbered on")
    func joining() async throws {
        var query: PostgresQuery = "SELECT \(1)::int AS a"
        query += ", \(2)::int AS b"
        let part: PostgresQuery = "\(3)::int"
        let row = try await connect().query("SELECT q.*, \(part) AS c, \(4)::int AS d FROM (\(query)) q").one()
        #expect(try (0..<4).map { try row.get($0, as: Int.self) } == [1, 2, 3, 4])
    }
}
