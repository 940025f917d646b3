import Cryptography
import Foundation
import Yams

/// A write key: whose it is, and what it may do.
struct WriteKey: Sendable, Equatable {
    let name: String
    /// SHA-256 of the key.
    let digest: [UInt8]
    /// `nil`: every topic.
    let topics: Set<String>?
    /// Events a second; `nil`: no limit.
    let rate: Double?
    let burst: Double?

    func mayWrite(_ topic: String) -> Bool { topics?.contains(topic) ?? true }

    static func digest(of key: some Collection<UInt8>) -> [UInt8] { SHA256.hash(key) }
}

/// The file with write keys, as text.
///
///     keys:
///       - {name: website, key: wk_2vQ…, topics: [events], rate: 500, burst: 5000}
///       - {name: backend, key_sha256: 9f86d0…}
enum KeyFile {
    private struct Document: Decodable {
        var keys: [Entry]

        struct Entry: Decodable {
            var name: String
            var key: String?
            var key_sha256: String?
            var topics: [String]?
            var rate: Double?
            var burst: Double?
        }
    }

    /// - Throws: ``KeyFileError`` with the first mistake; never shows a key.
    static func read(_ text: String, topics known: Set<String>) throws(KeyFileError) -> [WriteKey] {
        let document: Document
        do {
            document = try YAMLDecoder().decode(Document.self, from: text)
        } catch {
            throw KeyFileError("is not a list of keys in YAML (`keys: [{name: …, key: …}]`).")
        }
        var keys: [WriteKey] = []
        for entry in document.keys {
            let key = try key(entry, known)
            guard !keys.contains(where: { $0.digest == key.digest || $0.name == key.name }) else {
                throw KeyFileError("has \(entry.name) twice, or two keys that are the same.")
            }
            keys.append(key)
        }
        return keys
    }

    private static func key(_ entry: Document.Entry, _ known: Set<String>) throws(KeyFileError) -> WriteKey {
        let digest: [UInt8]
        switch (entry.key, entry.key_sha256) {
        case (let key?, nil) where key.utf8.count >= 8: digest = WriteKey.digest(of: Array(key.utf8))
        case (nil, let text?):
            guard let bytes = bytes(hex: text) else {
                throw KeyFileError("has a key_sha256 of \(entry.name) that is not 64 hexadecimal digits.")
            }
            digest = bytes
        default:
            throw KeyFileError("must give \(entry.name) either a key of 8 bytes or more, or a key_sha256.")
        }
        for topic in entry.topics ?? [] where !known.contains(topic) {
            throw KeyFileError("lets \(entry.name) write to \(topic), which no contract has.")
        }
        if let rate = entry.rate, !(rate > 0 && rate.isFinite) {
            throw KeyFileError("gives \(entry.name) a rate that is not above 0.")
        }
        if let burst = entry.burst, !(burst >= 1 && burst.isFinite) {
            throw KeyFileError("gives \(entry.name) a burst below 1.")
        }
        return WriteKey(
            name: entry.name, digest: digest, topics: entry.topics.map(Set.init), rate: entry.rate, burst: entry.burst)
    }

    private static func bytes(hex: String) -> [UInt8]? {
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 64, hex.utf8.count == 64 else { return nil }
        return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

/// What is wrong with the file of keys, in words that follow its name.
struct KeyFileError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
