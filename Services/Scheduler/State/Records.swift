// Records: the rows of the scheduler's tables. They travel to and from PostgreSQL as JSON: see StateJSON.
import ControlPlane
import Foundation
import Timetable

/// What started a run.
public enum RunTrigger: String, Codable, Sendable {
    case schedule, manual, backfill

    /// Runs of one lane of a DAG go one after the other. Backfills have their own: they neither hold up the schedule nor
    /// are held up by it.
    var lane: RunLane { self == .backfill ? .backfill : .main }
}

enum RunLane: Hashable, Sendable {
    case main, backfill
}

/// A row of `scheduler.dags`.
public struct DAGRecord: StateRow, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case dag, manifest, isPaused, cursorAt, firstSeen, isRemoved, updatedAt, definition
    }

    static let table = "dags", key: [CodingKeys] = [.dag]
    /// Pausing is written by whoever takes the request.
    static let fixed: Set<CodingKeys> = [.isPaused]

    /// The environment's name: an environment is a DAG. Or the name that a file gives.
    public var dag: String
    /// Of a file's DAG one without models: a version before there were such finds nothing to do in it.
    public var manifest: EnvironmentManifest
    public var isPaused: Bool
    /// Ticks up to here are dealt with.
    public var cursorAt: Date
    /// When each model became known: the time of an `@once`.
    public var firstSeen: [String: Date]
    public var isRemoved: Bool
    public var updatedAt: Date
    /// What the file says; `nil`: the DAG is an environment.
    public var definition: DAGDefinition?
}

/// A row of `scheduler.runs`.
public struct RunRecord: StateRow, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case run, dag, environment, trigger, state, scheduledFor, fromAt, upTo, requestedBy, idempotencyKey, createdAt
        case startedAt, finishedAt, failedModel, failure, plan, cancelledAt, cancelledBy, parameters
    }

    static let table = "runs", key: [CodingKeys] = [.run]
    static let fixed: Set<CodingKeys> = [
        .dag, .environment, .trigger, .scheduledFor, .fromAt, .upTo, .requestedBy, .idempotencyKey, .createdAt, .plan,
        .parameters,
    ]

    public var run: String
    public var dag: String
    public var environment: String
    public var trigger: RunTrigger
    public var state: RunPhase
    public var scheduledFor: Date
    /// Start of a backfill, or of the interval of a file's DAG; `nil` otherwise.
    public var fromAt: Date?
    public var upTo: Date
    public var requestedBy: String?
    public var idempotencyKey: String?
    public var createdAt: Date
    public var startedAt: Date?
    public var finishedAt: Date?
    /// The first task that failed, by its model, and why.
    public var failedModel: String?
    public var failure: TaskFailure?
    /// The plan whose models it was made of; `nil` for runs from before this was noted.
    public var plan: String?
    /// When somebody wanted it to end, and who.
    public var cancelledAt: Date?
    public var cancelledBy: String?
    /// Of a file's DAG: what was given, and the defaults.
    public var parameters: [String: ParameterValue]?
}

/// A row of `scheduler.tasks`.
public struct TaskRecord: StateRow, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case task, run, position, model, kind, rule, dependsOn, state, attempt, attemptsBefore, markedBy, retriesMax
        case retryDelay, retryDelayMax, timeout, fromAt, upTo, retryAt, deadlineAt, queuedAt, startedAt, finishedAt
        case done, total, pool, priority, work, chosen, result
    }

    static let table = "tasks", key: [CodingKeys] = [.task]
    static let fixed: Set<CodingKeys> = [
        .run, .position, .model, .kind, .rule, .dependsOn, .retriesMax, .retryDelay, .retryDelayMax, .timeout, .pool,
        .priority, .fromAt, .upTo, .work,
    ]

    public var task: String
    public var run: String
    /// Place in the run, so that what a task depends on comes before it.
    public var position: Int
    /// Its name in the run: of an environment's DAG the model's.
    public var model: String
    /// `nil` in rows from before there were kinds: a model.
    public var kind: NodeKind?
    /// `nil` in rows from before there were rules: all that it depends on must succeed.
    public var rule: TriggerRule?
    public var dependsOn: [String]
    public var state: TaskPhase
    public var attempt: Int
    /// Attempts that no longer count among the retries: those before it was cleared.
    public var attemptsBefore: Int?
    /// Who said how it ended.
    public var markedBy: String?
    public var retriesMax: Int
    /// How long it waits before a retry and how long an attempt may take, in seconds, as was set when the run was made; `nil`
    /// in rows from before this was noted: as is set now.
    public var retryDelay: Double?
    public var retryDelayMax: Double?
    public var timeout: Double?
    /// The pool of which it needs a place, where that has a limit; `nil` in rows from before there were pools: the default one.
    public var pool: String?
    public var priority: Int?
    public var fromAt: Date?
    public var upTo: Date
    public var retryAt: Date?
    public var deadlineAt: Date?
    public var queuedAt: Date?
    public var startedAt: Date?
    public var finishedAt: Date?
    /// Intervals computed so far, of `total`.
    public var done: Int
    public var total: Int
    /// What it does; `nil` in a run of an environment: its model.
    public var work: TaskWork?
    /// Of a branch that has succeeded: the tasks right behind it that go on.
    public var chosen: [String]?
    /// What it gave, for tasks behind it and for people.
    public var result: String?
}

extension TaskRecord {
    /// What a transformer calls the model.
    var modelName: String {
        switch work {
        case .models(let work), .audit(let work): work.model ?? model
        default: model
        }
    }

    /// Whose model it is, where that is not the run's environment.
    var environment: String? {
        switch work {
        case .models(let work), .audit(let work): work.environment
        default: nil
        }
    }
}

/// A row of `scheduler.attempts`.
public struct AttemptRecord: StateRow, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case task, attempt, state, queuedAt, startedAt, finishedAt, deadlineAt, worker, rows, done, total, failure
    }

    static let table = "attempts", key: [CodingKeys] = [.task, .attempt]
    static let fixed: Set<CodingKeys> = [.queuedAt, .deadlineAt]

    /// Where an attempt is.
    public enum State: String, Codable, Sendable {
        case queued, running, succeeded, failed, cancelled
    }

    public var task: String
    public var attempt: Int
    public var state: State
    public var queuedAt: Date
    public var startedAt: Date?
    public var finishedAt: Date?
    public var deadlineAt: Date
    public var worker: String?
    public var rows: Int?
    public var done: Int
    public var total: Int
    public var failure: TaskFailure?
}

/// A row of `scheduler.outbox`: a message that is as good as sent.
struct OutboxRecord: Codable, Sendable, Equatable {
    /// The CloudEvents id: the same however often it is sent.
    var messageId: String
    var type: String
    /// The message as JSON.
    var payload: String
}

/// A row of `scheduler.positions`: where reading of answers goes on.
struct PositionRecord: StateRow, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case topic, partition, nextOffset
    }

    static let table = "positions", key: [CodingKeys] = [.topic, .partition]
    static let fixed: Set<CodingKeys> = []

    var topic: String
    var partition: Int32
    var nextOffset: Int64
}

/// A row of `scheduler.landed`: how far data of a topic has come into a raw table.
struct LandedRecord: StateRow, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case tableName, topic, lowWatermark, landedAt
    }

    static let table = "landed", key: [CodingKeys] = [.tableName, .topic]
    static let fixed: Set<CodingKeys> = []

    var tableName: String
    var topic: String
    var lowWatermark: Date?
    var landedAt: Date
}

/// A row of `scheduler.audit`: what a person did.
public struct AuditRecord: StateRow, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case at, who, action, dag, run, detail
    }

    /// The key is a number that PostgreSQL gives: rows are only added.
    static let table = "audit", key: [CodingKeys] = []
    static let fixed: Set<CodingKeys> = []

    public var at: Date
    public var who: String
    public var action: String
    public var dag: String
    public var run: String?
    public var detail: String?
}
