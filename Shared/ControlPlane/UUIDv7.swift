import Foundation

/// Ids that sort by the time they were made (RFC 9562, version 7).
public enum UUIDv7 {
    /// A new id: 48 bits of Unix time in milliseconds, then 74 random bits.
    public static func make(at time: Date = Date()) -> UUID {
        var random = SystemRandomNumberGenerator()
        return make(at: time, using: &random)
    }

    /// A new id from a given source of randomness.
    public static func make(at time: Date, using random: inout some RandomNumberGenerator) -> UUID {
        let milliseconds = UInt64(max(0, time.timeIntervalSince1970 * 1000))
        let high = (milliseconds << 16) | 0x7000 | (random.next() & 0x0FFF)
        let low = 0x8000_0000_0000_0000 | (random.next() & 0x3FFF_FFFF_FFFF_FFFF)
        func byte(_ word: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> (56 - 8 * index)) }
        return UUID(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3),
                byte(high, 4), byte(high, 5), byte(high, 6), byte(high, 7),
                byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3),
                byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }
}

extension UUID {
    /// Lower-case text, as RFC 9562 writes it.
    public var text: String { uuidString.lowercased() }
}
