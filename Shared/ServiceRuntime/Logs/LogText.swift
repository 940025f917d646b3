// LogText: text made safe for a log line. No character that ends a line, moves a cursor or turns text around gets out.

enum LogText {
    /// Control characters, line ends and text direction marks as `\u{…}`-style escapes.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var out = ""
        for scalar in text.unicodeScalars { appendEscaped(scalar, to: &out) }
        return out
    }

    /// `text` as a JSON string with its quotes.
    static func appendJSON(_ text: String, to out: inout String) {
        out.append("\"")
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 >= 0x7F }) {
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"": out.append("\\\"")
                case "\\": out.append("\\\\")
                default: appendEscaped(scalar, to: &out)
                }
            }
        } else {
            out.append(text)
        }
        out.append("\"")
    }

    private static func appendEscaped(_ scalar: Unicode.Scalar, to out: inout String) {
        switch scalar {
        case "\n": out.append("\\n")
        case "\r": out.append("\\r")
        case "\t": out.append("\\t")
        case _ where isUnsafe(scalar):
            let hex = String(scalar.value, radix: 16)
            out.append("\\u" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex)
        default: out.unicodeScalars.append(scalar)
        }
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F: true  // C0, DEL, C1: line ends and terminal codes
        case 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
