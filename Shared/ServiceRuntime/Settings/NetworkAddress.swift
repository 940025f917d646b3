// NetworkAddress: addresses of clients and blocks of them, as numbers: text alone cannot say which are the same.
import Foundation

/// An IPv4 or IPv6 address. IPv4 written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address.
public struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 bytes or 16.
    public let bytes: [UInt8]

    /// Reads `10.0.0.1`, `2001:db8::1` or `fe80::1%eth0`; `nil` for what is no address.
    public init?(_ text: String) {
        let plain = text.prefix { $0 != "%" }.description
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, plain, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        } else if inet_pton(AF_INET6, plain, &six) == 1 {
            let all = withUnsafeBytes(of: &six) { Array($0) }
            let isMapped = all[..<10].allSatisfy { $0 == 0 } && all[10] == 0xFF && all[11] == 0xFF
            bytes = isMapped ? Array(all[12...]) : all
        } else {
            return nil
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// What a limit counts as one client: an IPv4 address, or an IPv6 network of 64 bits, which is what one customer of
    /// a provider has at least.
    public var client: NetworkAddress {
        bytes.count == 4 ? self : NetworkAddress(bytes: bytes[..<8] + Array(repeating: 0, count: 8))
    }

    public var description: String {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        var six = in6_addr()
        withUnsafeMutableBytes(of: &six) { $0.copyBytes(from: bytes) }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &six, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// All addresses that begin alike: `10.0.0.0/8`, `2001:db8::/32`; an address alone is a block of one.
public struct NetworkBlock: Sendable, Hashable, CustomStringConvertible {
    private let first: NetworkAddress
    private let bits: Int

    /// Reads a block; `nil` when it is none, also when bits behind the prefix are set.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = NetworkAddress(String(parts[0])) else { return nil }
        let width = address.bytes.count * 8
        guard let bits = parts.count == 2 ? Int(parts[1]) : width, (0...width).contains(bits) else { return nil }
        first = address
        self.bits = bits
        guard (bits..<width).allSatisfy({ !Self.bit($0, of: address) }) else { return nil }
    }

    /// Whether `address` is one of these.
    public func contains(_ address: NetworkAddress) -> Bool {
        address.bytes.count == first.bytes.count
            && (0..<bits).allSatisfy { Self.bit($0, of: address) == Self.bit($0, of: first) }
    }

    private static func bit(_ number: Int, of address: NetworkAddress) -> Bool {
        address.bytes[number / 8] & (0x80 >> (number % 8)) != 0
    }

    public var description: String { "\(first)/\(bits)" }
}

extension Setting where Value == [NetworkBlock] {
    /// Blocks of addresses, separated by commas; a list in the configuration file.
    public static func networkBlocks(_ key: String, _ meaning: String) -> Self {
        Setting(
            key, kind: "list", allowed: "addresses and blocks such as 10.0.0.0/8 or 2001:db8::/32", default: [],
            defaultText: "", meaning: meaning
        ) { (text) throws(UnacceptableValue) in
            var blocks: [NetworkBlock] = []
            for part in text.split(separator: ",") {
                let part = part.trimmingCharacters(in: .whitespaces)
                if part.isEmpty { continue }
                guard let block = NetworkBlock(part) else {
                    throw UnacceptableValue("with `\(part)`, which is no block")
                }
                blocks.append(block)
            }
            return blocks
        }
    }
}
