import Foundation

/// The sender's address, as far as it may be known.
enum ClientAddress {
    /// The peer, or with `proxies` trusted proxies before us the entry that the outermost of them added.
    static func sender(peer: String, forwardedFor: [String], proxies: Int) -> String {
        guard proxies > 0 else { return peer }
        let entries = forwardedFor.flatMap { $0.split(separator: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }
        guard entries.count >= proxies else { return entries.first ?? peer }
        return entries[entries.count - proxies]
    }

    /// What goes into events; `nil` for nothing, also when the text is no address.
    static func kept(_ address: String, _ privacy: CollectorSettings.AddressPrivacy) -> String? {
        switch privacy {
        case .drop: nil
        case .keep: bytes(address) == nil ? nil : address
        case .truncate: truncated(address)
        }
    }

    private static func truncated(_ address: String) -> String? {
        guard let bytes = bytes(address) else { return nil }
        if bytes.count == 4 { return "\(bytes[0]).\(bytes[1]).\(bytes[2]).0" }
        if bytes[0..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            return "\(bytes[12]).\(bytes[13]).\(bytes[14]).0"
        }
        let groups = (0..<3).map { String(Int(bytes[2 * $0]) << 8 | Int(bytes[2 * $0 + 1]), radix: 16) }
        return groups.joined(separator: ":") + "::"
    }

    private static func bytes(_ address: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        if inet_pton(AF_INET6, address, &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
        return nil
    }
}
