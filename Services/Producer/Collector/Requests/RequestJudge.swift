// RequestJudge: decides what a request is worth, from its bytes alone. Knows no connection and no Kafka: a verdict says
// what to deliver and what to answer after that.
// Always: an event that is not taken is named in the answer, counted, and (unless switched off) a dead letter.
import ControlPlane
import DataContract
import NIOHTTP1
import Pipeline

/// Judges requests. Not for two threads at once: each event loop has its own.
final class RequestJudge {
    private let ring: KeyRing
    private let settings: CollectorSettings
    private let checkers: [String: EventChecker]
    private let mappers: [String: CallMapper]
    private let meters: CollectorMeters
    /// False while a file of the pipeline cannot be read: a topic that is not known may be one of it.
    private let isWhole: Bool

    /// Paths of the calls, and the call each is; `batch` has several.
    static let calls: [String: String] = [
        "/v1/track": "track", "/v1/t": "track", "/v1/page": "page", "/v1/p": "page", "/v1/screen": "screen",
        "/v1/s": "screen", "/v1/identify": "identify", "/v1/i": "identify", "/v1/group": "group", "/v1/g": "group",
        "/v1/alias": "alias", "/v1/a": "alias", "/v1/batch": "batch", "/v1/b": "batch", "/v1/import": "batch",
    ]
    static let topicsPath = "/v1/topics/"

    init(
        contracts: [Contract], rules: CollectorRules, ring: KeyRing, settings: CollectorSettings,
        meters: CollectorMeters, isWhole: Bool = true
    ) {
        self.ring = ring
        self.isWhole = isWhole
        self.settings = settings
        self.meters = meters
        checkers = Dictionary(contracts.map { ($0.topic.name, EventChecker($0)) }) { first, _ in first }
        var mappers: [String: CallMapper] = [:]
        for (name, call) in rules.calls {
            guard let contract = contracts.first(where: { $0.topic.name == call.topic }) else { continue }
            mappers[name] = CallMapper(call: name, call, contract)
        }
        self.mappers = mappers
    }

    /// The verdict on a `POST`.
    func judge(_ request: CollectorRequest, body: UnsafeRawBufferPointer) -> Verdict {
        var plain: [UInt8]?
        switch request.contentEncoding?.lowercased() {
        case nil, "identity", "": break
        case "gzip", "x-gzip", "deflate":
            do throws(Inflater.Failure) {
                plain = try Inflater.inflate(body, bytesMax: CollectorLimits.bodyBytesMax)
            } catch .tooLarge {
                return .answer(Self.bodyTooLarge)
            } catch {
                return .answer(.problem(.badRequest, "The body is not what its Content-Encoding says."))
            }
        default:
            return .answer(.problem(.unsupportedMediaType, "The Content-Encoding may be gzip, deflate or none."))
        }
        if let plain { return plain.withUnsafeBytes { judgePlain(request, $0) } }
        return judgePlain(request, body)
    }

    static let bodyTooLarge = Answer.problem(
        .payloadTooLarge, "A request may have at most \(CollectorLimits.bodyBytesMax) bytes, unpacked.",
        members: "\"bytes_max\":\(CollectorLimits.bodyBytesMax)")

    private func judgePlain(_ request: CollectorRequest, _ body: UnsafeRawBufferPointer) -> Verdict {
        do throws(Refusal) {
            if request.path.hasPrefix(Self.topicsPath) {
                return try topic(String(request.path.dropFirst(Self.topicsPath.count)), request, body)
            }
            guard let call = Self.calls[request.path] else {
                throw Refusal(.problem(.notFound, "There is nothing at this path."))
            }
            let members = try Self.sound { () throws(Rejection) in try Self.members(of: body) }
            return try call == "batch" ? batch(members, request, body) : single(call, members, request, body)
        } catch {
            return .answer(error.answer)
        }
    }

    /// Ends a request early.
    private struct Refusal: Error {
        let answer: Answer

        init(_ answer: Answer) { self.answer = answer }
    }

    /// What `parse` makes of the body; one that is not JSON at all is refused as a whole.
    private static func sound<R>(_ parse: () throws(Rejection) -> R) throws(Refusal) -> R {
        do throws(Rejection) {
            return try parse()
        } catch {
            throw Refusal(.problem(.badRequest, error.message, members: "\"rule\":\"\(error.reason.rawValue)\""))
        }
    }

    /// The members of a body; those of a broken one as well, as far as it can be told where each ends: the calls in it are
    /// judged one by one.
    private static func members(of body: UnsafeRawBufferPointer) throws(Rejection) -> [JSONOutline.Member] {
        do throws(Rejection) {
            return try JSONOutline.members(of: body)
        } catch {
            guard error.reason != .notAnObject else { throw error }
            do throws(Rejection) { return try JSONOutline.loosePieces(of: body) } catch _ { throw error }
        }
    }

    // MARK: - The tracking API

    private func single(
        _ call: String, _ members: [JSONOutline.Member], _ request: CollectorRequest, _ body: UnsafeRawBufferPointer
    ) throws(Refusal) -> Verdict {
        let key = try writeKey(request, CallDocument.find("writeKey", in: members, body), body)
        guard body.count <= CollectorLimits.eventBytesMax else {
            throw Refusal(
                .problem(
                    .payloadTooLarge, "An event may have at most \(CollectorLimits.eventBytesMax) bytes.",
                    members: "\"bytes_max\":\(CollectorLimits.eventBytesMax)"))
        }
        var tally = Tally(isMany: false)
        tally.headers = try take(1, key)
        judge(call, body, 0..<body.count, [], nil, request, key, &tally)
        return finish(tally, request)
    }

    private func batch(
        _ members: [JSONOutline.Member], _ request: CollectorRequest, _ body: UnsafeRawBufferPointer
    ) throws(Refusal) -> Verdict {
        guard let list = CallDocument.find("batch", in: members, body) else {
            throw Refusal(.problem(.badRequest, "The body has no \"batch\", a list of calls."))
        }
        let calls = try Self.sound { () throws(Rejection) in try TopicBody.elements(of: body, in: list) }
        let keyValue = CallDocument.find("writeKey", in: members, body) ?? Self.writeKey(of: calls, body)
        let key = try writeKey(request, keyValue, body)
        guard calls.count <= CollectorLimits.batchEventsMax else { throw Refusal(Self.tooMany) }
        guard !calls.isEmpty else { return .answer(Self.accepted(0)) }
        var tally = Tally(isMany: true)
        tally.headers = try take(calls.count, key)
        let sentAt = CallDocument.find("sentAt", in: members, body).flatMap { CallMapper.time(body, $0) }
        for call in calls { judge(nil, body, call, members, sentAt, request, key, &tally) }
        return finish(tally, request)
    }

    /// The key that the first call carries; broken ones are passed over.
    private static func writeKey(of calls: [Range<Int>], _ body: UnsafeRawBufferPointer) -> Range<Int>? {
        for call in calls where !call.isEmpty && body[call.lowerBound] == UInt8(ascii: "{") {
            do throws(Rejection) {
                return CallDocument.find("writeKey", in: try JSONOutline.members(of: body, in: call), body)
            } catch {
                continue  // it is judged by itself, with the others
            }
        }
        return nil
    }

    private static let tooMany = Answer.problem(
        .payloadTooLarge, "A request may have at most \(CollectorLimits.batchEventsMax) events.",
        members: "\"events_max\":\(CollectorLimits.batchEventsMax)")

    /// One call: into the accepted or the rejected.
    /// - Parameter name: `nil` in a batch, whose members say it themselves.
    private func judge(
        _ name: String?, _ body: UnsafeRawBufferPointer, _ range: Range<Int>, _ batch: [JSONOutline.Member],
        _ sentAt: Int64?, _ request: CollectorRequest, _ key: WriteKey?, _ tally: inout Tally
    ) {
        let raw = UnsafeRawBufferPointer(rebasing: body[range])
        func reject(_ rule: String, _ field: String?, _ detail: String, _ topic: String?) {
            tally.reject(raw, topic: topic ?? mappers["track"]?.topic, rule: rule, field: field, detail: detail)
        }
        guard range.count <= CollectorLimits.eventBytesMax else {
            return reject(
                "too_large", nil, "An event may have at most \(CollectorLimits.eventBytesMax) bytes.", nil)
        }
        do throws(Rejection) {
            var document = try CallDocument(body, range, batch: batch)
            let call = name ?? document.text("type").map { String(decoding: $0, as: UTF8.self) }
            guard let mapper = mappers[call ?? ""] else {
                return reject(
                    "unknown_type", "type", "Expected one of \(CollectorRules.names.joined(separator: ", ")).", nil)
            }
            guard key?.mayWrite(mapper.topic) ?? true else {
                return reject("topic_not_permitted", nil, "The key may not write to \(mapper.topic).", mapper.topic)
            }
            let privacy = ContextPrivacy(
                address: request.asksForPrivacy ? .drop : settings.address,
                keepsUserAgent: settings.keepsUserAgent && !request.asksForPrivacy)
            let around = CallMapper.Surroundings(
                receivedAt: request.receivedAt, sentAt: sentAt, address: request.address,
                userAgent: privacy.keepsUserAgent ? request.userAgent : nil, privacy: privacy)
            let message = try mapper.message(&document, around)
            if let rejection = message.value.withUnsafeBytes({ checkers[mapper.topic]?.check($0) }) {
                let hint = rejection.reason == .implausibleTime ? Self.hint(correction: message.correction) : ""
                return reject(rejection.reason.rawValue, rejection.field, rejection.message + hint, mapper.topic)
            }
            tally.accept(Delivery(topic: mapper.topic, key: message.key, value: message.value))
        } catch {
            let call = name ?? Self.kind(of: raw)
            reject(error.reason.rawValue, error.field, error.message, mappers[call ?? ""]?.topic)
        }
    }

    /// Why a time that is plain in the call is not plausible, when it was moved far.
    private static func hint(correction: Int64) -> String {
        let days = correction.magnitude / 86_400_000_000
        guard days > 0 else { return "" }
        return " The call's time was moved by \(days) days: its sentAt is that far from our clock."
    }

    /// The `type` of a broken call, as far as it can be read: whose dead letter it is.
    private static func kind(of call: UnsafeRawBufferPointer) -> String? {
        do throws(Rejection) {
            let members = try JSONOutline.loosePieces(of: call)
            guard let kind = CallDocument.find("type", in: members, call) else { return nil }
            return String(decoding: EventChecker.text(call, kind), as: UTF8.self)
        } catch {
            return nil  // what is wrong with it is told already
        }
    }

    // MARK: - Events that meet a contract as they are

    private func topic(
        _ name: String, _ request: CollectorRequest, _ body: UnsafeRawBufferPointer
    ) throws(Refusal) -> Verdict {
        let key = try writeKey(request, nil, body)
        guard let checker = checkers[name] else {
            guard isWhole else {
                let detail = "A file of the pipeline cannot be read, perhaps this topic's contract. Try again later."
                throw Refusal(.unavailable(detail, retryAfter: 60))
            }
            throw Refusal(.problem(.notFound, "There is no topic of this name, or it has no contract."))
        }
        guard key?.mayWrite(name) ?? true else {
            throw Refusal(.problem(.forbidden, "The key may not write to \(name)."))
        }
        let (events, isMany) = try Self.sound { () throws(Rejection) in
            try TopicBody.events(body, contentType: request.contentType)
        }
        var tally = Tally(isMany: isMany)
        guard events.count <= CollectorLimits.batchEventsMax else { throw Refusal(Self.tooMany) }
        guard !events.isEmpty else { throw Refusal(.problem(.badRequest, "The body has no event.")) }
        tally.headers = try take(events.count, key)
        for event in events {
            let raw = UnsafeRawBufferPointer(rebasing: body[event])
            guard raw.count <= CollectorLimits.eventBytesMax else {
                let detail = "An event may have at most \(CollectorLimits.eventBytesMax) bytes."
                tally.reject(raw, topic: name, rule: "too_large", field: nil, detail: detail)
                continue
            }
            do throws(Rejection) {
                if let rejection = checker.check(raw) { throw rejection }
                tally.accept(Delivery(topic: name, key: try checker.key(of: raw), value: Array(raw)))
            } catch {
                tally.reject(
                    raw, topic: name, rule: error.reason.rawValue, field: error.field, detail: error.message)
            }
        }
        return finish(tally, request)
    }

    // MARK: - Keys

    /// Whose request it is; `nil` when the collector is open.
    private func writeKey(
        _ request: CollectorRequest, _ inBody: Range<Int>?, _ body: UnsafeRawBufferPointer
    ) throws(Refusal) -> WriteKey? {
        var key = Credentials.key(authorization: request.authorization)
        if key == nil, !request.query.isEmpty { key = Credentials.key(query: Credentials.query(request.query)) }
        if key == nil, let inBody, body[inBody.lowerBound] == UInt8(ascii: "\"") {
            key = EventChecker.text(body, inBody)
        }
        if let key, let found = ring.find(key) { return found }
        guard !ring.isOpen else { return nil }
        let detail =
            key == nil
            ? "Send a write key: by Basic or Bearer authorization, or as writeKey." : "The write key is not known."
        throw Refusal(
            .problem(.unauthorized, detail, headers: [("WWW-Authenticate", "Basic realm=\"millrace\"")]))
    }

    /// Counts the events against the key's rate. The headers tell the sender what is left.
    private func take(_ events: Int, _ key: WriteKey?) throws(Refusal) -> [(String, String)] {
        guard let key, let (answer, burst) = ring.take(events, of: key) else { return [] }
        var headers = [
            ("X-RateLimit-Limit", "\(burst)"), ("X-RateLimit-Remaining", "\(answer.remaining)"),
            ("X-RateLimit-Reset", "\(answer.seconds)"),
        ]
        guard answer.isAllowed else {
            headers.append(("Retry-After", "\(answer.seconds)"))
            throw Refusal(
                .problem(
                    .tooManyRequests, "The key's rate is used up. Try again in \(answer.seconds) s.", headers: headers))
        }
        return headers
    }
}

// MARK: - What comes of it

extension RequestJudge {
    /// The events of one request, sorted.
    private struct Tally {
        let isMany: Bool
        var headers: [(String, String)] = []
        var index = 0
        var accepted: [Delivery] = []
        var rejected: [RejectedEvent] = []
        var deadLetters: [Delivery] = []

        init(isMany: Bool) { self.isMany = isMany }

        mutating func accept(_ delivery: Delivery) {
            accepted.append(delivery)
            index += 1
        }

        mutating func reject(
            _ raw: UnsafeRawBufferPointer, topic: String?, rule: String, field: String?, detail: String
        ) {
            rejected.append(RejectedEvent(index: index, field: field, rule: rule, detail: detail))
            index += 1
            guard let topic else { return }
            func header(_ name: String, _ text: String) -> (name: String, value: [UInt8]) {
                ("__connect.errors.\(name)", Array(text.utf8))
            }
            var headers = [
                header("topic", topic), header("connector.name", "collector"), header("stage", "COLLECTOR"),
                header("exception.class.name", rule), header("exception.message", detail),
            ]
            if let field { headers.append(header("field", field)) }
            deadLetters.append(Delivery(topic: "\(topic).dead-letters", key: nil, value: Array(raw), headers: headers))
        }
    }

    private func finish(_ tally: Tally, _ request: CollectorRequest) -> Verdict {
        var deliveries = tally.accepted
        if let trace = request.traceparent.flatMap({ TraceParent($0) }) {
            let header = Array(trace.child().description.utf8)
            for index in deliveries.indices { deliveries[index].headers.append(("traceparent", header)) }
        }
        if settings.keepsRejected { deliveries += tally.deadLetters }
        var answer = Self.answer(tally)
        answer.headers += tally.headers
        guard deliveries.isEmpty else { return .deliver(deliveries, answer, rejected: tally.rejected) }
        meters.rejected(tally.rejected)
        return .answer(answer)
    }

    private static func accepted(_ count: Int) -> Answer {
        Answer(.ok, body: Array("{\"success\":true,\"accepted\":\(count)}".utf8))
    }

    private static func answer(_ tally: Tally) -> Answer {
        if tally.rejected.isEmpty { return tally.isMany ? accepted(tally.accepted.count) : .success }
        let list = tally.rejected.prefix(CollectorLimits.rejectionsListed).map { rejected in
            let field = rejected.field.map { "\"field\":\(JSONText.quoted($0))," } ?? ""
            return "{\"index\":\(rejected.index),\(field)\"rule\":\"\(rejected.rule)\","
                + "\"detail\":\(JSONText.quoted(rejected.detail))}"
        }.joined(separator: ",")
        let counts = "\"accepted\":\(tally.accepted.count),\"rejected_count\":\(tally.rejected.count)"
        guard tally.accepted.isEmpty else {
            return Answer(.ok, body: Array("{\"success\":true,\(counts),\"rejected\":[\(list)]}".utf8))
        }
        guard let first = tally.rejected.first else { return .success }
        if !tally.isMany, first.rule == "topic_not_permitted" { return .problem(.forbidden, first.detail) }
        let place = first.field.map { "\($0): " } ?? ""
        let detail = tally.isMany ? "No event was taken; the first: \(place)\(first.detail)" : place + first.detail
        return .problem(.unprocessableEntity, detail, members: "\(counts),\"rejected\":[\(list)]")
    }
}
