/// SHA-256 (FIPS 180-4), here because this target imports nothing that could do I/O. A seed's text is hashed each time that
/// its project is read, so that bytes are taken from where they are and no array is made for a block.
public enum SHA256 {
    /// The digest of `text` in UTF-8, as lower-case hexadecimal.
    public static func hexadecimal(_ text: String) -> String { hexadecimal(of: [text]) }

    /// The digest of texts, one behind the other without anything between them.
    static func hexadecimal(of texts: [String]) -> String {
        var digest = Digest()
        for var text in texts { text.withUTF8 { digest.update($0) } }
        return digest.finish().map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 8 - text.count) + text
        }.joined()
    }

    /// Bytes that come piece by piece.
    private struct Digest {
        private var state: [UInt32] = [
            0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
        ]
        private var words = [UInt32](repeating: 0, count: 64)
        /// The bytes of a block that is not full yet.
        private var rest: [UInt8] = []
        private var count = 0

        mutating func update(_ bytes: UnsafeBufferPointer<UInt8>) {
            count += bytes.count
            var position = 0
            if !rest.isEmpty {
                position = min(64 - rest.count, bytes.count)
                rest += bytes[..<position]
                guard rest.count == 64 else { return }
                let block = rest
                block.withUnsafeBufferPointer { compress($0, at: 0) }
                rest.removeAll(keepingCapacity: true)
            }
            while position + 64 <= bytes.count {
                compress(bytes, at: position)
                position += 64
            }
            rest += bytes[position...]
        }

        mutating func finish() -> [UInt32] {
            let bits = UInt64(count) * 8
            var padding: [UInt8] = [0x80]
            while (rest.count + padding.count) % 64 != 56 { padding.append(0) }
            for shift in stride(from: 56, through: 0, by: -8) {
                padding.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
            }
            padding.withUnsafeBufferPointer { update($0) }
            return state
        }

        private mutating func compress(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) {
            words.withUnsafeMutableBufferPointer { words in
                SHA256.constants.withUnsafeBufferPointer { constants in
                    state.withUnsafeMutableBufferPointer { state in
                        SHA256.schedule(bytes, at: start, words)
                        SHA256.mix(words, constants, into: state)
                    }
                }
            }
        }
    }

    private static func schedule(
        _ bytes: UnsafeBufferPointer<UInt8>, at start: Int, _ words: UnsafeMutableBufferPointer<UInt32>
    ) {
        var index = 0
        while index < 16 {
            let at = start + index * 4
            let high = UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16
            words[index] = high | UInt32(bytes[at + 2]) << 8 | UInt32(bytes[at + 3])
            index += 1
        }
        while index < 64 {
            let a = words[index - 15]
            let b = words[index - 2]
            let first = (a >> 7 | a << 25) ^ (a >> 18 | a << 14) ^ (a >> 3)
            let second = (b >> 17 | b << 15) ^ (b >> 19 | b << 13) ^ (b >> 10)
            words[index] = words[index - 16] &+ words[index - 7] &+ first &+ second
            index += 1
        }
    }

    private static func mix(
        _ words: UnsafeMutableBufferPointer<UInt32>, _ constants: UnsafeBufferPointer<UInt32>,
        into state: UnsafeMutableBufferPointer<UInt32>
    ) {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        var index = 0
        while index < 64 {
            let choice = (e & f) ^ (~e & g)
            let turnedE = (e >> 6 | e << 26) ^ (e >> 11 | e << 21) ^ (e >> 25 | e << 7)
            let first = h &+ turnedE &+ choice &+ constants[index] &+ words[index]
            let majority = (a & b) ^ (a & c) ^ (b & c)
            let turnedA = (a >> 2 | a << 30) ^ (a >> 13 | a << 19) ^ (a >> 22 | a << 10)
            h = g
            g = f
            f = e
            e = d &+ first
            d = c
            c = b
            b = a
            a = first &+ turnedA &+ majority
            index += 1
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        state[5] &+= f
        state[6] &+= g
        state[7] &+= h
    }

    /// Fractional parts of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
