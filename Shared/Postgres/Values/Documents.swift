// uuid, bytea, json: values that are more than a number or a text.
import Foundation

extension UUID: PostgresEncodable, PostgresDecodable {
    public var postgresText: String { uuidString }

    /// Reads `uuid` alone.
    public static func decode(_ cell: PostgresCell) -> UUID? {
        cell.type == .uuid ? UUID(uuidString: cell.text) : nil
    }
}

/// The bytes of a `bytea`.
public struct PostgresBytes: Hashable, Sendable, PostgresEncodable, PostgresDecodable {
    /// The bytes.
    public let bytes: [UInt8]

    /// Takes the bytes as they are.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var postgresText: String {
        String(unsafeUninitializedCapacity: bytes.count * 2 + 2) { text in
            text[0] = UInt8(ascii: "\\")
            text[1] = UInt8(ascii: "x")
            for (index, byte) in bytes.enumerated() {
                text[2 + index * 2] = Self.hexDigit(byte >> 4)
                text[3 + index * 2] = Self.hexDigit(byte & 15)
            }
            return bytes.count * 2 + 2
        }
    }

    /// Reads `bytea` alone.
    public static func decode(_ cell: PostgresCell) -> PostgresBytes? {
        guard cell.type == .bytea, cell.bytes.count >= 2, cell.bytes.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(cell.bytes.count / 2 - 1)
        for index in stride(from: 2, to: cell.bytes.count, by: 2) {
            guard let high = hexValue(cell.bytes[index]), let low = hexValue(cell.bytes[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return PostgresBytes(bytes)
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension Data: PostgresEncodable, PostgresDecodable {
    public var postgresText: String { PostgresBytes([UInt8](self)).postgresText }

    /// Reads `bytea` alone.
    public static func decode(_ cell: PostgresCell) -> Data? { PostgresBytes.decode(cell).map { Data($0.bytes) } }
}

/// A `json` or `jsonb` value as text.
public struct PostgresJSON: Hashable, Sendable, PostgresEncodable, PostgresDecodable {
    /// The JSON text.
    public let text: String

    /// Takes JSON text as it is; the server refuses what is none.
    public init(_ text: String) { self.text = text }

    /// Encodes a value, its keys sorted, dates as ISO 8601.
    public init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        text = String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Decodes the text, dates as ISO 8601.
    public func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: Data(text.utf8))
    }

    public var postgresText: String { text }

    /// Reads `json` and `jsonb`.
    public static func decode(_ cell: PostgresCell) -> PostgresJSON? {
        cell.type == .json || cell.type == .jsonb ? PostgresJSON(cell.text) : nil
    }
}
