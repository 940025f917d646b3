// JSONOutline: what lies where in a piece of JSON, without making values of it. For those who take documents apart and
// put their bytes together anew.

/// Where the members of an object, or the elements of an array, lie. Everything passed over has been checked as
/// strictly as `RecordDecoder` does.
public enum JSONOutline {
    /// A member of an object. Ranges count bytes of the buffer that was given.
    public struct Member: Sendable {
        /// The name between its quotes, escapes as written.
        public let name: Range<Int>
        public let value: Range<Int>
    }

    /// The members of the object that `range` holds, in their order.
    /// - Throws: `Rejection`: `not_an_object` for another kind of value; what is wrong with the JSON otherwise.
    public static func members(
        of bytes: UnsafeRawBufferPointer, in range: Range<Int>? = nil
    ) throws(Rejection) -> [Member] {
        var members: [Member] = []
        try walk(bytes, range ?? 0..<bytes.count, open: UInt8(ascii: "{"), close: UInt8(ascii: "}")) {
            (scanner, base) throws(Fault) in
            guard try scanner.peek() == UInt8(ascii: "\"") else { throw scanner.fault(.unexpectedByte) }
            let name = try scanner.string()
            scanner.skipWhitespace()
            try scanner.expect(UInt8(ascii: ":"))
            scanner.skipWhitespace()
            let start = scanner.position
            try scanner.skipValue(depth: 1)
            members.append(
                Member(name: base + name.start..<base + name.end, value: base + start..<base + scanner.position))
        }
        return members
    }

    /// The elements of the array that `range` holds, in their order.
    /// - Throws: `Rejection`: `wrong_type` for another kind of value; what is wrong with the JSON otherwise.
    public static func elements(
        of bytes: UnsafeRawBufferPointer, in range: Range<Int>? = nil
    ) throws(Rejection) -> [Range<Int>] {
        var elements: [Range<Int>] = []
        try walk(bytes, range ?? 0..<bytes.count, open: UInt8(ascii: "["), close: UInt8(ascii: "]")) {
            (scanner, base) throws(Fault) in
            let start = scanner.position
            try scanner.skipValue(depth: 1)
            elements.append(base + start..<base + scanner.position)
        }
        return elements
    }

    /// The text of a string: the bytes between its quotes, which have been passed over before, without escapes.
    public static func text(of bytes: UnsafeRawBufferPointer, between quotes: Range<Int>) -> [UInt8] {
        let raw = UnsafeRawBufferPointer(rebasing: bytes[quotes])
        guard raw.contains(UInt8(ascii: "\\")) else { return Array(raw) }
        var plain: [UInt8] = []
        plain.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            guard raw[index] == UInt8(ascii: "\\"), index + 1 < raw.count else {
                plain.append(raw[index])
                index += 1
                continue
            }
            index += 2
            switch raw[index - 1] {
            case UInt8(ascii: "b"): plain.append(0x08)
            case UInt8(ascii: "f"): plain.append(0x0C)
            case UInt8(ascii: "n"): plain.append(0x0A)
            case UInt8(ascii: "r"): plain.append(0x0D)
            case UInt8(ascii: "t"): plain.append(0x09)
            case UInt8(ascii: "u"):
                var unit = hex(raw, index)
                index += 4
                if 0xD800..<0xDC00 ~= unit, index + 6 <= raw.count {
                    unit = 0x10000 + (unit - 0xD800) << 10 + (hex(raw, index + 2) & 0x3FF)
                    index += 6
                }
                plain.append(contentsOf: Unicode.Scalar(unit).map { Array(String($0).utf8) } ?? [])
            case let byte: plain.append(byte)
            }
        }
        return plain
    }

    private static func hex(_ raw: UnsafeRawBufferPointer, _ start: Int) -> UInt32 {
        guard start + 4 <= raw.count else { return 0 }
        return raw[start..<start + 4].reduce(0) { sum, byte in
            let digit = byte <= UInt8(ascii: "9") ? byte &- UInt8(ascii: "0") : (byte | 0x20) &- UInt8(ascii: "a") &+ 10
            return sum << 4 | UInt32(digit & 0xF)
        }
    }

    /// Passes an object or array, an item at a time, and what is around it, which may only be white space.
    private static func walk(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, open: UInt8, close: UInt8,
        item: (inout JSONScanner, Int) throws(Fault) -> Void
    ) throws(Rejection) {
        var scanner = JSONScanner(UnsafeRawBufferPointer(rebasing: bytes[range]))
        do throws(Fault) {
            scanner.skipWhitespace()
            guard try scanner.peek() == open else {
                try scanner.skipValue(depth: 0)
                throw scanner.fault(open == UInt8(ascii: "{") ? .notAnObject : .wrongType, at: 0)
            }
            scanner.position += 1
            scanner.skipWhitespace()
            if try scanner.peek() == close {
                scanner.position += 1
            } else {
                while true {
                    try item(&scanner, range.lowerBound)
                    scanner.skipWhitespace()
                    guard try scanner.peek() == UInt8(ascii: ",") else { break }
                    scanner.position += 1
                    scanner.skipWhitespace()
                }
                try scanner.expect(close)
            }
            scanner.skipWhitespace()
            guard scanner.position == scanner.count else { throw scanner.fault(.afterEnd) }
        } catch {
            throw rejection(error, open, range.lowerBound)
        }
    }

    private static func rejection(_ fault: Fault, _ open: UInt8, _ base: Int) -> Rejection {
        let message =
            switch fault.reason {
            case .notAnObject: "Expected a JSON object."
            case .wrongType: "Expected a JSON array."
            case .tooDeep: "Nested deeper than \(RecordDecoder.depthMax) levels."
            case .invalidUTF8: "Not valid UTF-8 at byte \(base + fault.offset)."
            case .nulCharacter: "Holds a NUL character, at byte \(base + fault.offset)."
            case .unpairedSurrogate: "Holds half of a surrogate pair, at byte \(base + fault.offset)."
            default: "Not valid JSON at byte \(base + fault.offset)."
            }
        return Rejection(fault.reason, message: message)
    }
}
