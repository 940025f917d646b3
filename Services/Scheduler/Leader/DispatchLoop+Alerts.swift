// What people are told: decided with the step that it tells of, and written with it, so that it is told once and not forgotten.
import ControlPlane
import Foundation
import Timetable

extension DispatchLoop {
    /// Adds alerts to a step that is about to be written.
    mutating func addAlerts(to change: inout StateChange) {
        for run in change.runs where run.state.isOver { addOutcome(of: run, to: &change) }
        for attempt in change.attempts where attempt.state == .failed {
            guard
                let task = change.tasks.first(where: {
                    $0.task == attempt.task && $0.attempt == attempt.attempt && $0.state == .waiting
                        && $0.retryAt != nil
                }), let run = runs[task.run]?.record
            else { continue }
            add(
                .retry, "retry/\(attempt.task)/\(attempt.attempt)", run, subject(run.dag, task.modelName),
                "\(run.dag): \(task.model) failed, and is tried again",
                attempt.failure.map { "\($0.code): \($0.message)" }, attempt.finishedAt ?? now(), &change)
        }
    }

    private mutating func addOutcome(of run: RunRecord, to change: inout StateChange) {
        let at = run.finishedAt ?? now()
        let id = "\(run.state.rawValue)/\(run.run)/\(StateTime.text(at))"
        let counts = run.trigger.lane == .main
        switch run.state {
        case .failed:
            if counts { dags[run.dag]?.hasFailed = true }
            add(
                .failure, id, run, subject(run.dag, run.failedModel),
                "\(run.dag) failed" + (run.failedModel.map { " at \($0)" } ?? ""),
                run.failure.map { "\($0.code): \($0.message)" }, at, &change)
        case .succeeded:
            guard counts, dags[run.dag]?.hasFailed == true else { return }
            dags[run.dag]?.hasFailed = false
            add(.recovery, id, run, subject(run.dag, nil), "\(run.dag) is well again", nil, at, &change)
        case .queued, .running, .cancelled: break
        }
    }

    private func add(
        _ event: AlertEvent, _ id: String, _ run: RunRecord, _ subject: AlertRules.Subject, _ words: String,
        _ detail: String?, _ at: Date, to channels: [String]? = nil, _ change: inout StateChange
    ) {
        for channel in channels ?? alertRules.channels(for: event, of: subject) {
            change.alerts.append(
                AlertRecord(
                    id: "\(id)/\(channel)", channel: channel, event: event, dag: run.dag, run: run.run,
                    subject: ControlText.cut(words, to: 300), detail: detail.map { ControlText.cut($0, to: 2_000) },
                    at: at,
                    state: .waiting, tries: 0,
                    nextAt: at.addingTimeInterval(alertRules.channel(channel)?.batch ?? 0)))
        }
    }

    /// - Parameter model: Of an environment: whose owner and tags are meant; `nil`: all of them.
    private func subject(_ dag: String, _ model: String?) -> AlertRules.Subject {
        guard let record = dags[dag]?.record else { return AlertRules.Subject(dag: dag) }
        if let definition = record.definition {
            return AlertRules.Subject(
                dag: dag, owners: Set([definition.owner].compactMap(\.self)), tags: Set(definition.tags))
        }
        let models = record.manifest.models.filter { model == nil || $0.name == model }
        return AlertRules.Subject(
            dag: dag, owners: Set(models.compactMap(\.owner)), tags: Set(models.flatMap(\.tags)))
    }

    // MARK: Deadlines

    private var hasDeadlines: Bool { alertRules.rules.contains { $0.deadline != nil } }

    /// Deadlines of which nobody has been told, of a run.
    private func deadlines(of run: LedRun) -> [(at: Date, after: Double, to: [String])] {
        let start = run.record.trigger == .schedule ? run.record.scheduledFor : run.record.createdAt
        return alertRules.deadlines(of: subject(run.record.dag, nil)).compactMap { deadline in
            guard !run.deadlinesTold.contains(deadline.after) else { return nil }
            return (start.addingTimeInterval(deadline.after), deadline.after, deadline.to)
        }
    }

    /// When the next run will be late.
    var nextDeadline: Date? {
        guard hasDeadlines else { return nil }
        return runs.all.flatMap { deadlines(of: $0).map(\.at) }.min()
    }

    mutating func tellDeadlines(_ now: Date) async throws {
        guard hasDeadlines else { return }
        let late = runs.all.filter { run in deadlines(of: run).contains { $0.at <= now } }.map(\.record.run).sorted()
        for id in late {
            try await deal(.init(.run, id, dag: runs[id]?.record.dag), now) { loop, change in
                guard let run = loop.runs[id] else { return }
                // Rules with the same deadline tell different channels of it.
                for deadline in loop.deadlines(of: run) where deadline.at <= now {
                    loop.runs[id]?.deadlinesTold.insert(deadline.after)
                    loop.add(
                        .deadline, "deadline/\(id)/\(Int(deadline.after * 1_000))", run.record,
                        loop.subject(run.record.dag, nil),
                        "\(run.record.dag) is late: not over \(Int(deadline.after)) s after its time",
                        "It is \(run.machine.phase.rawValue).", now, to: deadline.to, &change)
                }
            }
        }
    }
}
