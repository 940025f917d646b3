import Timetable

/// What an act changes about a task.
public struct TaskTransition: Sendable, Equatable {
    public var model: String
    public var from: TaskPhase
    public var to: TaskPhase
}

/// What an act would do, or did.
public struct ActPreview: Sendable, Equatable {
    public var from: RunPhase
    public var to: RunPhase
    /// In the order of the run.
    public var tasks: [TaskTransition]
}

extension ActPreview {
    /// Tries `act` on the run as it is stored. Nothing is written.
    /// - Throws: ``RequestError``, when it cannot be done.
    init(_ act: ActRecord, on stored: StoredRun, settings: SchedulerSettings) throws {
        var run = try LedRun(stored, settings: settings)
        var change = StateChange()
        do {
            tasks = try run.act(act, at: act.at, into: &change)
        } catch let refusal as ActRefusal {
            throw RequestError.act(refusal)
        }
        from = stored.run.state
        to = run.machine.phase
    }
}
