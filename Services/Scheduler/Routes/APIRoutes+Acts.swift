// What people do to runs, over HTTP: shown beforehand with `dry_run`, else written down for the leader.
import ControlPlane
import Foundation
import Hummingbird
import Timetable
import Web

extension APIRoutes {
    private struct ActBody: Decodable {
        /// By model; none: the run.
        var tasks: [String]?
        var downstream: Bool?
        /// Of `mark`: `succeeded` or `failed`.
        var state: String?
        var dry_run: Bool?
    }

    @Sendable func cancel(_ request: Request, _ context: WebContext) async throws -> Response {
        try await act(request, context) { _ in .cancel }
    }

    @Sendable func clear(_ request: Request, _ context: WebContext) async throws -> Response {
        try await act(request, context) { _ in .clear }
    }

    @Sendable func mark(_ request: Request, _ context: WebContext) async throws -> Response {
        try await act(request, context) { body throws(Problem) in
            switch body.state {
            case "succeeded": return .markSucceeded
            case "failed": return .markFailed
            default:
                throw .unprocessable([
                    .init(pointer: "/state", detail: "/state must be \"succeeded\" or \"failed\".")
                ])
            }
        }
    }

    private func act(
        _ request: Request, _ context: WebContext, _ kind: (ActBody) throws(Problem) -> RunAct
    ) async throws -> Response {
        let who = try context.require(.operator_)
        let body = try await request.decode(as: ActBody.self, context: context)
        let kind = try kind(body)
        return try await refusing {
            let stored = try await store.run(context.parameters.require("run"))
            let now = now()
            let act = ActRecord(
                id: UUIDv7.make(at: now).text, run: stored.run.run, dag: stored.run.dag, act: kind, models: body.tasks,
                downstream: body.downstream ?? false, who: who.name, at: now)
            let preview = ActAnswer(act, try ActPreview(act, on: stored, settings: settings))
            if body.dry_run == true { return try StateAnswer.json(preview) }
            try await store.request(act)
            return try StateAnswer.json(preview, status: .accepted)
        }
    }
}

/// What an act will do, as things are now.
struct ActAnswer: Encodable, Sendable {
    struct Task: Encodable, Sendable {
        var model: String
        var from: String
        var to: String
    }

    var run: String
    var act: String
    var from: String
    var to: String
    var tasks: [Task]

    init(_ act: ActRecord, _ preview: ActPreview) {
        run = act.run
        self.act = act.act.rawValue
        from = preview.from.rawValue
        to = preview.to.rawValue
        tasks = preview.tasks.map { Task(model: $0.model, from: $0.from.rawValue, to: $0.to.rawValue) }
    }
}
