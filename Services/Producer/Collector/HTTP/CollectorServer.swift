// CollectorServer: the collector's HTTP face, on bare NIO: at tens of thousands of requests a second and core the router,
// the tasks and the log line of a general face are most of the work.
import Dispatch
import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import Web

/// Answers until it is told to stop, then finishes what it has begun.
final class CollectorServer: Service, Sendable {
    /// What every connection uses.
    struct Parts: Sendable {
        var settings: CollectorSettings
        var delivery: EventDelivery
        var budget: MemoryBudget
        var meters: CollectorMeters
        var health: HealthChecks
        /// `/millrace.js`.
        var snippet: [UInt8]
        /// By which requests are judged, and what makes a judge of it.
        var current: CurrentPipeline
        var makeJudge: @Sendable (CollectorPlan) -> RequestJudge
        var logger: Logger
    }

    private let parts: Parts
    private let endpoint: HTTPEndpoint
    private let connections: Connections
    private let bound = Mutex<(port: Int?, waiting: [CheckedContinuation<Int?, Never>])>((nil, []))

    private static let headerBytesMax = 32 << 10

    init(_ parts: Parts, endpoint: HTTPEndpoint) {
        self.parts = parts
        self.endpoint = endpoint
        var limits = endpoint.limits
        // Behind proxies all connections are theirs.
        if parts.settings.trustedProxies > 0 { limits.connectionsPerAddressMax = limits.connectionsMax }
        connections = Connections(limits)
    }

    /// The port it answers on, once it does; `nil` when it ended without.
    func port() async -> Int? {
        await withCheckedContinuation { continuation in
            let known: Int?? = bound.withLock { state in
                if let port = state.port { return .some(port) }
                state.waiting.append(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    private func tell(_ port: Int?) {
        let waiting = bound.withLock { state in
            state.port = port
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume(returning: port) }
    }

    func run() async throws {
        defer { tell(nil) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: parts.settings.threads)
        let listener: any Channel
        do {
            listener = try await bind(group)
        } catch {
            try await group.shutdownGracefully()
            if let error = error as? IOError { throw ExitError(.failed, WebServer.explain(error, endpoint)) }
            throw ExitError(
                .failed, "Cannot answer on \(endpoint.host):\(endpoint.port) (HTTP_HOST, HTTP_PORT): \(error)")
        }
        tell(listener.localAddress?.port)
        parts.logger.info(
            "collector answers",
            metadata: ["host": "\(endpoint.host)", "port": "\(listener.localAddress?.port ?? endpoint.port)"])
        try? await gracefulShutdown()  // throws only when cancelled, which ends it as well
        await Self.closed(listener)
        await connections.finish()
        try await group.shutdownGracefully()
    }

    private static func closed(_ listener: any Channel) async {
        do {
            try await listener.close()
        } catch {
            return  // it was closed already
        }
    }

    private func bind(_ group: MultiThreadedEventLoopGroup) async throws -> any Channel {
        var tools: [ObjectIdentifier: NIOLoopBound<LoopTools>] = [:]
        for loop in group.makeIterator() {
            let (current, makeJudge) = (parts.current, parts.makeJudge)
            tools[ObjectIdentifier(loop)] = try await loop.submit {
                NIOLoopBound(LoopTools(current, makeJudge), eventLoop: loop)
            }.get()
        }
        let (parts, connections, known) = (self.parts, self.connections, tools)
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let tools = known[ObjectIdentifier(channel.eventLoop)]?.value else {
                        throw ChannelError.ioOnClosedChannel
                    }
                    var limits = NIOHTTPDecoderLimitConfiguration()
                    limits.maxHeaderFieldSize = Self.headerBytesMax
                    limits.maxHeaderListSize = Self.headerBytesMax
                    limits.maxHeaderFieldCount = 200
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withPipeliningAssistance: true, withErrorHandling: true, withOutboundHeaderValidation: false,
                        withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
                    try channel.pipeline.syncOperations.addHandler(RequestHandler(parts, tools, connections))
                }
            }
            .bind(host: endpoint.host, port: endpoint.port).get()
    }
}

/// What the connections of one event loop share.
final class LoopTools {
    private let current: CurrentPipeline
    private let makeJudge: @Sendable (CollectorPlan) -> RequestJudge
    private var made: (generation: Int, judge: RequestJudge)

    init(_ current: CurrentPipeline, _ makeJudge: @escaping @Sendable (CollectorPlan) -> RequestJudge) {
        (self.current, self.makeJudge) = (current, makeJudge)
        made = (current.generation, makeJudge(current.plan))
    }

    /// Judges by the contracts and rules of now.
    var judge: RequestJudge {
        let generation = current.generation
        if generation != made.generation { made = (generation, makeJudge(current.plan)) }
        return made.judge
    }
}

/// The open connections, so that they can be finished, and who has a place.
final class Connections: Sendable {
    /// Told to every connection when the service stops.
    struct Finish: Sendable {}

    let limits: HTTPLimits
    let places: ConnectionPlaces

    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var isFinishing = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    init(_ limits: HTTPLimits) {
        self.limits = limits
        places = ConnectionPlaces(limits)
    }

    /// `false` when it should be closed.
    func add(_ channel: any Channel) -> Bool {
        state.withLock { state in
            guard !state.isFinishing else { return false }
            state.open[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    func remove(_ channel: any Channel) {
        let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.open[ObjectIdentifier(channel)] = nil
            guard state.isFinishing, state.open.isEmpty else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }

    /// Idle ones close now, busy ones after their answer; returns when all are closed.
    func finish() async {
        let open = state.withLock { state in
            state.isFinishing = true
            return Array(state.open.values)
        }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(Finish()) }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                guard !state.open.isEmpty else { return true }
                state.waiting.append(continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
    }
}
