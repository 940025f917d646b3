// Logs of attempts: what the scheduler and those who carry tasks out said, line by line.
import ControlPlane
import Foundation
import Postgres

/// A row of `scheduler.logs`: a line.
public struct LogRecord: StateRow, Equatable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case task, attempt, at, level, message
    }

    /// The key is a number that PostgreSQL gives: rows are only added.
    static let table = "logs", key: [CodingKeys] = []
    static let fixed: Set<CodingKeys> = []

    /// How bad it is.
    public enum Level: String, Codable, Sendable {
        case info, warning, error
    }

    private static let lengthMax = 8_000

    public var task: String
    public var attempt: Int
    public var at: Date
    public var level: Level
    public var message: String

    init(_ task: String, _ attempt: Int, at: Date, _ level: Level, _ message: String) {
        self.task = task
        self.attempt = attempt
        self.at = at
        self.level = level
        self.message = ControlText.cut(message.replacing("\0", with: ""), to: Self.lengthMax)
    }
}

/// A line as it is read.
public struct LogLine: Codable, Sendable, Equatable {
    /// Grows: the next page begins behind the last.
    public var sequence: Int64
    /// The task's name in the run.
    public var name: String
    public var attempt: Int
    public var at: Date
    public var level: LogRecord.Level
    public var message: String
}

extension StateStore {
    /// Lines of a run, oldest first.
    /// - Parameters:
    ///   - name: Only of this task, by its name in the run.
    ///   - after: The last line of the page before.
    ///   - words: Only lines that have these words, whatever their case.
    public func logs(
        of run: String, name: String? = nil, attempt: Int? = nil, words: String? = nil, after: Int64 = 0, limit: Int
    ) async throws -> [LogLine] {
        try await rows(
            """
            SELECT l.sequence::text, jsonb_build_object('sequence', l.sequence, 'name', t.model, 'attempt', l.attempt,
                'at', l.at, 'level', l.level, 'message', l.message)::text
            FROM scheduler.tasks t JOIN scheduler.logs l ON l.task = t.task
            WHERE t.run = \(run)::uuid AND l.sequence > \(after)::bigint
                AND (\(name == nil)::boolean OR t.model = \(name ?? ""))
                AND (\(attempt == nil)::boolean OR l.attempt = \(attempt ?? 0)::int)
                AND (\(words == nil)::boolean OR strpos(lower(l.message), lower(\(words ?? ""))) > 0)
            ORDER BY l.sequence LIMIT \(limit)::int
            """
        ).values
    }
}
