/// Writes CSV (RFC 4180) that a spreadsheet opens without running it.
enum CSVText {
    /// One row with its line end. A nil is an empty field, an empty text is `""`.
    static func row(_ fields: [String?], to out: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            if let field { append(field, to: &out) }
        }
        out.append(contentsOf: "\r\n".utf8)
    }

    /// Spreadsheets run a field that begins like a formula. Such a text gets an apostrophe in front, which they hide;
    /// numbers, which may begin with a minus, stay as they are.
    private static func append(_ field: String, to out: inout [UInt8]) {
        let first = field.utf8.first
        let isFormula =
            first.map { [0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0D].contains($0) } ?? false || field.hasPrefix("＝")
            || field.hasPrefix("＋") || field.hasPrefix("－") || field.hasPrefix("＠")
        let text = isFormula && !JSONText.isNumber(field) ? "'" + field : field
        let needsQuotes =
            text.isEmpty || text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) } || text.utf8.first == 0x20
        guard needsQuotes else { return out.append(contentsOf: text.utf8) }
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == 0x22 { out.append(byte) }
            out.append(byte)
        }
        out.append(UInt8(ascii: "\""))
    }
}
