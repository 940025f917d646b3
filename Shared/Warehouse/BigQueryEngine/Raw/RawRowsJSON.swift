// RawRowsJSON: rows of a raw table, which are made in the form of PostgreSQL's binary COPY, as the lines of JSON that BigQuery
// loads. Numbers that JSON's readers might round travel as strings, which BigQuery reads as numbers.
import CivilTime
import DataContract
import Postgres

enum RawRowsJSON {
    /// A line for each row. `columns` are those that the rows were made for.
    static func lines(_ rows: RawRows, _ columns: [ContractColumn]) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(rows.byteCount * 2)
        let names = columns.map { JSONBytes.string(Array(RawSchema.name($0.name).utf8)) + [UInt8(ascii: ":")] }
        rows.buffer.withRows { all in
            var position = 0
            for _ in 0..<rows.count {
                lines.append(UInt8(ascii: "{"))
                let fields = Int(number(all, &position, as: Int16.self))
                var isFirst = true
                for field in 0..<fields {
                    let length = Int(number(all, &position, as: Int32.self))
                    // What is left out is NULL.
                    guard length >= 0 else { continue }
                    if !isFirst { lines.append(UInt8(ascii: ",")) }
                    isFirst = false
                    lines += names[field]
                    append(
                        UnsafeRawBufferPointer(rebasing: all[position..<position + length]), columns[field].type,
                        to: &lines)
                    position += length
                }
                lines += [UInt8(ascii: "}"), UInt8(ascii: "\n")]
            }
        }
        return lines
    }

    private static func number<Number: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int, as type: Number.Type
    ) -> Number {
        defer { position += MemoryLayout<Number>.size }
        return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: type))
    }

    private static func append(_ bytes: UnsafeRawBufferPointer, _ type: ColumnType, to lines: inout [UInt8]) {
        var position = 0
        switch type {
        case .text: lines += JSONBytes.string(bytes)
        case .bigint: lines += "\"\(number(bytes, &position, as: Int64.self))\"".utf8
        case .integer: lines += "\(number(bytes, &position, as: Int32.self))".utf8
        case .numeric, .decimal: lines += "\"\(NumericText.text(bytes))\"".utf8
        case .double: lines += "\(Double(bitPattern: number(bytes, &position, as: UInt64.self)))".utf8
        case .boolean: lines += (bytes.first == 1 ? "true" : "false").utf8
        case .timestamptz:
            lines += "\"\(TimestampText.text(number(bytes, &position, as: Int64.self) + 946_684_800_000_000))\"".utf8
        case .date:
            let day = CivilDay(number: Int(number(bytes, &position, as: Int32.self)) + 10_957)
            lines += "\"\(TimestampText.day(day))\"".utf8
        case .jsonb:
            // JSON as it came, behind a byte of PostgreSQL's; line ends are only between its parts, where a space does.
            for byte in bytes.dropFirst() { lines.append(byte == 10 || byte == 13 ? UInt8(ascii: " ") : byte) }
        }
    }
}

/// Strings of JSON, as bytes.
enum JSONBytes {
    /// With its quotes. The bytes are UTF-8.
    static func string(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = [UInt8(ascii: "\"")]
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
            case 0..<32:
                result += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
            default: result.append(byte)
            }
        }
        result.append(UInt8(ascii: "\""))
        return result
    }
}

/// PostgreSQL's `numeric` in binary: groups of four decimal digits, the weight of the first one, a sign, the digits behind the
/// point.
enum NumericText {
    /// `-12.50`
    static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        func word(_ index: Int) -> Int {
            Int(Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)))
        }
        let groups = word(0), weight = word(1), isNegative = word(2) == 0x4000, scale = word(3)
        func group(_ index: Int) -> String {
            let digits = index >= 0 && index < groups ? "\(word(4 + index))" : "0"
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        var whole = weight < 0 ? "0" : (0...weight).map(group).joined()
        whole = String(whole.drop { $0 == "0" })
        let places = (scale + 3) / 4
        let fraction = (0..<places).map { group(weight + 1 + $0) }.joined().prefix(scale)
        return (isNegative ? "-" : "") + (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : ".\(fraction)")
    }
}
