// SchedulerMeters: what the scheduler measures of itself.
import Foundation
import Metrics
import ServiceRuntime
import Timetable

struct SchedulerMeters: Sendable {
    private let tickLateness = Timer(label: "scheduler_tick_lateness_seconds")
    private let queueWait = Timer(label: "scheduler_task_queue_seconds")
    private let overdue = Gauge(label: "scheduler_overdue_seconds")
    private let active = Gauge(label: "scheduler_runs_active")

    static func describe() {
        MetricsRegistry.shared.describe([
            MetricDescription("scheduler_tick_lateness_seconds", help: "From a tick to the start of its run."),
            MetricDescription(
                "scheduler_task_queue_seconds", help: "From a task's command to a transformer taking it up."),
            MetricDescription(
                "scheduler_overdue_seconds", help: "How long the oldest tick that is due has waited for its run."),
            MetricDescription("scheduler_runs_active", help: "Runs that are not over."),
            MetricDescription("scheduler_runs_total", help: "Runs that ended, by outcome."),
            MetricDescription("scheduler_attempts_total", help: "Attempts at tasks that ended, by outcome."),
            MetricDescription("scheduler_is_leader", help: "1 while this process leads."),
            MetricDescription("scheduler_state_write_seconds", help: "Time to write one step of the leader."),
            MetricDescription("scheduler_outbox_messages", help: "Messages that wait to be sent."),
            MetricDescription(
                "scheduler_outbox_oldest_seconds", help: "How long the oldest message has waited to be sent."),
            MetricDescription("scheduler_set_aside", help: "What could not be dealt with and waits for a person."),
            MetricDescription("scheduler_set_aside_total", help: "What could not be dealt with, by kind."),
        ])
    }

    func lateness(_ seconds: TimeInterval) { tickLateness.recordNanoseconds(Int64(max(0, seconds) * 1e9)) }

    func count(_ change: StateChange) {
        for run in change.runs where run.state.isOver {
            Counter(label: "scheduler_runs_total", dimensions: [("state", run.state.rawValue)]).increment()
        }
        for attempt in change.attempts where attempt.finishedAt != nil {
            Counter(label: "scheduler_attempts_total", dimensions: [("state", attempt.state.rawValue)]).increment()
            if let started = attempt.startedAt {
                queueWait.recordNanoseconds(Int64(max(0, started.timeIntervalSince(attempt.queuedAt)) * 1e9))
            }
        }
    }

    func observe(dags: [String: LedDAG], runs: ActiveRuns, now: Date) {
        active.record(runs.count)
        let oldest = dags.values.filter { !$0.record.isRemoved && !$0.clock.isPaused }.compactMap(\.clock.nextTick)
            .min()
        overdue.record(max(0, oldest.map { now.timeIntervalSince($0) } ?? 0))
    }

    static func leads(_ leads: Bool) { Gauge(label: "scheduler_is_leader").record(leads ? 1 : 0) }
}
