// LocalAttempt: an attempt that the leader carries out itself, and what comes of it.
import ControlPlane
import Foundation
import Timetable

/// What is to be done, with everything that is filled in.
struct LocalAttempt: Sendable, Equatable {
    var run: String
    var dag: String
    var task: String
    var attempt: Int
    var work: TaskWork
    var values: TemplateValues
    /// The end of the run's interval.
    var upTo: Date
    var deadline: Date
}

/// What a task gave.
struct TaskResult: Sendable, Equatable {
    /// No more of it is kept: results are for templates, branches and people.
    static let lengthMax = 1_000

    var value: String?
    var rows: Int?
    /// Of a branch.
    var chosen: [String]?

    init(value: String? = nil, rows: Int? = nil, chosen: [String]? = nil) {
        self.value = value.map { ControlText.cut($0.replacing("\0", with: ""), to: Self.lengthMax) }
        self.rows = rows
        self.chosen = chosen
    }
}

/// What the leader is told of an attempt.
struct LocalOutcome: Sendable {
    enum Event: Sendable {
        case started(Date)
        case succeeded(TaskResult)
        case failed(TaskFailure)
    }

    var run: String
    var task: String
    var attempt: Int
    /// The process that does it.
    var worker: String
    var event: Event
    /// What was said meanwhile.
    var log: [LogRecord] = []
}

extension LedRun {
    /// Attempts that are under way here, or were before this leader: what they do is done once, however often they begin.
    var localAttempts: [LocalAttempt] {
        machine.tasks.values.filter { $0.phase == .queued || $0.phase == .running }.compactMap { task in
            task.deadline.flatMap { localAttempt(task.id, task.attempt, deadline: $0) }
        }
    }

    /// `nil` for what a transformer carries out.
    func localAttempt(_ task: String, _ attempt: Int, deadline: Date) -> LocalAttempt? {
        guard let row = tasks[task], let work = row.work, !(row.kind ?? .model).isOfTransformer else { return nil }
        return LocalAttempt(
            run: record.run, dag: record.dag, task: task, attempt: attempt, work: work,
            values: values(of: row, attempt), upTo: record.upTo, deadline: deadline)
    }

    private func values(of row: TaskRecord, _ attempt: Int) -> TemplateValues {
        var values = [
            "run.id": record.run, "run.dag": record.dag, "run.trigger": record.trigger.rawValue,
            "run.interval_start": ControlTime.text(record.fromAt ?? record.upTo),
            "run.interval_end": ControlTime.text(record.upTo), "run.attempt": String(attempt), "task.id": row.task,
            "task.name": row.model,
        ]
        for (name, value) in record.parameters ?? [:] { values["params.\(name)"] = value.text }
        for task in tasks.values where task.result != nil { values["tasks.\(task.model).result"] = task.result }
        return TemplateValues(values: values)
    }
}
