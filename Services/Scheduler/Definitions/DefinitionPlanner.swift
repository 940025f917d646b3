// DefinitionPlanner: runs of a DAG that a file defines. Pure: the definition and the manifests of environments in, rows out.
import CivilTime
import ControlPlane
import Foundation
import Timetable

struct DefinitionPlanner {
    let definition: DAGDefinition
    /// Of the environments that it names, those that there are.
    let manifests: [String: EnvironmentManifest]
    /// For tasks that do not say how often they are tried.
    let retry: RetryPolicy

    /// What a run is for.
    struct Order {
        var trigger: RunTrigger
        var scheduledFor: Date
        var from: Date?
        var upTo: Date
        var who: String?
        var key: String?
        /// Only these tasks; `nil`: all.
        var tasks: [String]?
        var parameters: [String: ParameterValue] = [:]
    }

    func scheduled(_ tick: DAGClock.Tick, at now: Date) throws(RequestError) -> RunPlan {
        try plan(
            Order(trigger: .schedule, scheduledFor: tick.time, from: before(tick.time), upTo: tick.time), at: now)
    }

    func manual(
        _ tasks: [String]?, _ parameters: [String: ParameterValue], by who: String, key: String?, at now: Date
    ) throws(RequestError) -> RunPlan {
        try plan(
            Order(
                trigger: .manual, scheduledFor: now, from: schedule?.last(atOrBefore: now) ?? now, upTo: now, who: who,
                key: key, tasks: tasks, parameters: parameters), at: now)
    }

    /// A run whose interval is `from` to `upTo`; models compute it again.
    func backfill(
        from: Date, upTo: Date, _ tasks: [String]?, _ parameters: [String: ParameterValue], by who: String,
        key: String?, at now: Date
    ) throws(RequestError) -> RunPlan {
        try RunPlanner.checkRange(from, upTo, at: now)
        return try plan(
            Order(
                trigger: .backfill, scheduledFor: now, from: from, upTo: upTo, who: who, key: key, tasks: tasks,
                parameters: parameters), at: now)
    }

    private var schedule: Schedule? {
        guard let text = definition.schedule else { return nil }
        do throws(CronError) {
            return try Schedule(text, zone: definition.zone ?? "UTC", firstSeen: .distantPast)
        } catch {
            return nil  // a zone that this machine does not know: the leader tells of it, and makes no run
        }
    }

    /// The time of the schedule before `time`: where the interval of its run begins.
    private func before(_ time: Date) -> Date { schedule?.last(atOrBefore: time.addingTimeInterval(-1)) ?? time }

    // MARK: Tasks

    /// A task of the definition as nodes.
    private struct Expansion {
        /// Nodes with nothing of the same task before them, and those with nothing of it behind them.
        var first: [String]
        var last: [String]
    }

    private func plan(_ order: Order, at now: Date) throws(RequestError) -> RunPlan {
        let values = try definition.parameters(order.parameters)
        let run = RunRecord(
            run: UUIDv7.make(at: now).text, dag: definition.name, environment: definition.name,
            trigger: order.trigger, state: .queued, scheduledFor: order.scheduledFor, fromAt: order.from,
            upTo: order.upTo, requestedBy: order.who, idempotencyKey: order.key, createdAt: now,
            plan: definition.version, parameters: values.isEmpty ? nil : values)
        let chosen = try chosen(order.tasks)
        var rows: [TaskRecord] = []
        var expansions: [String: Expansion] = [:]
        for task in chosen {
            let made = self.rows(of: task, run, order, now)
            rows += made.rows
            expansions[task.name] = made.expansion
        }
        let names = Set(chosen.map(\.name))
        for (place, row) in rows.enumerated() {
            guard let task = chosen.first(where: { $0.name == Self.taskName(row) }) else { continue }
            if expansions[task.name]?.first.contains(row.model) == true {
                rows[place].dependsOn = nearest(to: task, among: names).flatMap { expansions[$0]?.last ?? [] }.sorted()
            }
            if case .branch(var branch)? = row.work {
                func nodes(_ names: [String]) -> [String] { names.flatMap { expansions[$0]?.first ?? [] } }
                branch.cases = branch.cases.mapValues(nodes)
                branch.otherwise = nodes(branch.otherwise)
                rows[place].work = .branch(branch)
            }
        }
        do throws(GraphError) {
            let graph = try NodeGraph(rows.map { $0.node(retry) })
            return RunPlan(
                run: run,
                tasks: graph.order.enumerated().map { position, place in
                    var row = rows[place]
                    row.position = position
                    return row
                })
        } catch {
            throw .graph(definition.name, error)
        }
    }

    /// The task of the definition that a row is of: a model's row is called `task/model`.
    private static func taskName(_ row: TaskRecord) -> String {
        switch row.work {
        case .models, .audit: String(row.model.split(separator: "/", maxSplits: 1).first ?? "")
        default: row.model
        }
    }

    private func chosen(_ names: [String]?) throws(RequestError) -> [TaskDefinition] {
        guard let names else { return definition.tasks }
        guard !names.isEmpty else { throw .noModels }
        let unknown = Set(names).subtracting(definition.tasks.map(\.name))
        guard unknown.isEmpty else { throw .unknownModels(unknown.sorted(), dag: definition.name) }
        return definition.tasks.filter { names.contains($0.name) }
    }

    /// The tasks of the run that `task` waits for, directly or through tasks that are not in the run.
    private func nearest(to task: TaskDefinition, among known: Set<String>) -> [String] {
        let after = Dictionary(definition.tasks.map { ($0.name, $0.after) }) { first, _ in first }
        var found: Set<String> = []
        var seen: Set<String> = []
        var open = task.after
        while let name = open.popLast() {
            guard seen.insert(name).inserted else { continue }
            if known.contains(name) { found.insert(name) } else { open += after[name] ?? [] }
        }
        return found.sorted()
    }

    private func rows(
        of task: TaskDefinition, _ run: RunRecord, _ order: Order, _ now: Date
    ) -> (rows: [TaskRecord], expansion: Expansion) {
        let work: ModelWork
        switch task.work {
        case .models(let models), .audit(let models): work = models
        default: return single(task, run, order, now, task.work)
        }
        guard let manifest = manifests[work.environment] else {
            return single(
                task, run, order, now,
                .broken(
                    "There is no environment `\(work.environment)`. It comes when a plan is applied to it: `transformer apply`."
                ))
        }
        let models = ModelSelection(manifest).models(work.select)
        guard !models.isEmpty else {
            return single(
                task, run, order, now,
                .broken("`\(work.environment)` has no model that \(work.select.joined(separator: ", ")) means."))
        }
        return expanded(task, work, models, manifest, run, order, now)
    }

    private func single(
        _ task: TaskDefinition, _ run: RunRecord, _ order: Order, _ now: Date, _ work: TaskWork
    ) -> (rows: [TaskRecord], expansion: Expansion) {
        let row = row(task, name: task.name, work, run, now, from: order.from, upTo: order.upTo)
        return ([row], Expansion(first: [task.name], last: [task.name]))
    }

    private func expanded(
        _ task: TaskDefinition, _ work: ModelWork, _ models: [EnvironmentManifest.Model],
        _ manifest: EnvironmentManifest, _ run: RunRecord, _ order: Order, _ now: Date
    ) -> (rows: [TaskRecord], expansion: Expansion) {
        func name(_ model: String) -> String { "\(task.name)/\(model)" }
        let planner = RunPlanner(manifest, retry: retry)
        let known = Set(models.map(\.name))
        // An audit changes nothing, and waits for none of the others.
        let isAudit = if case .audit = task.work { true } else { false }
        let rows = models.map { model in
            var one = work
            one.model = model.name
            let before = isAudit ? [] : planner.nearest(to: model, among: known)
            let hints = ModelHints(model.tags)
            var row = row(
                task, name: name(model.name), isAudit ? .audit(one) : .models(one), run, now,
                from: order.trigger == .backfill ? max(order.from ?? order.upTo, model.start ?? .distantPast) : nil,
                upTo: order.upTo, hints: hints, retries: hints.retries ?? model.retries)
            row.dependsOn = before.map(name)
            if !before.isEmpty { row.rule = .allSuccess }
            return row
        }
        let waitedFor = Set(rows.flatMap(\.dependsOn))
        return (
            rows,
            Expansion(
                first: rows.filter(\.dependsOn.isEmpty).map(\.model),
                last: rows.map(\.model).filter { !waitedFor.contains($0) })
        )
    }

    private func row(
        _ task: TaskDefinition, name: String, _ work: TaskWork, _ run: RunRecord, _ now: Date, from: Date?,
        upTo: Date, hints: ModelHints = ModelHints([]), retries: Int? = nil
    ) -> TaskRecord {
        TaskRecord(
            task: UUIDv7.make(at: now).text, run: run.run, position: 0, model: name, kind: work.kind, rule: task.rule,
            dependsOn: [], state: .waiting, attempt: 0,
            retriesMax: max(0, task.retries ?? retries ?? retry.retriesMax),
            retryDelay: task.retryDelay ?? retry.delay, retryDelayMax: max(retry.delayMax, task.retryDelay ?? 0),
            timeout: task.timeout ?? hints.timeout?.seconds ?? retry.attemptTimeout,
            pool: task.pool ?? hints.pool ?? PoolName.default, priority: task.priority ?? hints.priority ?? 0,
            fromAt: from, upTo: upTo, done: 0, total: 0, work: work)
    }
}

/// Makes runs of a DAG, wherever it comes from.
public struct DAGPlanner: Sendable {
    let dag: DAGRecord
    /// Of the environments whose models a file's DAG needs.
    let manifests: [String: EnvironmentManifest]
    let retry: RetryPolicy

    private var ofFile: DefinitionPlanner? {
        dag.definition.map { DefinitionPlanner(definition: $0, manifests: manifests, retry: retry) }
    }

    /// The run of a tick.
    func scheduled(_ tick: DAGClock.Tick, at now: Date) throws(RequestError) -> RunPlan {
        if let ofFile { return try ofFile.scheduled(tick, at: now) }
        return try RunPlanner(dag.manifest, retry: retry).scheduled(tick, at: now)
    }

    /// A run now.
    /// - Parameter names: Models, or tasks of a file's DAG; `nil`: all.
    public func manual(
        _ names: [String]?, _ parameters: [String: ParameterValue] = [:], by who: String, key: String? = nil,
        at now: Date
    ) throws(RequestError) -> RunPlan {
        if let ofFile { return try ofFile.manual(names, parameters, by: who, key: key, at: now) }
        try refuse(parameters)
        return try RunPlanner(dag.manifest, retry: retry).manual(names, by: who, key: key, at: now)
    }

    /// A stretch of time again.
    public func backfill(
        from: Date, upTo: Date, _ names: [String]?, _ parameters: [String: ParameterValue] = [:], by who: String,
        key: String? = nil, at now: Date
    ) throws(RequestError) -> RunPlan {
        if let ofFile {
            return try ofFile.backfill(from: from, upTo: upTo, names, parameters, by: who, key: key, at: now)
        }
        try refuse(parameters)
        return try RunPlanner(dag.manifest, retry: retry).backfill(
            from: from, upTo: upTo, models: names, by: who, key: key, at: now)
    }

    private func refuse(_ parameters: [String: ParameterValue]) throws(RequestError) {
        guard parameters.isEmpty else {
            throw .parameters(parameters.keys.sorted().map { "`\($0.prefix(80))` is no parameter of this DAG" })
        }
    }
}
