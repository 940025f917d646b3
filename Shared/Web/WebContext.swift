// WebContext: what handlers know of a request besides the request.
import Hummingbird
import Logging
import NIOCore
import ServiceRuntime

/// The context of every request to a Millrace service.
public struct WebContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// Who asks; `nil` for a visitor without a valid session.
    public internal(set) var principal: Principal?
    /// Set when a session came with the request that cannot be checked now.
    public internal(set) var sessionProblem: Problem?
    /// Asks again whether the session that came with the request stands; true without one.
    var sessionStands: @Sendable () async -> Bool = { true }
    /// The places for answers without an end; `nil` where a handler is called by itself.
    var streams: StreamPlaces?
    /// The client's address without its port: the peer's, or what a trusted proxy says (`HTTP_TRUSTED_PROXIES`).
    public internal(set) var remoteAddress: String
    /// What limits count as one client: the address, or its IPv6 network.
    public var client: String { NetworkAddress(remoteAddress)?.client.description ?? remoteAddress }
    /// The request's id, as in the log lines of its handling.
    public let requestID: String
    /// The most bytes of body that a handler reads.
    public var bodyBytesMax = 1 << 20
    /// The connection.
    let channel: any Channel

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        requestID = source.logger[metadataKey: "hb.request.id"]?.description ?? RequestID().description
        channel = source.channel
        remoteAddress = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }

    public var maxUploadSize: Int { bodyBytesMax }
    public var requestDecoder: JSONBody { JSONBody() }
    public var responseEncoder: JSONBody { JSONBody() }

    /// Who asks.
    /// - Throws: 401 for a visitor without a session, 503 when theirs cannot be checked now.
    public func requirePrincipal() throws(Problem) -> Principal {
        guard let principal else { throw sessionProblem ?? .unauthenticated() }
        return principal
    }

    /// Who asks, when their role is at least `role`.
    /// - Throws: 401 without a session, 403 below the role, 503 when the session cannot be checked now.
    public func require(_ role: Role) throws(Problem) -> Principal {
        let principal = try requirePrincipal()
        guard principal.role >= role else {
            throw Problem(.forbidden, "This needs the role \(role.rawValue); you have \(principal.role.rawValue).")
        }
        return principal
    }
}
