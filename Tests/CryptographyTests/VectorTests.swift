import Testing

@testable import Cryptography

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

@Suite("Published vectors hold") struct VectorTests {
    @Test(
        "SHA-256 (FIPS 180-4)",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func digests(text: String, digest: String) {
        #expect(hexadecimal(SHA256.hash(bytes(text))) == digest)
        var pieces = SHA256()
        for byte in text.utf8 { pieces.update(CollectionOfOne(byte)) }
        #expect(hexadecimal(pieces.finalize()) == digest)
    }

    @Test(
        "HMAC with SHA-256 (RFC 4231)",
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 20), "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                bytes("Jefe"), "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            ([], "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
        ])
    func codes(key: [UInt8], text: String, code: String) {
        let made = HMAC.sha256(bytes(text), key: key)
        #expect(hexadecimal(made) == code)
        #expect(HMAC.isSHA256(made, of: bytes(text), key: key))
        #expect(!HMAC.isSHA256(made.dropLast(), of: bytes(text), key: key))
        #expect(!HMAC.isSHA256(made, of: bytes(text + "."), key: key))
    }

    @Test("HKDF with SHA-256 (RFC 5869, test case 3: no salt, no purpose)") func derivedKeys() {
        let key = HMAC.derivedKey(from: [UInt8](repeating: 0x0b, count: 22), purpose: "")
        #expect(hexadecimal(key) == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d")
    }

    @Test(
        "scrypt (RFC 7914)",
        arguments: [
            (
                "", "", 16, 1, 1,
                "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
            ),
            (
                "password", "NaCl", 1024, 8, 16,
                "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
            ),
        ])
    func keys(password: String, salt: String, rounds: Int, blockSize: Int, parallelism: Int, key: String) throws {
        let made = try Scrypt.key(
            from: bytes(password), salt: bytes(salt), rounds: rounds, blockSize: blockSize, parallelism: parallelism,
            byteCount: 64)
        #expect(hexadecimal(made) == key)
    }

    @Test("numbers that scrypt cannot work with are refused", arguments: [0, 1, 3, 1000])
    func impossibleRounds(rounds: Int) {
        #expect(throws: Scrypt.Failure.self) {
            try Scrypt.key(
                from: bytes("password"), salt: bytes("salt"), rounds: rounds, blockSize: 8, parallelism: 1,
                byteCount: 32)
        }
    }

    @Test func comparisonsTellEqualFromUnequal() {
        #expect(isEqual([], []))
        #expect(isEqual([1, 2], [1, 2]))
        #expect(!isEqual([1, 2], [1, 3]))
        #expect(!isEqual([1, 2], [1, 2, 0]))
    }
}
