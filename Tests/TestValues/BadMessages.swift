/// Messages of every kind that a sender should not send, and good ones among them; the same for the same seed.
///
/// They are made from `{"id":…,"note":…,"at":…}`, where `id` is a whole number, `note` a text and `at` a time.
public struct BadMessages: Sendable {
    /// A message, and whether it meets the contract; `nil` where it may or may not.
    public struct Message: Sendable {
        public let bytes: [UInt8]
        public let isGood: Bool?
    }

    private var random: SplitMix
    private var count = 0
    private let id: String
    private let note: String
    private let time: String
    private let isNumbered: Bool
    private let largeEvery: Int

    /// - Parameters:
    ///   - id: Name of the first field.
    ///   - isNumbered: Whether it is a number; else a text.
    ///   - largeEvery: One in so many has five million bytes.
    public init(
        seed: UInt64, id: String = "id", note: String = "note", time: String = "at", isNumbered: Bool = true,
        largeEvery: Int = 2_500
    ) {
        random = SplitMix(seed: seed)
        self.id = id
        self.note = note
        self.time = time
        self.isNumbered = isNumbered
        self.largeEvery = largeEvery
    }

    private static let clocks = [
        #""0000-00-00T00:00:00Z""#, #""2026-02-30T00:00:00Z""#, #""2026-11-23T25:00:00Z""#, #""yesterday""#, #""""#,
        #""10000-01-01T00:00:00Z""#, #""-2026-11-23T00:00:00Z""#, "1e300", "-1", "true", "{}",
        #""2026-11-23T10:00:00+99:99""#,
    ]
    private static let numbers = ["1e400", "-1e-400", "99999999999999999999", "1.5", "NaN", "0x10", "01", "--1", "1e"]
    private static let types = ["true", "null", "[]", "{}", #"{"a":{"b":[1]}}"#]
    private static let garbage = [
        "", " ", "\n", "null", "[]", "\"x\"", "7", "{}", "{", "}", "[[", "{\"a\"", "{'a':1}", "nul",
    ]

    public mutating func next() -> Message {
        count += 1
        if count.isMultiple(of: largeEvery) { return large() }
        switch random.below(14) {
        case 0, 1, 2: return Message(bytes: event(), isGood: true)
        case 3: return cutOff()
        case 4: return changed()
        case 5: return Message(bytes: event(note: #""a\u0000b""#), isGood: false)
        case 6: return inserted([0])
        case 7:
            return inserted([[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]][random.below(4)])
        case 8: return nested()
        case 9: return Message(bytes: event(id: Self.numbers[random.below(Self.numbers.count)]), isGood: false)
        case 10: return Message(bytes: event(id: Self.types[random.below(Self.types.count)]), isGood: false)
        case 11: return Message(bytes: event(time: Self.clocks[random.below(Self.clocks.count)]), isGood: false)
        case 12: return Message(bytes: event(more: ",\"\(time)\":\"2026-11-23T10:00:00Z\""), isGood: false)
        default: return garbage()
        }
    }

    private func event(
        id: String? = nil, note: String = "\"a note\"", time: String = "\"2026-11-23T10:00:00Z\"", more: String = ""
    ) -> [UInt8] {
        let id = id ?? (isNumbered ? "\(count)" : "\"n\(count)\"")
        return Array("{\"\(self.id)\":\(id),\"\(self.note)\":\(note),\"\(self.time)\":\(time)\(more)}".utf8)
    }

    private mutating func cutOff() -> Message {
        let whole = event()
        return Message(bytes: Array(whole.prefix(random.below(whole.count))), isGood: false)
    }

    /// One byte is another.
    private mutating func changed() -> Message {
        var bytes = event()
        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
        return Message(bytes: bytes, isGood: nil)
    }

    /// Bytes within the note.
    private mutating func inserted(_ bytes: [UInt8]) -> Message {
        var text = event(note: "\"??\"")
        guard let place = text.lastIndex(of: UInt8(ascii: "?")) else { return Message(bytes: text, isGood: true) }
        text.insert(contentsOf: bytes, at: place)
        return Message(bytes: text, isGood: false)
    }

    private mutating func nested() -> Message {
        let depth = 1 + random.below(3_000)
        let value = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        return Message(bytes: event(more: ",\"deep\":\(value)"), isGood: depth < 90 ? true : depth > 110 ? false : nil)
    }

    private mutating func garbage() -> Message {
        if random.below(2) == 0 {
            return Message(bytes: Array(Self.garbage[random.below(Self.garbage.count)].utf8), isGood: false)
        }
        let bytes = (0..<random.below(300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        return Message(bytes: bytes, isGood: false)
    }

    private mutating func large() -> Message {
        let text = String(repeating: "x", count: 5_000_000)
        return random.below(2) == 0
            ? Message(bytes: event(note: "\"\(text)\""), isGood: true)
            : Message(bytes: event(note: "\"\(text)"), isGood: false)
    }
}
