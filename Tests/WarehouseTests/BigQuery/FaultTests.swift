import Foundation
import TestKit
import Testing

@testable import Warehouse

@Suite("BigQuery and the network fail, and each thing is done once", .timeLimit(.minutes(20))) struct FaultTests {
    private static let jobs = "/bigquery/v2/projects/millrace/jobs"
    private static let results = "/bigquery/v2/projects/millrace/queries/.*"

    /// A fault of requests that meet a pattern.
    struct Fault: CustomTestStringConvertible, Sendable {
        let name: String
        let rule: @Sendable (_ method: String, _ path: String) -> GoogleDouble.Rule
        /// How long is waited afterwards, at least.
        var waits: Duration = .seconds(1)
        var testDescription: String { name }
    }

    static let passing: [Fault] = [
        Fault(name: "the connection ends before anything is done") { .init(method: $0, path: $1, action: "drop") },
        Fault(name: "it is done and the answer is lost") { .init(method: $0, path: $1, action: "lose") },
        Fault(
            name: "429, and when to come again",
            rule: { .failure($0, $1, 429, "rateLimitExceeded", headers: ["Retry-After": "7"]) }, waits: .seconds(7)),
        Fault(name: "403 rateLimitExceeded") { .failure($0, $1, 403, "rateLimitExceeded") },
        Fault(name: "500") { .failure($0, $1, 500, "internalError") },
        Fault(name: "503") { .failure($0, $1, 503, "backendError") },
        Fault(name: "502 of something between") { .answer($0, $1, 502, "<html>Bad gateway</html>") },
    ]

    @Test("a job that is started is there once", .enabled(if: BigQueryTestServer.isAvailable), arguments: passing)
    func starting(fault: Fault) async throws {
        try await withDataset { direct, dataset in
            #expect(try await direct.createNumbers("t", in: dataset))
            let google = try await GoogleDouble(
                [fault.rule("POST", Self.jobs), fault.rule("POST", Self.jobs)], emulator: BigQueryTestServer.address)
            let waits = Waits()
            let client = bigQueryClient(at: google.address, waits: waits)
            for try await _ in try await client.query(JobQuery("INSERT INTO \(dataset).t (n) VALUES (1)")) {}
            #expect(try await direct.rows("SELECT n FROM \(dataset).t") == [[.int64(1)]])
            #expect(waits.all.count == 2)
            #expect(waits.all.allSatisfy { $0 >= fault.waits })
        }
    }

    @Test("rows are all there, and once", .enabled(if: BigQueryTestServer.isAvailable), arguments: passing)
    func reading(fault: Fault) async throws {
        let google = try await GoogleDouble(
            [fault.rule("GET", Self.results), fault.rule("GET", Self.results)], emulator: BigQueryTestServer.address)
        let client = bigQueryClient(at: google.address)
        let rows = try await client.rows("SELECT n FROM UNNEST(GENERATE_ARRAY(1, 5)) AS n ORDER BY n", pageRows: 2)
        #expect(rows == (1...5).map { [.int64($0)] })
    }

    @Test("datasets and tables are made and dropped", .enabled(if: BigQueryTestServer.isAvailable), arguments: passing)
    func tables(fault: Fault) async throws {
        let google = try await GoogleDouble(
            [
                fault.rule("POST", ".*/datasets"), fault.rule("POST", ".*/tables"), fault.rule("GET", ".*/tables"),
                fault.rule("GET", ".*/tables/t"), fault.rule("DELETE", ".*/tables/t"),
                fault.rule("DELETE", ".*/datasets/[^/]*"),
            ], emulator: BigQueryTestServer.address)
        let client = bigQueryClient(at: google.address), dataset = PostgresTestServer.uniqueName()
        try await client.createDataset(dataset)
        _ = try await client.createNumbers("t", in: dataset)
        #expect(try await client.tables(in: dataset) == ["t"])
        #expect(try await client.table("t", in: dataset) != nil)
        try await client.deleteTable("t", in: dataset)
        #expect(try await client.table("t", in: dataset) == nil)
        try await client.deleteDataset(dataset)
        #expect(try await bigQueryClient().datasets().contains(dataset) == false)
    }

    @Test(
        "what would fail again is not tried again",
        arguments: [
            (400, "invalid"), (403, "accessDenied"), (403, "quotaExceeded"), (404, "notFound"),
            (412, "conditionNotMet"),
            (501, "notImplemented"),
        ])
    func lasting(status: Int, reason: String) async throws {
        let google = try await GoogleDouble([.failure("POST", Self.jobs, status, reason, times: 9)])
        let error = await bigQueryFailure { _ = try await bigQueryClient(at: google.address).rows("SELECT 1") }
        #expect(error?.origin == .call(status: status) && error?.reason == reason && error?.isRetriable == false)
        #expect(try await google.seen().count == 1)
    }

    @Test("a job that failed is not waited for, even if its reason would pass for a call")
    func failedJob() async throws {
        let job = #"{"status":{"state":"DONE","errorResult":{"reason":"backendError","message":"so it is"}}}"#
        let google = try await GoogleDouble([
            .answer("POST", Self.jobs, 200, #"{"status":{"state":"RUNNING"}}"#),
            .failure("GET", Self.results, 503, "backendError", times: 99),
            .answer("GET", Self.jobs + "/.*", 200, job, times: 99),
        ])
        let error = await bigQueryFailure { _ = try await bigQueryClient(at: google.address).rows("SELECT 1") }
        #expect(error?.origin == .job && error?.message == "so it is" && error?.isRetriable == true)
        #expect(try await google.seen().count == 3)
    }

    @Test("a call that a passing fault meets forever ends when its time is over")
    func givingUp() async throws {
        let google = try await GoogleDouble([.failure("POST", Self.jobs, 503, "backendError", times: 999)])
        let client = bigQueryClient(at: google.address) { $0.retryMax = .seconds(20) }
        let error = await bigQueryFailure { _ = try await client.rows("SELECT 1") }
        #expect(error?.origin == .call(status: 503) && error?.isRetriable == true)
    }

    @Test("a server that wants longer than there is time is not asked again")
    func wantedTooLong() async throws {
        let google = try await GoogleDouble([
            .failure("POST", Self.jobs, 429, "rateLimitExceeded", headers: ["Retry-After": "3600"], times: 9)
        ])
        let error = await bigQueryFailure { _ = try await bigQueryClient(at: google.address).rows("SELECT 1") }
        #expect(error?.retryAfter == .seconds(3_600))
        #expect(try await google.seen().count == 1)
    }

    @Test("waits double from a second to 32, with chance added, until the time is over")
    func rules() {
        let rules = RetryRules(), error = BigQueryError(origin: .call(status: 503), message: "")
        let delays = (1...7).map { rules.delay(after: $0, error, elapsed: .zero, random: 0.5) }
        #expect(delays == [1.5, 2.5, 4.5, 8.5, 16.5, 32.5, 32.5].map { .seconds($0) })
        #expect(rules.delay(after: 1, error, elapsed: .seconds(598), random: 0) == .seconds(1))
        #expect(rules.delay(after: 1, error, elapsed: .seconds(599.5), random: 0) == nil)
        #expect(rules.delay(after: .max, error, elapsed: .zero, random: 0) == .seconds(32))
    }

    @Test("a token that is refused is replaced; one that is refused again is an error")
    func tokens() async throws {
        let account = try await GoogleDouble(
            (1...4).map {
                .answer("POST", "/token", 200, #"{"access_token":"t\#($0)","expires_in":3600}"#)
            })
        let path = try LoginTests.keyFile(account.address).path
        let google = try await GoogleDouble([
            .failure("GET", ".*", 401, "authError"), .answer("GET", ".*", 200, "{}", times: 2),
            .failure("GET", ".*", 401, "authError", times: 2),
        ])
        let client = bigQueryClient(at: google.address) { $0.login = .keyFile(path) }
        #expect(try await client.datasets() == [])
        #expect(try await client.datasets() == [])
        let error = await bigQueryFailure { _ = try await client.datasets() }
        #expect(error?.origin == .call(status: 401))
        #expect(
            try await google.seen().map { $0.headers["authorization"] }
                == ["t1", "t2", "t2", "t2", "t3"].map { "Bearer \($0)" })
    }

    @Test("without a login nothing is sent")
    func withoutLogin() async throws {
        let google = try await GoogleDouble()
        let client = bigQueryClient(at: google.address) { $0.login = .keyFile("/nowhere.json") }
        let error = await bigQueryFailure { _ = try await client.datasets() }
        #expect(error?.origin == .login(isRetriable: false))
        #expect(error?.message.contains("/nowhere.json") == true)
        #expect(try await google.seen().isEmpty)
    }

    // MARK: Ends

    private static let running = GoogleDouble.Rule.answer("POST", jobs, 200, #"{"status":{"state":"RUNNING"}}"#)

    /// Waits until a request of the double's meets a condition.
    private func waitFor(_ google: GoogleDouble, _ isIt: (GoogleDouble.Seen) -> Bool) async throws {
        while !(try await google.seen().contains(where: isIt)) { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// The ids that were started, and those that were cancelled.
    private func ids(_ google: GoogleDouble) async throws -> (started: [String], cancelled: [String]) {
        let seen = try await google.seen()
        let started = try seen.filter { $0.method == "POST" && $0.path == Self.jobs }.map {
            try StartedJob($0).jobReference.jobId
        }
        let cancelled = seen.filter { $0.method == "POST" && $0.path.hasSuffix("/cancel") }.map {
            String($0.path.dropFirst(Self.jobs.count + 1).dropLast("/cancel".count))
        }
        return (started, cancelled)
    }

    @Test("a cancelled task cancels its job, whether it is being started or waited for", arguments: [true, false])
    func cancelling(isBeingStarted: Bool) async throws {
        let google = try await GoogleDouble(
            (isBeingStarted ? [.init(method: "POST", path: Self.jobs, action: "hang")] : [Self.running])
                + [
                    .init(method: "GET", path: Self.results, action: "hang"),
                    .answer("POST", Self.jobs + "/.*/cancel", 200, "{}"),
                ])
        let client = bigQueryClient(at: google.address)
        let task = Task { try await client.rows("SELECT 1") }
        try await waitFor(google) { isBeingStarted ? $0.path == Self.jobs : $0.method == "GET" }
        task.cancel()
        let error = await bigQueryFailure { _ = try await task.value }
        #expect(error?.origin == .cancelled)
        let ids = try await ids(google)
        #expect(ids.started.count == 1 && ids.cancelled == ids.started)
    }

    @Test("a query that takes too long is cancelled, and BigQuery knows its time, too")
    func timeLimit() async throws {
        let google = try await GoogleDouble([
            Self.running, .answer("GET", Self.results, 200, #"{"jobComplete":false}"#, times: 1_000_000),
            .answer("POST", Self.jobs + "/.*/cancel", 200, "{}"),
        ])
        let client = bigQueryClient(at: google.address)
        let error = await bigQueryFailure {
            _ = try await client.query(JobQuery("SELECT 1"), timeMax: .milliseconds(80))
        }
        #expect(error?.origin == .timedOut)
        let ids = try await ids(google)
        #expect(ids.started.count == 1 && ids.cancelled == ids.started)
        #expect(try StartedJob(try #require(try await google.seen().first)).configuration.jobTimeoutMs == "80")
    }

    @Test("a job that cannot be cancelled is no second error")
    func noCancelling() async throws {
        let google = try await GoogleDouble([
            .init(method: "POST", path: Self.jobs, action: "hang"),
            .failure("POST", Self.jobs + "/.*/cancel", 403, "accessDenied"),
        ])
        let client = bigQueryClient(at: google.address)
        let task = Task { try await client.rows("SELECT 1") }
        try await waitFor(google) { $0.path == Self.jobs }
        task.cancel()
        let error = await bigQueryFailure { _ = try await task.value }
        #expect(error?.origin == .cancelled)
    }

    @Test("a job that goes on is waited for")
    func patience() async throws {
        let done =
            #"{"jobComplete":true,"schema":{"fields":[{"name":"n","type":"INTEGER"}]},"rows":[{"f":[{"v":"1"}]}]}"#
        let google = try await GoogleDouble([
            Self.running, .answer("GET", Self.results, 200, #"{"jobComplete":false}"#, times: 3),
            .answer("GET", Self.results, 200, done),
        ])
        #expect(try await bigQueryClient(at: google.address).rows("SELECT 1") == [[.int64(1)]])
    }
}
