import Testing

@testable import ServiceRuntime

@Suite("Addresses of clients are compared as numbers") struct NetworkAddressTests {
    @Test(
        "what limits count as one",
        arguments: [
            ("10.0.0.1", "10.0.0.1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"), ("fe80::1%eth0", "fe80::"), ("::1", "::"),
        ])
    func client(text: String, client: String) { #expect(NetworkAddress(text)?.client.description == client) }

    @Test("what is no address", arguments: ["", "unknown", "10.0.0", "10.0.0.256", "1.2.3.4:80", "_hidden", "::1::"])
    func noAddress(text: String) { #expect(NetworkAddress(text) == nil) }

    @Test(
        "blocks",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.7", "10.0.0.7", true),
            ("10.0.0.7", "10.0.0.8", false), ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false),
            ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
        ])
    func blocks(block: String, address: String, isIn: Bool) throws {
        #expect(try #require(NetworkBlock(block)).contains(try #require(NetworkAddress(address))) == isIn)
    }

    @Test("what is no block", arguments: ["", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/-1"])
    func noBlock(text: String) { #expect(NetworkBlock(text) == nil) }

    @Test(
        "X-Forwarded-For is believed as far as trusted proxies wrote it",
        arguments: [
            // peer, header, client
            ("192.0.2.1", ["10.0.0.9"], "192.0.2.1"),  // no proxy of ours: anybody may write that
            ("10.0.0.1", ["192.0.2.7"], "192.0.2.7"),
            ("10.0.0.1", ["1.1.1.1, 192.0.2.7"], "192.0.2.7"),  // what the client claims itself
            ("10.0.0.1", ["192.0.2.7, 10.0.0.2"], "192.0.2.7"),  // two proxies in a row
            ("10.0.0.1", ["192.0.2.7", "10.0.0.2"], "192.0.2.7"),
            ("10.0.0.1", ["1.1.1.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", [], "10.0.0.1"),
            ("10.0.0.1", ["192.0.2.7:4711"], "192.0.2.7"),
            ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ] as [(String, [String], String)])
    func forwarded(peer: String, header: [String], client: String) throws {
        var limits = HTTPLimits()
        limits.trustedProxies = [try #require(NetworkBlock("10.0.0.0/8"))]
        let found = limits.client(peer: try #require(NetworkAddress(peer)), forwardedFor: header)
        #expect(found.description == client)
    }

    @Test func settingsAreRead() async throws {
        let service = ServiceDescription(name: "x", summary: "", groups: [HTTPEndpoint.group(port: 1)])
        let settings = try await Settings.load(
            service, overrides: [:],
            environment: ["HTTP_TRUSTED_PROXIES": "10.0.0.0/8, ::1", "HTTP_BODY_TIMEOUT": "5s"])
        let limits = try HTTPEndpoint(settings).limits
        #expect(limits.trustedProxies.map(\.description) == ["10.0.0.0/8", "::1/128"])
        #expect(limits.bodyTimeout == .seconds(5))
        await #expect(throws: SettingsError.self) {
            try await Settings.load(service, overrides: [:], environment: ["HTTP_TRUSTED_PROXIES": "10.0.0.1/8"])
        }
    }
}
