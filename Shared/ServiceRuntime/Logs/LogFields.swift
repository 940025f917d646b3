// LogFields: swift-log's metadata as JSON, and as `key=value` text. Numbers and booleans keep their type where the
// caller passed one; nesting has a limit, so that no value can make a line endless.
import Logging

enum LogFields {
    private static let depthMax = 8

    static func appendJSON(_ fields: Logger.Metadata, to out: inout String, depth: Int = 0) {
        out.append("{")
        var isFirst = true
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            if !isFirst { out.append(",") }
            isFirst = false
            LogText.appendJSON(key, to: &out)
            out.append(":")
            append(value, named: key, to: &out, depth: depth + 1)
        }
        out.append("}")
    }

    static func appendText(_ value: Logger.MetadataValue, named name: String, to out: inout String) {
        if Secrets.isSecretName(name) {
            out.append(Secrets.mask)
        } else if case .string(let text) = value {
            appendWord(text, to: &out)
        } else if case .stringConvertible(let convertible) = value {
            appendWord(convertible.description, to: &out)
        } else {
            append(value, named: name, to: &out, depth: 1)
        }
    }

    private static func append(_ value: Logger.MetadataValue, named name: String, to out: inout String, depth: Int) {
        guard !Secrets.isSecretName(name) else { return LogText.appendJSON(Secrets.mask, to: &out) }
        guard depth < depthMax else { return LogText.appendJSON("…", to: &out) }
        switch value {
        case .string(let text): LogText.appendJSON(Secrets.masked(text), to: &out)
        case .stringConvertible(let convertible):
            if let literal = literal(convertible) {
                out.append(literal)
            } else {
                LogText.appendJSON(Secrets.masked(convertible.description), to: &out)
            }
        case .dictionary(let fields): appendJSON(fields, to: &out, depth: depth)
        case .array(let values):
            out.append("[")
            for (index, value) in values.enumerated() {
                if index > 0 { out.append(",") }
                append(value, named: "", to: &out, depth: depth + 1)
            }
            out.append("]")
        }
    }

    private static func literal(_ value: any CustomStringConvertible) -> String? {
        switch value {
        case let number as any FixedWidthInteger: number.description
        case let number as Double: number.isFinite ? number.description : nil
        case let flag as Bool: flag.description
        default: nil
        }
    }

    private static func appendWord(_ text: String, to out: inout String) {
        let text = Secrets.masked(text)
        if text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) {
            LogText.appendJSON(text, to: &out)
        } else {
            out.append(LogText.escaped(text))
        }
    }
}
