// What people do to a run that is there. Done to a copy, it is its own preview.
import Foundation

/// Something that a person does to tasks of a run.
public enum RunAct: String, Sendable, Codable, CaseIterable {
    /// What is under way is ended, what has not begun does not begin.
    case cancel
    /// What ended badly is tried again, as if for the first time.
    case clear
    case markSucceeded = "mark_succeeded"
    case markFailed = "mark_failed"
}

/// Why that cannot be done. Nothing has been changed.
public enum ActRefusal: Error, Equatable, Sendable {
    case unknownTasks([String])
    /// Only tasks can be marked, not runs.
    case noTasks
    /// The run has ended, or these tasks have.
    case isOver([String])
    /// The run is to end already; what ends is awaited first.
    case isCancelling
    case underWay([String])
    case notOver([String])
    case hasSucceeded([String])
    /// Their phase follows from tasks before them: those are meant.
    case follows([String])
    /// There is nothing that ended badly, or it is so already.
    case nothing
}

extension RunMachine {
    /// Does it, at once and whole, or not at all. A run that was over begins again when something of it is to be done:
    /// it is ``RunPhase/queued`` then.
    /// - Parameters:
    ///   - chosen: Nodes by name; `nil`: the whole run, of which ``RunAct/clear`` takes what ended badly.
    ///   - downstream: Whether ``RunAct/clear`` also takes what ended badly behind them. What was not tried because of
    ///     them always follows.
    public mutating func act(
        _ act: RunAct, on chosen: Set<String>?, downstream: Bool = false, at now: Date
    ) throws(ActRefusal) -> [Action] {
        let places = try places(of: chosen)
        var actions: [Action] = []
        switch act {
        case .cancel:
            guard let places else {
                guard !phase.isOver else { throw .isOver([]) }
                guard !isCancelling else { throw .isCancelling }
                return handle(.cancel, at: now)
            }
            try refuse(places, where: \.phase.isOver) { .isOver($0) }
            for place in places { cancel(ids[place], now, &actions) }
        case .clear:
            try refuseCancelling()
            for place in try cleared(places, downstream) { clear(ids[place], &actions) }
        case .markSucceeded: try mark(places, .succeeded, &actions)
        case .markFailed: try mark(places, .failed, &actions)
        }
        guard !actions.isEmpty else { throw .nothing }
        if phase.isOver { phase = .queued }
        settle(now, &actions)
        finishIfOver(&actions)
        noteTimers()
        return actions
    }

    private func places(of chosen: Set<String>?) throws(ActRefusal) -> [Int]? {
        guard let chosen else { return nil }
        let places = graph.nodes.indices.filter { chosen.contains(graph.nodes[$0].id) }
        let unknown = chosen.subtracting(places.map { graph.nodes[$0].id })
        guard unknown.isEmpty else { throw .unknownTasks(unknown.sorted()) }
        guard !places.isEmpty else { throw .noTasks }
        return places
    }

    private func task(_ place: Int) -> RunTask? { tasks[ids[place]] }

    private func refuse(
        _ places: [Int], where isWrong: (RunTask) -> Bool, _ refusal: ([String]) -> ActRefusal
    ) throws(ActRefusal) {
        let wrong = places.filter { place in task(place).map(isWrong) ?? false }
        if !wrong.isEmpty { throw refusal(wrong.map { graph.nodes[$0].id }) }
    }

    private func refuseCancelling() throws(ActRefusal) {
        if isCancelling, !phase.isOver { throw .isCancelling }
    }

    private func endedBadly(_ place: Int) -> Bool {
        task(place).map { $0.phase == .failed || $0.phase == .cancelled } ?? false
    }

    private func cleared(_ places: [Int]?, _ downstream: Bool) throws(ActRefusal) -> [Int] {
        guard let places else { return graph.nodes.indices.filter(endedBadly) }
        try refuse(places, where: \.phase.isUnderWay) { .underWay($0) }
        try refuse(places, where: { $0.phase == .waiting }) { .notOver($0) }
        try refuse(places, where: { $0.phase == .succeeded && !$0.isMarked }) { .hasSucceeded($0) }
        try refuse(places, where: { $0.phase == .upstreamFailed || $0.phase == .skipped }) { .follows($0) }
        let behind = downstream ? graph.everything(behind: places).filter(endedBadly) : []
        return Set(places).union(behind).sorted()
    }

    private mutating func clear(_ id: String, _ actions: inout [Action]) {
        isCancelling = false
        set(id, &actions) {
            $0.phase = .waiting
            $0.attemptsBefore = $0.attempt
            $0.isMarked = false
        }
    }

    private mutating func mark(_ places: [Int]?, _ phase: TaskPhase, _ actions: inout [Action]) throws(ActRefusal) {
        guard let places else { throw .noTasks }
        try refuseCancelling()
        try refuse(places, where: \.phase.isUnderWay) { .underWay($0) }
        for place in places where task(place)?.phase != phase {
            set(ids[place], &actions) {
                $0.phase = phase
                $0.isMarked = true
            }
        }
    }
}
