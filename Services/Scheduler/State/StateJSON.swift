// StateJSON: how rows travel: one JSON document a statement, snake_case, times to the microsecond. A whole change of state is
// one statement with one parameter, and so one round trip and all or nothing.
import Foundation

enum StateJSON {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(StateTime.text(date))
        }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func value<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = StateTime.date(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no time")
            }
            return date
        }
        return try decoder.decode(type, from: Data(text.utf8))
    }

    /// What is wrong with a document, and where in it.
    static func reason(_ error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
        switch error as? DecodingError {
        case .keyNotFound(let key, let context): return "`\(place(context.codingPath + [key]))` is missing"
        case .valueNotFound(_, let context): return "`\(place(context.codingPath))` is null"
        case .typeMismatch(_, let context), .dataCorrupted(let context):
            return "`\(place(context.codingPath))`: \(context.debugDescription)"
        default: return "\(error)"
        }
    }
}

/// Times as PostgreSQL writes them in JSON: `2026-11-23T02:29:02.123456+00:00`.
enum StateTime {
    static func text(_ date: Date) -> String {
        let microseconds = Int64((date.timeIntervalSince1970 * 1e6).rounded())
        let seconds = microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
        let whole = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        let fraction = String(microseconds - seconds * 1_000_000)
        return "\(whole.dropLast()).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)Z"
    }

    static func date(_ text: String) -> Date? {
        guard let dot = text.firstIndex(of: ".") else { return try? Date(text, strategy: .iso8601) }
        let digits = text[text.index(after: dot)...].prefix { $0.isASCII && $0.isNumber }
        let whole = String(text[..<dot]) + text[digits.endIndex...]
        guard let date = try? Date(whole, strategy: .iso8601), let fraction = Double("0.\(digits)") else { return nil }
        return date.addingTimeInterval(fraction)
    }
}
