// Cell: a value of a result as it comes in JSON, before its column says what it is.

/// A cell of a row: `null`, a text, an array's elements, or a struct's fields.
enum Cell: Decodable, Sendable, Equatable {
    case null
    case text(String)
    case list([Cell])
    case record([Cell])

    /// `{"v": …}`
    struct Wrapped: Decodable, Sendable {
        let v: Cell
    }

    private struct Record: Decodable {
        let f: [Wrapped]
    }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let items = try? value.decode([Wrapped].self) {
            self = .list(items.map(\.v))
        } else {
            self = .record(try value.decode(Record.self).f.map(\.v))
        }
    }
}
