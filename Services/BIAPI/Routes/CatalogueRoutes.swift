import Hummingbird
import Web

/// `GET /api/v1/catalogue`: what the SQL page's schema browser shows.
struct CatalogueRoutes {
    let catalogue: Catalogue
    let settings: BIAPISettings

    func add(to api: RouterGroup<WebContext>) {
        api.group("catalogue").add(middleware: RequireRole(settings.sqlRole)).get { _, _ in
            do {
                return try Response(encoding: try await catalogue.read())
            } catch {
                throw Problem(asking: error) ?? error
            }
        }
    }
}
