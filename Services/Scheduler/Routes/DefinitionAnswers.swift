// DefinitionAnswers: what the API says of a DAG that a file defines.
import Foundation
import Timetable

struct DefinitionAnswer: Encodable, Sendable {
    struct Task: Encodable, Sendable {
        var name: String
        var kind: String
        var after: [String]
        var rule: String
        var retries: Int
        /// How long an attempt may take, in seconds.
        var timeout: Double
        var pool: String
        var priority: Int
        var description: String?
        /// What it does, in a line.
        var summary: String
    }

    struct Parameter: Encodable, Sendable {
        var name: String
        var type: String
        var title: String?
        var description: String?
        var standard: ParameterValue?
        var allowed: [ParameterValue]?
        var minimum: Double?
        var maximum: Double?
        var minLength: Int?
        var maxLength: Int?
        var format: String?

        private enum CodingKeys: String, CodingKey {
            case name, type, title, description, standard = "default", allowed = "enum", minimum, maximum, minLength
            case maxLength, format
        }
    }

    var file: String
    var version: String
    var description: String?
    var owner: String?
    var tags: [String]
    var schedule: String?
    var start: Date?
    var end: Date?
    /// The next five times it is due.
    var nextRuns: [Date]
    var params: [Parameter]
    var tasks: [Task]
    /// Why it has no schedule.
    var problem: String?

    init(
        _ definition: DAGDefinition, _ schedule: Schedule?, _ problem: String?, settings: SchedulerSettings, now: Date
    ) {
        file = definition.file
        version = definition.version
        description = definition.description
        owner = definition.owner
        tags = definition.tags
        self.schedule = definition.scheduleText
        start = definition.start
        end = definition.end
        nextRuns = schedule?.upcoming(after: now, count: 5) ?? []
        params = definition.parameters.map {
            Parameter(
                name: $0.name, type: $0.type.rawValue, title: $0.title, description: $0.description,
                standard: $0.standard, allowed: $0.allowed, minimum: $0.minimum, maximum: $0.maximum,
                minLength: $0.minLength, maxLength: $0.maxLength, format: $0.format?.rawValue)
        }
        tasks = definition.tasks.map { task in
            Task(
                name: task.name, kind: task.work.word, after: task.after, rule: task.rule.rawValue,
                retries: task.retries ?? settings.retry.retriesMax,
                timeout: task.timeout ?? settings.retry.attemptTimeout, pool: task.pool ?? PoolName.default,
                priority: task.priority ?? 0, description: task.description, summary: task.work.summary)
        }
        self.problem = problem
    }
}

extension DAGDefinition {
    /// The schedule, with its zone when that is not UTC.
    var scheduleText: String? {
        schedule.map { text in text + (zone.map { $0 == "UTC" ? "" : " (\($0))" } ?? "") }
    }
}

extension TaskWork {
    /// Its kind, by the word of a file.
    var word: String {
        switch self {
        case .models: "models"
        default: kind.rawValue
        }
    }

    /// What it does, in a line. Nothing of it is secret: files name secrets, and do not hold them.
    var summary: String {
        switch self {
        case .models(let work), .audit(let work): "\(work.select.joined(separator: ", ")) of \(work.environment)"
        case .sql(let work): Self.line(work.statement)
        case .branch(let work): Self.line(work.statement)
        case .http(let work): "\(work.method) \(work.url)"
        case .publish(let work): "to \(work.topic)"
        case .email(let work): "to \(work.to.joined(separator: ", "))"
        case .waitForDAG(let wait): wait.dag + (wait.task.map { ": \($0)" } ?? "")
        case .waitForData(let wait): wait.table
        case .broken(let reason): reason
        }
    }

    private static func line(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 120 ? line.prefix(119) + "…" : line
    }
}
