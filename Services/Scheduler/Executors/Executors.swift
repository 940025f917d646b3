// Executors: what each kind of task does. An attempt may be begun twice, by a leader and by the one after it. So a statement and
// the note that it was done are one transaction; a request, a message and a mail carry the task's id, and are noted right after.
import ControlPlane
import Curl
import Foundation
import Kafka
import Logging
import Postgres
import Timetable

/// What tasks need of this process.
struct ExecutorParts: Sendable {
    let store: StateStore
    let changes: ChangeFeed
    let kafka: KafkaSettings
    let settings: TaskSettings
    /// For the statements of tasks: the leader has connections of its own.
    let sql: PostgresPool
    let http: HTTPClient
    let logger: Logger
}

struct Executors: Sendable {
    let parts: ExecutorParts
    let publisher: TaskPublisher

    init(_ parts: ExecutorParts) {
        self.parts = parts
        publisher = TaskPublisher(parts.kafka, logger: parts.logger)
    }

    /// Carries out an attempt, whatever was begun of it before.
    /// - Throws: ``TaskFailed`` and what the clients throw; see `TaskFailure.init(_:)`.
    func carryOut(_ attempt: LocalAttempt, _ log: AttemptLog, now: @Sendable () -> Date) async throws -> TaskResult {
        switch attempt.work {
        case .sql(let work): return try await statement(work, attempt, log, now())
        case .branch(let work): return try await branch(work, attempt, log, now())
        case .http(let work): return try await once(attempt, log) { try await request(work, attempt, log, now()) }
        case .publish(let work): return try await once(attempt, log) { try await publish(work, attempt, log) }
        case .email(let work): return try await once(attempt, log) { try await mail(work, attempt, log) }
        case .waitForDAG(let wait): return try await self.wait(wait, attempt, log)
        case .waitForData(let wait): return try await self.wait(wait, attempt, log)
        case .broken(let reason): throw TaskFailed("broken", reason, isRetriable: false)
        case .models, .audit:
            throw TaskFailed("broken", "A transformer carries this out, not the scheduler.", isRetriable: false)
        }
    }

    /// Does something outside, unless it was done; then notes that it is.
    private func once(
        _ attempt: LocalAttempt, _ log: AttemptLog, _ body: () async throws -> TaskResult
    ) async throws -> TaskResult {
        if let done = try await parts.store.effect(of: attempt.task) {
            log.note("It was done before, by an attempt whose end was not heard.")
            return done
        }
        let result = try await body()
        do {
            try await parts.store.note(result, of: attempt.task)
        } catch {
            // It is done; the outcome is about to be written too. Without either it is done again, under the same id.
            parts.logger.warning(
                "effect not noted", metadata: ["task": "\(attempt.task)", "dag": "\(attempt.dag)", "error": "\(error)"])
        }
        return result
    }

    // MARK: PostgreSQL

    private func statement(
        _ work: SQLWork, _ attempt: LocalAttempt, _ log: AttemptLog, _ now: Date
    ) async throws -> TaskResult {
        try await run(work.statement, attempt, log, now) { rows, first in
            switch work.expect {
            case .rows where rows == 0:
                throw TaskFailed(
                    "check_failed", "The statement gives no row; one at least is expected.", isRetriable: true)
            case .noRows where rows > 0:
                throw TaskFailed(
                    "check_failed", "The statement gives \(rows) rows; none is expected.", isRetriable: true)
            case .isTrue where first != "t":
                throw TaskFailed(
                    "check_failed", "The statement's first value is \(first ?? "nothing"); true is expected.",
                    isRetriable: true)
            default: return TaskResult(value: first, rows: rows)
            }
        }
    }

    private func branch(
        _ work: BranchWork, _ attempt: LocalAttempt, _ log: AttemptLog, _ now: Date
    ) async throws -> TaskResult {
        func chosen(_ value: String?) -> [String] {
            let value = value == "t" ? "true" : value == "f" ? "false" : value
            return value.flatMap { work.cases[$0] } ?? work.otherwise
        }
        var result = try await run(work.statement, attempt, log, now) { rows, first in
            TaskResult(value: first, rows: rows)
        }
        result.chosen = chosen(result.value)
        return result
    }

    /// A statement, and the note that it was done, in one transaction. A result that is refused undoes the statement.
    private func run(
        _ text: String, _ attempt: LocalAttempt, _ log: AttemptLog, _ now: Date,
        _ judge: @Sendable (_ rows: Int, _ first: String?) throws -> TaskResult
    ) async throws -> TaskResult {
        let template = try self.template(text)
        let (sql, parameters) = try template.bound(attempt.values)
        log.note(sql + template.boundNames.enumerated().map { "\n$\($0 + 1) = \($1)" }.joined())
        let start = ContinuousClock.now
        let limit = max(1, attempt.deadline.timeIntervalSince(now))
        return try await parts.sql.withTransaction(
            statementTimeout: .seconds(limit), applicationName: "scheduler \(attempt.dag)"
        ) { connection in
            let isNew = try await !connection.query(
                "INSERT INTO scheduler.effects (task) VALUES (\(attempt.task)::uuid) ON CONFLICT DO NOTHING RETURNING task"
            ).isEmpty
            guard isNew else {
                log.note("It was done before, by an attempt whose end was not heard.")
                return try await connection.effect(of: attempt.task) ?? TaskResult()
            }
            if let role = parts.settings.sqlRole { try await connection.execute("SET LOCAL ROLE \(identifier: role)") }
            let query = PostgresQuery(sql, parameters)
            var (rows, first): (Int, String?) = (0, nil)
            if Self.givesRows(sql) {
                for try await row in try await connection.stream(query) {
                    if rows == 0 { first = row.text(at: 0) }
                    rows += 1
                }
            } else {
                let found = try await connection.query(query)
                (rows, first) = (max(found.affectedRows, found.count), found.first?.text(at: 0))
            }
            if parts.settings.sqlRole != nil { try await connection.execute("RESET ROLE") }
            log.note(
                "\(rows) rows in \(Self.milliseconds(since: start)) ms"
                    + (first.map { ", the first value is \($0)" } ?? ""))
            let result = try judge(rows, first)
            try await connection.execute(
                "UPDATE scheduler.effects SET result = \(result.value), rows = \(rows) WHERE task = \(attempt.task)::uuid"
            )
            return result
        }
    }

    private static func milliseconds(since start: ContinuousClock.Instant) -> Int {
        Int((ContinuousClock.now - start) / .milliseconds(1))
    }

    /// Whether it may give many rows, which are then read as they come, and not kept.
    private static func givesRows(_ sql: String) -> Bool {
        let word = sql.drop { $0.isWhitespace || $0 == "(" }.prefix { $0.isLetter }.lowercased()
        return ["select", "table", "values", "show"].contains(word)
    }

    // MARK: Others

    private func request(
        _ work: HTTPWork, _ attempt: LocalAttempt, _ log: AttemptLog, _ now: Date
    ) async throws -> TaskResult {
        let url = try template(work.url)
        let body = try work.body.map { text in
            Array(try template(text).filled(attempt.values, work.isDocument ? Template.json : { $0 }).utf8)
        }
        var headers: [(name: String, value: String)] = [
            ("User-Agent", "millrace-scheduler"), ("Idempotency-Key", attempt.task),
        ]
        if work.isDocument, !work.headers.keys.contains(where: { $0.lowercased() == "content-type" }) {
            headers.append(("Content-Type", "application/json"))
        }
        for (name, text) in work.headers.sorted(by: { $0.key < $1.key }) {
            headers.append((name, try template(text).filled(attempt.values)))
        }
        if let name = work.bearer { headers.append(("Authorization", "Bearer \(try parts.settings.secret(name))")) }
        if let name = work.sign {
            headers.append(
                WebhookSignature.header(body ?? [], secret: try parts.settings.secret(name), at: now))
        }
        var request = OutgoingRequest(
            work.method, try url.filled(attempt.values, Template.url), headers: headers,
            body: body.map { .bytes($0) } ?? .none, isIdempotent: false)
        request.limits.totalMax = .seconds(max(1, attempt.deadline.timeIntervalSince(now)))
        request.limits.responseBytesMax = 1 << 20
        log.note("\(request.method) \(request.url)" + (body.map { ", \($0.count) bytes" } ?? ""))
        let start = ContinuousClock.now
        let response = try await parts.http.send(request)
        log.note(
            "answered with \(response.status) and \(response.body.count) bytes in \(Self.milliseconds(since: start)) ms"
        )
        guard (200..<300).contains(response.status) else {
            let isForNow = response.status >= 500 || [408, 425, 429].contains(response.status)
            throw TaskFailed(
                "http_\(response.status)",
                "\(work.method) to \(URL(string: url.head)?.host() ?? "the server") was answered with \(response.status): "
                    + ControlText.cut(response.text, to: 300),
                isRetriable: isForNow)
        }
        return TaskResult(value: response.text.isEmpty ? nil : response.text)
    }

    private func publish(
        _ work: PublishWork, _ attempt: LocalAttempt, _ log: AttemptLog
    ) async throws -> TaskResult {
        let escape = work.isDocument ? Template.json : { $0 }
        var headers = [KafkaHeader("ce_id", text: attempt.task)]
        for (name, text) in work.headers.sorted(by: { $0.key < $1.key }) {
            headers.append(KafkaHeader(name, text: try template(text).filled(attempt.values)))
        }
        let position = try await publisher.send(
            ProducerMessage(
                topic: work.topic, key: try work.key.map { try template($0).filled(attempt.values) },
                text: try template(work.value).filled(attempt.values, escape), headers: headers))
        log.note("is at \(position)")
        return TaskResult(value: position)
    }

    private func mail(
        _ work: EmailWork, _ attempt: LocalAttempt, _ log: AttemptLog
    ) async throws -> TaskResult {
        guard let server = parts.settings.mail else {
            throw TaskFailed("no_mail_server", "Set SCHEDULER_SMTP_HOST and SCHEDULER_SMTP_FROM.", isRetriable: false)
        }
        let mail = Mail(
            from: server.from, to: try work.to.map { (address) throws(CurlError) in try MailAddress(address) },
            subject: try template(work.subject).filled(attempt.values),
            text: try template(work.text).filled(attempt.values), headers: [("Auto-Submitted", "auto-generated")],
            id: attempt.task)
        try await parts.http.send(mail, through: server.server)
        log.note("\(server.server.host) has taken it for \(work.to.joined(separator: ", "))")
        return TaskResult(value: "\(work.to.count) recipients")
    }

    private func template(_ text: String) throws(TaskFailed) -> Template {
        do throws(Template.Mistake) {
            return try Template(text)
        } catch {
            throw TaskFailed("template", error.description, isRetriable: false)
        }
    }

    // MARK: Waiting

    /// Looks now and after every change of the DAG: waiting costs nothing.
    private func wait(_ wait: DAGWait, _ attempt: LocalAttempt, _ log: AttemptLog) async throws -> TaskResult {
        log.note("waits for a success of \(wait.dag)\(wait.task.map { ": \($0)" } ?? "")")
        return try await first(of: wait.dag) {
            try await parts.store.success(of: wait, upTo: attempt.upTo).map { run in
                log.note("run \(run) has succeeded")
                return TaskResult(value: run)
            }
        }
    }

    private func wait(_ wait: DataWait, _ attempt: LocalAttempt, _ log: AttemptLog) async throws -> TaskResult {
        let needed = attempt.upTo.addingTimeInterval(-wait.lag)
        log.note("waits for data of \(wait.table) up to \(ControlTime.text(needed))")
        return try await first(of: StateChange.Notice.data) {
            guard let mark = try await parts.store.watermark(of: wait.table), mark >= needed else { return nil }
            return TaskResult(value: ControlTime.text(mark))
        }
    }

    private func first(of dag: String, _ look: () async throws -> TaskResult?) async throws -> TaskResult {
        let changes = parts.changes.subscribe()
        if let found = try await look() { return found }
        for await change in changes where change.map({ $0.dag == dag }) ?? true {
            if let found = try await look() { return found }
        }
        throw CancellationError()
    }
}

/// Sends tasks' messages; connects with the first.
actor TaskPublisher {
    private let settings: KafkaSettings
    private let logger: Logger
    private var producer: KafkaProducer?

    init(_ settings: KafkaSettings, logger: Logger) {
        var settings = settings
        settings.properties["linger.ms"] = settings.properties["linger.ms"] ?? "0"
        self.settings = settings
        self.logger = logger
    }

    /// - Returns: Where it is.
    func send(_ message: ProducerMessage) async throws(KafkaError) -> String {
        if producer == nil { producer = try KafkaProducer(settings, logger: logger) }
        guard let producer else { return "" }
        let report = try await producer.send(message)
        return "\(report.position)@\(report.offset)"
    }

    func close() async {
        _ = await producer?.close()
        producer = nil
    }
}

extension TaskFailure {
    /// What a client threw, as an attempt's end.
    init(_ error: any Error) {
        switch error {
        case let error as TaskFailed:
            self.init(code: error.code, message: error.message, isRetriable: error.isRetriable)
        case let error as PostgresError:
            // A statement that takes too long may be quicker another time.
            self.init(
                code: error.sqlState.map { "sql_\($0.rawValue)" } ?? "database",
                message: ControlText.cut("\(error)", to: 2_000), isRetriable: error.isRetriable || error.isAway)
        case let error as CurlError:
            self.init(code: "request", message: ControlText.cut("\(error)", to: 2_000), isRetriable: error.isRetriable)
        case let error as KafkaError:
            self.init(code: "kafka", message: ControlText.cut("\(error)", to: 2_000), isRetriable: error.isRetriable)
        default:
            self.init(code: "internal", message: ControlText.cut("\(error)", to: 2_000), isRetriable: true)
        }
    }
}
