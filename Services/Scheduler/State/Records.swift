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
public struct DAGRecord: Codable, Sendable, Equatable {
    /// The environment's name: an environment is a DAG.
    public var dag: String
    public var manifest: EnvironmentManifest
    public var isPaused: Bool
    /// Ticks up to here are dealt with.
    public var cursorAt: Date
    /// When each model became known: the time of an `@once`.
    public var firstSeen: [String: Date]
    public var isRemoved: Bool
    public var updatedAt: Date
}

/// A row of `scheduler.runs`.
public struct RunRecord: Codable, Sendable, Equatable {
    public var run: String
    public var dag: String
    public var environment: String
    public var trigger: RunTrigger
    public var state: RunPhase
    public var scheduledFor: Date
    /// Start of a backfill; `nil` otherwise.
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
}

/// A row of `scheduler.tasks`.
public struct TaskRecord: Codable, Sendable, Equatable {
    public var task: String
    public var run: String
    /// Place in the run, so that what a task depends on comes before it.
    public var position: Int
    public var model: String
    public var dependsOn: [String]
    public var state: TaskPhase
    public var attempt: Int
    public var retriesMax: Int
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
}

/// A row of `scheduler.attempts`.
public struct AttemptRecord: Codable, Sendable, Equatable {
    /// Where an attempt is.
    public enum State: String, Codable, Sendable {
        case queued, running, succeeded, failed
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
struct PositionRecord: Codable, Sendable, Equatable {
    var topic: String
    var partition: Int32
    var nextOffset: Int64
}

/// A row of `scheduler.audit`: what a person did.
public struct AuditRecord: Codable, Sendable, Equatable {
    public var at: Date
    public var who: String
    public var action: String
    public var dag: String
    public var run: String?
    public var detail: String?
}
