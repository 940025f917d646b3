// TaskReader: `tasks` of a file: groups taken apart, what waits for what, and what each one does.
import Foundation
import Pipeline
import Spelling
import Timetable

struct TaskReader {
    /// Names of the DAG's parameters.
    let parameters: Set<String>
    private(set) var tasks: [TaskDefinition] = []
    private(set) var problems: [PipelineError] = []

    /// What was written of a task, before names are known.
    private struct Draft {
        var name: String
        var place: YAMLValue
        var after: [YAMLValue]
        /// Where its names are looked up: its group, and those around it.
        var scope: String
    }

    private var drafts: [Draft] = []
    /// Groups by name, with the tasks and groups right in them.
    private var groups: [String: [String]] = [:]
    private var defaults: DAGFields?

    private static let kinds = [
        "models", "audit", "sql", "branch", "http", "publish", "email", "wait_for_dag", "wait_for_data", "tasks",
    ]
    private static let policy = ["retries", "retry_delay", "timeout", "pool", "priority"]
    private static let known = kinds + policy + ["after", "rule", "description"]
    private static let depthMax = 8

    init(parameters: Set<String>) { self.parameters = parameters }

    /// Reads all tasks; what is wrong with one is in ``problems``, and the others are read.
    mutating func read(_ fields: DAGFields) throws(PipelineError) {
        if let value = fields["defaults"] { defaults = try DAGFields(value, known: Self.policy) }
        guard let value = fields["tasks"], try !value.mapping().isEmpty else {
            throw (fields["tasks"] ?? fields.value).error("A DAG needs `tasks`, one at least.")
        }
        readTasks(value, in: "", after: [], depth: 0)
    }

    private mutating func readTasks(_ value: YAMLValue, in scope: String, after: [YAMLValue], depth: Int) {
        do throws(PipelineError) {
            guard depth < Self.depthMax else { throw value.error("Groups are at most \(Self.depthMax) deep.") }
            for (key, task) in try value.mapping() {
                do throws(PipelineError) {
                    try readTask(key, task, in: scope, after: after, depth: depth)
                } catch {
                    problems.append(error)
                }
            }
        } catch {
            problems.append(error)
        }
    }

    private mutating func readTask(
        _ key: YAMLValue, _ value: YAMLValue, in scope: String, after outer: [YAMLValue], depth: Int
    ) throws(PipelineError) {
        guard PoolName.isGood(key.text) else {
            throw key.error("A task's name is \(PoolName.rule); not `\(key.text.prefix(80))`.")
        }
        guard tasks.count < DAGReader.tasksMax else {
            throw key.error("A DAG has at most \(DAGReader.tasksMax) tasks.")
        }
        let name = scope.isEmpty ? key.text : "\(scope).\(key.text)"
        groups[scope, default: []].append(name)
        let fields = try DAGFields(value, known: Self.known)
        let kinds = Self.kinds.filter { fields[$0] != nil }
        guard kinds.count == 1, let kind = kinds.first else {
            throw key.error(
                kinds.isEmpty
                    ? "`\(key.text)` does nothing: give it one of \(Self.kinds.joined(separator: ", "))."
                    : "`\(key.text)` is several things at once (\(kinds.joined(separator: ", "))): make a task of each."
            )
        }
        var after: [YAMLValue] = []
        if let field = fields["after"] { after = field.node.scalar != nil ? [field] : try field.sequence() }
        if kind == "tasks" {
            for field in (Self.policy + ["rule"]) where fields[field] != nil {
                throw (fields[field] ?? key).error("`\(field)` is a task's, not a group's.")
            }
            if groups[name] == nil { groups[name] = [] }
            guard let tasks = fields["tasks"] else { return }
            readTasks(tasks, in: name, after: outer + after, depth: depth + 1)
            return
        }
        let work = try TaskWorkReader(fields, parameters: parameters).read(kind)
        drafts.append(Draft(name: name, place: key, after: outer + after, scope: scope))
        tasks.append(
            TaskDefinition(
                name: name, after: [], rule: try fields.choice("rule", TriggerRule.self) ?? .allSuccess, work: work,
                retries: try own(fields, "retries") { (fields) throws(PipelineError) in
                    try fields.integer("retries", in: 0...100)
                },
                retryDelay: try own(fields, "retry_delay") { (fields) throws(PipelineError) in
                    try fields.duration("retry_delay")
                },
                timeout: try own(fields, "timeout") { (fields) throws(PipelineError) in try fields.duration("timeout")
                },
                pool: try own(fields, "pool") { (fields) throws(PipelineError) in try Self.pool(fields) },
                priority: try own(fields, "priority") { (fields) throws(PipelineError) in
                    try fields.integer("priority", in: -1_000...1_000)
                },
                description: try fields.text("description", max: 4_000)))
    }

    /// The task's own field, else that of `defaults`.
    private func own<Value>(
        _ fields: DAGFields, _ name: String, _ read: (DAGFields) throws(PipelineError) -> Value?
    ) throws(PipelineError) -> Value? {
        if fields[name] != nil { return try read(fields) }
        guard let defaults else { return nil }
        return try read(defaults)
    }

    private static func pool(_ fields: DAGFields) throws(PipelineError) -> String? {
        guard let pool = try fields.text("pool") else { return nil }
        guard PoolName.isGood(pool) else {
            throw (fields["pool"] ?? fields.value).error("A pool is \(PoolName.rule).")
        }
        return pool
    }

    // MARK: What waits for what

    /// Finds the tasks that `after` names, and checks the whole.
    mutating func connect(_ definition: inout DAGDefinition, _ root: YAMLValue) throws(PipelineError) {
        var problems: [PipelineError] = []
        for (place, draft) in drafts.enumerated() {
            do throws(PipelineError) {
                var after: Set<String> = []
                for value in draft.after { after.formUnion(try named(value, by: draft)) }
                guard !after.contains(draft.name) else {
                    throw draft.place.error("`\(draft.name)` waits for itself.")
                }
                tasks[place].after = after.sorted()
            } catch {
                problems.append(error)
            }
        }
        if let error = PipelineError(all: problems) { throw error }
        let places = Dictionary(drafts.map { ($0.name, $0.place) }) { first, _ in first }
        do throws(GraphError) {
            let retry = RetryPolicy(retriesMax: 0, delay: 1, delayMax: 1, attemptTimeout: 1)
            _ = try NodeGraph(tasks.map { Node(id: $0.name, kind: $0.work.kind, dependsOn: $0.after, retry: retry) })
        } catch {
            var place = root
            if case .circle(let nodes) = error { place = nodes.first.flatMap { places[$0] } ?? root }
            throw place.error(error.description)
        }
        for (place, draft) in drafts.enumerated() {
            do throws(PipelineError) {
                try check(tasks[place], draft)
            } catch {
                problems.append(error)
            }
        }
        if let error = PipelineError(all: problems) { throw error }
        definition.tasks = tasks
    }

    /// The tasks that a name means: looked up in the group of who says it, then around it; a group means what ends it.
    private func named(_ value: YAMLValue, by draft: Draft) throws(PipelineError) -> [String] {
        let name = try value.string()
        var scope: String? = draft.scope
        while let around = scope {
            let full = around.isEmpty ? name : "\(around).\(name)"
            if drafts.contains(where: { $0.name == full }) { return [full] }
            if groups[full] != nil, !draft.name.hasPrefix(full + ".") { return ends(of: full) }
            scope = around.isEmpty ? nil : around.split(separator: ".").dropLast().joined(separator: ".")
        }
        throw value.error(
            "There is no task `\(name.prefix(80))`."
                + KnownNames.hint(for: String(name.prefix(80)), in: drafts.map(\.name) + groups.keys, quote: "`"))
    }

    /// Tasks of a group that no other of it waits for.
    private func ends(of group: String) -> [String] {
        let inside = drafts.filter { $0.name.hasPrefix(group + ".") }
        var waitedFor: Set<String> = []
        for draft in inside {
            for value in draft.after {
                // unknown names are told where their task is looked at
                for name in (try? named(value, by: draft)) ?? [] where name.hasPrefix(group + ".") {
                    waitedFor.insert(name)
                }
            }
        }
        return inside.map(\.name).filter { !waitedFor.contains($0) }
    }

    /// A branch chooses among those right behind it; results are of tasks before.
    private func check(_ task: TaskDefinition, _ draft: Draft) throws(PipelineError) {
        if case .branch(let branch) = task.work {
            for name in branch.cases.values.flatMap(\.self) + branch.otherwise {
                guard let chosen = tasks.first(where: { $0.name == name }) else {
                    throw draft.place.error(
                        "`\(task.name)` chooses `\(name.prefix(80))`, which is no task."
                            + KnownNames.hint(for: String(name.prefix(80)), in: tasks.map(\.name), quote: "`"))
                }
                guard chosen.after.contains(task.name) else {
                    throw draft.place.error("`\(task.name)` chooses `\(name)`, which is not right behind it.")
                }
            }
        }
        for name in task.work.templates.flatMap(\.names) where name.hasPrefix("tasks.") {
            let other = name.split(separator: ".").dropFirst().dropLast().joined(separator: ".")
            guard isBefore(other, task.name) else {
                throw draft.place.error("`{{ \(name) }}` is of no task before `\(task.name)`.")
            }
        }
    }

    private func isBefore(_ name: String, _ task: String) -> Bool {
        let after = Dictionary(tasks.map { ($0.name, $0.after) }) { first, _ in first }
        var open = after[task] ?? []
        var seen: Set<String> = []
        while let next = open.popLast() {
            if next == name { return true }
            if seen.insert(next).inserted { open += after[next] ?? [] }
        }
        return false
    }
}

extension TaskWork {
    /// Everything of it that is filled in.
    var templates: [Template] {
        let texts: [String] =
            switch self {
            case .sql(let work): [work.statement]
            case .branch(let work): [work.statement]
            case .http(let work): [work.url, work.body ?? ""] + work.headers.values
            case .publish(let work): [work.key ?? "", work.value] + work.headers.values
            case .email(let work): [work.subject, work.text]
            case .models, .audit, .waitForDAG, .waitForData, .broken: []
            }
        return texts.compactMap { text in
            do throws(Template.Mistake) { return try Template(text) } catch { return nil }  // checked when it was read
        }
    }
}
