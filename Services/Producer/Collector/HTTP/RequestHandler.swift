// RequestHandler: one connection. Gathers a request, within limits of size and time; has it judged; writes the answer
// when delivery has said its word. One request at a time: NIO holds back what a client sends ahead.
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import ServiceRuntime
import Web

final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        /// Between requests.
        case idle
        case gathering
        /// The answer is known before the body has come; what comes is passed over, so that the client reads it.
        case discarding(Answer)
        /// Whole, and waits for the client to take the answers before it.
        case blocked
        /// Judged; the answer is on its way.
        case answering
    }

    private let parts: CollectorServer.Parts
    private let tools: LoopTools
    private let connections: Connections
    private var admission: ConnectionPlaces.Admission?
    /// Whether no request has begun yet: the first is awaited for a shorter time.
    private var isFirst = true
    /// Since when the client takes nothing of what is written.
    private var stuckSince: NIODeadline?
    private var context: ChannelHandlerContext?
    private var phase = Phase.idle
    private var head: HTTPRequestHead?
    private var body: ByteBuffer?
    private var bodyBytes = 0
    private var budgeted = 0
    private var began = NIODeadline.now()
    private var deadline = NIODeadline.now()
    private var isFinishing = false
    private var timer: Scheduled<Void>?
    private var limits: HTTPLimits { connections.limits }

    /// A body beyond its limit is read this far, for the client's sake, and then cut off.
    private static let discardMax = 16 << 20

    init(_ parts: CollectorServer.Parts, _ tools: LoopTools, _ connections: Connections) {
        self.parts = parts
        self.tools = tools
        self.connections = connections
    }

    // MARK: - The connection's life

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        guard connections.add(channel) else { return context.close(promise: nil) }
        let peer = context.remoteAddress?.ipAddress.flatMap { NetworkAddress($0) }
        began = .now()
        admission = connections.places.admit(ObjectIdentifier(channel), from: peer, now: began) {
            channel.close(promise: nil)
        }
        if admission == .refused { return context.close(promise: nil) }
        deadline = began + limits.headerTimeout.amount
        watch(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        connections.places.leave(ObjectIdentifier(context.channel))
        connections.remove(context.channel)
        timer?.cancel()
        timer = nil
        giveBack()
        self.context = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is Connections.Finish else { return context.fireUserInboundEventTriggered(event) }
        isFinishing = true
        if case .idle = phase { context.close(promise: nil) }
    }

    /// One timer a connection, set again at the deadline of the moment.
    private func watch(_ context: ChannelHandlerContext) {
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: min(deadline, stuckUntil)) { me.value.timeUp() }
    }

    /// The next moment at which the client must have taken something.
    private var stuckUntil: NIODeadline { stuckSince.map { $0 + limits.sendTimeout.amount } ?? .distantFuture }

    private func timeUp() {
        timer = nil
        guard let context, context.channel.isActive else { return }
        if stuckUntil <= .now() {
            connections.places.meters.closed(.send)
            return context.close(promise: nil)
        }
        switch phase {
        case .answering, .blocked: deadline = .now() + .seconds(1)
        case .idle, .gathering, .discarding: break
        }
        guard deadline <= .now() else { return watch(context) }
        if case .idle = phase {
            connections.places.meters.closed(isFirst ? .header : .idle)
            return context.close(promise: nil)
        }
        connections.places.meters.closed(.body)
        isFinishing = true
        write(.problem(.requestTimeout, "The request did not arrive in time."))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stuckSince = context.channel.isWritable ? nil : .now()
        if case .blocked = phase, stuckSince == nil { judge() }
        timer?.cancel()
        watch(context)
        context.fireChannelWritabilityChanged()
    }

    // MARK: - A request's life

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head)
        case .body(let part): gather(part)
        case .end: end()
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        self.head = head
        isFirst = false
        body = nil
        bodyBytes = 0
        began = .now()
        if let context { connections.places.works(ObjectIdentifier(context.channel)) }
        deadline = began + .nanoseconds(Int64(parts.settings.requestTimeout / .nanoseconds(1)))
        phase = .gathering
        if admission != .full {
            isFinishing = true
            if !CollectorRoutes.isHealth(head) {
                connections.places.meters.closed(.crowded)
                phase = .discarding(.unavailable("Too many connections are busy. Try again shortly.", retryAfter: 2))
            }
        }
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }),
            length > CollectorLimits.bodyBytesMax
        {
            phase = .discarding(RequestJudge.bodyTooLarge)
        }
        guard head.headers.first(name: "expect")?.lowercased() == "100-continue" else { return }
        if case .discarding(let answer) = phase {
            isFinishing = true
            return write(answer)
        }
        let go = HTTPResponseHead(version: head.version, status: .continue)
        context?.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
    }

    private func gather(_ part: ByteBuffer) {
        bodyBytes += part.readableBytes
        switch phase {
        case .gathering:
            guard bodyBytes <= CollectorLimits.bodyBytesMax else {
                phase = .discarding(RequestJudge.bodyTooLarge)
                return giveBack()
            }
            guard parts.budget.take(part.readableBytes) else {
                phase = .discarding(.unavailable("The collector is busy. Try again shortly.", retryAfter: 1))
                return giveBack()
            }
            budgeted += part.readableBytes
            if body == nil {
                body = part
            } else {
                var part = part
                body?.writeBuffer(&part)
            }
        case .discarding(let answer) where bodyBytes > Self.discardMax:
            isFinishing = true
            write(answer)
        default: return
        }
    }

    private func end() {
        switch phase {
        case .discarding(let answer): write(answer)
        case .gathering:
            // Answers are not piled up for a client that does not take them.
            guard context?.channel.isWritable != false else {
                phase = .blocked
                return
            }
            judge()
        case .idle, .blocked, .answering: return
        }
    }

    private func judge() {
        guard let head else { return }
        phase = .answering
        let path = head.uri.prefix { $0 != "?" }
        route(head, CollectorRoutes.plain(path), query: String(head.uri.dropFirst(path.count + 1)))
    }

    private func giveBack() {
        body = nil
        parts.budget.give(budgeted)
        budgeted = 0
    }

    private func route(_ head: HTTPRequestHead, _ path: String, query: String) {
        if CollectorRoutes.takesEvents(head.method, path), let origin = head.headers.first(name: "origin"),
            !parts.settings.allowsOrigin(origin)
        {
            return write(.problem(.forbidden, "Pages of \(origin.prefix(200)) may not send events here."))
        }
        switch head.method {
        case .POST where RequestJudge.calls[path] != nil || path.hasPrefix(RequestJudge.topicsPath):
            let request = self.request(head, path, query)
            let verdict =
                body.map { body in body.withUnsafeReadableBytes { tools.judge.judge(request, body: $0) } }
                ?? tools.judge.judge(request, body: UnsafeRawBufferPointer(start: nil, count: 0))
            giveBack()
            carryOut(verdict)
        case .GET where Pixel.paths[path] != nil, .HEAD where Pixel.paths[path] != nil:
            let request = self.request(head, path, query)
            giveBack()
            carryOut(Pixel.judge(request, referer: head.headers.first(name: "referer"), by: tools.judge))
        case .OPTIONS: write(preflight())
        case .GET, .HEAD: open(path)
        default:
            let verbs = CollectorRoutes.verbs(at: path)
            guard !verbs.isEmpty else { return write(.problem(.notFound, "There is nothing at this path.")) }
            write(.problem(.methodNotAllowed, "This path takes \(verbs).", headers: [("Allow", verbs)]))
        }
    }

    private func request(_ head: HTTPRequestHead, _ path: String, _ query: String) -> CollectorRequest {
        let headers = head.headers
        let settings = parts.settings
        var request = CollectorRequest(path: path, receivedAt: Int64(Date().timeIntervalSince1970 * 1_000_000))
        request.query = query
        for (name, value) in headers {
            switch name.utf8.count {
            case 3 where name.lowercased() == "dnt" && value == "1": request.asksForPrivacy = true
            case 6 where name.lowercased() == "origin": request.origin = value
            case 7 where name.lowercased() == "sec-gpc" && value == "1": request.asksForPrivacy = true
            case 10 where name.lowercased() == "user-agent": request.userAgent = String(value.prefix(1_000))
            case 11 where name.lowercased() == "traceparent": request.traceparent = value
            case 12 where name.lowercased() == "content-type": request.contentType = value
            case 13 where name.lowercased() == "authorization": request.authorization = value
            case 16 where name.lowercased() == "content-encoding": request.contentEncoding = value
            default: break
            }
        }
        if settings.address != .drop, !request.asksForPrivacy {
            let peer = context?.remoteAddress?.ipAddress ?? ""
            let forwarded = settings.trustedProxies > 0 ? headers["x-forwarded-for"] : []
            let sender = ClientAddress.sender(peer: peer, forwardedFor: forwarded, proxies: settings.trustedProxies)
            request.address = ClientAddress.kept(sender, settings.address)
        }
        return request
    }

    /// What a browser may ask without a key: the snippet, and what watches the service.
    private func open(_ path: String) {
        switch path {
        case "/millrace.js":
            var answer = Answer(.ok, contentType: "text/javascript; charset=utf-8", body: parts.snippet)
            answer.headers = [("Cache-Control", "public, max-age=3600")]
            write(answer)
        case "/healthz": write(Answer(.ok, body: Array("{\"status\":\"ok\"}".utf8)))
        case "/metrics":
            parts.meters.holds(parts.budget.bytesHeld)
            write(CollectorRoutes.metrics())
        case "/readyz":
            guard let context else { return }
            let (me, health, loop) = (NIOLoopBound(self, eventLoop: context.eventLoop), parts.health, context.eventLoop)
            Task {
                let report = await health.readiness()
                loop.execute {
                    me.value.write(
                        Answer(report.isReady ? .ok : .serviceUnavailable, body: Array(report.json.utf8)))
                }
            }
        default:
            let verbs = CollectorRoutes.verbs(at: path)
            guard !verbs.isEmpty else { return write(.problem(.notFound, "There is nothing at this path.")) }
            write(.problem(.methodNotAllowed, "This path takes \(verbs).", headers: [("Allow", verbs)]))
        }
    }

    private func carryOut(_ verdict: Verdict) {
        guard let context else { return }
        switch verdict {
        case .answer(let answer): write(answer)
        case .deliver(let deliveries, let answer, let rejected):
            let (me, loop, meters) = (NIOLoopBound(self, eventLoop: context.eventLoop), context.eventLoop, parts.meters)
            parts.delivery.deliver(deliveries) { outcome in
                switch outcome {
                case .taken:
                    meters.taken(deliveries)
                    meters.rejected(rejected)
                case .refused: meters.rejected(rejected)
                case .unavailable: break
                }
                loop.execute {
                    switch outcome {
                    case .taken: me.value.write(answer)
                    case .refused(let count, let reason):
                        me.value.write(
                            .problem(
                                .payloadTooLarge,
                                "\(count) of \(deliveries.count) events will never be taken: \(reason). The others were.",
                                members: "\"refused\":\(count)"))
                    case .unavailable(let reason): me.value.write(.unavailable(reason, retryAfter: 5))
                    }
                }
            }
        }
    }

    // MARK: - Answers

    private func preflight() -> Answer {
        var answer = Answer(.noContent)
        answer.headers = [
            ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
            ("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding, traceparent"),
            ("Access-Control-Max-Age", "86400"),
        ]
        return answer
    }

    private func write(_ answer: Answer) {
        guard let context, let head else { return }
        giveBack()
        let isLast = isFinishing || !head.isKeepAlive
        var headers = HTTPHeaders()
        headers.reserveCapacity(8 + answer.headers.count)
        if answer.status != .noContent {
            headers.add(name: "Content-Type", value: answer.contentType)
            headers.add(name: "Content-Length", value: "\(answer.body.count)")
        }
        headers.add(name: "X-Content-Type-Options", value: "nosniff")
        for (name, value) in answer.headers { headers.add(name: name, value: value) }
        if !answer.headers.contains(where: { $0.0 == "Cache-Control" }) {
            headers.add(name: "Cache-Control", value: "no-store")
        }
        CollectorRoutes.addCrossOrigin(
            to: &headers, origin: head.headers.first(name: "origin"), allowed: parts.settings.allowedOrigins)
        if isLast { headers.add(name: "Connection", value: "close") }
        let reply = HTTPResponseHead(version: head.version, status: answer.status, headers: headers)
        context.write(wrapOutboundOut(.head(reply)), promise: nil)
        if !answer.body.isEmpty, head.method != .HEAD {
            let buffer = context.channel.allocator.buffer(bytes: answer.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        let path = head.uri.prefix { $0 != "?" }
        let elapsed = Duration.nanoseconds((NIODeadline.now() - began).nanoseconds)
        parts.meters.answered(
            method: CollectorRoutes.method(head.method), route: CollectorRoutes.name(of: CollectorRoutes.plain(path)),
            status: answer.status.code, elapsed)
        if parts.logger.logLevel <= .debug {
            parts.logger.debug("request", metadata: ["path": "\(path)", "status": "\(answer.status.code)"])
        }
        self.head = nil
        phase = .idle
        let now = NIODeadline.now()
        deadline = now + limits.idleTimeout.amount
        connections.places.waits(ObjectIdentifier(context.channel), since: now)
        let last = isLast ? NIOLoopBound(context, eventLoop: context.eventLoop) : nil
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            last?.value.close(promise: nil)
        }
    }
}

extension Duration {
    fileprivate var amount: TimeAmount {
        let (seconds, attoseconds) = components
        return .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
