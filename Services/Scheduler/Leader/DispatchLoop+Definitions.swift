// DAGs of files: learnt, changed and removed like environments; and what their tasks, which are carried out here, say.
import ControlPlane
import Foundation
import Pipeline
import Timetable

extension DispatchLoop {
    // MARK: Files

    /// What `dags/` holds now. A file that is no definition leaves its DAG as it was, and is told.
    mutating func take(_ read: ReadDefinitions, _ now: Date) async throws {
        for definition in read.definitions {
            try await deal(.init(.definition, definition.file, dag: definition.name), now) { loop, change in
                try loop.learn(definition, now, &change)
            }
        }
        for problem in read.problems {
            var change = StateChange()
            putAside(
                SetAsideRecord(.definition, problem.file, reason: Unusable("\(problem)"), at: now), in: &change)
            if !change.isEmpty { try await write(change) }
        }
        if let rules = read.alerts {
            alertRules = rules
            alerts.take(rules)
            var change = StateChange()
            settle(SetAsideRecord.id(.definition, AlertReader.file), in: &change)
            if !change.isEmpty { try await write(change) }
        }
        try await removeMissing(read, now)
    }

    private mutating func removeMissing(_ read: ReadDefinitions, _ now: Date) async throws {
        let names = Set(read.definitions.map(\.name))
        let bad = Set(read.problems.map(\.file))
        for (name, dag) in dags.sorted(by: { $0.key < $1.key }) {
            guard let file = dag.record.definition?.file, !dag.record.isRemoved, !names.contains(name),
                !bad.contains(file)
            else { continue }
            try await deal(.init(.definition, file, dag: name), now) { loop, change in
                loop.removeDefinition(name, now, &change)
            }
        }
        let there = Set(read.files.map { SetAsideRecord.id(.definition, $0) })
        let gone = setAside.filter {
            $0.hasPrefix("\(SetAsideRecord.Kind.definition.rawValue)/") && !there.contains($0)
        }
        guard !gone.isEmpty else { return }
        var change = StateChange()
        for id in gone { settle(id, in: &change) }
        try await write(change)
    }

    private mutating func learn(_ definition: DAGDefinition, _ now: Date, _ change: inout StateChange) throws {
        let name = definition.name
        if let dag = dags[name], dag.record.definition == nil, !dag.record.isRemoved {
            throw Unusable("\(definition.file): `\(name)` is an environment's name: give the DAG another one")
        }
        if var dag = dags[name] {
            guard dag.learn(definition, at: now) else { return }
            dags[name] = dag
        } else {
            let record = DAGRecord(
                dag: name, manifest: definition.emptyManifest(at: now), isPaused: pauses[name] ?? false, cursorAt: now,
                firstSeen: [:], isRemoved: false, updatedAt: now, definition: definition)
            dags[name] = LedDAG(record, catchUp: settings.catchUp)
            settle(SetAsideRecord.id(.dag, name), in: &change)
        }
        guard let dag = dags[name] else { return }
        change.dags.append(dag.row)
        change.notices.insert(.init(dag: name))
        logger.info(
            "DAG learnt",
            metadata: [
                "dag": "\(name)", "file": "\(definition.file)", "tasks": "\(definition.tasks.count)",
                "version": "\(definition.version)",
            ])
    }

    /// The file is gone: no run begins by itself any more. Runs that are under way carry what they need with them, and go on.
    private mutating func removeDefinition(_ name: String, _ now: Date, _ change: inout StateChange) {
        guard var dag = dags[name] else { return }
        dag.record.isRemoved = true
        dag.record.updatedAt = now
        dag.clock.replace([:], at: now)
        dags[name] = dag
        change.dags.append(dag.row)
        change.notices.insert(.init(dag: name))
        logger.info("DAG removed", metadata: ["dag": "\(name)", "file": "\(dag.record.definition?.file ?? "")"])
    }

    // MARK: What a DAG says of itself

    func activeRunsMax(_ dag: String) -> Int { dags[dag]?.record.definition?.activeRunsMax ?? settings.activeRunsMax }

    func runTimeout(_ dag: String) -> Duration? {
        dags[dag]?.record.definition?.runTimeout.map { .seconds($0) } ?? settings.runTimeout
    }

    func planner(_ dag: DAGRecord) -> DAGPlanner {
        var manifests: [String: EnvironmentManifest] = [:]
        for name in dag.definition?.environments ?? [] {
            guard let environment = dags[name]?.record, environment.definition == nil, !environment.isRemoved else {
                continue
            }
            manifests[name] = environment.manifest
        }
        return DAGPlanner(dag: dag, manifests: manifests, retry: settings.retry)
    }

    // MARK: Tasks that are carried out here

    mutating func take(_ outcome: LocalOutcome, _ now: Date) async throws {
        let subject = Subject(
            .answer, "\(outcome.worker)/\(outcome.task)#\(outcome.attempt)", dag: runs[outcome.run]?.record.dag)
        try await deal(subject, now) { loop, change in try loop.hear(outcome, now, &change) }
    }

    private mutating func hear(_ outcome: LocalOutcome, _ now: Date, _ change: inout StateChange) throws {
        let (run, task, attempt) = (outcome.run, outcome.task, outcome.attempt)
        if runs[run]?.tasks[task] != nil { change.logs += outcome.log }
        switch outcome.event {
        case .started(let at):
            try step(run, .started(task: task, attempt: attempt), now, &change)
            runs[run]?.note(task: task, attempt: attempt, into: &change) { known in
                guard known.state == .queued else { return }
                (known.worker, known.startedAt, known.state) = (outcome.worker, at, .running)
            }
            runs[run]?.log(task, attempt, at: now, "taken up by \(outcome.worker)", into: &change)
        case .succeeded(let result):
            runs[run]?.note(result, of: task)
            runs[run]?.note(task: task, attempt: attempt, into: &change) { known in
                (known.worker, known.rows, known.startedAt) = (outcome.worker, result.rows, known.startedAt ?? now)
            }
            try step(run, .succeeded(task: task, attempt: attempt, chosen: result.chosen.map(Set.init)), now, &change)
        case .failed(let failure):
            runs[run]?.note(task: task, attempt: attempt, into: &change) { $0.worker = outcome.worker }
            try step(run, .failed(task: task, attempt: attempt, failure), now, &change)
        }
    }

    // MARK: Data

    /// How far data has landed is written down for the tables that a task waits for, and only for those: it comes often.
    mutating func note(_ landed: DataLanded, _ change: inout StateChange) {
        guard dags.values.contains(where: { $0.record.definition?.tables.contains(landed.table) ?? false }) else {
            return
        }
        change.landed.append(
            LandedRecord(
                tableName: landed.table, topic: landed.sourceTopic, lowWatermark: landed.lowWatermark,
                landedAt: landed.landedAt))
        change.notices.insert(.init(dag: StateChange.Notice.data))
    }
}
