// RunRequest: what a person may ask for, and the run that it becomes. Pure: the manifest in, rows out.
import ControlPlane
import Foundation
import Timetable

/// Why a request is refused.
public enum RequestError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownDAG(String)
    case unknownRun(String)
    case unknownModels([String], dag: String)
    case noModels
    case emptyRange(from: Date, upTo: Date)
    case future(Date)
    case longRange(days: Int, daysMax: Int)
    case beforeStart([String])
    case graph(String, GraphError)
    case act(ActRefusal)
    /// What is wrong with the values that were given.
    case parameters([String])

    public var description: String {
        switch self {
        case .unknownDAG(let dag):
            "There is no DAG `\(dag.prefix(80))`. An environment becomes one when a plan is applied to it (`transformer apply`), and "
                + "so does a file in `dags/` of the pipeline's folder."
        case .unknownRun(let run): "There is no run `\(run.prefix(80))`."
        case .unknownModels(let models, let dag):
            "`\(dag)` has no model or task \(models.prefix(5).map { "`\($0.prefix(80))`" }.joined(separator: ", "))."
        case .noModels: "Name at least one model or task."
        case .emptyRange(let from, let upTo):
            "The start \(from.formatted(.iso8601)) is not before the end \(upTo.formatted(.iso8601))."
        case .future(let date): "\(date.formatted(.iso8601)) lies in the future: there is nothing to compute yet."
        case .longRange(let days, let daysMax): "\(days) days are more than one backfill takes (\(daysMax)). Split it."
        case .beforeStart(let models):
            "The range ends before the start of \(models.prefix(5).map { "`\($0)`" }.joined(separator: ", "))."
        case .act(let refusal): refusal.description
        case .parameters(let problems): "Parameters: \(problems.joined(separator: "; "))."
        case .graph(let dag, let error): "The models of `\(dag)` make no run. \(error) Apply a plan without that."
        }
    }

    /// True when it would make sense, and does not as things are now.
    public var isConflict: Bool {
        switch self {
        case .act(.unknownTasks), .act(.noTasks): false
        case .act: true
        default: false
        }
    }

    /// True when what was named does not exist.
    public var isMissing: Bool {
        switch self {
        case .unknownDAG, .unknownRun: true
        default: false
        }
    }
}

/// A run as it will be, before anything is written.
public struct RunPlan: Sendable, Equatable {
    public var run: RunRecord
    public var tasks: [TaskRecord]
    /// What a person should know of a task, by model.
    public var notes: [String: String] = [:]
}

/// Makes runs from a DAG's manifest.
public struct RunPlanner: Sendable {
    public static let daysMax = TransformRequested.backfillDaysMax
    let manifest: EnvironmentManifest
    let retry: RetryPolicy
    private let dependencies: [String: [String]]

    /// - Parameter retry: For models that do not say how often they are tried.
    public init(_ manifest: EnvironmentManifest, retry: RetryPolicy) {
        self.manifest = manifest
        self.retry = retry
        dependencies = Dictionary(manifest.models.map { ($0.name, $0.dependsOn) }) { first, _ in first }
    }

    /// The run of a tick.
    func scheduled(_ tick: DAGClock.Tick, at now: Date) throws(RequestError) -> RunPlan {
        let models = manifest.models.filter { tick.models[$0.name] != nil }
        return try plan(models, .schedule, scheduledFor: tick.time, upTo: tick.time, now: now) { model in
            (nil, tick.models[model.name] ?? tick.time)
        }
    }

    /// Brings models up to date now.
    /// - Parameter models: `nil` for all.
    public func manual(
        _ names: [String]?, by who: String, key: String? = nil, at now: Date
    ) throws(RequestError) -> RunPlan {
        try plan(try chosen(names), .manual, scheduledFor: now, upTo: now, by: who, key: key, now: now) { _ in
            (nil, now)
        }
    }

    /// Computes `from` to `upTo` again.
    public func backfill(
        from: Date, upTo: Date, models names: [String]?, by who: String, key: String? = nil, at now: Date
    ) throws(RequestError) -> RunPlan {
        try Self.checkRange(from, upTo, at: now)
        let models = try chosen(names)
        let late = models.filter { ($0.start ?? from) >= upTo }.map(\.name)
        guard names == nil || late.isEmpty, late.count < models.count else { throw .beforeStart(late) }
        var plan = try plan(
            models.filter { !late.contains($0.name) }, .backfill, scheduledFor: now, from: from, upTo: upTo, by: who,
            key: key, now: now
        ) { model in (max(from, model.start ?? from), upTo) }
        for model in models {
            switch model.kind.uppercased() {
            case "VIEW", "EMBEDDED": plan.notes[model.name] = "has no data of its own"
            case "FULL": plan.notes[model.name] = "is computed whole"
            default:
                guard let start = model.start, start > from, start < upTo else { continue }
                plan.notes[model.name] = "starts on \(start.formatted(.iso8601.year().month().day()))"
            }
        }
        return plan
    }

    /// A backfill's range is in the past, and not too long.
    static func checkRange(_ from: Date, _ upTo: Date, at now: Date) throws(RequestError) {
        guard from < upTo else { throw .emptyRange(from: from, upTo: upTo) }
        guard upTo <= now else { throw .future(upTo) }
        let days = Int((upTo.timeIntervalSince(from) / 86_400).rounded(.up))
        guard days <= daysMax else { throw .longRange(days: days, daysMax: daysMax) }
    }

    private func chosen(_ names: [String]?) throws(RequestError) -> [EnvironmentManifest.Model] {
        guard let names else { return manifest.models }
        guard !names.isEmpty else { throw .noModels }
        let wanted = Set(names)
        let unknown = wanted.subtracting(manifest.models.map(\.name))
        guard unknown.isEmpty else { throw .unknownModels(unknown.sorted(), dag: manifest.environment) }
        return manifest.models.filter { wanted.contains($0.name) }
    }

    private func plan(
        _ models: [EnvironmentManifest.Model], _ trigger: RunTrigger, scheduledFor: Date, from: Date? = nil, upTo: Date,
        by who: String? = nil, key: String? = nil, now: Date,
        range: (EnvironmentManifest.Model) -> (from: Date?, upTo: Date)
    ) throws(RequestError) -> RunPlan {
        let run = RunRecord(
            run: UUIDv7.make(at: now).text, dag: manifest.environment, environment: manifest.environment,
            trigger: trigger, state: .queued, scheduledFor: scheduledFor, fromAt: from, upTo: upTo, requestedBy: who,
            idempotencyKey: key, createdAt: now, plan: manifest.plan)
        let known = Set(models.map(\.name))
        let tasks = models.map { model in
            let (from, upTo) = range(model)
            let hints = ModelHints(model.tags)
            return TaskRecord(
                task: UUIDv7.make(at: now).text, run: run.run, position: 0, model: model.name, kind: .model,
                rule: .allSuccess, dependsOn: nearest(to: model, among: known), state: .waiting, attempt: 0,
                retriesMax: max(0, hints.retries ?? model.retries ?? retry.retriesMax), retryDelay: retry.delay,
                retryDelayMax: retry.delayMax, timeout: hints.timeout?.seconds ?? retry.attemptTimeout,
                pool: hints.pool ?? PoolName.default, priority: hints.priority ?? 0, fromAt: from, upTo: upTo, done: 0,
                total: 0)
        }
        let graph: NodeGraph
        do throws(GraphError) {
            graph = try NodeGraph(tasks.map { $0.node(retry) })
        } catch {
            throw .graph(manifest.environment, error)
        }
        let ordered = graph.order.enumerated().map { position, place in
            var task = tasks[place]
            task.position = position
            return task
        }
        return RunPlan(run: run, tasks: ordered)
    }
}

extension RunPlanner {
    /// The models of the run that `model` reads, directly or through models that are not in the run.
    func nearest(to model: EnvironmentManifest.Model, among known: Set<String>) -> [String] {
        var found: Set<String> = []
        var seen: Set<String> = []
        var open = model.dependsOn
        while let name = open.popLast() {
            guard seen.insert(name).inserted else { continue }
            if known.contains(name) { found.insert(name) } else { open += dependencies[name] ?? [] }
        }
        return found.subtracting([model.name]).sorted()
    }
}

extension TaskRecord {
    /// The node that it was made of.
    /// - Parameters:
    ///   - retry: For what was not noted.
    ///   - pools: Those that have a limit now: a place is needed of no other.
    func node(_ retry: RetryPolicy, pools: some Collection<String> = EmptyCollection()) -> Node {
        let pool = pool ?? PoolName.default
        return Node(
            id: model, kind: kind ?? .model, dependsOn: dependsOn, rule: rule ?? .allSuccess,
            retry: RetryPolicy(
                retriesMax: retriesMax, delay: retryDelay ?? retry.delay, delayMax: retryDelayMax ?? retry.delayMax,
                attemptTimeout: timeout ?? retry.attemptTimeout),
            pool: pools.contains(pool) ? pool : nil, priority: priority ?? 0)
    }
}

extension RunTask {
    /// The task as it was written down.
    init(_ record: TaskRecord, _ settings: SchedulerSettings) {
        self.init(id: record.task, node: record.node(settings.retry, pools: settings.pools.keys))
        phase = record.state
        attempt = record.attempt
        attemptsBefore = record.attemptsBefore ?? 0
        isMarked = record.markedBy != nil
        retryAt = record.retryAt
        deadline = record.deadlineAt
        chosen = record.chosen.map(Set.init)
    }
}
