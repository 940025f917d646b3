import CLibzstd

/// Packs bytes by zstd.
enum ZstdText {
    static func packed(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, count in
            count = bytes.withUnsafeBytes { source in
                ZSTD_compress(buffer.baseAddress, buffer.count, source.baseAddress, source.count, 3)
            }
        }
    }
}
