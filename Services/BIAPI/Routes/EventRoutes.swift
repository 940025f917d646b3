import Charts
import Foundation
import Hummingbird
import Pipeline
import Web

/// `GET /api/v1/events`: which charts have other data now, as server-sent events.
///
/// The first event, `hello`, says that the stream stands: what a page reads after it is not older than what it is told of.
/// Each `models` event names the relations that changed and the charts that read them. `dashboards` says that there are
/// others, or that they look different.
struct EventRoutes {
    let hub: ChangeHub
    let shelf: DashboardShelf
    /// Every open page keeps one: so many for each user.
    let streams: UserSlots

    private struct Change: Encodable {
        let relations: [String]
        let charts: [String]
    }

    func add(to api: RouterGroup<WebContext>) {
        api.get("events") { request, context in
            guard let slot = streams.slot(for: try context.requirePrincipal().subject) else {
                throw Problem(
                    .tooManyRequests, "You have \(streams.perUserMax) pages open that listen. Close some.",
                    headers: [.retryAfter: "30"])
            }
            return try Response.events(events(slot), for: request, in: context)
        }
    }

    func events(_ slot: UserSlots.Slot? = nil) -> AsyncStream<ServerSentEvent> {
        let changes = hub.changes()
        let (stream, continuation) = AsyncStream<ServerSentEvent>.makeStream(bufferingPolicy: .bufferingOldest(256))
        continuation.yield(ServerSentEvent(name: "hello", data: "{}"))
        let task = Task {
            for await change in changes {
                switch change {
                case .dashboards: continuation.yield(ServerSentEvent(name: "dashboards", data: "{}"))
                case .data(let relations):
                    if let event = try event(for: relations) { continuation.yield(event) }
                }
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in
            task.cancel()
            slot?.end()
        }
        return stream
    }

    /// Nil for relations that no chart reads.
    func event(for relations: Set<String>) throws -> ServerSentEvent? {
        let definitions = shelf.definitions
        let charts = definitions.charts.filter { chart in
            definitions.dataset(chart.dataset).map { relations.contains($0.qualifiedName) } ?? false
        }
        guard !charts.isEmpty else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let data = try encoder.encode(Change(relations: relations.sorted(), charts: charts.map(\.name)))
        return ServerSentEvent(name: "models", data: String(decoding: data, as: UTF8.self))
    }
}
