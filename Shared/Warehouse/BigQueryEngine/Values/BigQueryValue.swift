// BigQueryValue: values as GoogleSQL has them. Numbers of more than 64 bits, and days and times of the wall clock, are texts: so
// nothing is rounded.
import Foundation

/// A value of a row, or of a parameter.
indirect enum BigQueryValue: Sendable, Equatable {
    case null
    case int64(Int64)
    case float64(Double)
    case bool(Bool)
    case string(String)
    case bytes([UInt8])
    /// Microseconds since 1970-01-01 00:00 UTC.
    case timestamp(Int64)
    /// All others, in GoogleSQL's form: `1.50`, `2026-11-29`, `2026-11-29 10:20:30.5`, `{"a":1}`, `POINT(1 2)`.
    case text(String)
    case array([BigQueryValue])
    /// In the order of the type's fields.
    case `struct`([BigQueryValue])
}

extension BigQueryValue {
    /// - Throws: When the cell is not of that type.
    init(_ cell: Cell, _ type: BigQueryType) throws(BigQueryError) {
        func unreadable() -> BigQueryError {
            BigQueryError(origin: .unreadable, message: "BigQuery gave a value that is no \(type)")
        }
        switch (cell, type) {
        case (.null, _): self = .null
        case (.list(let cells), .array(let element)):
            var values: [BigQueryValue] = []
            for cell in cells { values.append(try BigQueryValue(cell, element)) }
            self = .array(values)
        case (.record(let cells), .struct(let fields)):
            guard cells.count == fields.count else { throw unreadable() }
            var values: [BigQueryValue] = []
            for (cell, field) in zip(cells, fields) { values.append(try BigQueryValue(cell, field.type)) }
            self = .struct(values)
        case (.text(let text), _):
            guard let value = Self.scalar(text, type) else { throw unreadable() }
            self = value
        default: throw unreadable()
        }
    }

    private static func scalar(_ text: String, _ type: BigQueryType) -> BigQueryValue? {
        switch type {
        case .int64: Int64(text).map { .int64($0) }
        case .float64: double(text).map { .float64($0) }
        case .bool: text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
        case .string: .string(text)
        case .bytes: Data(base64Encoded: text).map { .bytes([UInt8]($0)) }
        case .timestamp: Int64(text).map { .timestamp($0) }
        case .datetime: .text(text.replacing("T", with: " "))
        case .array, .struct: nil
        default: .text(text)
        }
    }

    /// Google writes `Infinity` and `NaN`.
    private static func double(_ text: String) -> Double? {
        switch text.lowercased() {
        case "infinity", "inf", "+infinity": .infinity
        case "-infinity", "-inf": -.infinity
        case "nan": .nan
        default: Double(text)
        }
    }

    /// A parameter's value.
    func parameterValue(_ type: BigQueryType) -> QueryParameter.Value {
        switch (self, type) {
        case (.null, _): .init()
        case (.array(let values), .array(let element)): .init(arrayValues: values.map { $0.parameterValue(element) })
        case (.struct(let values), .struct(let fields)):
            .init(
                structValues: Dictionary(
                    zip(fields, values).map { ($0.name, $1.parameterValue($0.type)) },
                    uniquingKeysWith: { first, _ in first }))
        default: .init(value: text(type))
        }
    }

    /// As text, nil for NULL: what a cast to STRING gives, but bytes are Base64, and arrays and structs JSON.
    func text(_ type: BigQueryType) -> String? {
        switch self {
        case .null: nil
        case .int64(let number): "\(number)"
        case .float64(let number): Self.text(number)
        case .bool(let isTrue): isTrue ? "true" : "false"
        case .string(let text): text
        case .bytes(let bytes): Data(bytes).base64EncodedString()
        case .timestamp(let microseconds): TimestampText.text(microseconds)
        case .text(let text): type == .datetime || type == .time ? TimestampText.trimmed(text) : text
        case .array, .struct: json(type)
        }
    }

    private static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number > 0 ? "Infinity" : "-Infinity" }
        let text = "\(number)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private func json(_ type: BigQueryType) -> String {
        switch (self, type) {
        case (.null, _): "null"
        case (.int64, _), (.bool, _): text(type) ?? "null"
        case (.float64(let number), _): number.isFinite ? Self.text(number) : Self.quoted(Self.text(number))
        // A number of JSON's may have any number of digits, and JSON is JSON.
        case (.text(let text), .numeric), (.text(let text), .bignumeric), (.text(let text), .json): text
        case (.array(let values), .array(let element)): "[\(values.map { $0.json(element) }.joined(separator: ","))]"
        case (.struct(let values), .struct(let fields)):
            "{\(zip(fields, values).map { "\(Self.quoted($0.name)):\($1.json($0.type))" }.joined(separator: ","))}"
        default: Self.quoted(text(type) ?? "")
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension BigQueryValue {
    var int64: Int64? { if case .int64(let number) = self { number } else { nil } }
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    /// Microseconds since 1970.
    var timestamp: Int64? { if case .timestamp(let microseconds) = self { microseconds } else { nil } }
}
