import Foundation
import Hummingbird
import Logging
import Web

// QueryRoutes: the SQL page's queries.
// Always: a statement is checked before it is sent, and read-only where it arrives; what is not the asker's own is 404.

/// `POST /queries`, `DELETE /queries/{id}`, `GET /queries`, `GET /queries/{id}/csv`.
struct QueryRoutes {
    let engine: any QueryEngine
    let history: any QueryHistory
    let running: RunningQueries
    let guardian: QueryGuard
    let settings: BIAPISettings

    private static let historyMax = 100
    private static let sqlBytesMax = 256 << 10
    private static let answerBytesMax = 16 << 20

    private struct Order: Decodable {
        let id: String?
        let sql: String
        let rowsMax: Int?

        enum CodingKeys: String, CodingKey {
            case id, sql, rowsMax = "rows_max"
        }
    }

    private struct HistoryAnswer: Encodable {
        let queries: [PastQuery]
    }

    func add(to api: RouterGroup<WebContext>) {
        let queries = api.group("queries").add(middleware: RequireRole(settings.sqlRole))
        queries.post { request, context in try await run(request, context) }
        queries.get { _, context in try await list(context) }
        queries.delete("{id}") { _, context in try await stop(context) }
        queries.get("{id}/csv") { _, context in try await csv(context) }
    }

    private func run(_ request: Request, _ context: WebContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        let order = try await request.decode(as: Order.self, context: context)
        let rowsMax = order.rowsMax ?? 1_000
        guard (1...settings.queryRowsMax).contains(rowsMax) else {
            throw Problem.unprocessable([
                .init(pointer: "/rows_max", detail: "The limit is a number from 1 to \(settings.queryRowsMax).")
            ])
        }
        guard order.sql.utf8.count <= Self.sqlBytesMax, !order.sql.utf8.contains(0) else {
            throw Problem.unprocessable([
                .init(pointer: "/sql", detail: "A query has at most \(Self.sqlBytesMax) bytes, none of them NUL.")
            ])
        }
        let id = try queryID(order.id)
        guard try await history.begin(id, user: principal.subject, sql: order.sql) else {
            throw Problem(.conflict, "There is a query of this id already.")
        }
        let start = ContinuousClock.now
        do {
            try await guardian.check(order.sql)
            let (engine, running, timeMax) = (engine, running, settings.queryTimeout)
            let rows = try await context.whileClientStays {
                try await running.run(id, user: principal.subject) {
                    try await engine.read(
                        order.sql, timeMax: timeMax,
                        into: JSONRows(rowsMax: rowsMax, bytesMax: Self.answerBytesMax))
                }
            }
            let elapsed = start.duration(to: .now)
            try await history.finish(id, QueryOutcome(state: .succeeded, rows: rows.count, elapsed: elapsed))
            return Self.answer(id, rows, elapsed)
        } catch {
            try await note(error, id, start.duration(to: .now), context)
            throw Problem(asking: error) ?? error
        }
    }

    private func note(_ error: any Error, _ id: String, _ elapsed: Duration, _ context: WebContext) async throws {
        let failure = error as? QueryFailure
        let isStopped = failure?.code == .cancelled || error is CancellationError
        let outcome = QueryOutcome(
            state: isStopped ? .stopped : .failed, elapsed: elapsed,
            error: failure?.message.cut(to: 2_000) ?? "The service could not answer.")
        // The request may be gone, which must not leave the query in the history as running.
        let (history, logger) = (history, context.logger)
        await Task {
            do {
                try await history.finish(id, outcome)
            } catch {
                logger.warning("query history not written", metadata: ["error": "\(error)"])
            }
        }.value
    }

    private func list(_ context: WebContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        return try Response(
            encoding: HistoryAnswer(queries: try await history.queries(of: principal.subject, limit: Self.historyMax)))
    }

    private func stop(_ context: WebContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        guard running.stop(try context.parameters.require("id"), user: principal.subject) else {
            throw Problem.notFound("No such query of yours is running.")
        }
        return Response(status: .noContent)
    }

    /// Runs a query of the history again and streams all of its rows.
    private func csv(_ context: WebContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        let id = try context.parameters.require("id")
        guard UUID(uuidString: id) != nil, let past = try await history.query(id, of: principal.subject) else {
            throw Problem.notFound("There is no such query of yours.")
        }
        do {
            try await guardian.check(past.sql)
            let download = CSVDownload(
                past.sql, on: engine, slot: try running.slot(for: principal.subject), timeMax: settings.csvTimeout,
                sendMax: settings.csvSendTimeout)
            return Response(
                status: .ok,
                headers: [
                    .contentType: "text/csv; charset=utf-8",
                    .contentDisposition: "attachment; filename=\"query-\(id.prefix(8)).csv\"",
                ], body: try await download.begin(context))
        } catch {
            throw Problem(asking: error) ?? error
        }
    }

    private func queryID(_ text: String?) throws(Problem) -> String {
        guard let text else { return UUID().uuidString.lowercased() }
        guard let id = UUID(uuidString: text) else {
            throw .unprocessable([.init(pointer: "/id", detail: "The id is a UUID.")])
        }
        return id.uuidString.lowercased()
    }

    /// The rows are sent piece by piece, out of where they were collected: a copy of them all would double what they take.
    private static func answer(_ id: String, _ rows: JSONRows, _ elapsed: Duration) -> Response {
        var head: [UInt8] = Array("{\"id\":\"\(id)\",\"columns\":[".utf8)
        for (index, column) in rows.columns.enumerated() {
            if index > 0 { head.append(UInt8(ascii: ",")) }
            head.append(contentsOf: "{\"name\":".utf8)
            JSONText.string(column.name, to: &head)
            head.append(contentsOf: ",\"type\":".utf8)
            JSONText.string(column.type, to: &head)
            head.append(UInt8(ascii: "}"))
        }
        head.append(contentsOf: "],\"rows\":[".utf8)
        let milliseconds = (elapsed / .milliseconds(1) * 10).rounded() / 10
        let tail = Array("],\"truncated\":\(rows.isTruncated),\"elapsed_ms\":\(milliseconds)}".utf8)
        return Response(jsonParts: [head, rows.json, tail])
    }
}
