import Foundation
import Logging
import Synchronization
import TestKit
import Testing

@testable import Curl

private final class Delays: Sendable {
    private let delays = Mutex<[Duration]>([])

    var all: [Duration] { delays.withLock { $0 } }
    func add(_ delay: Duration) { delays.withLock { $0.append(delay) } }
}

@Suite("Requests get through, or say why not") struct HTTPClientTests {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let delays = Delays()

    private func client(trust: TrustSettings = TrustSettings(), retries: RetryPolicy = RetryPolicy()) -> HTTPClient {
        let delays = self.delays
        return HTTPClient(trust: trust, retries: retries, logger: logger, random: { 0.5 }, sleep: { delays.add($0) })
    }

    private func json(_ response: BufferedResponse) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
    }

    @Test(
        "with every kind of body",
        arguments: [
            ("GET", OutgoingRequest.Body.none, 0), ("POST", .none, 0), ("POST", .bytes([]), 0),
            ("PUT", .bytes([1, 2, 3]), 6), ("PATCH", .bytes(Array(repeating: 1, count: 3_000_000)), 3_000_000),
            ("DELETE", .none, 0),
        ])
    func bodies(method: String, body: OutgoingRequest.Body, sum: Int) async throws {
        let server = try await LocalServer.http()
        let response = try await client().send(
            OutgoingRequest(
                method, "http://127.0.0.1:\(server.port)/echo", headers: [("X-One", "1"), ("X-Empty", "")], body: body))
        #expect(response.status == 200)
        #expect(response.head.headers.filter { $0.name == "X-Twice" }.map(\.value) == ["a", "b"])
        let echo = try json(response)
        #expect(echo["method"] as? String == method)
        #expect(echo["sum"] as? Int == sum)
        let headers = try #require(echo["headers"] as? [String: String])
        #expect(headers["X-One"] == "1" && headers["X-Empty"] == "" && headers["Expect"] == nil)
        #expect(headers["User-Agent"] == "millrace")
    }

    @Test func aStreamedBodyIsSentAsItComes() async throws {
        let server = try await LocalServer.http()
        let response = try await client().send(
            OutgoingRequest(
                "POST", "http://127.0.0.1:\(server.port)/echo",
                body: .stream {
                    AsyncThrowingStream { source in
                        for _ in 0..<100 { source.yield(Array(repeating: 2, count: 10_000)) }
                        source.finish()
                    }
                }))
        #expect(try json(response)["sum"] as? Int == 2_000_000)
    }

    @Test func aStreamedBodyThatFailsIsNotACompleteOne() async throws {
        struct Broken: Error {}
        let server = try await LocalServer.http()
        await #expect(throws: CurlError.cancelled) {
            try await client().send(
                OutgoingRequest(
                    "POST", "http://127.0.0.1:\(server.port)/echo",
                    body: .stream {
                        AsyncThrowingStream { source in
                            source.yield([1])
                            source.finish(throwing: Broken())
                        }
                    }))
        }
    }

    @Test func aBigAnswerComesWithoutBeingKept() async throws {
        let server = try await LocalServer.http()
        let client = client()
        let response = try await client.stream(OutgoingRequest("GET", "http://127.0.0.1:\(server.port)/big"))
        var bytes = 0, sum = 0
        for try await chunk in response.body {
            #expect(chunk.count <= Transfer.bufferMax)
            bytes += chunk.count
            sum += chunk.reduce(0) { $0 + Int($1) }
        }
        #expect(bytes == 64 * 65_536)
        #expect(sum == (0..<64).reduce(0) { $0 + $1 * 65_536 })
    }

    @Test func theHeadComesBeforeTheBody() async throws {
        let server = try await LocalServer.http()
        let client = client()
        let response = try await client.stream(OutgoingRequest("GET", "http://127.0.0.1:\(server.port)/endless"))
        #expect(response.head.status == 200)
        let chunks = response.body.makeAsyncIterator()
        #expect(try await chunks.next().map { String(decoding: $0, as: UTF8.self) } == "first")
        response.body.cancel()
        await #expect(throws: CurlError.cancelled) { try await chunks.next() }
    }

    @Test func limitsHold() async throws {
        let server = try await LocalServer.http()
        let client = client(retries: .never)
        var request = OutgoingRequest("GET", "http://127.0.0.1:\(server.port)/big")
        request.limits.responseBytesMax = 100_000
        await #expect(throws: CurlError.responseTooLarge(host: "127.0.0.1", bytesMax: 100_000)) {
            try await client.send(request)
        }
        request.url = "http://127.0.0.1:\(server.port)/gzip"  // a thousand times as long when unpacked
        await #expect(throws: CurlError.responseTooLarge(host: "127.0.0.1", bytesMax: 100_000)) {
            try await client.send(request)
        }
        request.limits.responseBytesMax = 1_000_000
        #expect(try await client.send(request).body.count == 1_000_000)
        request.url = "http://127.0.0.1:\(server.port)/slow"
        request.limits.totalMax = .milliseconds(100)
        let error = await #expect(throws: CurlError.self) { try await client.send(request) }
        guard case .timedOut = error else { return #expect(Bool(false), "\(String(describing: error))") }
    }

    @Test func aCancelledTaskEndsItsRequest() async throws {
        let server = try await LocalServer.http()
        let client = client()
        let port = server.port
        let task = Task { try await client.send(OutgoingRequest("GET", "http://127.0.0.1:\(port)/slow")) }
        task.cancel()
        await #expect(throws: CurlError.cancelled) { try await task.value }
    }

    @Test func aShutDownClientRefuses() async throws {
        let client = client()
        client.shutdown()
        await #expect(throws: CurlError.closed) { try await client.send(OutgoingRequest("GET", "http://127.0.0.1:1/")) }
    }

    @Test func whatSaysNotNowIsAskedAgain() async throws {
        let server = try await LocalServer.http()
        let response = try await client().send(OutgoingRequest("GET", "http://127.0.0.1:\(server.port)/flaky"))
        #expect(response.text == "3")
        #expect(delays.all == [.seconds(1), .seconds(1)])
    }

    @Test(
        "only what may be sent twice is",
        arguments: [
            ("GET", nil, 200), ("PUT", nil, 200), ("POST", nil, 503), ("POST", true, 200), ("GET", false, 503),
        ] as [(String, Bool?, Int)])
    func retries(method: String, isIdempotent: Bool?, status: Int) async throws {
        let server = try await LocalServer.http()
        let response = try await client().send(
            OutgoingRequest(
                method, "http://127.0.0.1:\(server.port)/flaky", body: .bytes([1]), isIdempotent: isIdempotent))
        #expect(response.status == status)
    }

    @Test func aLostConnectionIsTriedAgainForReadsAlone() async throws {
        let server = try await LocalServer.http()
        #expect(
            try await client().send(OutgoingRequest("GET", "http://127.0.0.1:\(server.port)/drop?1")).text == "second")
        let error = await #expect(throws: CurlError.self) {
            try await client().send(OutgoingRequest("POST", "http://127.0.0.1:\(server.port)/drop?2"))
        }
        guard case .connectionLost = error else { return #expect(Bool(false), "\(String(describing: error))") }
    }

    @Test func redirectsAreFollowedOnlyWhenAsked() async throws {
        let server = try await LocalServer.http()
        let client = client()
        var request = OutgoingRequest("GET", "http://127.0.0.1:\(server.port)/redirect")
        #expect(try await client.send(request).status == 302)
        request.limits.redirectsMax = 3
        #expect(try await client.send(request).status == 200)
        request.url = "http://127.0.0.1:\(server.port)/file"
        await #expect(throws: CurlError.self) { try await client.send(request) }
    }

    @Test func onlyATrustedPeerIsSpokenTo() async throws {
        let certificate = try LocalServer.certificate()
        let server = try await LocalServer.http(certificate: certificate)
        let url = "https://localhost:\(server.port)/echo"
        let error = await #expect(throws: CurlError.self) { try await client().send(OutgoingRequest("GET", url)) }
        guard case .untrusted = error else { return #expect(Bool(false), "\(String(describing: error))") }
        let trusting = client(trust: TrustSettings(certificateFile: certificate))
        #expect(try await trusting.send(OutgoingRequest("GET", url)).status == 200)
        // The right certificate for another name is the wrong one.
        let other = await #expect(throws: CurlError.self) {
            try await trusting.send(OutgoingRequest("GET", "https://127.0.0.1:\(server.port)/echo"))
        }
        guard case .untrusted = other else { return #expect(Bool(false), "\(String(describing: other))") }
        #expect(delays.all.isEmpty)
    }

    @Test func nobodyThereIsAnErrorThatMayPass() async throws {
        let client = client()
        let error = await #expect(throws: CurlError.self) {
            try await client.send(OutgoingRequest("GET", "http://127.0.0.1:1/"))
        }
        guard case .cannotConnect(let host, _) = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(host == "127.0.0.1")
        #expect(delays.all == [.milliseconds(100), .milliseconds(200), .milliseconds(400)])
        let unknown = await #expect(throws: CurlError.self) {
            try await self.client(retries: .never).send(OutgoingRequest("GET", "http://no-such-host.invalid/"))
        }
        #expect(unknown == .cannotResolve(host: "no-such-host.invalid"))
    }

    @Test(
        "what would smuggle something is refused",
        arguments: [
            OutgoingRequest("GET", "file:///etc/passwd"), OutgoingRequest("GET", "gopher://a/"),
            OutgoingRequest("GET", "http://a/\r\nX: y"), OutgoingRequest("G T", "http://a/"),
            OutgoingRequest("", "http://a/"),
            OutgoingRequest("GET", "http://a/", headers: [("X", "a\r\nY: b")]),
            OutgoingRequest("GET", "http://a/", headers: [("X: y", "a")]),
            OutgoingRequest("GET", "http://a/", headers: [("", "a")]),
        ])
    func smuggling(request: OutgoingRequest) async {
        let error = await #expect(throws: CurlError.self) { try await client().send(request) }
        guard case .invalidRequest = error else { return #expect(Bool(false), "\(String(describing: error))") }
    }

    @Test func manyRequestsShareTheThread() async throws {
        let server = try await LocalServer.http()
        let client = client()
        let port = server.port
        let sums = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<100 {
                group.addTask {
                    try await client.send(
                        OutgoingRequest("PUT", "http://127.0.0.1:\(port)/echo", body: .bytes([UInt8(index)]))
                    ).status
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 }
        }
        #expect(sums == 100 * 200)
    }
}

@Suite("Retries wait longer each time, and never all at once") struct RetryPolicyTests {
    @Test("doubling up to the limit", arguments: [(1, 200), (2, 400), (3, 800)])
    func delays(attempt: Int, milliseconds: Int) {
        let policy = RetryPolicy()
        #expect(policy.delay(after: attempt, random: 1) == .milliseconds(milliseconds))
        #expect(policy.delay(after: attempt, random: 0) == .zero)
        #expect(policy.delay(after: 4, random: 1) == nil)
    }

    @Test(
        "as the server asks",
        arguments: [
            (503, "3", Duration.seconds(3)), (503, "Mon, 23 Nov 2026 00:00:05 GMT", .seconds(5)),
            (503, "Sun, 22 Nov 2026 00:00:00 GMT", .milliseconds(200)), (503, "nonsense", .milliseconds(200)),
            (429, "3600", nil), (404, "1", nil), (200, nil, nil), (500, nil, .milliseconds(200)),
        ] as [(Int, String?, Duration?)])
    func retryAfter(status: Int, header: String?, delay: Duration?) throws {
        let head = ResponseHead(status: status, headers: header.map { [("retry-after", $0)] } ?? [])
        let now = try #require(ISO8601DateFormatter().date(from: "2026-11-23T00:00:00Z"))
        #expect(RetryPolicy().delay(after: 1, head: head, random: 1, now: now) == delay)
    }
}

@Suite("Trust comes from the environment") struct TrustSettingsTests {
    @Test(
        "in its usual names",
        arguments: [
            ([:], TrustSettings()),
            (
                ["SSL_CERT_FILE": "/a", "SSL_CERT_DIR": "/d"],
                TrustSettings(certificateFile: "/a", certificateFolder: "/d")
            ),
            (["CURL_CA_BUNDLE": "/b", "SSL_CERT_FILE": "/a"], TrustSettings(certificateFile: "/b")),
            (["SSL_CERT_FILE": ""], TrustSettings()),
        ])
    func names(environment: [String: String], trust: TrustSettings) {
        #expect(TrustSettings.environment(environment) == trust)
    }
}
