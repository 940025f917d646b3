// The log of alerts, a test of a channel, and silences, over HTTP.
import Foundation
import Hummingbird
import Web

extension APIRoutes {
    private static let hoursMax = 24.0 * 90

    @Sendable func alerts(_ request: Request, _ context: WebContext) async throws -> Response {
        let dag = request.uri.queryParameters["dag"].map(String.init)
        guard dag?.utf8.contains(0) != true else { throw Problem(.badRequest, "No DAG has such a name.") }
        let found = try await store.alerts(dag: dag, limit: try limit(request))
        return try StateAnswer.json(Page(items: found.map(AlertAnswer.init), nextCursor: nil))
    }

    @Sendable func silences(_ request: Request, _ context: WebContext) async throws -> Response {
        let now = now()
        let found = try await store.silences(at: now).filter { $0.untilAt > now }
        return try StateAnswer.json(Page(items: found.map(SilenceAnswer.init), nextCursor: nil))
    }

    private struct TestBody: Decodable {
        var channel: String
    }

    @Sendable func testAlert(_ request: Request, _ context: WebContext) async throws -> Response {
        let who = try context.require(.operator_)
        let body = try await request.decode(as: TestBody.self, context: context)
        guard PoolName.isGood(body.channel) else {
            throw Problem.unprocessable([.init(pointer: "/channel", detail: "/channel must be the name of a channel.")])
        }
        let id = try await store.requestTestAlert(body.channel, by: who.name, at: now())
        return try StateAnswer.json(StartedAnswer(id: id), status: .accepted)
    }

    private struct SilenceBody: Decodable {
        var dag: String
        var hours: Double
        var reason: String?
    }

    @Sendable func silence(_ request: Request, _ context: WebContext) async throws -> Response {
        let who = try context.require(.operator_)
        let body = try await request.decode(as: SilenceBody.self, context: context)
        guard body.hours > 0, body.hours <= Self.hoursMax else {
            throw Problem.unprocessable([
                .init(pointer: "/hours", detail: "/hours must be more than 0, and \(Int(Self.hoursMax)) at most.")
            ])
        }
        guard !body.dag.isEmpty, body.dag.utf8.count <= 200, !body.dag.utf8.contains(0),
            body.reason?.utf8.contains(0) != true, body.reason?.utf8.count ?? 0 <= 1_000
        else {
            throw Problem.unprocessable([
                .init(
                    pointer: "/dag",
                    detail: "/dag must be a name, with * for any letters; /reason has 1000 bytes at most.")
            ])
        }
        let now = now()
        let record = SilenceRecord(
            id: UUID().uuidString.lowercased(), dag: body.dag, fromAt: now,
            untilAt: now.addingTimeInterval(body.hours * 3600), who: who.name, reason: body.reason)
        try await store.silence(record)
        return try StateAnswer.json(StartedAnswer(id: record.id), status: .created)
    }

    @Sendable func endSilence(_ request: Request, _ context: WebContext) async throws -> Response {
        _ = try context.require(.operator_)
        guard try await store.endSilence(try context.parameters.require("silence"), at: now()) else {
            throw Problem(.notFound, "There is no such silence.")
        }
        return Response(status: .noContent)
    }
}

struct AlertAnswer: Encodable, Sendable {
    var id: String
    var channel: String
    var event: String
    var dag: String
    var run: String?
    var subject: String
    var detail: String?
    var at: Date
    var state: String
    var tries: Int
    var endedAt: Date?
    /// Why it was not sent, or not yet.
    var reason: String?

    init(_ alert: AlertRecord) {
        id = alert.id
        channel = alert.channel
        event = alert.event.rawValue
        dag = alert.dag
        run = alert.run
        subject = alert.subject
        detail = alert.detail
        at = alert.at
        state = alert.state.rawValue
        tries = alert.tries
        endedAt = alert.endedAt
        reason = alert.reason
    }
}

struct SilenceAnswer: Encodable, Sendable {
    var id: String
    var dag: String
    var from: Date
    var until: Date
    var who: String
    var reason: String?

    init(_ silence: SilenceRecord) {
        id = silence.id
        dag = silence.dag
        from = silence.fromAt
        until = silence.untilAt
        who = silence.who
        reason = silence.reason
    }
}
