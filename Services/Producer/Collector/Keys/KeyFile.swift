import Cryptography
import Foundation
import Spelling
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
    private static let names = ["name", "key", "key_sha256", "topics", "rate", "burst"]

    /// - Throws: ``KeyFileError`` with the first mistake; never shows a key.
    static func read(_ text: String, topics known: Set<String>) throws(KeyFileError) -> [WriteKey] {
        guard let mapping = try root(of: text)?.mapping else { throw notAList(nil) }
        for (name, _) in mapping where name.string != "keys" { throw unknown(name, ["keys"]) }
        guard let list = mapping["keys"]?.sequence else { throw notAList(mapping["keys"]) }
        var keys: [WriteKey] = []
        for entry in list {
            let key = try key(entry, known)
            guard !keys.contains(where: { $0.digest == key.digest || $0.name == key.name }) else {
                throw KeyFileError("has \(key.name) twice, or two keys that are the same.", at: entry)
            }
            keys.append(key)
        }
        return keys
    }

    private static func root(of text: String) throws(KeyFileError) -> Node? {
        do {
            return try Yams.compose(yaml: text)
        } catch let error as YamlError {
            // The parser's own words may quote what is in the file: a key.
            switch error {
            case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
                throw KeyFileError("is not valid YAML.", line: mark.line)
            case .duplicatedKeysInMapping:
                throw KeyFileError("has a name twice in one entry.")
            default: throw KeyFileError("is not valid YAML.")
            }
        } catch {
            throw KeyFileError("is not valid YAML.")
        }
    }

    private static func notAList(_ node: Node?) -> KeyFileError {
        KeyFileError("is not a list of keys in YAML (`keys: [{name: …, key: …}]`).", at: node)
    }

    /// A name that means nothing would be a limit that silently does nothing.
    private static func unknown(_ name: Node, _ known: [String]) -> KeyFileError {
        // Only what is almost right is shown: anything else may be a key that stands in the wrong place.
        let hint = KnownNames.nearest(to: name.string ?? "", in: known).map {
            "\(name.string ?? ""): did you mean \($0)?"
        }
        return KeyFileError(
            "has a name that is not known here\(hint.map { ", \($0)" } ?? ".") There are: "
                + "\(known.joined(separator: ", ")).", at: name)
    }

    private static func key(_ entry: Node, _ known: Set<String>) throws(KeyFileError) -> WriteKey {
        guard let mapping = entry.mapping else { throw notAList(entry) }
        for (name, _) in mapping where !names.contains(name.string ?? "") { throw unknown(name, names) }
        guard let name = mapping["name"]?.scalar?.string, !name.isEmpty else {
            throw KeyFileError("has a key without a name.", at: entry)
        }
        let digest: [UInt8]
        switch (mapping["key"]?.scalar?.string, mapping["key_sha256"]?.scalar?.string) {
        case (let key?, nil) where key.utf8.count >= 8: digest = WriteKey.digest(of: Array(key.utf8))
        case (nil, let text?):
            guard let bytes = bytes(hex: text) else {
                throw KeyFileError(
                    "has a key_sha256 of \(name) that is not 64 hexadecimal digits.", at: mapping["key_sha256"])
            }
            digest = bytes
        default:
            throw KeyFileError("must give \(name) either a key of 8 bytes or more, or a key_sha256.", at: entry)
        }
        let rate = try number("rate", mapping["rate"], of: name)
        if let rate, rate <= 0 {
            throw KeyFileError("gives \(name) a rate that is not above 0.", at: mapping["rate"])
        }
        let burst = try number("burst", mapping["burst"], of: name)
        if let burst, burst < 1 { throw KeyFileError("gives \(name) a burst below 1.", at: mapping["burst"]) }
        return WriteKey(
            name: name, digest: digest, topics: try topics(mapping["topics"], of: name, known), rate: rate,
            burst: burst)
    }

    private static func topics(
        _ node: Node?, of name: String, _ known: Set<String>
    ) throws(KeyFileError) -> Set<String>? {
        guard let node, !isNull(node) else { return nil }
        guard let list = node.sequence else {
            throw KeyFileError("must give \(name) its topics as a list (`topics: [events]`).", at: node)
        }
        var topics: Set<String> = []
        for entry in list {
            let topic = entry.scalar?.string ?? ""
            guard known.contains(topic) else {
                throw KeyFileError(
                    "lets \(name) write to \(topic), which no contract has.\(KnownNames.hint(for: topic, in: known))",
                    at: entry)
            }
            topics.insert(topic)
        }
        return topics
    }

    private static func number(_ word: String, _ node: Node?, of name: String) throws(KeyFileError) -> Double? {
        guard let node, !isNull(node) else { return nil }
        guard let number = node.scalar.flatMap({ Double($0.string) }), number.isFinite else {
            throw KeyFileError("gives \(name) a \(word) that is no number.", at: node)
        }
        return number
    }

    private static func isNull(_ node: Node) -> Bool {
        node.scalar.map { $0.style == .plain && ["", "~", "null"].contains($0.string) } ?? false
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
    /// Counted from 1; `nil` where it is the file as a whole.
    let line: Int?

    init(_ description: String, line: Int? = nil) { (self.description, self.line) = (description, line) }

    fileprivate init(_ description: String, at node: Node?) {
        self.init(description, line: node?.mark?.line)
    }

    /// `keys.yaml:3`
    func place(in path: String) -> String { path + (line.map { ":\($0)" } ?? "") }
}
