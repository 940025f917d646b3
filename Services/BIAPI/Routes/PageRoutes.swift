import Hummingbird
import Web

/// The pages and what they are made of. Scripts, styles and libraries are open to all: they hold nothing of anybody.
struct PageRoutes {
    let pages: StaticFiles
    let assets: StaticFiles
    /// Nil when the browser libraries were not fetched: pages then do without.
    let vendor: StaticFiles?
    let login: LoginAddress
    let settings: BIAPISettings

    func add(to router: Router<WebContext>) throws {
        router.get("login", use: try pages.handler(for: "login.html"))
        assets.addRoutes(to: router, below: "assets")
        try StaticFiles.shared().addRoutes(to: router, below: "shared")
        vendor?.addRoutes(to: router, below: "vendor")
        let readers = router.group("").add(middleware: RequireLogin(.viewer, login: login))
        readers.get("/", use: try pages.handler(for: "dashboards.html"))
        readers.get("dashboards/{name}", use: try pages.handler(for: "dashboard.html"))
        let authors = router.group("").add(middleware: RequireLogin(settings.sqlRole, login: login))
        authors.get("sql", use: try pages.handler(for: "sql.html"))
    }
}
