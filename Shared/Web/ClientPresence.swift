// ClientPresence: work for somebody who may hang up before it is done.
import Hummingbird
import NIOCore

extension WebContext {
    /// Runs `body`, which is cancelled when the client hangs up: nobody would read what comes of it. The connection stays
    /// as it is, and serves further requests.
    public func whileClientStays<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let work = Task { try await body() }
        return try await withHangUpHandler {
            try await withTaskCancellationHandler {
                try await work.value
            } onCancel: {
                work.cancel()
            }
        } onHangUp: {
            work.cancel()
        }
    }

    /// Runs `body`, and `onHangUp` when the client closes its half of the connection, or all of it, meanwhile.
    public func withHangUpHandler<Value>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Value, onHangUp: @escaping @Sendable () -> Void
    ) async throws -> Value {
        let watch = HangUpWatch(onHangUp: onHangUp)
        // In front of everything: what comes later in the pipeline keeps the news to itself.
        channel.pipeline.addHandler(watch, position: .first).whenFailure { error in
            if error is ChannelError { onHangUp() }
        }
        defer { channel.pipeline.removeHandler(watch, promise: nil) }
        return try await body()
    }

    /// Closes the connection, whatever is on its way.
    public func hangUp() { channel.close(promise: nil) }
}

/// Hears that the other side has closed its half of the connection, or all of it.
private final class HangUpWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = Any

    private let onHangUp: @Sendable () -> Void

    init(onHangUp: @escaping @Sendable () -> Void) { self.onHangUp = onHangUp }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed = event as? ChannelEvent { onHangUp() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        onHangUp()
        context.fireChannelInactive()
    }
}
