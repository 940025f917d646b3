// SchedulerWeb: the scheduler's HTTP face: its API, its pages, and what every service answers.
import Foundation
import Logging
import Postgres
import ServiceRuntime
import Web

/// Puts the HTTP face together.
public enum SchedulerWeb {
    /// - Parameter now: The clock, for tests.
    public static func make(
        endpoint: HTTPEndpoint, health: HealthChecks, sessions: SessionTokens, node: SchedulerNode,
        settings: SchedulerSettings, now: @escaping @Sendable () -> Date = { Date() }, logger: Logger
    ) throws -> WebApplication {
        let web = WebApplication(
            endpoint: endpoint, health: health, sessions: sessions,
            explain: { ($0 as? PostgresError)?.isAway == true ? .away("The state database does not answer.") : nil },
            logger: logger)
        APIRoutes(
            store: node.store, changes: node.changes, settings: settings,
            login: sessions.settings.login.description, now: now
        ).add(to: web.router)
        let files = try StaticFiles(folder: Bundle.module.bundleURL.appending(path: "Public").path)
        web.router.group("api").add(middleware: RequireRole(.viewer)).get(
            "openapi.json", use: try files.handler(for: "openapi.json"))
        let pages = web.router.group("").add(middleware: RequireLogin(login: sessions.settings.login))
        pages.get("/", use: try files.handler(for: "index.html"))
        pages.get("dags/{dag}", use: try files.handler(for: "dag.html"))
        // Styles and scripts hold nothing of anybody's: a page that sends a visitor to log in needs none of them.
        try StaticFiles(folder: Bundle.module.bundleURL.appending(path: "Public/assets").path)
            .addRoutes(to: web.router, below: "assets")
        try StaticFiles.shared().addRoutes(to: web.router, below: "shared")
        return web
    }
}
