// Where tasks and runs are. The words are stored, and shown.
import Foundation

/// Where a task of a run is.
public enum TaskPhase: String, Sendable, Codable, CaseIterable {
    /// For others, for its next attempt, or for a free place.
    case waiting
    /// The command is on its way; no worker has taken it up.
    case queued
    case running
    /// Under way, and told to end: its last word is awaited.
    case cancelling
    case succeeded
    case failed
    /// Never tried: something it depends on failed.
    case upstreamFailed = "upstream_failed"
    /// Never tried: its trigger rule does not want it.
    case skipped
    /// Somebody ended it, or its run.
    case cancelled

    /// True when nothing more will happen to it by itself.
    public var isOver: Bool {
        switch self {
        case .waiting, .queued, .running, .cancelling: false
        case .succeeded, .failed, .upstreamFailed, .skipped, .cancelled: true
        }
    }

    /// True while a worker has it, or may have.
    public var isUnderWay: Bool { self == .queued || self == .running || self == .cancelling }

    /// True where the phase follows from the tasks before it alone, and changes when they do.
    var isDerived: Bool { self == .waiting || self == .upstreamFailed || self == .skipped }
}

/// Where a run is.
public enum RunPhase: String, Sendable, Codable, CaseIterable {
    /// Not begun: another run of its DAG goes first.
    case queued
    case running, succeeded, failed
    /// Somebody stopped it.
    case cancelled

    public var isOver: Bool { self != .queued && self != .running }
}

/// Why an attempt failed.
public struct TaskFailure: Sendable, Equatable, Codable {
    public var code: String
    public var message: String
    public var isRetriable: Bool

    /// The code of an attempt that was ended because somebody wanted it.
    public static let cancelled = "cancelled"

    public init(code: String, message: String, isRetriable: Bool) {
        self.code = code
        self.message = message
        self.isRetriable = isRetriable
    }
}

/// A task of a run.
public struct RunTask: Sendable, Equatable {
    /// Stays the same over all attempts.
    public let id: String
    public let node: Node
    public var phase: TaskPhase = .waiting
    /// The latest attempt; 0 before the first.
    public var attempt = 0
    /// Attempts that no longer count among its retries: those before somebody cleared it.
    public var attemptsBefore = 0
    /// Somebody said how it ended; no answer changes that.
    public var isMarked = false
    /// When a waiting task is tried again.
    public var retryAt: Date?
    /// When the latest attempt is given up.
    public var deadline: Date?
    /// Of a branch that has succeeded: the nodes right behind it that go on, by name; `nil`: all.
    public var chosen: Set<String>?

    public init(id: String, node: Node) {
        self.id = id
        self.node = node
    }
}
