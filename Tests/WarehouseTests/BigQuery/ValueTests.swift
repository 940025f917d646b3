import Foundation
import TestKit
import Testing

@testable import Warehouse

@Suite("Values of BigQuery's") struct ValueTests {
    private func value(_ json: String, _ type: BigQueryType) throws -> BigQueryValue {
        let cell = try JSONDecoder().decode(Cell.Wrapped.self, from: Data(#"{"v":\#(json)}"#.utf8)).v
        return try BigQueryValue(cell, type)
    }

    private static let pair = BigQueryType.struct([("a", .int64), ("b \"q\"", .string)])

    static let cases: [(json: String, type: BigQueryType, value: BigQueryValue, text: String?)] = [
        ("null", .int64, .null, nil),
        (#""-9223372036854775808""#, .int64, .int64(.min), "-9223372036854775808"),
        (#""1.5""#, .float64, .float64(1.5), "1.5"), (#""3.0""#, .float64, .float64(3), "3"),
        (#""-Infinity""#, .float64, .float64(-.infinity), "-Infinity"),
        (#""true""#, .bool, .bool(true), "true"), (#""false""#, .bool, .bool(false), "false"),
        (#""é \"\n""#, .string, .string("é \"\n"), "é \"\n"), (#""""#, .string, .string(""), ""),
        (#""AP8=""#, .bytes, .bytes([0, 255]), "AP8="),
        (
            #""99999999999999999999999999999.999999999""#, .numeric, .text("99999999999999999999999999999.999999999"),
            "99999999999999999999999999999.999999999"
        ),
        (
            #""0.00000000000000000000000000000000000001""#, .bignumeric,
            .text("0.00000000000000000000000000000000000001"),
            "0.00000000000000000000000000000000000001"
        ),
        (#""2026-11-29""#, .date, .text("2026-11-29"), "2026-11-29"),
        (#""10:20:30.500000""#, .time, .text("10:20:30.500000"), "10:20:30.5"),
        (#""2026-11-29T10:20:30""#, .datetime, .text("2026-11-29 10:20:30"), "2026-11-29 10:20:30"),
        (#""1795947630123456""#, .timestamp, .timestamp(1_795_947_630_123_456), "2026-11-29 10:20:30.123456+00"),
        (#""-1""#, .timestamp, .timestamp(-1), "1969-12-31 23:59:59.999999+00"),
        (#""-62135596800000000""#, .timestamp, .timestamp(-62_135_596_800_000_000), "0001-01-01 00:00:00+00"),
        (#""253402300799999999""#, .timestamp, .timestamp(253_402_300_799_999_999), "9999-12-31 23:59:59.999999+00"),
        (#""{\"a\":1}""#, .json, .text(#"{"a":1}"#), #"{"a":1}"#),
        (#""POINT(1 2)""#, .geography, .text("POINT(1 2)"), "POINT(1 2)"),
        (#""1-2 3 4:5:6""#, .interval, .text("1-2 3 4:5:6"), "1-2 3 4:5:6"),
        (
            #""[2026-01-01, 2026-02-01)""#, .other("RANGE"), .text("[2026-01-01, 2026-02-01)"),
            "[2026-01-01, 2026-02-01)"
        ),
        (#"[{"v":"1"},{"v":"2"}]"#, .array(.int64), .array([.int64(1), .int64(2)]), "[1,2]"),
        ("[]", .array(.string), .array([]), "[]"),
        (
            #"{"f":[{"v":"1"},{"v":"x\u0001"}]}"#, pair, .struct([.int64(1), .string("x\u{1}")]),
            #"{"a":1,"b \"q\"":"x\u0001"}"#
        ),
        (
            #"[{"v":{"f":[{"v":null},{"v":"y"}]}}]"#, .array(pair), .array([.struct([.null, .string("y")])]),
            #"[{"a":null,"b \"q\"":"y"}]"#
        ),
    ]

    @Test("are read exactly, and have one text", arguments: cases)
    func reading(json: String, type: BigQueryType, value: BigQueryValue, text: String?) throws {
        let read = try self.value(json, type)
        #expect(read == value)
        #expect(read.text(type) == text)
    }

    @Test("NaN is read, too")
    func notANumber() throws {
        #expect(try value(#""NaN""#, .float64).text(.float64) == "NaN")
    }

    @Test(
        "that are not of their column's type are an error",
        arguments: [
            (#""x""#, BigQueryType.int64), (#""9223372036854775808""#, .int64), (#""yes""#, .bool), (#""*""#, .bytes),
            (#""x""#, .timestamp), ("[]", .string), (#"{"f":[]}"#, pair), (#""1""#, .array(.int64)),
        ])
    func mistakes(json: String, type: BigQueryType) {
        #expect(throws: BigQueryError.self) { try value(json, type) }
    }

    @Test("become parameters of their type")
    func parameters() throws {
        let type = BigQueryType.array(.struct([("b", .bytes), ("t", .timestamp), ("n", .bignumeric), ("j", .json)]))
        let value = BigQueryValue.array([.struct([.bytes([0, 255]), .timestamp(-1), .text("0.1"), .null])])
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = String(decoding: try encoder.encode(QueryParameter("p1", type, value)), as: UTF8.self)
        let types = ["BYTES", "TIMESTAMP", "BIGNUMERIC", "JSON"].enumerated().map { index, word in
            #"{"name":"\#(["b", "t", "n", "j"][index])","type":{"type":"\#(word)"}}"#
        }
        #expect(
            json == """
                {"name":"p1","parameterType":{"arrayType":{"structTypes":[\(types.joined(separator: ","))],"type":"STRUCT"},\
                "type":"ARRAY"},"parameterValue":{"arrayValues":[{"structValues":{"b":{"value":"AP8="},"j":{},\
                "n":{"value":"0.1"},"t":{"value":"1969-12-31 23:59:59.999999+00"}}}]}}
                """)
    }

    @Test("types are told in GoogleSQL's words, whichever ones came")
    func types() {
        let field = TableFieldSchema(
            name: "x", type: "RECORD", mode: "REPEATED",
            fields: [
                TableFieldSchema(name: "a", type: "INTEGER", mode: "REQUIRED"),
                TableFieldSchema(name: "b", type: "FLOAT"),
                TableFieldSchema(name: "c", type: "BOOLEAN", mode: "REPEATED"),
            ])
        #expect("\(BigQueryType(field))" == "ARRAY<STRUCT<a INT64, b FLOAT64, c ARRAY<BOOL>>>")
    }
}
