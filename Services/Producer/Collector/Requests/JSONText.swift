/// Text as a JSON string with its quotes.
enum JSONText {
    /// What is not UTF-8, and control characters, become `?`: PostgreSQL's jsonb does not take all of them.
    static func quoted(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = [UInt8(ascii: "\"")]
        output.reserveCapacity(text.count + 2)
        let valid = text.allSatisfy { $0 < 0x80 } || String(validating: text, as: UTF8.self) != nil
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case ..<0x20, 0x7F: output.append(UInt8(ascii: "?"))
            case 0x80... where !valid: output.append(UInt8(ascii: "?"))
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
        return output
    }

    static func quoted(_ text: String) -> String { String(decoding: quoted(Array(text.utf8)), as: UTF8.self) }
}
