import Charts
import Foundation
import Logging
import Pipeline
import ServiceLifecycle
import ServiceRuntime
import Synchronization

// DashboardShelf: the dashboards as the pipeline folder has them, taken up while the service runs.
// Always: what has a mistake is set aside and told, by name, file and line; the rest is shown.

/// The dashboards that are shown now.
final class DashboardShelf: Sendable {
    private struct State {
        var sources: DashboardSources
        var book: ChartBook
    }

    private let folder: PipelineFolder
    private let state: Mutex<State>

    /// Reads the folder.
    init(_ folder: PipelineFolder) {
        self.folder = folder
        let sources = folder.dashboardSources()
        state = Mutex(State(sources: sources, book: ChartBook(using: DashboardDefinitions(reading: sources))))
    }

    var book: ChartBook { state.withLock { $0.book } }
    var definitions: DashboardDefinitions { book.definitions }

    /// What the folder has now; nil when that is what is shown. A folder that is gone is no folder without dashboards.
    func news() -> DashboardSources? {
        guard FileManager.default.fileExists(atPath: folder.path) else { return nil }
        let sources = folder.dashboardSources()
        return sources == state.withLock { $0.sources } ? nil : sources
    }

    /// Shows these from now on.
    func take(_ sources: DashboardSources) {
        let book = ChartBook(using: DashboardDefinitions(reading: sources))
        state.withLock { $0 = State(sources: sources, book: book) }
    }

    /// A warning that names what is set aside.
    var health: HealthStatus {
        let mistakes = definitions.mistakes
        guard !mistakes.isEmpty else { return .ok }
        let more = mistakes.count > 3 ? " and \(mistakes.count - 3) more" : ""
        return .warning("set aside: " + mistakes.prefix(3).map(\.words).joined(separator: "; ") + more)
    }
}

extension DashboardMistake {
    /// `chart by_day: dashboards/shop.yaml:12:3: There is no …`
    var words: String { part == .file ? "\(error)" : "\(part.rawValue) \(name): \(error)" }
}

/// Looks into the folder now and then.
struct DashboardWatch: Service, CustomStringConvertible {
    let shelf: DashboardShelf
    let hub: ChangeHub
    let logger: Logger
    var interval: Duration = .seconds(1)

    var description: String { "DashboardWatch" }

    func run() async throws {
        tell(isFirst: true)
        var seen: DashboardSources?
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            // Ends early when the service stops; the loop then sees that.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: interval) }
            let news = await onThread { shelf.news() }
            // Taken up when it is the same at the second look: whoever writes several files is done then.
            if let news, news == seen {
                await onThread { shelf.take(news) }
                tell(isFirst: false)
                hub.tell(.dashboards)
            }
            seen = news
        }
    }

    private func tell(isFirst: Bool) {
        let definitions = shelf.definitions
        if !isFirst {
            logger.info("dashboards changed", metadata: ["dashboards": "\(definitions.dashboards.count)"])
        }
        for mistake in definitions.mistakes {
            logger.warning("a part of the dashboards is set aside", metadata: ["mistake": "\(mistake.words)"])
        }
    }

    /// Reads files where that holds nobody up.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }
}
