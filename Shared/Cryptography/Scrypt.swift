// Scrypt: keys from passwords (RFC 7914), by the system's OpenSSL.
import CLibcrypto

/// Keys that are as dear to make for whoever guesses.
public enum Scrypt {
    /// The numbers are none that scrypt can work with, or there is too little memory.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// A key from a password. Takes `128 * rounds * blockSize` bytes of memory and as long as that takes: call it where
    /// blocking is allowed.
    /// - Parameters:
    ///   - rounds: N, a power of two.
    ///   - blockSize: r.
    ///   - parallelism: p.
    /// - Returns: `byteCount` bytes.
    public static func key(
        from password: [UInt8], salt: [UInt8], rounds: Int, blockSize: Int, parallelism: Int, byteCount: Int
    ) throws(Failure) -> [UInt8] {
        guard rounds > 1, blockSize > 0, parallelism > 0, byteCount > 0 else {
            throw Failure(description: "scrypt cannot work with N \(rounds), r \(blockSize), p \(parallelism)")
        }
        let memory = 128 * blockSize * (rounds + parallelism + 2) + 1 << 20
        var key = [UInt8](repeating: 0, count: byteCount)
        let isMade = password.withUnsafeBytes { password in
            // None at all is the empty password to it.
            EVP_PBE_scrypt(
                password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count,
                UInt64(rounds), UInt64(blockSize), UInt64(parallelism), UInt64(memory), &key, byteCount)
        }
        guard isMade == 1 else {
            throw Failure(description: "scrypt did not work with N \(rounds), r \(blockSize), p \(parallelism)")
        }
        return key
    }
}
