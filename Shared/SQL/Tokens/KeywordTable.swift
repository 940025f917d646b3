/// Finds the keyword that a word spells.
///
/// A word of up to 16 bytes is its first eight and its last eight bytes, in lower case, and its length: three numbers
/// that are compared at once. The few longer keywords are compared byte by byte.
struct KeywordTable: Sendable {
    private struct Entry: Sendable {
        var head: UInt64 = 0
        var tail: UInt64 = 0
        var length = 0
        var keyword = Keyword.notKeyword
    }

    private var entries: [Entry]
    private static let slots = 2048
    private static let longest = Keyword.allCases.reduce(0) { max($0, $1.text.utf8.count) }

    static let shared = KeywordTable()

    private init() {
        entries = Array(repeating: Entry(), count: KeywordTable.slots)
        for keyword in Keyword.allCases where keyword != .notKeyword {
            let text = Array(keyword.text.utf8)
            let entry = text.withUnsafeBufferPointer { buffer -> Entry in
                let (head, tail) = KeywordTable.ends(of: buffer, from: 0, to: text.count)
                return Entry(head: head, tail: tail, length: text.count, keyword: keyword)
            }
            var slot = KeywordTable.slot(entry.head, entry.tail, entry.length)
            while entries[slot].length > 0 { slot = (slot + 1) & (KeywordTable.slots - 1) }
            entries[slot] = entry
        }
    }

    /// The keyword spelled by the bytes from `start` to `end`, whatever their case.
    @inline(__always)
    func keyword(in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Keyword {
        let length = end - start
        guard length > 1, length <= 20 else { return .notKeyword }
        let (head, tail) = KeywordTable.ends(of: bytes, from: start, to: end)
        var slot = KeywordTable.slot(head, tail, length)
        return entries.withUnsafeBufferPointer { entries in
            while entries[slot].length > 0 {
                let entry = entries[slot]
                if entry.head == head, entry.tail == tail, entry.length == length {
                    if length <= 16 || KeywordTable.matches(entry.keyword, bytes, from: start) { return entry.keyword }
                }
                slot = (slot + 1) & (KeywordTable.slots - 1)
            }
            return .notKeyword
        }
    }

    /// The first and the last eight bytes with the bit set that makes letters lower case. The other characters of
    /// words keep apart under it.
    @inline(__always)
    private static func ends(
        of bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
    ) -> (head: UInt64, tail: UInt64) {
        let lower: UInt64 = 0x2020_2020_2020_2020
        let length = end - start
        if length >= 8, let base = bytes.baseAddress {
            let raw = UnsafeRawPointer(base)
            let head = raw.loadUnaligned(fromByteOffset: start, as: UInt64.self) | lower
            let tail = raw.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self) | lower
            return (head, tail)
        }
        var head: UInt64 = 0
        for index in start..<end { head = head << 8 | UInt64(bytes[index] | 0x20) }
        return (head, 0)
    }

    @inline(__always)
    private static func slot(_ head: UInt64, _ tail: UInt64, _ length: Int) -> Int {
        let mixed = (head ^ tail &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(length)) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed >> 53)
    }

    private static func matches(_ keyword: Keyword, _ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
        var index = start
        for byte in keyword.text.utf8 {
            if bytes[index] | 0x20 != byte | 0x20 { return false }
            index += 1
        }
        return true
    }
}
