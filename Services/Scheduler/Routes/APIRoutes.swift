// APIRoutes: the scheduler's JSON API and its stream of changes. Viewers read, operators act.
import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Timetable
import Web

/// The API below `/api/v1`.
struct APIRoutes: Sendable {
    let store: StateStore
    let changes: ChangeFeed
    let settings: SchedulerSettings
    let login: String
    let now: @Sendable () -> Date

    private static let pageMax = 200
    private static let pageDefault = 50
    private static let bodyBytesMax = 256 << 10

    func add(to router: Router<WebContext>) {
        let api = router.group("api/v1").add(middleware: RequireRole(.viewer)).add(
            middleware: BodyLimit(bytesMax: Self.bodyBytesMax)
        ).add(middleware: StateAway())
        api.get("session", use: session)
        api.get("dags", use: dags)
        api.get("dags/{dag}", use: dag)
        api.get("dags/{dag}/runs", use: runs)
        api.get("runs/{run}", use: run)
        api.get("runs/{run}/logs", use: logs)
        api.get("events", use: events)
        api.get("set-aside", use: setAside)
        api.get("alerts", use: alerts)
        api.get("silences", use: silences)
        api.post("alerts/test", use: testAlert)
        api.post("silences", use: silence)
        api.post("silences/{silence}/end", use: endSilence)
        api.post("runs/{run}/cancel", use: cancel)
        api.post("runs/{run}/clear", use: clear)
        api.post("runs/{run}/mark", use: mark)
        api.post("dags/{dag}/trigger", use: trigger)
        api.post("dags/{dag}/backfill", use: backfill)
        api.post("dags/{dag}/pause") { try await setPaused(true, $0, $1) }
        api.post("dags/{dag}/unpause") { try await setPaused(false, $0, $1) }
    }

    // MARK: Reading

    @Sendable private func session(_ request: Request, _ context: WebContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        return try StateAnswer.json(
            SessionAnswer(
                user: .init(name: principal.name, role: principal.role.rawValue),
                mayOperate: principal.role >= .operator_, login: login))
    }

    @Sendable private func dags(_ request: Request, _ context: WebContext) async throws -> Response {
        let limit = try limit(request)
        let cursor = request.uri.queryParameters["cursor"].map(String.init) ?? ""
        guard !cursor.utf8.contains(0) else { throw Problem(.badRequest, "The cursor is none that this service gave.") }
        let named = request.uri.queryParameters[values: "dag"].map { String($0) }
        guard !named.contains(where: { $0.utf8.contains(0) }) else {
            throw Problem(.badRequest, "No DAG has such a name.")
        }
        let found = try await store.overviews(after: cursor, names: named.isEmpty ? nil : named, limit: limit)
        let now = now()
        return try StateAnswer.json(
            Page(
                items: found.map { DAGSummaryAnswer($0, now: now) },
                nextCursor: found.count == limit ? found.last?.dag.dag : nil))
    }

    @Sendable private func dag(_ request: Request, _ context: WebContext) async throws -> Response {
        try await refusing {
            try StateAnswer.json(DAGAnswer(try await store.overview(of: name(context)), settings: settings, now: now()))
        }
    }

    @Sendable private func runs(_ request: Request, _ context: WebContext) async throws -> Response {
        let limit = try limit(request)
        var before: UUID?
        if let cursor = request.uri.queryParameters["cursor"] {
            guard let uuid = UUID(uuidString: String(cursor)) else {
                throw Problem(.badRequest, "The cursor is none that this service gave.")
            }
            before = uuid
        }
        let states = try states(request)
        return try await refusing {
            let dag = try await store.dag(name(context))
            let found = try await store.runs(of: dag.dag, before: before, states: states, limit: limit)
            return try StateAnswer.json(
                Page(
                    items: found.map { RunAnswer($0, withAttempts: false) },
                    nextCursor: found.count == limit ? found.last?.run.run : nil))
        }
    }

    @Sendable private func run(_ request: Request, _ context: WebContext) async throws -> Response {
        try await refusing {
            try StateAnswer.json(RunAnswer(try await store.run(context.parameters.require("run")), withAttempts: true))
        }
    }

    /// `hello`, then a `change` for each DAG or run that changed.
    @Sendable private func events(_ request: Request, _ context: WebContext) async throws -> Response {
        let hello = AsyncStream<ServerSentEvent> { source in
            source.yield(ServerSentEvent(name: "hello", data: "{}"))
            let feed = changes.subscribe()
            let relay = Task {
                for await change in feed {
                    guard let change else {
                        source.yield(ServerSentEvent(name: "hello", data: "{}"))
                        continue
                    }
                    guard !change.dag.isEmpty, !change.dag.hasPrefix("/"), let data = try? StateJSON.text(change) else {
                        continue
                    }
                    source.yield(ServerSentEvent(name: "change", data: data))
                }
                source.finish()
            }
            source.onTermination = { _ in relay.cancel() }
        }
        return try Response.events(hello, for: request, in: context)
    }

    /// What could not be dealt with, and why. The messages themselves are for `scheduler set-aside --show`.
    @Sendable private func setAside(_ request: Request, _ context: WebContext) async throws -> Response {
        let found = try await store.setAside(limit: try limit(request))
        return try StateAnswer.json(Page(items: found.map(SetAsideAnswer.init), nextCursor: nil))
    }

    // MARK: Acting

    private struct TriggerBody: Decodable {
        var models: [String]?
        /// The same, by the word of a file's DAG.
        var tasks: [String]?
        var params: [String: ParameterValue]?
    }

    private struct BackfillBody: Decodable {
        var start: String
        var end: String
        var models: [String]?
        var tasks: [String]?
        var params: [String: ParameterValue]?
        var dry_run: Bool?
    }

    @Sendable private func trigger(_ request: Request, _ context: WebContext) async throws -> Response {
        let who = try context.require(.operator_)
        let body = try await request.decode(as: TriggerBody.self, context: context)
        return try await refusing {
            let dag = try await store.dag(name(context))
            let plan = try await store.planner(of: dag, retry: settings.retry).manual(
                body.models ?? body.tasks, body.params ?? [:], by: who.name, key: try key(request), at: now())
            let run = try await store.request(plan, by: who.name)
            return try StateAnswer.json(StartedAnswer(id: run), status: .accepted)
        }
    }

    @Sendable private func backfill(_ request: Request, _ context: WebContext) async throws -> Response {
        let who = try context.require(.operator_)
        let body = try await request.decode(as: BackfillBody.self, context: context)
        return try await refusing {
            let dag = try await store.dag(name(context))
            let plan = try await store.planner(of: dag, retry: settings.retry).backfill(
                from: time(body.start, "/start"), upTo: time(body.end, "/end"), body.models ?? body.tasks,
                body.params ?? [:], by: who.name, key: try key(request), at: now())
            if body.dry_run == true { return try StateAnswer.json(PreviewAnswer(plan)) }
            let run = try await store.request(plan, by: who.name)
            return try StateAnswer.json(StartedAnswer(id: run), status: .accepted)
        }
    }

    private func setPaused(_ isPaused: Bool, _ request: Request, _ context: WebContext) async throws -> Response {
        let who = try context.require(.operator_)
        return try await refusing {
            try await store.setPaused(isPaused, dag: name(context), by: who.name, at: now())
            return Response(status: .noContent)
        }
    }

    // MARK: Parts of a request

    private func name(_ context: WebContext) throws -> String {
        let text = try context.parameters.require("dag")
        return try storable(text.removingPercentEncoding ?? text)
    }

    /// No name has a NUL: PostgreSQL could not hold it.
    private func storable(_ name: String) throws -> String {
        guard !name.utf8.contains(0) else { throw RequestError.unknownDAG(name.replacing("\0", with: "")) }
        return name
    }

    private func time(_ text: String, _ pointer: String) throws(Problem) -> Date {
        guard let date = TimeText.date(text) else {
            throw .unprocessable([
                .init(pointer: pointer, detail: "\(pointer) must be a time: 2026-11-01 or 2026-11-01T12:00:00Z.")
            ])
        }
        return date
    }

    func limit(_ request: Request) throws(Problem) -> Int {
        guard let text = request.uri.queryParameters["limit"] else { return Self.pageDefault }
        guard let limit = Int(text), (1...Self.pageMax).contains(limit) else {
            throw Problem(.badRequest, "The limit must be a number from 1 to \(Self.pageMax).")
        }
        return limit
    }

    /// `?state=failed`, several with commas or again; `nil` without.
    private func states(_ request: Request) throws(Problem) -> Set<RunPhase>? {
        let words = request.uri.queryParameters[values: "state"].flatMap { $0.split(separator: ",") }
        guard !words.isEmpty else { return nil }
        var states: Set<RunPhase> = []
        for word in words {
            guard let state = RunPhase(rawValue: String(word)) else {
                let known = RunPhase.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(.badRequest, "A run's state is one of \(known); not \"\(word.prefix(80))\".")
            }
            states.insert(state)
        }
        return states
    }

    /// The same key asks for the same run, however often it is sent.
    private func key(_ request: Request) throws(Problem) -> String? {
        guard let name = HTTPField.Name("Idempotency-Key"), let key = request.headers[name] else { return nil }
        guard (8...200).contains(key.utf8.count) else {
            throw Problem(.badRequest, "An Idempotency-Key has 8 to 200 characters.")
        }
        return key
    }

    /// Refusals become problems: 404 for what is not there, 422 for what means nothing.
    func refusing(_ body: () async throws -> Response) async throws -> Response {
        do {
            return try await body()
        } catch let error as RequestError {
            throw Problem(
                error.isMissing ? .notFound : error.isConflict ? .conflict : .unprocessableContent, error.description)
        } catch let error as DecodingError {
            throw Problem(
                .internalServerError,
                "What is stored of this cannot be read by this version: \(StateJSON.reason(error)). See `scheduler set-aside`."
            )
        }
    }
}

/// A state database that is away, or too busy, is no fault of the request: 503, and it may be sent again.
struct StateAway: RouterMiddleware {
    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as PostgresError where error.isRetriable || error.isConnectionGone || error.code == .timedOut
        {
            context.logger.warning("state database away", metadata: ["error": "\(error)"])
            throw Problem(
                .serviceUnavailable, "The scheduler's database does not answer at the moment. Try again shortly.",
                headers: [.retryAfter: "5"])
        }
    }
}

/// Answers in snake_case with times to the millisecond.
enum StateAnswer {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(StateTime.text(date))
        }
        return Response(json: String(decoding: try encoder.encode(value), as: UTF8.self), status: status)
    }
}
