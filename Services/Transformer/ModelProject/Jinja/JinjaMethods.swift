import Foundation
import OrderedCollections

/// Methods of values, as templates call them: `name.upper()`, `list.index(x)`, `mapping.items()`.
enum JinjaMethods {
    static let known =
        "upper, lower, title, capitalize, strip, lstrip, rstrip, split, replace, startswith, endswith, find, count, zfill, "
        + "isdigit, format, join of texts; append, extend, index, count of lists; items, keys, values, get, update of mappings"

    static func call(_ name: String, _ value: VariableValue, _ arguments: [VariableValue]) -> VariableValue? {
        switch value {
        case .string(let text): ofString(name, text, arguments)
        case .list(let elements): ofList(name, elements, arguments)
        case .mapping: ofMapping(name, value, arguments)
        default: nil
        }
    }

    /// The value after a method that changes it; nil for methods that do not.
    static func changed(_ name: String, _ value: VariableValue, _ arguments: [VariableValue]) -> VariableValue? {
        switch (name, value, arguments.count, arguments.first) {
        case ("append", .list(let elements), 1, let element?): return .list(elements + [element])
        case ("extend", .list(let elements), 1, .list(let more)?): return .list(elements + more)
        case ("update", .mapping(let pairs), 1, .mapping(let more)?):
            return .mapping(pairs.merging(more) { _, new in new })
        default: return nil
        }
    }

    static func ofString(_ name: String, _ text: String, _ arguments: [VariableValue]) -> VariableValue? {
        let texts = arguments.map(\.plain)
        switch (name, texts.count) {
        case ("upper", 0): return .string(text.uppercased())
        case ("lower", 0): return .string(text.lowercased())
        case ("title", 0): return .string(text.capitalized)
        case ("capitalize", 0): return .string(text.prefix(1).uppercased() + text.dropFirst().lowercased())
        case ("strip", 0...1), ("lstrip", 0...1), ("rstrip", 0...1):
            let isCut: (Character) -> Bool = texts.first.map { set in { set.contains($0) } } ?? { $0.isWhitespace }
            var rest = text[...]
            if name != "rstrip" { rest = rest.drop(while: isCut) }
            if name != "lstrip" { while let last = rest.last, isCut(last) { rest.removeLast() } }
            return .string(String(rest))
        case ("split", 0): return .list(text.split(whereSeparator: \.isWhitespace).map { .string(String($0)) })
        case ("split", 1) where !texts[0].isEmpty:
            return .list(text.components(separatedBy: texts[0]).map { .string($0) })
        case ("replace", 2) where !texts[0].isEmpty: return .string(text.replacing(texts[0], with: texts[1]))
        case ("startswith", 1): return .boolean(text.hasPrefix(texts[0]))
        case ("endswith", 1): return .boolean(text.hasSuffix(texts[0]))
        case ("count", 1) where !texts[0].isEmpty: return .integer(text.components(separatedBy: texts[0]).count - 1)
        case ("find", 1):
            let place = text.range(of: texts[0]).map { text.distance(from: text.startIndex, to: $0.lowerBound) }
            return .integer(place ?? -1)
        case ("zfill", 1):
            guard let width = Int(texts[0]), width <= 1_000 else { return nil }
            return .string(String(repeating: "0", count: max(0, width - text.count)) + text)
        case ("isdigit", 0): return .boolean(!text.isEmpty && text.allSatisfy(\.isNumber))
        case ("format", _): return braceFormat(text, arguments).map { .string($0) }
        case ("join", 1):
            guard let elements = JinjaFilters.elements(arguments[0]) else { return nil }
            return .string(elements.map(\.plain).joined(separator: text))
        default: return nil
        }
    }

    private static func ofList(_ name: String, _ elements: [VariableValue], _ arguments: [VariableValue])
        -> VariableValue?
    {
        guard arguments.count == 1, let element = arguments.first else { return nil }
        switch name {
        case "index": return elements.firstIndex(of: element).map { .integer($0) }
        case "count": return .integer(elements.count { $0 == element })
        default: return nil
        }
    }

    static func ofMapping(_ name: String, _ value: VariableValue, _ arguments: [VariableValue]) -> VariableValue? {
        guard case .mapping(let pairs) = value else { return nil }
        switch (name, arguments.count) {
        case ("items", 0): return .list(pairs.map { .list([.string($0.key), $0.value]) })
        case ("keys", 0): return .list(pairs.keys.map { .string($0) })
        case ("values", 0): return .list(Array(pairs.values))
        case ("get", 1): return pairs[arguments[0].plain] ?? .null
        case ("get", 2): return pairs[arguments[0].plain] ?? arguments[1]
        default: return nil
        }
    }

    /// `'{} of {0}'.format(…)`: places by order and by number, without formats.
    private static func braceFormat(_ text: String, _ arguments: [VariableValue]) -> String? {
        var result = ""
        var next = 0
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            guard let close = rest[open...].firstIndex(of: "}") else { return nil }
            let inside = rest[rest.index(after: open)..<close]
            guard let index = inside.isEmpty ? next : Int(inside), arguments.indices.contains(index) else { return nil }
            if inside.isEmpty { next += 1 }
            result += arguments[index].plain
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    /// `'%s of %d'|format(…)`
    static func percentFormat(_ text: String, _ arguments: [VariableValue]) -> VariableValue? {
        var result = ""
        var next = 0
        var rest = text[...]
        while let sign = rest.firstIndex(of: "%") {
            result += rest[..<sign]
            let after = rest.index(after: sign)
            guard after < rest.endIndex else { return nil }
            switch rest[after] {
            case "%": result += "%"
            case "s", "d":
                guard next < arguments.count else { return nil }
                result += arguments[next].plain
                next += 1
            default: return nil
            }
            rest = rest[rest.index(after: after)...]
        }
        return .string(result + rest)
    }
}
