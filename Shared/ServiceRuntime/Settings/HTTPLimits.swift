// HTTPLimits: what one client, and all together, may take of a service's HTTP face before anybody knows who they are.

/// Limits of connections and of the time that a client may take. Every HTTP face has the same.
public struct HTTPLimits: Sendable, Equatable {
    static let connectionsMaxSetting = Setting<Int>.integer(
        "http.connections_max", default: 1024, in: 8...100_000,
        "The most connections at once. A few more are taken beyond, for health checks alone.")
    static let connectionsPerAddressMaxSetting = Setting<Int>.integer(
        "http.connections_per_address_max", default: 256, in: 4...100_000,
        "The most connections of one address at once (an IPv6 network of 64 bits counts as one); trusted proxies have no such limit."
    )
    static let headerTimeoutSetting = Setting<Duration>.duration(
        "http.header_timeout", default: .seconds(10), in: .milliseconds(100)...(.seconds(3600)),
        "The longest that a new connection may take for the head of its first request, and the longest silence within a body."
    )
    static let bodyTimeoutSetting = Setting<Duration>.duration(
        "http.body_timeout", default: .seconds(30), in: .milliseconds(100)...(.seconds(3600)),
        "The longest that a request's body may take as a whole.")
    static let idleTimeoutSetting = Setting<Duration>.duration(
        "http.idle_timeout", default: .seconds(75), in: .milliseconds(100)...(.seconds(3600)),
        "How long a connection may wait for its next request.")
    static let sendTimeoutSetting = Setting<Duration>.duration(
        "http.send_timeout", default: .seconds(30), in: .milliseconds(100)...(.seconds(3600)),
        "How long a client may take nothing of an answer that waits for it.")
    static let trustedProxiesSetting = Setting<[NetworkBlock]>.networkBlocks(
        "http.trusted_proxies",
        "The proxies in front. From them alone X-Forwarded-For is believed, so that limits count the client's address, not theirs."
    )

    static let settings: [any SettingDeclaration] = [
        connectionsMaxSetting, connectionsPerAddressMaxSetting, headerTimeoutSetting, bodyTimeoutSetting,
        idleTimeoutSetting, sendTimeoutSetting, trustedProxiesSetting,
    ]

    public var connectionsMax = 1024
    public var connectionsPerAddressMax = 256
    /// For the first request's head, and between two pieces of a body.
    public var headerTimeout: Duration = .seconds(10)
    public var bodyTimeout: Duration = .seconds(30)
    public var idleTimeout: Duration = .seconds(75)
    public var sendTimeout: Duration = .seconds(30)
    public var trustedProxies: [NetworkBlock] = []

    /// The defaults.
    public init() {}

    public init(_ settings: Settings) throws(SettingsError) {
        connectionsMax = try settings.value(of: Self.connectionsMaxSetting)
        connectionsPerAddressMax = try settings.value(of: Self.connectionsPerAddressMaxSetting)
        headerTimeout = try settings.value(of: Self.headerTimeoutSetting)
        bodyTimeout = try settings.value(of: Self.bodyTimeoutSetting)
        idleTimeout = try settings.value(of: Self.idleTimeoutSetting)
        sendTimeout = try settings.value(of: Self.sendTimeoutSetting)
        trustedProxies = try settings.value(of: Self.trustedProxiesSetting)
    }

    /// Whether `address` is a proxy whose word about its clients counts.
    public func trusts(_ address: NetworkAddress) -> Bool { trustedProxies.contains { $0.contains(address) } }

    /// Who asks: the peer, or what the trusted proxies before us say of their clients. Entries are read from the last,
    /// which the nearest proxy added, and only as far as trusted proxies wrote them.
    /// - Parameter forwardedFor: The values of X-Forwarded-For, in order.
    public func client(peer: NetworkAddress, forwardedFor: [String]) -> NetworkAddress {
        var client = peer
        var entries = forwardedFor.flatMap { $0.split(separator: ",") }.map { Self.host(of: $0) }[...]
        while trusts(client), let entry = entries.popLast() {
            // A proxy that hides or garbles its clients: they are one.
            guard let address = NetworkAddress(entry) else { break }
            client = address
        }
        return client
    }

    /// The address of an entry, which some proxies write with a port: `10.0.0.1:5000`, `[2001:db8::1]:5000`.
    private static func host(of entry: Substring) -> String {
        let text = entry.filter { !$0.isWhitespace }
        if text.hasPrefix("[") { return text.dropFirst().prefix { $0 != "]" }.description }
        let isWithPort = text.contains(".") && text.filter { $0 == ":" }.count == 1
        return isWithPort ? text.prefix { $0 != ":" }.description : text
    }
}
