import DataContract
import Foundation
import Testing

@testable import Warehouse

@Suite("Rows and names as BigQuery takes them") struct RawTextTests {
    private func line(_ type: ColumnType, _ fill: (inout RawRows) -> Void) -> String {
        var rows = RawRows()
        rows.beginRow(columns: 1)
        fill(&rows)
        let column = ContractColumn(name: "c\"", type: type, isRequired: false)
        return String(decoding: RawRowsJSON.lines(rows, [column]), as: UTF8.self)
    }

    @Test("a row is a line; each value keeps all of its digits")
    func lines() {
        #expect(line(.text) { $0.append(text: "é\"\\\n\u{1f}") } == "{\"c\\\"\":\"é\\\"\\\\\\u000a\\u001f\"}\n")
        #expect(line(.bigint) { $0.append(bigint: .min) } == "{\"c\\\"\":\"-9223372036854775808\"}\n")
        #expect(line(.integer) { $0.append(integer: -7) } == "{\"c\\\"\":-7}\n")
        #expect(line(.double) { $0.append(double: 0.1) } == "{\"c\\\"\":0.1}\n")
        #expect(line(.boolean) { $0.append(boolean: true) } == "{\"c\\\"\":true}\n")
        #expect(line(.boolean) { $0.append(boolean: false) } == "{\"c\\\"\":false}\n")
        #expect(line(.timestamptz) { $0.append(timestamp: -1) } == "{\"c\\\"\":\"1969-12-31 23:59:59.999999+00\"}\n")
        #expect(line(.date) { $0.append(date: -1) } == "{\"c\\\"\":\"1969-12-31\"}\n")
        #expect(line(.jsonb) { $0.append(json: "{\n\"a\":\r1}") } == "{\"c\\\"\":{ \"a\": 1}}\n")
        #expect(line(.text) { $0.appendNull() } == "{}\n")
    }

    @Test("several columns and rows; what is NULL is left out")
    func several() {
        var rows = RawRows()
        for number in 1...2 {
            rows.beginRow(columns: 3)
            rows.append(bigint: Int64(number))
            if number == 1 { rows.appendNull() } else { rows.append(text: "x") }
            rows.append(boolean: true)
        }
        let columns = [("a", ColumnType.bigint), ("b", .text), ("c", .boolean)].map {
            ContractColumn(name: $0.0, type: $0.1, isRequired: false)
        }
        #expect(
            String(decoding: RawRowsJSON.lines(rows, columns), as: UTF8.self)
                == "{\"a\":\"1\",\"c\":true}\n{\"a\":\"2\",\"b\":\"x\",\"c\":true}\n")
        #expect(RawRowsJSON.lines(RawRows(), columns) == [])
    }

    @Test(
        "decimal numbers",
        arguments: [
            ("0", "0"), ("1", "1"), ("-1", "-1"), ("10000", "10000"), ("1.50", "1.50"), ("-0.05", "-0.05"),
            ("0.00001", "0.00001"), ("123456789.987654321", "123456789.987654321"), ("1e5", "100000"),
            ("1e-7", "0.0000001"),
            ("99999999999999999999999999999999999999.0001", "99999999999999999999999999999999999999.0001"),
            ("1e20", "100000000000000000000"),
            ("0.0", "0.0"), ("10000.0001", "10000.0001"), ("5000.5", "5000.5"),
        ])
    func numbers(text: String, is written: String) {
        #expect(line(.numeric) { $0.append(number: text) } == "{\"c\\\"\":\"\(written)\"}\n")
    }

    @Test("names and values are quoted, whatever is in them")
    func quoting() {
        #expect(BigQueryQuoting.identifier("a", "b`\\c") == "`a`.`b\\`\\\\c`")
        #expect(BigQueryQuoting.string("it's \\ \n\r\0 `x`") == "'it\\'s \\\\ \\n\\r\\x00 `x`'")
        #expect(BigQueryQuoting.string(nil) == "CAST(NULL AS STRING)")
        #expect(BigQueryQuoting.int64(-5) == "-5")
        #expect(BigQueryQuoting.int64(.min) == "(-9223372036854775807 - 1)")
        #expect(BigQueryQuoting.int64(nil) == "CAST(NULL AS INT64)")
        #expect(BigQueryQuoting.timestamp(0) == "TIMESTAMP '1970-01-01 00:00:00+00'")
    }

    private func change(_ wanted: [ContractColumn], from present: [TableFieldSchema]) -> RawTableChange {
        let properties = wanted.map { column in
            Property(name: column.name, logicalType: .string, isRequired: column.isRequired)
        }
        let contract = contract(properties)
        let sink = Contract.sinkColumns.compactMap { RawSchema.field($0) }
        return RawTableChange(contract, present: present + sink)
    }

    @Test("what separates a table from its contract is mended where nothing is lost, and told where it would be")
    func changes() {
        let a = ContractColumn(name: "a", type: .text, isRequired: false)
        let required = ContractColumn(name: "a", type: .text, isRequired: true)
        func there(_ type: String, _ mode: String) -> [TableFieldSchema] {
            [TableFieldSchema(name: "a", type: type, mode: mode)]
        }
        #expect(change([a], from: there("STRING", "NULLABLE")).steps == [])
        #expect(change([a], from: []).steps == [.add(column: "a", type: "STRING")])
        #expect(change([a], from: []).fields.last?.name == "a")
        #expect(change([a], from: there("STRING", "REQUIRED")).steps == [.allowNull(column: "a")])
        #expect(change([a], from: there("STRING", "REQUIRED")).fields.first?.mode == "NULLABLE")
        #expect(change([required], from: []).differences.count == 1)
        #expect(change([required], from: there("STRING", "NULLABLE")).differences.count == 1)
        #expect(
            change([a], from: there("INTEGER", "NULLABLE")).differences == [
                "column a is INT64 and the contract wants STRING"
            ])
        #expect(change([], from: there("STRING", "REQUIRED")).differences.count == 1)
        #expect(change([], from: there("STRING", "NULLABLE")).steps == [])
    }

    @Test("names that BigQuery keeps for itself are told, but for the one that we have ourselves")
    func keptNames() {
        for name in ["_partition_key", "_TABLE_x", "_file_y", "_change_type"] {
            let column = ContractColumn(name: name, type: .text, isRequired: false)
            #expect(
                change([column], from: []).differences == ["column \(name) has a name that BigQuery keeps for itself"])
        }
        #expect(RawSchema.field(Contract.sinkColumns[1])?.name == "_topic_partition")
        #expect(Contract.sinkColumns.map { RawSchema.name($0.name) }.allSatisfy(RawSchema.isTaken))
    }

    @Test(
        "decimals find the type that holds them, or none",
        arguments: [
            (18, 2, "NUMERIC"), (38, 9, "NUMERIC"), (38, 10, "BIGNUMERIC"), (76, 38, "BIGNUMERIC"), (40, 1, nil),
            (60, 39, nil),
        ])
    func decimals(precision: Int, scale: Int, type: String?) {
        let column = ContractColumn(name: "a", type: .decimal(precision: precision, scale: scale), isRequired: false)
        #expect(RawSchema.field(column)?.type == type)
    }
}
