// DispatchLoop: the leader at work. One event after the other: decide, write the decision down, have it sent, set the alarm.
// Always: nothing is sent that is not written; nothing is decided in memory that could not be written. What the state
// refuses for good, an event, a tick or a run, is set aside, and everything else goes on; when the state cannot be worked
// with at all, the term ends, and the next one reads it anew.
import ControlPlane
import Foundation
import Kafka
import Logging
import Metrics
import Postgres
import Timetable

struct DispatchLoop {
    let store: StateStore
    let epoch: Int64
    let settings: SchedulerSettings
    let inbox: LeaderInbox
    let outbox: OutboxSender
    let executors: ExecutorPool
    let alerts: AlertSender
    let alarm: Alarm
    let now: @Sendable () -> Date
    let logger: Logger

    var dags: [String: LedDAG] = [:]
    var runs = ActiveRuns()
    /// What `alerts.yaml` says.
    var alertRules: AlertRules
    /// DAGs in which something may begin.
    private var touched: Set<String> = []
    var positions: [TopicPartition: Offset] = [:]
    /// Ids of what is set aside.
    var setAside: Set<String> = []
    /// Whether a DAG is paused, of those whose rows cannot be read otherwise.
    var pauses: [String: Bool] = [:]
    /// The manifests that are there have been read: runs may begin.
    private var isReady = false
    let meters = SchedulerMeters()

    init(
        store: StateStore, epoch: Int64, settings: SchedulerSettings, inbox: LeaderInbox, outbox: OutboxSender,
        executors: ExecutorPool, alerts: AlertSender, alertRules: AlertRules = AlertRules(),
        alarm: Alarm, now: @escaping @Sendable () -> Date, logger: Logger
    ) {
        self.store = store
        self.epoch = epoch
        self.settings = settings
        self.inbox = inbox
        self.outbox = outbox
        self.executors = executors
        self.alerts = alerts
        self.alertRules = alertRules
        self.alarm = alarm
        self.now = now
        self.logger = logger
    }

    /// Reads what the leader before left: DAGs, runs that are not over, messages that may not have been sent.
    mutating func load() async throws {
        let now = now()
        var change = StateChange()
        setAside = Set(try await store.setAside().map(\.id))
        let stored = try await store.dags()
        for record in stored.values {
            dags[record.dag] = LedDAG(record, catchUp: settings.catchUp)
            settle(SetAsideRecord.id(.dag, record.dag), in: &change)
        }
        if !stored.unreadable.isEmpty { pauses = try await store.pauses() }
        for (dag, error) in stored.unreadable {
            putAside(SetAsideRecord(.dag, dag, dag: dag, reason: error, at: now), in: &change)
        }
        for dag in try await store.failedDAGs() { dags[dag]?.hasFailed = true }
        try await loadRuns(now, &change)
        if !change.isEmpty { try await write(change) }
        outbox.send(try await store.outbox())
    }

    /// Deals with events until there are no more.
    mutating func run() async throws {
        do {
            for await (event, done) in inbox.entries {
                defer { done?.resume() }
                try await handle(event)
            }
        } catch {
            inbox.close()
            for await (_, done) in inbox.entries { done?.resume() }
            throw error
        }
    }

    private mutating func handle(_ event: LeaderEvent) async throws {
        let now = now()
        switch event {
        case .environments(let messages):
            for message in messages { try await take(message, now) }
            isReady = true
        case .environment(let message): try await take(message, now)
        case .answer(let envelope):
            positions[envelope.position] = envelope.offset + 1
            try await take(envelope, now)
        case .unreadable(let message):
            positions[message.position] = message.offset + 1
            try await take(message, now)
        case .outcome(let outcome): try await take(outcome, now)
        case .definitions(let read): try await take(read, now)
        case .signal(.requests):
            inbox.take(.requests)
            try await readRequests(now)
        case .signal(.clock):
            inbox.take(.clock)
            for id in runs.due(at: now, limit: runTimeout) {
                try await deal(.init(.run, id, dag: runs[id]?.record.dag), now) { loop, change in
                    try loop.step(id, .clock, now, &change)
                    try loop.endLongRun(id, now, &change)
                }
            }
        }
        if isReady {
            // Time and requests may concern any DAG, everything else the one that it was about.
            switch event {
            case .answer, .outcome: break
            default: touched.formUnion(dags.keys)
            }
            let names = touched.sorted()
            touched = []
            for name in names { try await beginDue(name, now) }
            try await grantFreePlaces(now)
        }
        try await tellDeadlines(now)
        meters.observe(dags: dags, runs: runs, now: now)
        alarm.set(to: nextAlarm(now), now: now)
    }

    mutating func write(_ change: StateChange) async throws {
        var change = change.compacted()
        addAlerts(to: &change)
        change.positions = positions.map {
            PositionRecord(topic: $0.key.topic, partition: $0.key.partition, nextOffset: $0.value)
        }
        try await store.write(change, epoch: epoch)
        positions = [:]
        outbox.send(change.outbox)
        if !change.alerts.isEmpty { alerts.look() }
        executors.start(change.begun)
        for attempt in change.ended { executors.end(task: attempt.task, attempt: attempt.attempt) }
        setAside.formUnion(change.setAside.map(\.id))
        setAside.subtract(change.settled)
        meters.count(change)
        for run in change.runs where run.state != .queued {
            logger.info(
                "run \(run.state.rawValue)",
                metadata: [
                    "dag": "\(run.dag)", "run": "\(run.run)", "trigger": "\(run.trigger.rawValue)",
                    "scheduled_for": "\(run.scheduledFor.formatted(.iso8601))",
                    "failed_model": "\(run.failedModel ?? "")",
                ])
        }
    }

    // MARK: Environments

    mutating func learn(_ manifest: EnvironmentManifest, _ now: Date, _ change: inout StateChange) throws {
        let name = manifest.environment
        if let definition = dags[name]?.record.definition, dags[name]?.record.isRemoved == false {
            throw Unusable("the DAG `\(name)` of \(definition.file) has the environment's name: give that another one")
        }
        if var dag = dags[name] {
            guard dag.learn(manifest, at: now) else { return }
            dags[name] = dag
        } else {
            let record = DAGRecord(
                dag: name, manifest: manifest, isPaused: pauses[name] ?? false, cursorAt: now,
                firstSeen: LedDAG.firstSeen(manifest, before: [:], at: now), isRemoved: false, updatedAt: now)
            dags[name] = LedDAG(record, catchUp: settings.catchUp)
            settle(SetAsideRecord.id(.dag, name), in: &change)
        }
        guard let dag = dags[name] else { return }
        change.dags.append(dag.row)
        change.notices.insert(.init(dag: name))
        logger.info(
            "environment learnt",
            metadata: ["dag": "\(name)", "models": "\(manifest.models.count)", "plan": "\(manifest.plan)"])
        for model in manifest.models {
            for problem in ModelHints(model.tags).problems {
                logger.warning(
                    "model's tag not followed",
                    metadata: ["dag": "\(name)", "model": "\(model.name)", "reason": "\(problem)"])
            }
        }
        for (model, problem) in LedDAG.schedules(dag.record).problems {
            logger.warning(
                "model has no schedule", metadata: ["dag": "\(name)", "model": "\(model)", "reason": "\(problem)"])
        }
    }

    /// The environment is no more. Saying it twice, or of one that was never known, changes nothing.
    mutating func forget(_ environment: String, _ now: Date, _ change: inout StateChange) throws {
        guard var dag = dags[environment], !dag.record.isRemoved, dag.record.definition == nil else { return }
        dag.record.isRemoved = true
        dag.record.updatedAt = now
        dag.clock.replace([:], at: now)
        dags[environment] = dag
        change.dags.append(dag.row)
        change.notices.insert(.init(dag: environment))
        for run in runs.ids(of: environment) {
            try on(run) { try $0.cancel(by: "The environment was removed", at: now, into: &change) }
        }
        logger.info("environment removed", metadata: ["dag": "\(environment)"])
    }

    // MARK: Answers

    mutating func hear(_ message: any ControlMessage, _ now: Date, _ change: inout StateChange) throws {
        switch message {
        case let started as TransformStarted:
            try step(started.run, .started(task: started.task, attempt: started.attempt), now, &change)
            runs[started.run]?.note(task: started.task, attempt: started.attempt, into: &change) { attempt in
                guard attempt.state == .queued || attempt.worker == nil else { return }
                attempt.worker = started.worker
                attempt.startedAt = started.startedAt
                if attempt.state == .queued { attempt.state = .running }
            }
            runs[started.run]?.log(
                started.task, started.attempt, at: now, "taken up by \(started.worker)", into: &change)
        case let progress as TransformProgressed:
            try step(progress.run, .started(task: progress.task, attempt: progress.attempt), now, &change)
            runs[progress.run]?.note(task: progress.task, attempt: progress.attempt, into: &change) { attempt in
                attempt.worker = progress.worker
                attempt.startedAt = attempt.startedAt ?? now
                (attempt.done, attempt.total) = (progress.done, progress.total)
                if attempt.state == .queued { attempt.state = .running }
            }
            // A hundred lines say enough of any number of intervals.
            if progress.done % max(1, progress.total / 100) == 0 {
                runs[progress.run]?.log(
                    progress.task, progress.attempt, at: now, "\(progress.done) of \(progress.total) intervals",
                    into: &change)
            }
        case let success as TransformSucceeded:
            runs[success.run]?.note(task: success.task, attempt: success.attempt, into: &change) { attempt in
                attempt.worker = success.worker
                attempt.rows = success.rows
                attempt.startedAt = attempt.startedAt ?? now.addingTimeInterval(-Double(success.durationMs) / 1000)
                attempt.done = attempt.total
            }
            runs[success.run]?.log(
                success.task, success.attempt, at: now,
                "\(success.intervals.count) intervals, \(success.rows) rows in \(success.durationMs) ms", into: &change)
            try step(success.run, .succeeded(task: success.task, attempt: success.attempt), now, &change)
        case let failure as TransformFailed:
            runs[failure.run]?.note(task: failure.task, attempt: failure.attempt, into: &change) {
                $0.worker = failure.worker
            }
            let reason = TaskFailure(
                code: failure.error.code, message: failure.error.message, isRetriable: failure.error.retriable)
            try step(failure.run, .failed(task: failure.task, attempt: failure.attempt, reason), now, &change)
        case let landed as DataLanded: note(landed, &change)
        default: break
        }
    }

    // MARK: Requests

    private mutating func readRequests(_ now: Date) async throws {
        try await retrySetAside(now)
        var change = StateChange()
        let new = try await loadRuns(now, &change)
        if !change.isEmpty { try await write(change) }
        // One that was set aside may have gone on meanwhile.
        for id in new {
            try await deal(.init(.run, id, dag: runs[id]?.record.dag), now) { loop, change in
                try loop.step(id, .clock, now, &change)
            }
        }
        try await doActs(now)
        for record in try await store.dags().values {
            guard var dag = dags[record.dag], dag.record.isPaused != record.isPaused else { continue }
            dag.record.isPaused = record.isPaused
            if record.isPaused {
                dag.clock.pause()
            } else {
                dag.clock.unpause()
                dag.hasBeenAway = true
            }
            dags[record.dag] = dag
        }
    }

    /// Takes up runs that are not over. One that cannot be read, or that no planner made, is set aside, once.
    /// - Returns: Those that are new.
    @discardableResult
    private mutating func loadRuns(_ now: Date, _ change: inout StateChange) async throws -> [String] {
        let stored = try await store.activeRuns()
        var new: [String] = []
        for run in stored.values where runs[run.run.run] == nil {
            let id = SetAsideRecord.id(.run, run.run.run)
            do {
                runs[run.run.run] = try LedRun(run, settings: settings)
                new.append(run.run.run)
                executors.start(runs[run.run.run]?.localAttempts ?? [])
                settle(id, in: &change)
            } catch {
                guard !setAside.contains(id) else { continue }
                putAside(SetAsideRecord(.run, run.run.run, dag: run.run.dag, reason: error, at: now), in: &change)
            }
        }
        for (run, error) in stored.unreadable where !setAside.contains(SetAsideRecord.id(.run, run)) {
            putAside(SetAsideRecord(.run, run, reason: error, at: now), in: &change)
        }
        return new
    }

    // MARK: Beginning

    /// Begins what may begin in a DAG: in each lane one run, those that were asked for before those of the schedule.
    private mutating func beginDue(_ name: String, _ now: Date) async throws {
        for lane in [RunLane.main, .backfill] {
            while let waiting = runs.nextWaiting(of: name, in: lane, max: activeRunsMax(name)) {
                try await deal(.init(.run, waiting, dag: name), now) { loop, change in
                    try loop.step(waiting, .begin, now, &change)
                }
            }
        }
        try await beginScheduled(name, now)
    }

    private mutating func beginScheduled(_ name: String, _ now: Date) async throws {
        while var dag = dags[name], !dag.record.isRemoved {
            let action = dag.clock.look(
                at: now, isBusy: runs.isBusy(name, max: activeRunsMax(name)), hasBeenAway: dag.hasBeenAway)
            dag.hasBeenAway = false
            dags[name] = dag
            guard case .start(let tick) = action else { return }
            meters.lateness(now.timeIntervalSince(tick.time))
            try await deal(.init(.tick, name, dag: name, tick: tick.time), now) { loop, change in
                try loop.start(tick, of: dag, now, &change)
            }
        }
    }

    private mutating func start(
        _ tick: DAGClock.Tick, of dag: LedDAG, _ now: Date, _ change: inout StateChange
    ) throws {
        let name = dag.record.dag
        change.cursors.append(.init(dag: name, cursorAt: tick.time))
        let plan = try planner(dag.record).scheduled(tick, at: now)
        runs[plan.run.run] = try LedRun(
            StoredRun(run: plan.run, tasks: plan.tasks, attempts: []), settings: settings)
        change.tasks += plan.tasks
        try step(plan.run.run, .begin, now, &change)
    }

    mutating func step(
        _ id: String, _ event: RunMachine.Event, _ now: Date, _ change: inout StateChange
    ) throws {
        try on(id) { try $0.step(event, at: now, into: &change) }
    }

    /// A run that takes longer than runs may is ended.
    private mutating func endLongRun(_ id: String, _ now: Date, _ change: inout StateChange) throws {
        guard let run = runs[id], let limit = runTimeout(run.record.dag), let end = run.timesOut(limit), end <= now
        else { return }
        let isOwn = dags[run.record.dag]?.record.definition?.runTimeout != nil
        let words =
            "\(isOwn ? "run_timeout" : "SCHEDULER_RUN_TIMEOUT"): the run takes longer than \(Int(limit.seconds)) s"
        try on(id) { try $0.cancel(by: words, at: now, into: &change) }
    }

    /// Does something to a run, which is let go of when it is over.
    mutating func on(_ id: String, _ body: (inout LedRun) throws -> Void) throws {
        guard var run = runs[id] else { return }
        try body(&run)
        take(run)
    }

    /// Keeps a run as it is now; one that is over is let go of.
    mutating func take(_ run: LedRun) {
        touched.insert(run.record.dag)
        runs[run.record.run] = run.machine.phase.isOver ? nil : run
    }

    private func nextAlarm(_ now: Date) -> Date? {
        guard isReady else { return nil }
        let ticks = dags.values.lazy.filter {
            !$0.record.isRemoved && !$0.clock.isPaused && !runs.isBusy($0.record.dag, max: activeRunsMax($0.record.dag))
        }
        .compactMap(\.clock.nextTick)
        return [runs.nextTimer(limit: runTimeout), ticks.min(), nextDeadline].compactMap(\.self).min()
    }
}
