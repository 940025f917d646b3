import Foundation
import Hummingbird
import Pipeline
import Web

/// `GET /api/v1/events`: which charts have other data now, as server-sent events.
///
/// The first event, `hello`, says that the stream stands: what a page reads after it is not older than what it is told of.
/// Each `models` event names the relations that changed and the charts that read them.
struct EventRoutes {
    let hub: ChangeHub
    let definitions: DashboardDefinitions

    private struct Change: Encodable {
        let relations: [String]
        let charts: [String]
    }

    func add(to api: RouterGroup<WebContext>) {
        api.get("events") { request, _ in Response.events(events(), for: request) }
    }

    func events() -> AsyncStream<ServerSentEvent> {
        let changes = hub.changes()
        let (stream, continuation) = AsyncStream<ServerSentEvent>.makeStream(bufferingPolicy: .bufferingOldest(256))
        continuation.yield(ServerSentEvent(name: "hello", data: "{}"))
        let task = Task {
            for await relations in changes {
                guard let event = try event(for: relations) else { continue }
                continuation.yield(event)
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }

    /// Nil for relations that no chart reads.
    func event(for relations: Set<String>) throws -> ServerSentEvent? {
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
