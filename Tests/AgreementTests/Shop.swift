// Shop: the data that the queries run on, made the same in both engines. A few tables with what is hard: nulls, negative
// numbers, leap days, days when clocks change, the ends of ISO years, unicode, empty strings.
import Foundation
import SQL

/// A column of a table, by its type in both dialects.
enum ColumnKind: String {
    case whole, float, decimal, text, boolean, date, time, dateTime, instant, texts, wholes, document, bytes

    var kind: DataType.Kind {
        switch self {
        case .whole: .int64
        case .float: .float64
        case .decimal: .numeric
        case .text: .text
        case .boolean: .boolean
        case .date: .date
        case .time: .time
        case .dateTime: .timestamp
        case .instant: .timestampTZ
        case .texts: .array(DataType(kind: .text))
        case .wholes: .array(DataType(kind: .int64))
        case .document: .json
        case .bytes: .bytes
        }
    }

    func typeName(_ dialect: SQLDialect) -> String {
        let isPostgres = dialect == .postgres
        return switch self {
        case .whole: isPostgres ? "bigint" : "INT64"
        case .float: isPostgres ? "double precision" : "FLOAT64"
        // The emulator's bare NUMERIC keeps three digits behind the point.
        case .decimal: "NUMERIC(12, 2)"
        case .text: isPostgres ? "text" : "STRING"
        case .boolean: "BOOL"
        case .date: "DATE"
        case .time: "TIME"
        case .dateTime: isPostgres ? "timestamp" : "DATETIME"
        case .instant: isPostgres ? "timestamptz" : "TIMESTAMP"
        case .texts: isPostgres ? "text[]" : "ARRAY<STRING>"
        case .wholes: isPostgres ? "bigint[]" : "ARRAY<INT64>"
        case .document: isPostgres ? "jsonb" : "JSON"
        case .bytes: isPostgres ? "bytea" : "BYTES"
        }
    }

    /// The literal of a value that is given as text; arrays have their elements separated by `|`.
    func literal(_ text: String?, _ dialect: SQLDialect) -> String {
        guard let text else { return "NULL" }
        let isPostgres = dialect == .postgres
        switch self {
        case .whole, .float, .boolean: return text
        case .decimal: return isPostgres ? text : "NUMERIC '\(text)'"
        case .text: return quoted(text, dialect)
        case .date, .time, .dateTime, .instant, .document: return "\(typeName(dialect)) \(quoted(text, dialect))"
        case .bytes:
            let digits = text.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            return isPostgres ? "decode('\(digits)', 'hex')" : "FROM_HEX('\(digits)')"
        case .texts, .wholes:
            let elements = text.split(separator: "|", omittingEmptySubsequences: false)
            let items = text.isEmpty ? [] : elements.map { self == .texts ? quoted(String($0), dialect) : String($0) }
            let list = "[" + items.joined(separator: ", ") + "]"
            return isPostgres ? "ARRAY\(list)::\(typeName(dialect))" : "CAST(\(list) AS \(typeName(dialect)))"
        }
    }

    private func quoted(_ text: String, _ dialect: SQLDialect) -> String {
        let backslashed = dialect == .bigQuery ? text.replacing("\\", with: "\\\\") : text
        return "'" + backslashed.replacing("'", with: dialect == .bigQuery ? "\\'" : "''") + "'"
    }
}

struct ShopTable {
    var name: String
    var columns: [(name: String, kind: ColumnKind)]
    var rows: [[String?]]

    /// The statements that make the table, a hundred rows at a time.
    func statements(_ dialect: SQLDialect) -> [String] {
        let definitions = columns.map { "\($0.name) \($0.kind.typeName(dialect))" }.joined(separator: ", ")
        var statements = ["CREATE TABLE shop.\(name) (\(definitions))"]
        for start in stride(from: 0, to: rows.count, by: 100) {
            let values = rows[start..<min(start + 100, rows.count)].map { row in
                "(" + zip(columns, row).map { $0.kind.literal($1, dialect) }.joined(separator: ", ") + ")"
            }
            statements.append("INSERT INTO shop.\(name) VALUES " + values.joined(separator: ", "))
        }
        return statements
    }
}

enum Shop {
    static let tables: [ShopTable] = [customers, orders, readings, moments, words]

    static func catalog(_ dialect: SQLDialect) -> SchemaCatalog {
        var catalog = SchemaCatalog(dialect: dialect)
        for table in tables {
            let columns = table.columns.map { column in
                let isDocument = column.kind == .document && dialect == .postgres
                return SchemaCatalog.Column(column.name, isDocument ? .jsonb : column.kind.kind)
            }
            catalog.add(QualifiedName("shop", table.name), columns: columns)
        }
        return catalog
    }

    private static let customers: ShopTable = {
        var random = SeededRandom(seed: 11)
        let names = ["Ada", "Björk", "Chloé", "dmitri", "ÉMILE", "Zoë", "李雷", "O'Neil", "  spaced ", "x"]
        let cities = ["Oslo", "São Paulo", "Paris", "", "東京", "new york"]
        let rows: [[String?]] = (1...120).map { id in
            let name = names[id % names.count] + (id % 3 == 0 ? " \(id)" : "")
            let profile =
                "{\"tier\": \"\(["gold", "silver", "free"][id % 3])\", \"age\": \(20 + id % 50), "
                + "\"tags\": [\"a\(id % 4)\", \"b\"], \"address\": {\"zip\": \"0\(1000 + id)\"}, "
                + "\"opt\": \(id % 2 == 0), \"gone\": null}"
            return [
                "\(id)", name, id % 7 == 0 ? nil : "user\(id)@\(["example.com", "mail.org"][id % 2])",
                cities[id % cities.count], id % 5 == 0 ? nil : ["NO", "BR", "FR"][id % 3],
                id % 11 == 0 ? nil : "\(1950 + id % 60)-\(two(1 + id % 12))-\(two(1 + id % 28))",
                "2024-\(two(1 + id % 12))-\(two(1 + id % 28)) \(two(id % 24)):30:00+00",
                id % 6 == 0 ? nil : "\(Double(random.below(2000)) / 8 - 100)", id % 9 == 0 ? nil : "\(id % 2 == 0)",
                ["", "red", "red|blue", "green|red|blue"][id % 4], ["", "3|1|2", "5", "-1|0|7|7"][id % 4], profile,
            ]
        }
        return ShopTable(
            name: "customers",
            columns: [
                ("id", .whole), ("name", .text), ("email", .text), ("city", .text), ("country", .text),
                ("birth", .date), ("joined", .instant), ("score", .float), ("active", .boolean), ("tags", .texts),
                ("marks", .wholes), ("profile", .document),
            ], rows: rows)
    }()

    private static let orders: ShopTable = {
        var random = SeededRandom(seed: 23)
        let rows: [[String?]] = (1...300).map { id in
            let day = 1 + random.below(28), month = 1 + random.below(12), hour = random.below(24)
            let placed =
                "\(2023 + id % 4)-\(two(month))-\(two(day)) \(two(hour)):\(two(random.below(60))):\(two(id % 60))"
            let shipped = "\(2023 + id % 4)-\(two(month))-\(two(day)) 23:59:59.5+00"
            return [
                "\(id)", "\(1 + random.below(130))", placed + "+00", id % 4 == 0 ? nil : shipped,
                id % 8 == 0 ? nil : "\(2023 + id % 4)-\(two(month))-\(two(day))", "\(random.below(40) - 10)",
                "\(random.below(20000) - 2000)".decimal(2), id % 3 == 0 ? nil : "\(Double(random.below(64)) / 64)",
                id % 10 == 0 ? nil : ["new", "paid", "sent", "lost"][random.below(4)],
                ["note \(id)", "", "A-\(id)/b", "tab\tin"][id % 4],
            ]
        }
        return ShopTable(
            name: "orders",
            columns: [
                ("id", .whole), ("customer_id", .whole), ("placed", .instant), ("shipped", .instant), ("due", .date),
                ("quantity", .whole), ("price", .decimal), ("discount", .float), ("status", .text), ("note", .text),
            ], rows: rows)
    }()

    private static let readings: ShopTable = {
        var random = SeededRandom(seed: 42)
        let rows: [[String?]] = (1...200).map { id in
            [
                "\(id)", "s\(id % 5)", "2025-\(two(1 + id % 3))-\(two(1 + id % 28)) \(two(id % 24)):\(two(id % 60)):00",
                id % 13 == 0 ? nil : "\(Double(random.below(4096)) / 16 - 128)", "\(random.below(200) - 100)",
                "\(random.below(10000) - 5000)".decimal(1), "\(random.below(256))",
                id % 17 == 0 ? nil : "\(id % 3 == 0)",
            ]
        }
        return ShopTable(
            name: "readings",
            columns: [
                ("id", .whole), ("sensor", .text), ("taken", .dateTime), ("value", .float), ("delta", .whole),
                ("level", .decimal), ("flags", .whole), ("valid", .boolean),
            ], rows: rows)
    }()

    /// Moments at which calendars are hard.
    private static let moments: ShopTable = {
        let clocks = [
            "2024-02-29 00:00:00", "2024-02-28 23:59:59.999999", "2023-02-28 12:00:00", "2000-02-29 06:07:08",
            "1900-03-01 00:00:00", "2026-03-29 00:59:59", "2026-03-29 01:00:00", "2026-03-29 02:30:00",
            "2026-10-25 00:30:00", "2026-10-25 01:30:00", "2026-03-08 06:59:59", "2026-03-08 07:00:00",
            "2026-11-01 05:30:00", "2026-11-01 06:30:00", "2020-12-31 23:00:00", "2021-01-01 00:00:00",
            "2021-01-03 12:00:00", "2021-01-04 00:00:00", "2018-12-31 08:00:00", "2016-01-03 22:15:00",
            "2024-12-29 00:00:00", "2024-12-30 00:00:00", "2025-01-05 10:10:10.25", "1970-01-01 00:00:00",
            "1969-12-31 23:59:59.5", "2038-01-19 03:14:08", "2026-07-01 12:34:56.789", "2026-05-31 09:00:00",
            "2026-08-31 17:45:30", "2025-01-31 00:00:01", "1999-12-31 23:59:59", "2026-11-23 05:06:07",
        ]
        let rows: [[String?]] = clocks.enumerated().map { index, clock in
            let parts = clock.split(separator: " ").map(String.init)
            return [
                "\(index + 1)", clock + "+00", index % 6 == 5 ? nil : clock, parts[0], parts[1], "\(index % 5 - 2)",
                ["UTC", "Europe/Oslo", "America/New_York", "Asia/Kolkata"][index % 4],
            ]
        }
        return ShopTable(
            name: "moments",
            columns: [
                ("id", .whole), ("moment", .instant), ("local", .dateTime), ("day", .date), ("clock", .time),
                ("step", .whole), ("zone", .text),
            ], rows: rows)
    }()

    private static let words: ShopTable = {
        let texts: [String?] = [
            "", " ", "abc", "ABC", "Abc Def", "naïve café", "Straße", "日本語テキスト", "a,b,,c", "key=value; other=42",
            "2026-11-23", "23/11/2026", "12:34", "3.14", "-17", "1e3", "not a number", nil, "foo123bar45", "x.y.z",
            "user@example.com", "http://example.com/a/b?c=d#e", "tabs\tand spaces", "quote'quote", "back\\slash",
            "100%", "under_score", "aaa", "banana", "Mississippi", "  padded  ", "xxpaddedxx", "🙂 smile", "(paren)",
            "[bracket]", "a|b", "true", "FALSE", "yes", nil,
        ]
        let rows: [[String?]] = texts.enumerated().map { index, text in
            [
                "\(index + 1)", text, ["a", "an", "x", ""][index % 4], text ?? "none",
                index % 5 == 0 ? nil : "\(index - 8)",
            ]
        }
        return ShopTable(
            name: "words",
            columns: [("id", .whole), ("word", .text), ("part", .text), ("raw", .bytes), ("n", .whole)], rows: rows)
    }()

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension String {
    /// The digits with a point before the last `places`.
    fileprivate func decimal(_ places: Int) -> String {
        let digits = drop { $0 == "-" }
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return (hasPrefix("-") ? "-" : "") + padded.dropLast(places) + "." + padded.suffix(places)
    }
}

/// The same numbers in every run.
struct SeededRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }
}
