// BigQueryType: the types of GoogleSQL.

/// What values a column or a parameter has.
indirect enum BigQueryType: Sendable, Equatable, CustomStringConvertible {
    case int64, float64, numeric, bignumeric, bool, string, bytes, date, time, datetime, timestamp, interval, json,
        geography
    case array(BigQueryType)
    case `struct`([(name: String, type: BigQueryType)])
    /// One that is not known here; its values are texts.
    case other(String)

    /// Both of GoogleSQL's words for a type and the older ones that answers use.
    private static let words: [String: BigQueryType] = [
        "INT64": .int64, "INTEGER": .int64, "FLOAT64": .float64, "FLOAT": .float64, "NUMERIC": .numeric,
        "BIGNUMERIC": .bignumeric, "BOOL": .bool, "BOOLEAN": .bool, "STRING": .string, "BYTES": .bytes, "DATE": .date,
        "TIME": .time, "DATETIME": .datetime, "TIMESTAMP": .timestamp, "INTERVAL": .interval, "JSON": .json,
        "GEOGRAPHY": .geography,
    ]

    init(_ field: TableFieldSchema) {
        let word = field.type.uppercased()
        let single: BigQueryType =
            if word == "RECORD" || word == "STRUCT" {
                .struct((field.fields ?? []).map { ($0.name, BigQueryType($0)) })
            } else {
                Self.words[word] ?? .other(word)
            }
        self = field.mode?.uppercased() == "REPEATED" ? .array(single) : single
    }

    /// `ARRAY<STRUCT<a INT64>>`.
    var description: String {
        switch self {
        case .int64: "INT64"
        case .float64: "FLOAT64"
        case .numeric: "NUMERIC"
        case .bignumeric: "BIGNUMERIC"
        case .bool: "BOOL"
        case .string: "STRING"
        case .bytes: "BYTES"
        case .date: "DATE"
        case .time: "TIME"
        case .datetime: "DATETIME"
        case .timestamp: "TIMESTAMP"
        case .interval: "INTERVAL"
        case .json: "JSON"
        case .geography: "GEOGRAPHY"
        case .array(let element): "ARRAY<\(element)>"
        case .struct(let fields):
            "STRUCT<\(fields.map { $0.name.isEmpty ? "\($0.type)" : "\($0.name) \($0.type)" }.joined(separator: ", "))>"
        case .other(let word): word
        }
    }

    static func == (left: Self, right: Self) -> Bool { left.description == right.description }

    /// As a parameter's type.
    var parameterType: QueryParameter.TypeName {
        switch self {
        case .array(let element): .array(element.parameterType)
        case .struct(let fields): .struct(fields.map { .init(name: $0.name, type: $0.type.parameterType) })
        default: .scalar(description)
        }
    }
}

extension ColumnKind {
    init(_ type: BigQueryType) {
        self =
            switch type {
            case .int64, .float64, .numeric, .bignumeric: .number
            case .bool: .boolean
            case .string: .text
            case .date: .date
            case .datetime, .timestamp: .timestamp
            case .json: .json
            default: .other
            }
    }
}
