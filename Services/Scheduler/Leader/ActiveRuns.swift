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

    var all: some Collection<LedRun> { runs.values }

    /// Oldest first.
    func ids(of dag: String) -> [String] { idsByDAG[dag, default: []].sorted() }

    /// Runs in which time alone changes something now.
    /// - Parameter limit: How long a run of a DAG may go on.
    func due(at now: Date, limit: (String) -> Duration?) -> [String] {
        runs.values.filter { run in
            [run.machine.nextTimer, run.timesOut(limit(run.record.dag))].contains { $0.map { $0 <= now } ?? false }
        }.map(\.record.run).sorted()
    }

    /// When time alone will change something.
    func nextTimer(limit: (String) -> Duration?) -> Date? {
        var earliest: Date?
        for run in runs.values {
            for timer in [run.machine.nextTimer, run.timesOut(limit(run.record.dag))] {
                if let timer, timer < earliest ?? .distantFuture { earliest = timer }
            }
        }
        return earliest
    }

    /// Tasks that may run but for a place of their pool, of all runs, and the places that are taken.
    var places: (waiting: [PlaceRequest], used: [String: Int]) {
        var used: [String: Int] = [:]
        var waiting: [PlaceRequest] = []
        for run in runs.values {
            used.merge(run.machine.placesUsed, uniquingKeysWith: +)
            waiting += run.placeRequests
        }
        return (waiting, used)
    }

    /// The oldest run of a lane that waits, when fewer than `max` are going on.
    func nextWaiting(of dag: String, in lane: RunLane, max: Int) -> String? {
        var oldest: String?
        var going = 0
        for id in idsByDAG[dag, default: []] {
            guard let run = runs[id], run.record.trigger.lane == lane else { continue }
            if run.machine.phase == .running { going += 1 }
            if run.machine.phase == .queued, id < oldest ?? "~" { oldest = id }
        }
        return going < max ? oldest : nil
    }

    /// Whether a run of the schedule would have to wait.
    func isBusy(_ dag: String, max: Int) -> Bool {
        idsByDAG[dag, default: []].count { runs[$0]?.record.trigger.lane == .main } >= max
    }
}
