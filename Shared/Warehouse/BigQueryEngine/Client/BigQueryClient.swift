// BigQueryClient: calls to BigQuery's REST interface, version 2.
// Always: every call may be made twice without doing more than once: jobs, datasets and tables have names that we choose, and
// what is there already is found. So each is tried again when it is not known what became of it.
import Curl
import Foundation
import Logging

/// A project of BigQuery's.
struct BigQueryClient: Sendable {
    let settings: BigQuerySettings
    let http: HTTPClient
    let login: GoogleLogin?
    private(set) var rules: RetryRules
    let logger: Logger
    private let random: @Sendable () -> Double
    private let sleep: @Sendable (Duration) async throws -> Void

    init(
        _ settings: BigQuerySettings, environment: [String: String] = ProcessInfo.processInfo.environment,
        logger: Logger,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        let http = HTTPClient(logger: logger)
        self.settings = settings
        self.http = http
        self.logger = logger
        self.random = random
        self.sleep = sleep
        var rules = RetryRules()
        rules.totalMax = settings.retryMax
        self.rules = rules
        if settings.login == .none {
            login = nil
        } else {
            let chain = CredentialChain(
                settings: settings.login, impersonated: settings.impersonated, http: http, environment: environment,
                now: { Date() })
            login = GoogleLogin { () async throws(LoginError) in try await chain.find() }
        }
    }

    /// The same client, for a caller who has only so much time.
    func within(_ timeMax: Duration) -> BigQueryClient {
        var client = self
        client.rules.totalMax = min(rules.totalMax, timeMax)
        return client
    }

    /// Ends what runs, and refuses what comes.
    func close() { http.shutdown() }

    /// Makes a call, and again as long as that may help.
    /// - Parameters:
    ///   - path: The parts of the address below `projects/…`.
    ///   - query: What follows the `?`.
    ///   - judge: Looks at each error; what it throws ends the call.
    func call<Answer: Decodable & Sendable>(
        _ method: String, _ path: [String], query: [(String, String)] = [], body: (any Encodable & Sendable)? = nil,
        judge: (BigQueryError) async throws(BigQueryError) -> Void = { (_) throws(BigQueryError) in }
    ) async throws(BigQueryError) -> Answer {
        try await call(try request(method, path, query, body), judge: judge)
    }

    /// Sends a request, and again as long as that may help: it has to be one that may be sent twice.
    func call<Answer: Decodable & Sendable>(
        _ request: OutgoingRequest,
        judge: (BigQueryError) async throws(BigQueryError) -> Void = { (_) throws(BigQueryError) in }
    ) async throws(BigQueryError) -> Answer {
        let start = ContinuousClock.now
        var attempt = 1
        while true {
            do throws(BigQueryError) {
                return try await authorized(request)
            } catch {
                try await judge(error)
                let elapsed = start.duration(to: .now)
                guard let delay = rules.delay(after: attempt, error, elapsed: elapsed, random: random()) else {
                    throw error
                }
                logger.debug(
                    "BigQuery is asked again",
                    metadata: [
                        "call": "\(request.method) \(request.url.prefix { $0 != "?" })", "attempt": "\(attempt)",
                        "error": "\(error)",
                    ])
                try await wait(delay)
                attempt += 1
            }
        }
    }

    /// How long to wait after try number `attempt` (from 1), of which the first was at `start`; nil to give up.
    func delay(after attempt: Int, _ error: BigQueryError, since start: ContinuousClock.Instant) -> Duration? {
        rules.delay(after: attempt, error, elapsed: start.duration(to: .now), random: random())
    }

    /// Waits, unless the task is cancelled.
    func wait(_ delay: Duration) async throws(BigQueryError) {
        do {
            try await sleep(delay)
        } catch {
            throw .cancelled
        }
    }

    private func request(
        _ method: String, _ path: [String], _ query: [(String, String)], _ body: (any Encodable & Sendable)?
    ) throws(BigQueryError) -> OutgoingRequest {
        var request = OutgoingRequest(method, address("bigquery/v2", path, query))
        request.isIdempotent = false  // the rules for that are here
        if let body {
            request.body = .bytes(try Self.json(body))
            request.headers.append(("Content-Type", "application/json"))
        }
        return request
    }

    /// - Parameter service: `bigquery/v2`, or what stands before it for uploads.
    func address(_ service: String, _ path: [String], _ query: [(String, String)]) -> String {
        let place = (["projects", settings.project] + path).map(WebText.encoded).joined(separator: "/")
        let parameters = query.map { "\(WebText.encoded($0))=\(WebText.encoded($1))" }.joined(separator: "&")
        return "\(settings.endpoint)/\(service)/\(place)\(parameters.isEmpty ? "" : "?\(parameters)")"
    }

    static func json(_ body: any Encodable) throws(BigQueryError) -> [UInt8] {
        do {
            return [UInt8](try JSONEncoder().encode(body))
        } catch {
            throw BigQueryError(origin: .unreadable, message: "a request cannot be written: \(error)")
        }
    }

    /// With a token; once more with a new one when it is refused.
    private func authorized<Answer: Decodable & Sendable>(_ request: OutgoingRequest) async throws(BigQueryError)
        -> Answer
    {
        guard let login else { return try await once(request) }
        let token = try await token(of: login, insteadOf: nil)
        do throws(BigQueryError) {
            return try await once(request, token: token)
        } catch {
            guard error.origin == .call(status: 401) else { throw error }
            return try await once(request, token: try await self.token(of: login, insteadOf: token))
        }
    }

    private func token(of login: GoogleLogin, insteadOf refused: String?) async throws(BigQueryError) -> String {
        do throws(LoginError) {
            return try await login.token(insteadOf: refused)
        } catch {
            throw BigQueryError(origin: .login(isRetriable: error.isRetriable), message: error.description)
        }
    }

    private func once<Answer: Decodable & Sendable>(
        _ request: OutgoingRequest, token: String? = nil
    ) async throws(BigQueryError) -> Answer {
        var request = request
        if let token { request.headers.append(("Authorization", "Bearer \(token)")) }
        let response: BufferedResponse
        do throws(CurlError) {
            response = try await http.send(request)
        } catch {
            throw BigQueryError(error)
        }
        guard (200..<300).contains(response.status) else {
            throw BigQueryError(status: response.status, head: response.head, body: response.body, now: Date())
        }
        do {
            return try JSONDecoder().decode(
                Answer.self, from: response.body.isEmpty ? Data("{}".utf8) : Data(response.body))
        } catch {
            throw BigQueryError(origin: .unreadable, message: "BigQuery's answer is not understood: \(error)")
        }
    }
}
