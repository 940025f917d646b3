// SHA256: the digest of FIPS 180-4, by the system's OpenSSL.
import CLibcrypto

/// A digest of bytes that come piece by piece.
public struct SHA256: ~Copyable {
    /// Bytes of a digest.
    public static let byteCount = 32

    private let context: OpaquePointer

    public init() {
        // NULL only where no memory is left, and then nothing else works either.
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("OpenSSL has no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// The bytes that come next.
    public mutating func update(_ bytes: some Collection<UInt8>) {
        let isDone: Void? = bytes.withContiguousStorageIfAvailable { update($0) }
        if isDone == nil { Array(bytes).withUnsafeBufferPointer { update($0) } }
    }

    private func update(_ bytes: UnsafeBufferPointer<UInt8>) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// The digest of all that came: ``byteCount`` bytes.
    public consuming func finalize() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            count = Self.byteCount
        }
    }

    /// The digest of `bytes`.
    public static func hash(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var digest = SHA256()
        digest.update(bytes)
        return digest.finalize()
    }
}
