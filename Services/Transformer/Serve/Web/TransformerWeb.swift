import Foundation
import Hummingbird
import Logging
import Pipeline
import Postgres
import ServiceRuntime
import Web

/// The transformer's HTTP face: its JSON API, its page, and what every service answers. All of it reads and changes nothing.
enum TransformerWeb {
    /// - Parameter source: The pipeline folder, which plan previews and the ends of lineage are read from.
    static func make(
        endpoint: HTTPEndpoint, health: HealthChecks, sessions: SessionTokens, workbench: Workbench,
        source: ProjectSource, logger: Logger
    ) throws -> WebApplication {
        let web = WebApplication(
            endpoint: endpoint, health: health, sessions: sessions, explain: problem(of:), logger: logger)
        let api = web.router.group("api/v1").add(middleware: RequireRole(.viewer))
        let environments = EnvironmentFinder(store: workbench.store, catalog: workbench.catalog)
        SessionRoutes(login: sessions.settings.login).add(to: api)
        EnvironmentRoutes(environments: environments).add(to: api)
        RunningRoutes(store: workbench.store).add(to: api)
        ModelRoutes(environments: environments).add(to: api)
        LineageRoutes(environments: environments, database: workbench.database, pipeline: source.path).add(to: api)
        DifferenceRoutes(environments: environments).add(to: api)
        PlanRoutes(planner: workbench.planner, project: ResidentProject(source)).add(to: api)
        try addPages(to: web.router, login: sessions.settings.login)
        return web
    }

    /// One page, which shows what its address says.
    private static func addPages(to router: Router<WebContext>, login: LoginAddress) throws {
        let folder = Bundle.module.bundleURL.appending(path: "Public")
        let page = try StaticFiles(folder: folder.path).handler(for: "index.html")
        let readers = router.group("").add(middleware: RequireLogin(login: login))
        for path in [
            "/", "differences", "plan", "environments/{environment}", "environments/{environment}/graph",
            "environments/{environment}/models/{model}",
        ] {
            readers.get(RouterPath(path), use: page)
        }
        // Styles and scripts hold nothing of anybody's.
        try StaticFiles(folder: folder.appending(path: "assets").path).addRoutes(to: router, below: "assets")
        try StaticFiles.shared().addRoutes(to: router, below: "shared")
    }

    /// What an error means to whoever asks.
    private static func problem(of error: any Error) -> Problem? {
        switch error {
        case let error as PostgresError where error.isAway: .away("The state database does not answer.")
        case let error as EnvironmentCatalog.Unreadable: Problem(.conflict, "\(error)")
        case let error as PipelineError: Problem(.unprocessableContent, "\(error)")
        case let error as TransformerError:
            switch error.code {
            case .unknownEnvironment, .unknownModel: .notFound(error.message)
            case .invalidRequest, .pipelineError: Problem(.unprocessableContent, error.message)
            default: nil
            }
        default: nil
        }
    }
}

/// Who is here, for the bar on top of the page.
struct SessionRoutes: Sendable {
    let login: LoginAddress

    struct Answer: ResponseEncodable {
        struct User: Encodable { let name: String, role: String }
        let user: User
        /// Where visitors log in, as the settings have it.
        let login: String
    }

    func add(to api: RouterGroup<WebContext>) {
        api.get("session") { _, context in
            let principal = try context.requirePrincipal()
            return Answer(user: .init(name: principal.name, role: principal.role.rawValue), login: login.description)
        }
    }
}
