import Foundation
import Testing

@testable import Cryptography

@Suite("RS256") struct RS256Tests {
    private func openssl(_ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        (process.standardError, process.standardOutput) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    private func file(_ name: String) -> String {
        FileManager.default.temporaryDirectory.appending(path: "rs256-\(UUID().uuidString)-\(name)").path
    }

    private func key(_ options: [String]) throws -> (path: String, text: String) {
        let path = file("key")
        try #require(try openssl(["genpkey"] + options + ["-out", path]) == 0)
        return (path, try String(contentsOfFile: path, encoding: .utf8))
    }

    @Test("OpenSSL's own program takes the signature, and makes the same one", arguments: [2_048, 4_096])
    func agreement(bits: Int) throws {
        let (path, pem) = try key(["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)"])
        let message = Array("claims.of.ours".utf8), signed = file("signed"), theirs = file("signature")
        try Data(message).write(to: URL(filePath: signed))
        try #require(try openssl(["dgst", "-sha256", "-sign", path, "-out", theirs, signed]) == 0)
        let signer = try RS256Signer(pem: pem)
        let signature = try signer.signature(of: message)
        #expect(signature.count == bits / 8)
        #expect(signature == [UInt8](try Data(contentsOf: URL(filePath: theirs))))
        #expect(try signer.signature(of: [] as [UInt8]) != signature)
    }

    @Test("what is no RSA key without a passphrase is refused, and asks nobody for one")
    func refusals() throws {
        let curve = try key(["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"]).text
        let locked = try key(
            ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-aes256", "-pass", "pass:secret"]
        ).text
        for text in [curve, locked, "", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            #expect(throws: RS256Signer.KeyError.self) { try RS256Signer(pem: text) }
        }
    }
}
