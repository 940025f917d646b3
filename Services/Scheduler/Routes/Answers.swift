// Answers: what the API says, field by field. What a table has and a reader need not know is not here.
import Foundation
import Timetable

struct Page<Item: Encodable & Sendable>: Encodable, Sendable {
    var items: [Item]
    /// Hand it back as `cursor` for the next page; `null` on the last.
    var nextCursor: String?
}

struct RunSummaryAnswer: Encodable, Sendable {
    var id: String
    var dag: String
    var state: String
    var trigger: String
    var scheduledFor: Date
    var createdAt: Date
    var startedAt: Date?
    var finishedAt: Date?
    var from: Date?
    var upTo: Date
    var requestedBy: String?
    var failedModel: String?
    /// The plan whose models it was made of.
    var plan: String?
    /// When somebody wanted it to end, and who.
    var cancelledAt: Date?
    var cancelledBy: String?
    /// Of a file's DAG.
    var params: [String: ParameterValue]?

    init(_ run: RunRecord) {
        id = run.run
        dag = run.dag
        state = run.state.rawValue
        trigger = run.trigger.rawValue
        scheduledFor = run.scheduledFor
        createdAt = run.createdAt
        startedAt = run.startedAt
        finishedAt = run.finishedAt
        from = run.fromAt
        upTo = run.upTo
        requestedBy = run.requestedBy
        failedModel = run.failedModel
        plan = run.plan
        cancelledAt = run.cancelledAt
        cancelledBy = run.cancelledBy
        params = run.parameters
    }
}

struct DAGSummaryAnswer: Encodable, Sendable {
    var id: String
    var environment: String
    var paused: Bool
    /// Each schedule once, with its zone when that is not UTC.
    var schedules: [String]
    var models: Int
    /// Of a DAG that a file defines: the file, and how many tasks it has.
    var file: String?
    var tasks: Int?
    var nextRunAt: Date?
    var lastRuns: [RunSummaryAnswer]
    var activeRuns: Int

    init(_ overview: DAGOverview, now: Date) {
        let dag = overview.dag
        id = dag.dag
        environment = dag.manifest.environment
        paused = dag.isPaused
        var seen: Set<String> = []
        schedules = dag.manifest.models.map { model in
            model.cron + (model.cronTimeZone.map { $0 == "UTC" ? "" : " (\($0))" } ?? "")
        }.filter { seen.insert($0).inserted }
        if let definition = dag.definition {
            schedules = definition.scheduleText.map { [$0] } ?? []
            (file, tasks) = (definition.file, definition.tasks.count)
        }
        models = dag.manifest.models.count
        nextRunAt = dag.isPaused ? nil : LedDAG.schedules(dag).schedules.values.compactMap { $0.next(after: now) }.min()
        lastRuns = overview.lastRuns.map(RunSummaryAnswer.init)
        activeRuns = overview.activeRuns
    }
}

struct ModelAnswer: Encodable, Sendable {
    var name: String
    var kind: String
    var cron: String
    var cronTz: String?
    /// The next five times it is due.
    var nextRuns: [Date]
    var dependsOn: [String]
    var sources: [String]
    var owner: String?
    var description: String?
    var tags: [String]
    var retries: Int
    /// The pool that its tags name.
    var pool: String?
    var priority: Int
    /// Why it has no schedule, or which of its tags is not followed.
    var problem: String?
}

struct DAGAnswer: Encodable, Sendable {
    var id: String
    var environment: String
    var paused: Bool
    var plan: String
    var promotedAt: Date
    var nextRunAt: Date?
    var activeRuns: Int
    var activeRunsMax: Int
    var catchUp: String
    var models: [ModelAnswer]
    /// Of a DAG that a file defines.
    var definition: DefinitionAnswer?

    init(_ overview: DAGOverview, settings: SchedulerSettings, now: Date) {
        let dag = overview.dag
        let (schedules, problems) = LedDAG.schedules(dag)
        id = dag.dag
        environment = dag.manifest.environment
        paused = dag.isPaused
        plan = dag.manifest.plan
        promotedAt = dag.manifest.promotedAt
        nextRunAt = dag.isPaused ? nil : schedules.values.compactMap { $0.next(after: now) }.min()
        activeRuns = overview.activeRuns
        activeRunsMax = dag.definition?.activeRunsMax ?? settings.activeRunsMax
        catchUp = (dag.definition?.catchUp ?? settings.catchUp).rawValue
        definition = dag.definition.map {
            DefinitionAnswer($0, schedules[$0.name], problems[$0.name], settings: settings, now: now)
        }
        models = dag.manifest.models.map { model in
            let hints = ModelHints(model.tags)
            let noLimit = hints.pool.flatMap { pool in
                settings.pools[pool] == nil ? "The pool `\(pool)` is not in SCHEDULER_POOLS, and has no limit." : nil
            }
            return ModelAnswer(
                name: model.name, kind: model.kind, cron: model.cron, cronTz: model.cronTimeZone,
                nextRuns: schedules[model.name]?.upcoming(after: now, count: 5) ?? [], dependsOn: model.dependsOn,
                sources: model.sources, owner: model.owner, description: model.description, tags: model.tags,
                retries: hints.retries ?? model.retries ?? settings.retry.retriesMax,
                pool: hints.pool, priority: hints.priority ?? 0,
                problem: ([problems[model.name]] + hints.problems + [noLimit]).compactMap(\.self).first)
        }
    }
}

struct FailureAnswer: Encodable, Sendable {
    var code: String
    var message: String
    var retriable: Bool

    init(_ failure: TaskFailure) {
        code = failure.code
        message = failure.message
        retriable = failure.isRetriable
    }
}

struct AttemptAnswer: Encodable, Sendable {
    var attempt: Int
    var state: String
    var worker: String?
    var queuedAt: Date
    var startedAt: Date?
    var finishedAt: Date?
    var deadlineAt: Date
    var rows: Int?
    var done: Int
    var total: Int
    var error: FailureAnswer?

    init(_ record: AttemptRecord) {
        attempt = record.attempt
        state = record.state.rawValue
        worker = record.worker
        queuedAt = record.queuedAt
        startedAt = record.startedAt
        finishedAt = record.finishedAt
        deadlineAt = record.deadlineAt
        rows = record.rows
        done = record.done
        total = record.total
        error = record.failure.map(FailureAnswer.init)
    }
}

struct TaskAnswer: Encodable, Sendable {
    var id: String
    /// Its name in the run: of an environment's DAG the model's.
    var model: String
    var kind: String
    /// What it gave.
    var result: String?
    var state: String
    /// What it wants of the tasks before it.
    var rule: String
    var attempt: Int
    /// The attempt after which it is given up.
    var attemptsMax: Int
    /// Who said how it ended.
    var markedBy: String?
    var pool: String
    var priority: Int
    var dependsOn: [String]
    var from: Date?
    var upTo: Date
    var retryAt: Date?
    var queuedAt: Date?
    var startedAt: Date?
    var finishedAt: Date?
    var done: Int
    var total: Int
    /// Only in the answer for one run.
    var attempts: [AttemptAnswer]?

    init(_ task: TaskRecord, attempts: [AttemptRecord]? = nil) {
        id = task.task
        model = task.model
        kind = (task.kind ?? .model).rawValue
        result = task.result
        state = task.state.rawValue
        attempt = task.attempt
        attemptsMax = (task.attemptsBefore ?? 0) + task.retriesMax + 1
        markedBy = task.markedBy
        pool = task.pool ?? PoolName.default
        priority = task.priority ?? 0
        rule = (task.rule ?? .allSuccess).rawValue
        dependsOn = task.dependsOn
        from = task.fromAt
        upTo = task.upTo
        retryAt = task.retryAt
        queuedAt = task.queuedAt
        startedAt = task.startedAt
        finishedAt = task.finishedAt
        done = task.done
        total = task.total
        self.attempts = attempts.map { $0.filter { $0.task == task.task }.map(AttemptAnswer.init) }
    }
}

struct RunAnswer: Encodable, Sendable {
    private let summary: RunSummaryAnswer
    private let tasks: [TaskAnswer]
    private let error: FailureAnswer?
    private let history: [HistoryAnswer]?

    private enum CodingKeys: String, CodingKey {
        case tasks, error, history
    }

    /// - Parameter withAttempts: Whether each task tells of its attempts.
    init(_ stored: StoredRun, withAttempts: Bool) {
        summary = RunSummaryAnswer(stored.run)
        tasks = stored.tasks.map { TaskAnswer($0, attempts: withAttempts ? stored.attempts : nil) }
        error = stored.run.failure.map(FailureAnswer.init)
        history = stored.audit?.map(HistoryAnswer.init)
    }

    func encode(to encoder: any Encoder) throws {
        try summary.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tasks, forKey: .tasks)
        try container.encodeIfPresent(error, forKey: .error)
        try container.encodeIfPresent(history, forKey: .history)
    }
}

/// What somebody did.
struct HistoryAnswer: Encodable, Sendable {
    var at: Date
    var who: String
    var action: String
    /// What came of it.
    var detail: String?

    init(_ record: AuditRecord) {
        at = record.at
        who = record.who
        action = record.action
        detail = record.detail
    }
}

/// What a backfill would do.
struct PreviewAnswer: Encodable, Sendable {
    struct Task: Encodable, Sendable {
        var model: String
        var from: Date?
        var upTo: Date
        var note: String?
    }

    var from: Date?
    var upTo: Date
    var tasks: [Task]

    init(_ plan: RunPlan) {
        from = plan.run.fromAt
        upTo = plan.run.upTo
        tasks = plan.tasks.map { Task(model: $0.model, from: $0.fromAt, upTo: $0.upTo, note: plan.notes[$0.model]) }
    }
}

struct StartedAnswer: Encodable, Sendable {
    var id: String
}

struct SetAsideAnswer: Encodable, Sendable {
    var id: String
    var kind: String
    var dag: String?
    var reason: String
    var at: Date
    var times: Int

    init(_ record: SetAsideRecord) {
        id = record.id
        kind = record.kind.rawValue
        dag = record.dag
        reason = record.reason
        at = record.at
        times = record.times
    }
}

struct SessionAnswer: Encodable, Sendable {
    struct User: Encodable, Sendable {
        var name: String
        var role: String
    }

    var user: User
    var mayOperate: Bool
    /// Where visitors log in; the dashboards live there too.
    var login: String
}
