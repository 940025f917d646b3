import ControlPlane
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Kafka
import Logging
import Postgres
import ServiceRuntime
import TestKit
import Web

@testable import BIAPI

/// Whether there are real servers to talk to (scripts/test-services starts them).
enum Servers {
    static let environment = ProcessInfo.processInfo.environment
    static let areThere =
        environment["POSTGRES_HOST"]?.isEmpty == false && environment["KAFKA_BOOTSTRAP_SERVERS"]?.isEmpty == false
}

/// A whole bi-api over a database of its own: two relations with known rows, three users, a reader's role.
struct ServiceFixture {
    static let password = "correct-horse-battery"
    static let canary = "canary-4711-secret"
    let service: BIAPIService
    let client: any TestClientProtocol
    let database: String
    let owner: PostgresPool
    let logger: Logger
    let health: HealthChecks
    /// The pipeline.
    let folder: URL

    /// Runs `body` with a fresh service; its database goes afterwards.
    /// - Parameter files: More of the folder `dashboards`.
    static func run(
        _ changes: [String: String] = [:], files: [String: String] = [:],
        _ body: @escaping @Sendable (ServiceFixture) async throws -> Void
    ) async throws {
        let logger = Logger(label: "bi-api-test") { _ in SwiftLogNoOpLogHandler() }
        let name = "bi_test_" + UUID().uuidString.prefix(8).lowercased()
        let admin = PostgresPool(
            PostgresTestServer.settings(), limits: .init(connectionsMax: 1),
            logger: logger)
        try await admin.execute("CREATE DATABASE \(identifier: name)")
        try await admin.execute("CREATE ROLE \(identifier: name) LOGIN PASSWORD '\(sql: canary)'")
        let owner = PostgresPool(
            PostgresTestServer.settings(database: name), limits: .init(connectionsMax: 2), logger: logger)
        var failure: (any Error)?
        do {
            try await seed(owner, reader: name)
            try await serve(name, owner, changes, files, logger, body)
        } catch {
            failure = error
        }
        await owner.close()
        try await admin.execute("DROP DATABASE \(identifier: name) WITH (FORCE)")
        try await admin.execute("DROP ROLE \(identifier: name)")
        await admin.close()
        if let failure { throw failure }
    }

    private static func serve(
        _ name: String, _ owner: PostgresPool, _ changes: [String: String], _ files: [String: String],
        _ logger: Logger,
        _ body: @escaping @Sendable (ServiceFixture) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(
            at: folder.appending(path: "dashboards"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try dashboards.write(to: folder.appending(path: "dashboards/shop.yaml"), atomically: true, encoding: .utf8)
        for (name, text) in files {
            try text.write(to: folder.appending(path: "dashboards/\(name)"), atomically: true, encoding: .utf8)
        }
        var environment = Servers.environment.filter { $0.key.hasPrefix("POSTGRES_") || $0.key.hasPrefix("KAFKA_") }
        environment["POSTGRES_DB"] = name
        environment["WAREHOUSE_READER_USER"] = name
        environment["WAREHOUSE_READER_PASSWORD"] = canary
        environment["SESSION_SECRET"] = "kT9vQ2mZr7XpL4sWn8Bd1Fh6Jc3Gy5Ua"
        environment["MILLRACE_PIPELINE"] = folder.path()
        environment["HTTP_PORT"] = "0"
        environment["BI_QUERY_TIMEOUT"] = "20s"
        environment.merge(changes) { $1 }
        let settings = try await Settings.load(biAPI, overrides: [:], environment: environment)
        let now = try Date("2026-11-23T12:00:00Z", strategy: .iso8601)
        let health = HealthChecks()
        let service = try await BIAPIService(settings, health: health, logger: logger, now: { now })
        let state = service.state
        let hash = try await PasswordHasher(cost: .init(logRounds: 4, blockSize: 8, parallelism: 1)).hash(password)
        for role in [Role.viewer, .editor, .admin] {
            _ = try await state.saveUser(role.rawValue, role, passwordHash: hash, update: false)
        }
        _ = try await state.saveUser("second", .editor, passwordHash: hash, update: false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.events.run() }
            group.addTask { try await service.watch.run() }
            try await service.web.application.test(.router) { client in
                try await body(
                    ServiceFixture(
                        service: service, client: client, database: name, owner: owner, logger: logger, health: health,
                        folder: folder))
            }
            group.cancelAll()
        }
        await state.pool.close()
        await service.engine.close()
        await service.chartEngine.close()
    }

    private static func seed(_ owner: PostgresPool, reader: String) async throws {
        let statements: [PostgresQuery] = [
            "CREATE SCHEMA shop", "CREATE SCHEMA hidden",
            "CREATE TABLE shop.orders (day date, country text, amount numeric)",
            """
            INSERT INTO shop.orders VALUES ('2026-11-20', 'NO', 10), ('2026-11-21', 'NO', 20), ('2026-11-21', 'SE', 5),
              ('2026-01-01', 'DK', 1000)
            """,
            "CREATE TABLE shop.visits (at timestamptz, person text)",
            "INSERT INTO shop.visits SELECT timestamptz '2026-11-22 23:30:00+00' + n * interval '1 h', 'p' || n % 3 FROM generate_series(0, 4) n",
            "CREATE TABLE hidden.wages AS SELECT 'canary-wages' AS name",
            "CREATE FUNCTION shop.touch() RETURNS int LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN 1; END $$",
            "GRANT USAGE ON SCHEMA shop TO \(identifier: reader)",
            "GRANT SELECT ON ALL TABLES IN SCHEMA shop TO \(identifier: reader)",
        ]
        for statement in statements { try await owner.execute(statement) }
    }

    static let dashboards = """
        datasets:
          orders:
            model: shop.orders
            time_column: {name: day, type: date}
            dimensions: {country: }
            metrics: {amount: sum(amount)}
          visits:
            model: shop.visits
            time_column: at
            metrics: {visits: count(*)}
          nothing:
            model: shop.nothing
            metrics: {rows: count(*)}
        charts:
          by_day: {type: line, dataset: orders, x: time, grain: day, metrics: [amount]}
          by_country: {type: pie, dataset: orders, dimension: country, metric: amount}
          total: {type: big_number, dataset: visits, metric: visits}
          visits: {type: bar, dataset: visits, x: time, grain: day, metrics: [visits]}
          broken: {type: big_number, dataset: nothing, metric: rows}
        dashboards:
          shop:
            time_zone: Europe/Oslo
            time_range: last 7 days
            filters: [country]
            rows:
              - cards: [{chart: by_day}, {chart: by_country}]
              - cards: [{chart: total}, {chart: visits}]
          wreck:
            rows: [{cards: [{chart: total}, {chart: broken}]}]
        """
}

/// An answer as JSON.
struct Answer {
    let status: Int
    let headers: HTTPFields
    let text: String

    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]) ?? [:] }
    func rows(of chart: String? = nil) -> [[Any]] {
        let object = chart.flatMap { (json["charts"] as? [String: Any])?[$0] as? [String: Any] } ?? json
        return object["rows"] as? [[Any]] ?? []
    }
    func isCached(_ chart: String) -> Bool? {
        ((json["charts"] as? [String: Any])?[chart] as? [String: Any])?["cached"] as? Bool
    }
}

/// Somebody's browser.
struct Browser {
    let fixture: ServiceFixture
    var cookies: [String: String] = [:]
    var sendsCSRF = true

    func ask(
        _ method: HTTPRequest.Method, _ path: String, _ body: Any? = nil, headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        headers[.contentType] = "application/json"
        if !cookies.isEmpty { headers[.cookie] = cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
        if sendsCSRF, let token = cookies["millrace_csrf"] { headers[HTTPField.Name("X-CSRF-Token")!] = token }
        let data = try body.map { try JSONSerialization.data(withJSONObject: $0) }
        let response = try await fixture.client.execute(
            uri: path, method: method, headers: headers, body: data.map { ByteBuffer(data: $0) })
        return Answer(status: response.status.code, headers: response.headers, text: String(buffer: response.body))
    }

    func get(_ path: String) async throws -> Answer { try await ask(.get, path) }
    func post(_ path: String, _ body: Any = [String: Any]()) async throws -> Answer { try await ask(.post, path, body) }
    func query(_ sql: String, rowsMax: Int = 1_000, id: String? = nil) async throws -> Answer {
        var body: [String: Any] = ["sql": sql, "rows_max": rowsMax]
        if let id { body["id"] = id }
        return try await post("/api/v1/queries", body)
    }
}

extension ServiceFixture {
    var visitor: Browser { Browser(fixture: self) }

    /// Logs in by the API, as the page does.
    func browser(_ name: String) async throws -> Browser {
        var browser = visitor
        let answer = try await browser.post("/api/v1/login", ["name": name, "password": Self.password])
        guard answer.status == 200 else {
            throw ExitError(.failed, "log-in of \(name): \(answer.status) \(answer.text)")
        }
        for line in answer.headers[values: .setCookie] {
            let pair = line.split(separator: ";")[0].split(separator: "=", maxSplits: 1)
            browser.cookies[String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
        }
        return browser
    }

    /// Writes a file of the folder `dashboards`.
    func write(_ name: String, _ text: String) throws {
        try text.write(to: folder.appending(path: "dashboards/\(name)"), atomically: true, encoding: .utf8)
    }

    /// Runs `body` while the service also answers on a port.
    func live(_ body: @escaping @Sendable (_ port: Int) async throws -> Void) async throws {
        let web = service.web
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await web.run() }
            try await body(try await web.port().orThrow("no port"))
            group.cancelAll()
        }
    }

    /// Runs `body` while the service's database takes no connection and has none.
    func closed(_ body: () async throws -> Void) async throws {
        try await Self.withAdmin(logger) { admin in
            try await admin.execute("ALTER DATABASE \(identifier: database) ALLOW_CONNECTIONS false")
            try await admin.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = \(database)")
            do {
                try await body()
            } catch {
                try await admin.execute("ALTER DATABASE \(identifier: database) ALLOW_CONNECTIONS true")
                throw error
            }
            try await admin.execute("ALTER DATABASE \(identifier: database) ALLOW_CONNECTIONS true")
        }
    }

    private static func withAdmin(_ logger: Logger, _ body: (PostgresPool) async throws -> Void) async throws {
        let admin = PostgresPool(
            PostgresTestServer.settings(), limits: .init(connectionsMax: 1),
            logger: logger)
        do {
            try await body(admin)
        } catch {
            await admin.close()
            throw error
        }
        await admin.close()
    }

    /// Waits until changes in the warehouse are heard.
    func listening() async throws {
        while !service.events.state.isReady { try await Task.sleep(for: .milliseconds(20)) }
    }
}

extension Optional {
    func orThrow(_ what: String) throws -> Wrapped {
        guard let self else { throw ExitError(.failed, what) }
        return self
    }
}

/// A client that sends a request and then does as it likes: reads, waits, or hangs up.
final class RawClient: Sendable {
    private let socket: Int32

    init(port: Int) throws {
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw ExitError(.failed, "no connection to port \(port): \(errno)") }
    }

    deinit { hangUp() }

    func send(_ method: String, _ path: String, as browser: Browser, _ body: String = "") throws {
        let cookies = browser.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
        let text = """
            \(method) \(path) HTTP/1.1\r
            Host: localhost\r
            Cookie: \(cookies)\r
            X-CSRF-Token: \(browser.cookies["millrace_csrf"] ?? "")\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """
        let bytes = Array(text.utf8)
        guard write(socket, bytes, bytes.count) == bytes.count else { throw ExitError(.failed, "not sent: \(errno)") }
    }

    /// What comes next, at most `bytesMax`; empty when the other side has ended the connection.
    func read(_ bytesMax: Int = 1_000) async -> String {
        let socket = socket
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var bytes = [UInt8](repeating: 0, count: bytesMax)
                let count = recv(socket, &bytes, bytesMax, 0)
                continuation.resume(returning: String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
            }
        }
    }

    /// A whole answer with JSON in it, however many pieces it comes in.
    func readAnswer() async -> String {
        var text = ""
        while !text.hasSuffix(text.lowercased().contains("transfer-encoding: chunked") ? "\r\n0\r\n\r\n" : "}") {
            let piece = await read()
            guard !piece.isEmpty else { break }  // hung up
            text += piece
        }
        return text
    }

    func hangUp() { shutdown(socket, Int32(SHUT_RDWR)) }
}
