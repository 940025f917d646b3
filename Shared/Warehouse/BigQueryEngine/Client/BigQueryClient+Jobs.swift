// Jobs: queries and scripts. A job's id is ours: starting one that there is already finds that one.
import Foundation

extension BigQueryClient {
    /// A name that no other job has.
    static func newJobID() -> String { "millrace_\(UUID().uuidString.lowercased().replacing("-", with: ""))" }

    /// Starts a job, or finds the one of that id.
    func start(_ configuration: JobConfiguration, id: String) async throws(BigQueryError) -> JobState {
        do throws(BigQueryError) {
            return try await call("POST", ["jobs"], body: job(configuration, id: id))
        } catch {
            guard error.isDuplicate else { throw error }
            return try await job(id)
        }
    }

    /// A job as it is now.
    func job(_ id: String) async throws(BigQueryError) -> JobState {
        try await call("GET", ["jobs", id], query: located())
    }

    /// Asks for a job's end; whoever waits for it hears of that. Done even when the task is cancelled; one that there is not,
    /// or that has ended, needs none.
    func cancel(_ id: String) async {
        // A new task, as the one that is here may have been cancelled itself.
        await Task {
            do throws(BigQueryError) {
                let _: NoAnswer = try await call("POST", ["jobs", id, "cancel"], query: located())
            } catch {
                guard !error.isNotFound else { return }
                logger.warning("job could not be cancelled", metadata: ["job": "\(id)", "error": "\(error)"])
            }
        }.value
    }

    /// What a query would do, and read: it is checked and not run.
    func dryRun(_ query: JobQuery) async throws(BigQueryError) -> JobState.Statistics.Query {
        let configuration = JobConfiguration(query: query, dryRun: true)
        let answer: JobState = try await call("POST", ["jobs"], body: job(configuration, id: Self.newJobID()))
        if let error = answer.status?.errorResult { throw BigQueryError(job: error) }
        guard let statistics = answer.statistics?.query else {
            throw BigQueryError(origin: .unreadable, message: "BigQuery's dry run says nothing of the query")
        }
        return statistics
    }

    /// Runs a query and gives the first rows when they are there. When the task is cancelled, or the time is over, the job is
    /// cancelled, too.
    /// - Parameters:
    ///   - id: Of the job: the same one again gives the result of the one that there is.
    ///   - timeMax: From its start to its first rows; BigQuery ends it then by itself, too.
    ///   - pageRows: How many rows are in memory at once, at most.
    func query(
        _ query: JobQuery, id: String = BigQueryClient.newJobID(), timeMax: Duration? = nil, pageRows: Int = 10_000
    ) async throws(BigQueryError) -> QueryRows {
        let deadline = timeMax.map { ContinuousClock.now + $0 }
        do throws(BigQueryError) {
            let configuration = JobConfiguration(
                query: query, jobTimeoutMs: timeMax.map { "\(max(1, Int64($0 / .milliseconds(1))))" })
            let job = try await start(configuration, id: id)
            if let error = job.status?.errorResult { throw BigQueryError(job: error) }
            let page = try await firstPage(of: id, rows: pageRows, until: deadline)
            return QueryRows(client: self, job: id, pageRows: pageRows, first: page)
        } catch {
            if error.origin == .cancelled || error.origin == .timedOut { await cancel(id) }
            throw error
        }
    }

    private func firstPage(
        of id: String, rows: Int, until deadline: ContinuousClock.Instant?
    ) async throws(BigQueryError) -> QueryResultsPage {
        while true {
            var wait = Duration.seconds(10)
            if let deadline {
                let left = ContinuousClock.now.duration(to: deadline)
                guard left > .zero else { throw BigQueryError(origin: .timedOut, message: "the query took too long") }
                wait = min(wait, left)
            }
            let page = try await page(of: id, rows: rows, token: nil, wait: wait)
            if page.jobComplete { return page }
        }
    }

    /// A page of a job's rows; one that says that the job goes on when it does after `wait`.
    func page(of id: String, rows: Int, token: String?, wait: Duration) async throws(BigQueryError) -> QueryResultsPage
    {
        var query =
            located() + [
                ("maxResults", "\(rows)"), ("timeoutMs", "\(max(0, Int(wait / .milliseconds(1))))"),
                // Moments as whole numbers: the other form has the precision of a Double.
                ("formatOptions.useInt64Timestamp", "true"),
            ]
        if let token { query.append(("pageToken", token)) }
        return try await call("GET", ["queries", id], query: query) { (error) throws(BigQueryError) in
            // The results of a job that failed are refused with the job's own error, which looks like one of the call; another
            // call would not change it.
            guard case .call = error.origin, let failure = try await job(id).status?.errorResult else { return }
            throw BigQueryError(job: failure)
        }
    }

    func located() -> [(String, String)] { settings.location.map { [("location", $0)] } ?? [] }

    func job(_ configuration: JobConfiguration, id: String) -> Job {
        var configuration = configuration
        configuration.labels = settings.labels.isEmpty ? nil : settings.labels
        if configuration.query?.maximumBytesBilled == nil {
            configuration.query?.maximumBytesBilled = settings.bytesBilledMax.map { "\($0)" }
        }
        return Job(
            jobReference: JobReference(projectId: settings.project, jobId: id, location: settings.location),
            configuration: configuration)
    }
}
