// Value: what a cell means, read from either engine's text. Two cells agree when their values do, whatever they look like.
import Foundation

indirect enum Value: Hashable, CustomStringConvertible {
    case null
    case boolean(Bool)
    /// Whole and decimal numbers: compared exactly with each other.
    case exact(Decimal)
    /// Numbers of limited precision: compared with a tolerance.
    case float(Double)
    case text(String)
    case bytes([UInt8])
    /// `2026-11-23`.
    case date(String)
    /// Microseconds of the day.
    case time(Int64)
    /// Date and time without zone, in microseconds since 1970-01-01 00:00.
    case dateTime(Int64)
    /// A moment, in microseconds since 1970-01-01 00:00 UTC.
    case instant(Int64)
    case interval(months: Int, days: Int, microseconds: Int64)
    case array([Value])
    case json(JSONValue)

    /// True when both engines mean the same. A whole number may be a float of the same size on the other engine; all
    /// other kinds must be the same too, so that a date is no timestamp.
    func agrees(with other: Value) -> Bool {
        switch (self, other) {
        case (.exact(let left), .exact(let right)): left == right || abs(left - right) <= Self.numericStep
        case (.float(let left), .float(let right)): near(left, right)
        case (.float(let left), .exact(let right)): near(left, right.double)
        case (.exact(let left), .float(let right)): near(left.double, right)
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.agrees(with: $1) }
        // The emulator gives JSON out as a string in some places.
        case (.json(let left), .text(let right)): left == JSONValue(text: right)
        case (.text(let left), .json(let right)): JSONValue(text: left) == right
        default: self == other
        }
    }

    /// What NUMERIC cannot tell apart: it has nine digits behind the point, PostgreSQL's averages have more.
    private static let numericStep = Decimal(sign: .plus, exponent: -9, significand: 1)

    private func near(_ left: Double, _ right: Double) -> Bool {
        if left.isNaN || right.isNaN { return left.isNaN && right.isNaN }
        return left == right || abs(left - right) <= 1e-9 * max(1, abs(left), abs(right))
    }

    var description: String {
        switch self {
        case .null: "NULL"
        case .boolean(let value): "\(value)"
        case .exact(let value): "\(value)"
        case .float(let value): "~\(value)"
        case .text(let text): "'\(text)'"
        case .bytes(let bytes): "bytes:" + bytes.map { String($0, radix: 16) }.joined(separator: " ")
        case .date(let text): "date:\(text)"
        case .time(let value): "time:\(value)"
        case .dateTime(let value): "datetime:\(Self.clock(value))"
        case .instant(let value): "instant:\(Self.clock(value))"
        case .interval(let months, let days, let microseconds): "interval:\(months)M\(days)D\(microseconds)us"
        case .array(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
        case .json(let value): "json:\(value)"
        }
    }

    private static func clock(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(microseconds) / 1e6).formatted(.iso8601) + " (\(microseconds))"
    }
}

/// A JSON document; the order of an object's keys means nothing.
enum JSONValue: Hashable, Decodable, CustomStringConvertible {
    case null, boolean(Bool), number(Double), string(String), array([JSONValue]), object([String: JSONValue])

    /// Nil for text that is not JSON.
    init?(text: String) {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else { return nil }
        self = value
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    var string: String? { if case .string(let text) = self { text } else { nil } }
    var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
    subscript(key: String) -> JSONValue? { if case .object(let fields) = self { fields[key] } else { nil } }

    var description: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let text): "\"\(text)\""
        case .array(let values): "[" + values.map(\.description).joined(separator: ",") + "]"
        case .object(let fields):
            "{" + fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
        }
    }
}

extension Decimal {
    fileprivate var double: Double { NSDecimalNumber(decimal: self).doubleValue }
}

/// What a query gave.
struct ResultTable {
    var rows: [[Value]]

    /// Nil when the other has the same rows, in the same order where `isOrdered`; otherwise the first difference.
    func difference(from other: ResultTable, isOrdered: Bool) -> String? {
        guard rows.count == other.rows.count else { return "\(rows.count) rows, but \(other.rows.count)" }
        let pairs = isOrdered ? zip(rows, other.rows) : zip(sorted, other.sorted)
        for (number, (left, right)) in pairs.enumerated() {
            guard left.count == right.count, zip(left, right).allSatisfy({ $0.agrees(with: $1) }) else {
                return "row \(number + 1): \(left) but \(right)"
            }
        }
        return nil
    }

    /// In an order that depends on nothing but the values, and in which numbers of both kinds stand alike.
    private var sorted: [[Value]] {
        func key(_ row: [Value]) -> String {
            row.map { value in
                switch value {
                case .exact(let number): String(format: "%.6f", number.double)
                case .float(let number): String(format: "%.6f", number)
                default: value.description
                }
            }.joined(separator: "|")
        }
        return rows.map { (key($0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
