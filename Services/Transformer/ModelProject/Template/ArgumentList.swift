import Pipeline

/// A parenthesised list cut at its top-level commas; each argument is the text as written, trimmed.
struct ArgumentList {
    let arguments: [String]
    /// The offset after the closing parenthesis.
    let end: Int

    static func scan(
        source: SourceFile, bytes: [UInt8], openedAt open: Int, end: Int
    ) throws(PipelineError) -> ArgumentList {
        var depth = 0
        var index = open
        var start = open + 1
        var arguments: [String] = []
        while index < end {
            switch bytes[index] {
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                let quote = bytes[index]
                index += 1
                while index < end, bytes[index] != quote { index += 1 }
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 {
                    let last = trimmed(bytes[start..<index])
                    // SQLMesh forgives a comma behind the last one, and people leave it there.
                    if !last.isEmpty { arguments.append(last) }
                    return ArgumentList(arguments: arguments, end: index + 1)
                }
            case UInt8(ascii: ",") where depth == 1:
                arguments.append(trimmed(bytes[start..<index]))
                start = index + 1
            default: break
            }
            index += 1
        }
        throw source.error(at: open, "This parenthesis is never closed.")
    }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
        var slice = bytes
        while let first = slice.first, first <= 32 { slice = slice.dropFirst() }
        while let last = slice.last, last <= 32 { slice = slice.dropLast() }
        return String(decoding: slice, as: UTF8.self)
    }
}
