// Text, numbers, booleans: how they are bound and read.
import Foundation

extension String: PostgresEncodable, PostgresDecodable {
    public var postgresText: String { self }

    /// Every type can be read as the text that PostgreSQL shows for it.
    public static func decode(_ cell: PostgresCell) -> String? { cell.text }
}

extension Substring: PostgresEncodable {
    public var postgresText: String { String(self) }
}

extension Bool: PostgresEncodable, PostgresDecodable {
    public var postgresText: String { self ? "t" : "f" }

    /// Reads `boolean` alone.
    public static func decode(_ cell: PostgresCell) -> Bool? {
        guard cell.type == .bool else { return nil }
        return cell.bytes.first == UInt8(ascii: "t")
    }
}

extension PostgresEncodable where Self: FixedWidthInteger {
    /// Decimal digits.
    public var postgresText: String { String(self) }
}

extension PostgresDecodable where Self: FixedWidthInteger {
    /// Reads integer types, `oid`, and `numeric` without a fraction, where the value fits.
    public static func decode(_ cell: PostgresCell) -> Self? {
        switch cell.type {
        case .int2, .int4, .int8, .oid, .numeric: integer(cell.bytes)
        default: nil
        }
    }

    private static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Self? {
        var value: Self = 0
        let negative = bytes.first == UInt8(ascii: "-")
        guard bytes.count > (negative ? 1 : 0) else { return nil }
        for byte in bytes[(negative ? 1 : 0)...] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (tenfold, overflowed) = value.multipliedReportingOverflow(by: 10)
            let digit = Self(byte - UInt8(ascii: "0"))
            let (next, tooFar) =
                negative ? tenfold.subtractingReportingOverflow(digit) : tenfold.addingReportingOverflow(digit)
            if overflowed || tooFar { return nil }
            value = next
        }
        return value
    }
}

extension Int: PostgresEncodable, PostgresDecodable {}
extension Int16: PostgresEncodable, PostgresDecodable {}
extension Int32: PostgresEncodable, PostgresDecodable {}
extension Int64: PostgresEncodable, PostgresDecodable {}
extension UInt32: PostgresEncodable, PostgresDecodable {}

extension Double: PostgresEncodable, PostgresDecodable {
    public var postgresText: String { isNaN ? "NaN" : isInfinite ? (self < 0 ? "-Infinity" : "Infinity") : "\(self)" }

    /// Reads floating point, integers and `numeric`, the last two rounded where a Double has too few digits.
    public static func decode(_ cell: PostgresCell) -> Double? {
        switch cell.type {
        case .float4, .float8, .int2, .int4, .int8, .numeric: Double(cell.text)
        default: nil
        }
    }
}

extension Float: PostgresEncodable, PostgresDecodable {
    public var postgresText: String { Double(self).postgresText }

    /// Reads `real` alone: anything else would lose digits silently.
    public static func decode(_ cell: PostgresCell) -> Float? {
        cell.type == .float4 ? Float(cell.text) : nil
    }
}

/// A `numeric` with every digit it has, as text: `0.10`, `-12345678901234567890.123`, `NaN`.
public struct PostgresNumeric: Hashable, Sendable, CustomStringConvertible, PostgresEncodable, PostgresDecodable {
    /// The digits, as PostgreSQL writes them.
    public let text: String

    /// Takes the digits as they are; the server refuses what is no number.
    public init(_ text: String) { self.text = text }

    public var description: String { text }
    public var postgresText: String { text }

    /// Reads `numeric` and the integer types.
    public static func decode(_ cell: PostgresCell) -> PostgresNumeric? {
        switch cell.type {
        case .numeric, .int2, .int4, .int8: PostgresNumeric(cell.text)
        default: nil
        }
    }
}

extension Decimal: PostgresEncodable, PostgresDecodable {
    public var postgresText: String { description }

    /// Reads `numeric` and integers where a Decimal holds every digit of them (38); use `PostgresNumeric` for more.
    public static func decode(_ cell: PostgresCell) -> Decimal? {
        switch cell.type {
        case .numeric, .int2, .int4, .int8: break
        default: return nil
        }
        let digits = cell.bytes.drop { !(UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }
        guard digits.count(where: { $0 != UInt8(ascii: ".") }) <= 38 else { return nil }
        return Decimal(string: cell.text)
    }
}
