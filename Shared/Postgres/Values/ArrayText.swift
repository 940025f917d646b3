// Arrays in PostgreSQL's text form: {1,NULL,"a \"b\""}, nested for more dimensions.

extension Array: PostgresEncodable where Element: PostgresEncodable {
    public var postgresText: String {
        "{"
            + map { ($0 as? any ArrayElement)?.arrayElementText ?? ArrayText.quoted($0.postgresText) }
            .joined(separator: ",") + "}"
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// The text of the value. NULL has none: it is only told apart as an element of an array or as a bound `nil`.
    public var postgresText: String { self?.postgresText ?? "" }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    /// Reads an array whose elements can be read as `Element`; `[[Int]]` reads two dimensions.
    public static func decode(_ cell: PostgresCell) -> [Element]? {
        var index = 0
        // Lower bounds other than 1 are written in front: [0:2]={1,2,3}.
        if cell.bytes.first == UInt8(ascii: "[") {
            guard let equals = cell.bytes.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            index = equals + 1
        }
        guard let items = ArrayText.items(cell.bytes, from: index) else { return nil }
        var values: [Element] = []
        values.reserveCapacity(items.count)
        for item in items {
            let value: Element? =
                switch item {
                case .null: Element.postgresNull
                case .nested(let range):
                    Element.decode(PostgresCell(type: cell.type, bytes: .init(rebasing: cell.bytes[range])))
                case .value(let bytes):
                    bytes.withUnsafeBufferPointer {
                        Element.decode(PostgresCell(type: cell.type.element ?? cell.type, bytes: $0))
                    }
                }
            guard let value else { return nil }
            values.append(value)
        }
        return values
    }
}

/// What is written in an array without quotes: NULL, and arrays in it.
private protocol ArrayElement {
    var arrayElementText: String { get }
}

extension Optional: ArrayElement where Wrapped: PostgresEncodable {
    fileprivate var arrayElementText: String {
        guard let value = self else { return "NULL" }
        return (value as? any ArrayElement)?.arrayElementText ?? ArrayText.quoted(value.postgresText)
    }
}

extension Array: ArrayElement where Element: PostgresEncodable {
    fileprivate var arrayElementText: String { postgresText }
}

enum ArrayText {
    enum Item {
        case null, value([UInt8]), nested(Range<Int>)
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }

    /// The items of the array that opens at `start`; nil when the text is no array.
    static func items(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> [Item]? {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else { return nil }
        var items: [Item] = []
        var index = start + 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "}"): return items
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: "{"):
                guard let end = closing(bytes, from: index) else { return nil }
                items.append(.nested(index..<end))
                index = end
            case UInt8(ascii: "\""): items.append(.value(quotedItem(bytes, &index)))
            default:
                let end = bytes[index...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") }
                guard let end else { return nil }
                let item = Array(bytes[index..<end])
                items.append(item.elementsEqual("NULL".utf8) ? .null : .value(item))
                index = end
            }
        }
        return nil
    }

    private static func quotedItem(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> [UInt8] {
        var item: [UInt8] = []
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
            item.append(bytes[index])
            index += 1
        }
        index += 1
        return item
    }

    /// The index behind the brace that closes the one at `start`.
    private static func closing(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var depth = 0
        var inQuotes = false
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\"): index += 1
            case UInt8(ascii: "\""): inQuotes.toggle()
            case UInt8(ascii: "{") where !inQuotes: depth += 1
            case UInt8(ascii: "}") where !inQuotes:
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
            index += 1
        }
        return nil
    }
}
