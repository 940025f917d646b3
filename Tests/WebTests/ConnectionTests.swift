import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import Testing

@testable import Web

/// Clients that never log in, against a server that runs.
@Suite("Nobody outside shuts the service", .timeLimit(.minutes(10))) struct ConnectionTests {
    static let half = "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "

    /// Runs a server with a page, a route that reads JSON, and one that answers when `gate` opens.
    private static func serving(
        _ limits: HTTPLimits, gate: Gate = Gate(), _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let face = try await Face(limits: limits)
        face.web.router.get("page") { _, _ in "page" }
        face.web.router.get("wait") { _, _ in
            await gate.entered()
            return "waited"
        }
        face.web.router.post("login") { request, context in
            try await request.decode(as: [String: String].self, context: context)["name"] ?? ""
        }
        face.web.router.get("flood") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    defer { gate.left() }
                    let chunk = ByteBuffer(repeating: 65, count: 1 << 16)
                    while true { try await writer.write(chunk) }
                })
        }
        face.web.router.get("events") { request, context in
            try Response.events(
                AsyncStream<ServerSentEvent> { _ in }, for: request, in: context, heartbeat: .milliseconds(20))
        }
        let server = face.web.server()
        try await Lifecycle.run(
            [server],
            job: Job {
                let port = try #require(await server.port())
                do {
                    try await body(port)
                } catch {
                    gate.open()
                    throw error
                }
                gate.open()
            }, grace: .seconds(20), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func limits(max: Int = 32, perAddress: Int = 16) -> HTTPLimits {
        var limits = HTTPLimits()
        limits.connectionsMax = max
        limits.connectionsPerAddressMax = perAddress
        return limits
    }

    @Test("half requests, of one address or of many, give way to whole ones")
    func halfRequests() async throws {
        try await Self.serving(Self.limits()) { port in
            var held: [RawConnection] = []
            for number in 0..<200 {
                held.append(try RawConnection(port: port, from: number < 100 ? "127.0.0.1" : "127.0.1.\(number)"))
                held.last?.send(Self.half)
            }
            for address in ["127.0.0.1", "127.0.0.2", "127.0.1.150"] {
                #expect(try await RawConnection.get("/healthz", port: port, from: address).hasPrefix("HTTP/1.1 200"))
                #expect(try await RawConnection.get("/page", port: port, from: address).hasSuffix("page"))
            }
            _ = held.count
        }
    }

    @Test("when all places are busy, health is answered and others are told to come back")
    func busy() async throws {
        let gate = Gate()
        try await Self.serving(Self.limits(max: 8, perAddress: 4), gate: gate) { port in
            var busy: [RawConnection] = []
            for address in ["127.0.0.1", "127.0.0.2"] {
                for _ in 0..<4 {
                    busy.append(try RawConnection(port: port, from: address))
                    busy.last?.send("GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                }
            }
            await gate.waits(for: 8)
            for address in ["127.0.0.1", "127.0.0.3"] {
                for path in ["/healthz", "/readyz", "/metrics"] {
                    #expect(try await RawConnection.get(path, port: port, from: address).hasPrefix("HTTP/1.1 200"))
                }
                let refused = try await RawConnection.get("/page", port: port, from: address)
                #expect(refused.hasPrefix("HTTP/1.1 503") && refused.contains("Retry-After: 2"))
                #expect(refused.contains("application/problem+json"))
            }
            gate.open()
            for connection in busy { #expect(await connection.rest().hasSuffix("waited")) }
            #expect(try await RawConnection.get("/page", port: port).hasSuffix("page"))
        }
    }

    @Test("what a client leaves undone has a deadline")
    func deadlines() async throws {
        var limits = HTTPLimits()
        limits.headerTimeout = .milliseconds(200)
        limits.idleTimeout = .milliseconds(200)
        limits.bodyTimeout = .milliseconds(600)
        try await Self.serving(limits) { port in
            let silent = try RawConnection(port: port)
            #expect(await silent.rest() == "")
            let head = try RawConnection(port: port)
            head.send(Self.half)
            #expect(await head.rest() == "")
            let idle = try RawConnection(port: port)
            idle.send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await idle.rest().hasSuffix("page"))
            let body = try RawConnection(port: port)
            body.send(
                "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
            let answer = await body.rest()
            #expect(answer.hasPrefix("HTTP/1.1 408") && answer.contains("application/problem+json"))
            // A byte now and then is no silence; the whole has its limit.
            let drip = try RawConnection(port: port)
            drip.send(
                "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{")
            let dripping = Task {
                while !Task.isCancelled {
                    drip.send(" ")
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(await drip.rest().hasPrefix("HTTP/1.1 408"))
            dripping.cancel()
        }
    }

    @Test("an answer that is not taken is given up")
    func notReading() async throws {
        let gate = Gate()
        var limits = HTTPLimits()
        limits.sendTimeout = .milliseconds(200)
        try await Self.serving(limits, gate: gate) { port in
            let deaf = try RawConnection(port: port)
            deaf.send("GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
            await gate.waitsForLeave()
            _ = deaf
        }
    }

    @Test("a stream of events outlives every deadline, and streams have a limit of their own")
    func streams() async throws {
        var limits = HTTPLimits()
        limits.headerTimeout = .milliseconds(100)
        limits.idleTimeout = .milliseconds(100)
        limits.bodyTimeout = .milliseconds(100)
        limits.connectionsPerAddressMax = 4
        try await Self.serving(limits) { port in
            var open: [RawConnection] = []
            for _ in 0..<32 {
                let (stream, text) = try await Self.stream(port) { $0.contains("still here") }
                #expect(text.hasPrefix("HTTP/1.1 200"))
                open.append(stream)
            }
            #expect(try await Self.stream(port).head.hasPrefix("HTTP/1.1 429"))
            // More heartbeats than the deadlines have time for.
            let text = await open[0].text { $0.components(separatedBy: "still here").count > 20 }
            #expect(text.contains("still here"))
            var page = ""
            while page.isEmpty { page = try await RawConnection.get("/page", port: port) }
            #expect(page.hasSuffix("page"))
            open.removeAll()
            // Their places are free again, as soon as the server notices.
            while try await !Self.stream(port).head.hasPrefix("HTTP/1.1 200") {}
        }
    }

    /// Asks for events until there is an answer: on a machine that does more than this, a request may miss its own deadline.
    private static func stream(
        _ port: Int, until isEnough: @escaping @Sendable (String) -> Bool = { $0.contains("\r\n\r\n") }
    ) async throws -> (connection: RawConnection, head: String) {
        while true {
            let stream = try RawConnection(port: port)
            stream.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
            let text = await stream.text(until: isEnough)
            if !text.isEmpty { return (stream, text) }
        }
    }

    @Test("a stream of events ends with its session")
    func streamOfEndedSession() async throws {
        let stands = Mutex(true)
        let face = try await Face(accepts: { _, _ in stands.withLock { $0 } ? .stands : .ended })
        face.web.router.get("events") { request, context in
            try Response.events(
                AsyncStream<ServerSentEvent> { _ in }, for: request, in: context, heartbeat: .milliseconds(20))
        }
        let server = face.web.server()
        let token = try await face.sessions.issue(subject: "1", name: "ada", role: .viewer).token
        try await Lifecycle.run(
            [server],
            job: Job {
                let connection = try RawConnection(port: try #require(await server.port()))
                connection.send(
                    "GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nConnection: close\r\n\r\n")
                _ = await connection.text { $0.contains("still here") }
                stands.withLock { $0 = false }
                #expect(await connection.rest().hasSuffix("0\r\n\r\n"))
            }, grace: .seconds(20), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("the longest wait gives way first; nothing is remembered of those who left")
    func places() throws {
        final class Channel: Sendable {}
        var limits = HTTPLimits()
        limits.connectionsMax = 8
        limits.connectionsPerAddressMax = 4
        let places = ConnectionPlaces(limits)
        let closed = Mutex<[Int]>([])
        let channels = (0..<100).map { _ in Channel() }
        let start = NIODeadline.now()
        func admit(_ number: Int, _ address: String) -> ConnectionPlaces.Admission {
            places.admit(
                ObjectIdentifier(channels[number]), from: NetworkAddress(address), now: start + .seconds(Int64(number))
            ) { closed.withLock { $0.append(number) } }
        }
        for number in 0..<4 { #expect(admit(number, "192.0.2.1") == .full) }
        places.works(ObjectIdentifier(channels[0]))
        #expect(admit(4, "192.0.2.1") == .full)
        #expect(closed.withLock { $0 } == [1])
        for number in [2, 3, 4] { places.works(ObjectIdentifier(channels[number])) }
        #expect(admit(5, "192.0.2.1") == .healthOnly)
        #expect(admit(6, "192.0.2.2") == .full)
        places.streams(ObjectIdentifier(channels[0]))
        #expect(admit(7, "192.0.2.1") == .full)
        // An IPv6 customer is one client, whatever the address.
        for number in 8..<20 { #expect(admit(number, "2001:db8::\(number)") == .full) }
        #expect(closed.withLock { $0 }.count == 1 + 10)
        for channel in channels { places.leave(ObjectIdentifier(channel)) }
        #expect(places.count == 0 && places.addressCount == 0)
    }
}

private struct Job: Service {
    let body: @Sendable () async throws -> Void

    func run() async throws { try await body() }
}

/// Holds handlers until it opens, and counts who comes and goes.
private final class Gate: Sendable {
    private struct State {
        var isOpen = false, entered = 0, hasLeft = false
        var inside: [CheckedContinuation<Void, Never>] = []
        var watchers: [(Int, CheckedContinuation<Void, Never>)] = []
        var leaveWatcher: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func entered() async {
        await withCheckedContinuation { continuation in
            let (now, seen): (Bool, [CheckedContinuation<Void, Never>]) = state.withLock { state in
                state.entered += 1
                let seen = state.watchers.filter { $0.0 <= state.entered }.map(\.1)
                state.watchers.removeAll { $0.0 <= state.entered }
                if !state.isOpen { state.inside.append(continuation) }
                return (state.isOpen, seen)
            }
            for one in seen { one.resume() }
            if now { continuation.resume() }
        }
    }

    func waits(for count: Int) async {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                if state.entered < count { state.watchers.append((count, continuation)) }
                return state.entered >= count
            }
            if now { continuation.resume() }
        }
    }

    func left() {
        let watcher = state.withLock { state in
            state.hasLeft = true
            defer { state.leaveWatcher = nil }
            return state.leaveWatcher
        }
        watcher?.resume()
    }

    func waitsForLeave() async {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                if !state.hasLeft { state.leaveWatcher = continuation }
                return state.hasLeft
            }
            if now { continuation.resume() }
        }
    }

    func open() {
        let inside = state.withLock { state in
            state.isOpen = true
            defer { state.inside = [] }
            return state.inside
        }
        for one in inside { one.resume() }
    }
}

@Suite("Health costs little") struct HealthCostTests {
    @Test("readiness is asked for once, however many ask", .timeLimit(.minutes(10)))
    func oneCheckAtATime() async throws {
        let gate = Gate()
        let asked = Mutex(0)
        let health = HealthChecks()
        health.add("database") {
            asked.withLock { $0 += 1 }
            await gate.entered()
            return .ok
        }
        let face = try await Face(health: health)
        try await face.web.server().application.test(.router) { client in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await client.execute(uri: "/readyz", method: .get) { Int($0.status.code) } }
                }
                await gate.waits(for: 1)
                gate.open()
                for try await status in group { #expect(status == 200) }
            }
        }
        #expect(asked.withLock { $0 } < 50)
    }
}
