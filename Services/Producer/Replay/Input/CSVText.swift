/// Fields of CSV records (RFC 4180).
enum CSVText {
    /// A field's text, without its quotes.
    struct Field: Equatable, Sendable {
        var text: [UInt8] = []
        /// `""` is an empty text; nothing at all is no value.
        var isQuoted = false

        var isAbsent: Bool { text.isEmpty && !isQuoted }
    }

    /// - Returns: `nil` when a quote is not closed, or something stands behind a closing one.
    static func fields(of record: [UInt8], delimiter: UInt8) -> [Field]? {
        var fields: [Field] = []
        var field = Field()
        var index = 0
        while true {
            if index < record.count, record[index] == UInt8(ascii: "\"") {
                field.isQuoted = true
                index += 1
                while true {
                    guard index < record.count else { return nil }
                    if record[index] == UInt8(ascii: "\"") {
                        index += 1
                        guard index < record.count, record[index] == UInt8(ascii: "\"") else { break }
                    }
                    field.text.append(record[index])
                    index += 1
                }
                guard index == record.count || record[index] == delimiter else { return nil }
            } else {
                while index < record.count, record[index] != delimiter {
                    field.text.append(record[index])
                    index += 1
                }
            }
            fields.append(field)
            field = Field()
            guard index < record.count else { return fields }
            index += 1
        }
    }
}
