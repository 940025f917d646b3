// AttemptLog: what is said while an attempt is carried out here; it goes to the leader with the attempt's end.
import Foundation
import Synchronization

final class AttemptLog: Sendable {
    /// No attempt says more.
    private static let linesMax = 200

    private let attempt: LocalAttempt
    private let now: @Sendable () -> Date
    private let lines = Mutex<[LogRecord]>([])

    init(_ attempt: LocalAttempt, now: @escaping @Sendable () -> Date) {
        self.attempt = attempt
        self.now = now
    }

    func note(_ message: String, _ level: LogRecord.Level = .info) {
        lines.withLock { lines in
            guard lines.count < Self.linesMax else { return }
            lines.append(LogRecord(attempt.task, attempt.attempt, at: now(), level, message))
        }
    }

    var all: [LogRecord] { lines.withLock { $0 } }
}
