// ConnectionGuard: stands in every connection's pipeline, between HTTP and the handlers, and keeps time.
// Always: whatever a client does or leaves undone has a deadline: the first head, the wait for the next, the body as a
// whole and each silence within it, and the taking of an answer that is ready.
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes
import ServiceRuntime

final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let places: ConnectionPlaces
    private let limits: HTTPLimits
    private var admission: ConnectionPlaces.Admission?
    /// Since when there is nothing to answer; the first request is awaited for a shorter time.
    private var waitsSince = NIODeadline.now()
    private var isFirst = true
    /// The body that is being read: since its head, and since its last piece or since more was asked for.
    private var body: (began: NIODeadline, last: NIODeadline)?
    /// Answers that are owed.
    private var owed = 0
    private var isHeadWritten = false
    /// Since when an answer waits for the client to take it.
    private var stuckSince: NIODeadline?
    private var timer: (at: NIODeadline, task: Scheduled<Void>)?
    /// It was told to come back: what else it sends is nobody's.
    private var isTurnedAway = false

    init(_ places: ConnectionPlaces, _ limits: HTTPLimits) {
        self.places = places
        self.limits = limits
    }

    // MARK: - The connection

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end(context) }

    func channelInactive(context: ChannelHandlerContext) {
        end(context)
        context.fireChannelInactive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard admission == nil else { return }
        waitsSince = .now()
        let channel = context.channel
        let peer = context.remoteAddress?.ipAddress.flatMap { NetworkAddress($0) }
        let admission = places.admit(ObjectIdentifier(channel), from: peer, now: waitsSince) {
            channel.close(promise: nil)
        }
        self.admission = admission
        if admission == .refused { return context.close(promise: nil) }
        keepTime(context)
    }

    private func end(_ context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        places.leave(ObjectIdentifier(context.channel))
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isTurnedAway { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            if admission != .full, !HealthRoutes.isHealth(head.path) { return turnAway(context) }
            isFirst = false
            owed += 1
            if owed == 1 { isHeadWritten = false }
            body = (.now(), .now())
            places.works(ObjectIdentifier(context.channel))
        case .body: body?.last = .now()
        case .end: body = nil
        }
        context.fireChannelRead(data)
        keepTime(context)
    }

    /// More of the body is wanted: the silence before was not the client's.
    func read(context: ChannelHandlerContext) {
        body?.last = .now()
        context.read()
    }

    // MARK: - Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            isHeadWritten = true
            if head.headerFields[.contentType]?.hasPrefix("text/event-stream") == true {
                places.streams(ObjectIdentifier(context.channel))
            }
            if admission != .full {
                head.headerFields[.connection] = "close"
                return context.write(wrapOutboundOut(.head(head)), promise: promise)
            }
        case .end:
            owed -= 1
            isHeadWritten = false
            if admission != .full {
                context.writeAndFlush(data, promise: promise)
                return context.close(promise: nil)
            }
            if owed == 0 {
                waitsSince = .now()
                places.waits(ObjectIdentifier(context.channel), since: waitsSince)
                keepTime(context)
            }
        default: break
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stuckSince = context.channel.isWritable ? nil : .now()
        keepTime(context)
        context.fireChannelWritabilityChanged()
    }

    // MARK: - Deadlines

    /// The next moment at which the client must have done something.
    private var deadline: NIODeadline? {
        var all: [NIODeadline] = []
        if let stuckSince { all.append(stuckSince + limits.sendTimeout.amount) }
        if let body {
            all.append(min(body.began + limits.bodyTimeout.amount, body.last + limits.headerTimeout.amount))
        } else if owed == 0 {
            all.append(waitsSince + (isFirst ? limits.headerTimeout : limits.idleTimeout).amount)
        }
        return all.min()
    }

    private func keepTime(_ context: ChannelHandlerContext) {
        // A timer that rings early looks again; only a deadline before it needs another.
        guard let deadline, deadline < timer?.at ?? .distantFuture else { return }
        timer?.task.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) {
            let (me, context) = bound.value
            me.rings(context)
        }
        timer = (deadline, task)
    }

    private func rings(_ context: ChannelHandlerContext) {
        timer = nil
        guard let deadline else { return }
        guard deadline <= .now() else { return keepTime(context) }
        places.meters.closed(stuckSince != nil ? .send : body != nil ? .body : isFirst ? .header : .idle)
        if body != nil, owed == 1, !isHeadWritten, stuckSince == nil {
            answer(
                Problem(
                    .requestTimeout,
                    "The body did not come within \(limits.bodyTimeout), or paused for \(limits.headerTimeout)."),
                context)
        }
        context.close(promise: nil)
    }

    /// Too many connections: nothing but health is answered here.
    private func turnAway(_ context: ChannelHandlerContext) {
        isTurnedAway = true
        places.meters.closed(.crowded)
        answer(
            Problem(
                .serviceUnavailable, "Too many connections are busy. Try again shortly.",
                headers: [.retryAfter: "2"]), context)
        context.close(promise: nil)
    }

    private func answer(_ problem: Problem, _ context: ChannelHandlerContext) {
        var headers = problem.headers
        headers[.contentType] = "application/problem+json; charset=utf-8"
        headers[.cacheControl] = "no-store"
        headers[.connection] = "close"
        // A problem without members of its own is always JSON; if not, the status says it as well.
        let text = (try? problem.json()) ?? Data()
        headers[.contentLength] = "\(text.count)"
        context.write(wrapOutboundOut(.head(HTTPResponse(status: problem.status, headerFields: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(data: text))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

extension Duration {
    fileprivate var amount: TimeAmount {
        let (seconds, attoseconds) = components
        return .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
