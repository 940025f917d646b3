// ActiveRuns: the runs that are not over, found by their id and by their DAG.
import Foundation
import Timetable

struct ActiveRuns: Sendable {
    private var runs: [String: LedRun] = [:]
    private var idsByDAG: [String: Set<String>] = [:]

    var count: Int { runs.count }

    subscript(id: String) -> LedRun? {
        get { runs[id] }
        set {
            if let old = runs[id] {
                idsByDAG[old.record.dag]?.remove(id)
                if idsByDAG[old.record.dag]?.isEmpty == true { idsByDAG[old.record.dag] = nil }
            }
            runs[id] = newValue
            if let newValue { idsByDAG[newValue.record.dag, default: []].insert(id) }
        }
    }

    /// Oldest first.
    func ids(of dag: String) -> [String] { idsByDAG[dag, default: []].sorted() }

    /// Runs in which time alone changes something now.
    func due(at now: Date) -> [String] {
        runs.values.filter { $0.machine.nextTimer.map { $0 <= now } ?? false }.map(\.record.run).sorted()
    }

    /// When time alone will change something.
    var nextTimer: Date? { runs.values.lazy.compactMap(\.machine.nextTimer).min() }

    /// The oldest run of a lane that waits, when none is going on.
    func nextWaiting(of dag: String, in lane: RunLane) -> String? {
        var oldest: String?
        for id in idsByDAG[dag, default: []] {
            guard let run = runs[id], run.record.trigger.lane == lane else { continue }
            if run.machine.phase == .running { return nil }
            if run.machine.phase == .queued, id < oldest ?? "~" { oldest = id }
        }
        return oldest
    }

    /// Whether a run of the schedule would have to wait.
    func isBusy(_ dag: String) -> Bool {
        idsByDAG[dag, default: []].contains { runs[$0]?.record.trigger.lane == .main }
    }
}
