import Charts
import Foundation
import Hummingbird
import Kafka
import Logging
import Pipeline
import Postgres
import ServiceLifecycle
import ServiceRuntime
import Web

/// The whole service, put together from the bottom up.
struct BIAPIService {
    /// In order of need.
    let parts: [any Service]
    let web: WebServer
    let events: ModelEvents
    let watch: DashboardWatch
    let announcer: SessionAnnouncer
    let eventRoutes: EventRoutes
    let state: StateStore
    /// For the SQL page and its downloads.
    let engine: WarehouseReading
    /// For charts and the catalogue: what a few people ask on the SQL page leaves everybody's dashboards alone.
    let chartEngine: WarehouseReading
    let running: RunningQueries

    /// - Throws: ``SettingsError``, ``PipelineError``, or what the database said.
    init(
        _ settings: Settings, health: HealthChecks, logger: Logger, now: @escaping @Sendable () -> Date = { Date() }
    ) async throws {
        let own = try BIAPISettings(settings)
        let sessionSettings = try SessionSettings(settings)
        let dashboards = DashboardShelf(try PipelineFolder(at: PipelineLocation(settings).path))
        let endpoint = try PostgresEndpoint(settings)
        let state = try await StateStore.open(endpoint, connectionsMax: 4, waits: true, logger: logger)
        let reader = try WarehouseReader(settings)
        let engine = WarehouseReading(
            endpoint, as: reader, connectionsMax: own.sqlConnectionsMax, rowBytesMax: own.rowBytesMax, logger: logger)
        let chartEngine = WarehouseReading(
            endpoint, as: reader, connectionsMax: own.connectionsMax, rowBytesMax: own.rowBytesMax, logger: logger)
        let versions = DataVersions()
        let cache = ResultCache(bytesMax: own.cacheBytesMax)
        let hub = ChangeHub()
        let shelf = ManifestShelf()
        let kafka = try KafkaEndpoint(settings)
        let events = ModelEvents(
            kafka: KafkaSettings(
                bootstrapServers: kafka.bootstrapServers, clientID: "bi-api", properties: kafka.properties),
            environment: "prod", versions: versions, cache: cache, hub: hub, catalogue: shelf, logger: logger)
        let sessions = LoginSessions(users: state, logger: logger)
        let tokens = SessionTokens(
            sessionSettings,
            accepts: { principal, issuedAt in await sessions.verdict(on: principal, issuedAt: issuedAt) })
        let announcer = SessionAnnouncer(state: state, kafka: events.kafka, logger: logger)

        health.add("state database") { await state.health() }
        health.add("control plane") {
            guard events.state.isReady else { return .failing("not heard yet") }
            let unreadable = events.state.unreadableByType
            guard !unreadable.isEmpty else { return .ok }
            return .warning(
                "messages that this version cannot read: "
                    + unreadable.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
        }
        health.add("dashboards") { dashboards.health }
        health.add("warehouse") { chartEngine.answering.health }
        health.add("session changes") { announcer.health }
        let application = WebApplication(
            endpoint: try HTTPEndpoint(settings), health: health, sessions: tokens,
            explain: { ($0 as? PostgresError)?.isAway == true ? .away("The state database does not answer.") : nil },
            logger: logger)
        try Self.pages(own, logger).add(to: application.router)
        let api = application.router.group("api/v1")
        LoginRoutes(
            users: state, tokens: tokens, sessions: sessions, hasher: PasswordHasher(), throttle: LoginThrottle(),
            settings: own
        ).add(to: api)
        let readers = api.group("").add(middleware: RequireRole(.viewer))
        let answers = ChartAnswers(
            shelf: dashboards, engine: chartEngine, cache: cache, versions: versions, settings: own, logger: logger)
        DashboardRoutes(answers: answers, settings: own, now: now).add(to: readers)
        eventRoutes = EventRoutes(hub: hub, shelf: dashboards, streams: UserSlots(perUserMax: 20))
        eventRoutes.add(to: readers)
        CatalogueRoutes(catalogue: Catalogue(engine: chartEngine, shelf: shelf), settings: own).add(to: readers)
        running = RunningQueries(perUserMax: own.sqlPerUserMax)
        QueryRoutes(
            engine: engine, history: state, running: running,
            guardian: QueryGuard(functions: FunctionRules(source: FunctionRules.source(chartEngine))), settings: own
        ).add(to: readers)

        web = application.server()
        self.events = events
        self.state = state
        self.engine = engine
        self.chartEngine = chartEngine
        self.announcer = announcer
        watch = DashboardWatch(shelf: dashboards, hub: hub, logger: logger)
        parts = [state, engine, chartEngine, events, announcer, watch, web]
    }

    private static func pages(_ settings: BIAPISettings, _ logger: Logger) throws -> PageRoutes {
        let folder = Bundle.module.bundleURL.appending(path: "Public").path()
        var vendor: StaticFiles?
        do {
            vendor = try StaticFiles(folder: settings.vendorFolder, hasHashedNames: true)
        } catch {
            logger.warning(
                "no browser libraries: charts are shown as tables, the editor is plain. Run `make deps`.",
                metadata: ["folder": "\(settings.vendorFolder)", "error": "\(error)"])
        }
        return PageRoutes(
            pages: try StaticFiles(folder: folder), assets: try StaticFiles(folder: folder + "/assets"), vendor: vendor,
            // bi-api is where everyone logs in: its own pages need no other address.
            login: .path("/login"), settings: settings)
    }
}
