// WebServer: answers HTTP on one address until it is told to stop, then finishes what it has begun.
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// The running half of a ``WebApplication``.
public struct WebServer: Service, CustomStringConvertible {
    /// The application as Hummingbird knows it, for its testing library.
    public let application: Application<RouterResponder<WebContext>>
    private let endpoint: HTTPEndpoint
    private let listening: Listening

    /// The most bytes of a request's head.
    private static let headerBytesMax = 32 << 10
    /// Connections that are being closed are not gone yet: that many may be there beside those that have a place.
    private static let closingMax = 256

    init(responder: RouterResponder<WebContext>, endpoint: HTTPEndpoint, logger: Logger) {
        let listening = Listening()
        self.listening = listening
        self.endpoint = endpoint
        let limits = endpoint.limits
        let places = ConnectionPlaces(limits)
        application = Application(
            responder: responder,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionGuard(places, limits)],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: Self.headerBytesMax, maxHeaderListSize: Self.headerBytesMax,
                        maxHeaderFieldCount: 200))),
            configuration: .init(
                address: .hostname(endpoint.host, port: endpoint.port),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    limits.connectionsMax + ConnectionPlaces.reserveMax + Self.closingMax)),
            onServerRunning: { listening.begin(port: $0.localAddress?.port ?? endpoint.port) },
            eventLoopGroupProvider: .shared(WebThreads.loops),
            logger: logger)
    }

    public var description: String { "WebServer on \(endpoint.host):\(endpoint.port)" }

    /// The port it answers on, once it does; `nil` when it ended without ever answering.
    public func port() async -> Int? { await listening.port() }

    public func run() async throws {
        defer { listening.end() }
        do {
            try await application.run()
        } catch let error as IOError {
            throw ExitError(.failed, Self.explain(error, endpoint))
        }
    }

    /// Why a port cannot be answered on, and what to do about it.
    public static func explain(_ error: IOError, _ endpoint: HTTPEndpoint) -> String {
        let place = "\(endpoint.host):\(endpoint.port)"
        return switch error.errnoCode {
        case EADDRINUSE:
            "Cannot answer on \(place): the port is taken. Stop what uses it, or set HTTP_PORT to another."
        case EACCES: "Cannot answer on \(place): not allowed to. Set HTTP_PORT to a port above 1023."
        case EADDRNOTAVAIL: "Cannot answer on \(place): no interface of this machine has that address. Set HTTP_HOST."
        default: "Cannot answer on \(place) (HTTP_HOST, HTTP_PORT): \(error)"
        }
    }
}

/// Tells when a server began to answer.
private final class Listening: Sendable {
    private enum State {
        case waiting([CheckedContinuation<Int?, Never>])
        case over(port: Int?)
    }

    private let state = Mutex(State.waiting([]))

    func begin(port: Int) { settle(port) }
    func end() { settle(nil) }

    func port() async -> Int? {
        await withCheckedContinuation { continuation in
            let known: Int?? = state.withLock { state in
                switch state {
                case .over(let port): return .some(port)
                case .waiting(let others):
                    state = .waiting(others + [continuation])
                    return nil
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// The first call decides; later ones change nothing.
    private func settle(_ port: Int?) {
        let waiting = state.withLock { state in
            guard case .waiting(let waiting) = state else { return [CheckedContinuation<Int?, Never>]() }
            state = .over(port: port)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: port) }
    }
}

/// The HTTP face of a service that has nothing to show but its health.
public enum HealthServer {
    /// Answers `/healthz`, `/readyz` and `/metrics`, and nothing else.
    public static func make(endpoint: HTTPEndpoint, health: HealthChecks, logger: Logger) -> WebServer {
        WebApplication(endpoint: endpoint, health: health, logger: logger).server()
    }
}
