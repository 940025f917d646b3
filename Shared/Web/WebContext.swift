// WebContext: what handlers know of a request besides the request.
import Hummingbird
import Logging
import NIOCore

/// The context of every request to a Millrace service.
public struct WebContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// Who asks; `nil` for a visitor without a valid session.
    public internal(set) var principal: Principal?
    /// The peer's address without its port; a proxy's when there is one.
    public let remoteAddress: String
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
    /// - Throws: 401 for a visitor without a session.
    public func requirePrincipal() throws(Problem) -> Principal {
        guard let principal else { throw .unauthenticated() }
        return principal
    }

    /// Who asks, when their role is at least `role`.
    /// - Throws: 401 without a session, 403 below the role.
    public func require(_ role: Role) throws(Problem) -> Principal {
        let principal = try requirePrincipal()
        guard principal.role >= role else {
            throw Problem(.forbidden, "This needs the role \(role.rawValue); you have \(principal.role.rawValue).")
        }
        return principal
    }
}
