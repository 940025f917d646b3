// RouteTable: which verbs a path takes, for the 405 that Hummingbird leaves to its users.
import Hummingbird
import Synchronization

final class RouteTable: Sendable {
    /// What Hummingbird calls the route of a request that has none.
    static let notFound = "NotFound"

    private let routes = Mutex<[(path: RouterPath, method: String)]>([])

    func fill(from router: Router<WebContext>) {
        let found = router.routes.map { ($0.path, $0.method.rawValue) }
        routes.withLock { $0 = found }
    }

    func methods(at path: String) -> [String] {
        let parts = path.split(separator: "/")
        return routes.withLock { routes in
            let found = Set(routes.filter { Self.matches($0.path, parts) }.map(\.method))
            return (found.contains("GET") ? found.union(["HEAD"]) : found).sorted()
        }
    }

    private static func matches(_ path: RouterPath, _ parts: [Substring]) -> Bool {
        for (index, element) in path.components.enumerated() {
            if element == .recursiveWildcard { return true }
            guard index < parts.count, element ~= parts[index] else { return false }
        }
        return path.components.count == parts.count
    }
}
