// RawSchema: raw tables and what is kept beside them, as BigQuery's tables.
import DataContract

/// Names and columns of the raw side's tables.
enum RawSchema {
    static let dataset = "raw"
    /// For rows on their way: its tables go by themselves after an hour.
    static let staging = "raw_staging"
    static let positions = "_sink_offsets"
    static let letters = "_dead_letters"
    static let landings = "_landings"
    static let replays = "_replays"

    /// A row of the positions that every batch changes, and that is of no topic: a transaction that only added rows would not
    /// be in another one's way.
    static let guardTopic = ""

    /// Where the next batch of each partition begins.
    static let positionFields = [
        field("topic", "STRING", isRequired: true), field("partition", "INT64", isRequired: true),
        field("next_offset", "INT64", isRequired: true), field("updated_at", "TIMESTAMP", isRequired: true),
        field("event_time_max", "TIMESTAMP"), field("at_end_at", "TIMESTAMP"),
    ]

    static let letterFields = [
        field("topic", "STRING", isRequired: true), field("partition", "INT64", isRequired: true),
        field("offset", "INT64", isRequired: true), field("raw_table", "STRING", isRequired: true),
        field("reason", "STRING", isRequired: true), field("field", "STRING"),
        field("message", "STRING", isRequired: true),
        field("key", "BYTES"), field("value", "BYTES"), field("headers", "STRING", isRequired: true),
        field("message_time", "TIMESTAMP"), field("failed_at", "TIMESTAMP", isRequired: true),
        field("attempts", "INT64", isRequired: true), field("history", "STRING", isRequired: true),
        field("mirrored_at", "TIMESTAMP"),
    ]

    /// Dead letters on their way: bytes are Base64 in JSON, and are made bytes when they are copied.
    static let stagedLetterFields = letterFields.map { field in
        field.type == "BYTES" ? TableFieldSchema(name: field.name, type: "STRING", mode: field.mode) : field
    }

    /// Batches that have landed: the outbox of `data.landed`.
    static let landingFields = [
        field("id", "INT64", isRequired: true), field("topic", "STRING", isRequired: true),
        field("raw_table", "STRING", isRequired: true), field("rows", "INT64", isRequired: true),
        field("rejected", "INT64", isRequired: true), field("duplicates", "INT64", isRequired: true),
        field("bytes", "INT64", isRequired: true), field("offsets", "STRING", isRequired: true),
        field("event_time_min", "TIMESTAMP"), field("event_time_max", "TIMESTAMP"), field("low_watermark", "TIMESTAMP"),
        field("days", "STRING", isRequired: true), field("landed_at", "TIMESTAMP", isRequired: true),
        field("published_at", "TIMESTAMP"),
    ]

    /// How far replays into other tables are, and which batch brought them there.
    static let replayFields = [
        field("raw_table", "STRING", isRequired: true), field("topic", "STRING", isRequired: true),
        field("partition", "INT64", isRequired: true), field("next_offset", "INT64", isRequired: true),
        field("updated_at", "TIMESTAMP", isRequired: true), field("batch", "INT64"),
    ]

    /// The tables beside the contracts' own.
    static let bookkeeping = [
        (positions, positionFields), (letters, letterFields), (landings, landingFields), (replays, replayFields),
    ]

    private static func field(_ name: String, _ type: String, isRequired: Bool = false) -> TableFieldSchema {
        TableFieldSchema(name: name, type: type, mode: isRequired ? "REQUIRED" : "NULLABLE")
    }

    /// Beginnings of names that BigQuery keeps for itself, in whatever case.
    private static let keptPrefixes = [
        "_table_", "_file_", "_partition", "_row_timestamp", "__root__", "_colidentifier", "_change_",
    ]

    /// What a contract's column is called in BigQuery, which has `_partition` for itself.
    static func name(_ column: String) -> String { column == "_partition" ? "_topic_partition" : column }

    /// Whether BigQuery takes a column of that name.
    static func isTaken(_ name: String) -> Bool {
        !keptPrefixes.contains { name.lowercased().hasPrefix($0) }
    }

    /// A column of a contract's table; nil when BigQuery has no type that holds all of its values.
    static func field(_ column: ContractColumn) -> TableFieldSchema? {
        var field = TableFieldSchema(
            name: name(column.name), type: "", mode: column.isRequired ? "REQUIRED" : "NULLABLE",
            description: column.description)
        switch column.type {
        case .text: field.type = "STRING"
        case .bigint, .integer: field.type = "INT64"
        // 38 digits on either side of the point; what has more is refused when it lands.
        case .numeric: field.type = "BIGNUMERIC"
        case .decimal(let precision, let scale):
            guard scale <= 38, precision - scale <= 38 else { return nil }
            field.type = scale <= 9 && precision - scale <= 29 ? "NUMERIC" : "BIGNUMERIC"
            (field.precision, field.scale) = ("\(precision)", "\(scale)")
        case .double: field.type = "FLOAT64"
        case .boolean: field.type = "BOOL"
        case .timestamptz: field.type = "TIMESTAMP"
        case .date: field.type = "DATE"
        case .jsonb: field.type = "JSON"
        }
        return field
    }
}
