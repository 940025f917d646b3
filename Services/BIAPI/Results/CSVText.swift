/// Writes CSV (RFC 4180) that a spreadsheet opens without running it.
enum CSVText {
    /// One row with its line end. A nil is an empty field, an empty text is `""`.
    /// - Parameter isPlain: By column, whether its type holds no text that somebody wrote: such fields stay as they are.
    static func row(_ fields: [String?], isPlain: [Bool] = [], to out: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            if let field { append(field, isPlain: index < isPlain.count && isPlain[index], to: &out) }
        }
        out.append(contentsOf: "\r\n".utf8)
    }

    /// Spreadsheets run a field that begins like a formula. Such a text gets an apostrophe in front, which they hide;
    /// numbers, which may begin with a minus, stay as they are.
    private static func append(_ field: String, isPlain: Bool, to out: inout [UInt8]) {
        let text = !isPlain && isFormula(field) && !JSONText.isNumber(field) ? "'" + field : field
        let needsQuotes =
            text.isEmpty || text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D, 0x09, 0x3B].contains($0) }
            || text.utf8.first == 0x20
        guard needsQuotes else { return out.append(contentsOf: text.utf8) }
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == 0x22 { out.append(byte) }
            out.append(byte)
        }
        out.append(UInt8(ascii: "\""))
    }

    /// Whether a spreadsheet may take a field for a formula. It does so behind what it leaves out or splits at: white
    /// space, marks without a width, the separators of other countries' CSV.
    private static func isFormula(_ field: String) -> Bool {
        var isFirst = true
        for scalar in field.unicodeScalars {
            switch scalar {
            case "=", "+", "-", "@", "＝", "＋", "－", "＠": return true
            // In front these are cut off or make a cell of their own, whatever comes behind.
            case "\t", "\r", "\n", "\u{FEFF}", "\0": if isFirst { return true }
            case ";", ",", "'", "\"", " ": break
            default:
                guard
                    scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
                        || scalar.properties.generalCategory == .control
                else { return false }
            }
            isFirst = false
        }
        return false
    }
}
