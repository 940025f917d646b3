// TriggerRule: what a task wants of those before it. The names and what they mean are Airflow's.

/// When a task may run, and what becomes of it when it may not.
public enum TriggerRule: String, Sendable, Codable, CaseIterable {
    /// All before it succeeded.
    case allSuccess = "all_success"
    /// All before it are over, however they ended.
    case allDone = "all_done"
    /// One before it failed; the others are not waited for.
    case oneFailed = "one_failed"
    /// One before it succeeded; the others are not waited for.
    case oneSuccess = "one_success"
    /// All before it are over and none failed; skipped ones do no harm.
    case noneFailed = "none_failed"
    /// The same, and one succeeded at least.
    case noneFailedMinOneSuccess = "none_failed_min_one_success"

    /// What follows from the rule.
    public enum Verdict: Sendable, Equatable {
        case run
        /// It hangs on tasks that are not over.
        case wait
        case upstreamFailed
        case skipped
    }

    /// Looks at the tasks before a task, in no particular order.
    /// - Returns: ``Verdict/run`` for a task with nothing before it, whatever its rule.
    public func verdict(upstream phases: some Sequence<TaskPhase>) -> Verdict {
        var (all, succeeded, failed, skipped) = (0, 0, 0, 0)
        for phase in phases {
            all += 1
            switch phase {
            case .succeeded: succeeded += 1
            case .failed, .upstreamFailed, .cancelled: failed += 1
            case .skipped: skipped += 1
            case .waiting, .queued, .running, .cancelling: break
            }
        }
        guard all > 0 else { return .run }
        let areOver = succeeded + failed + skipped == all
        switch self {
        case .allSuccess:
            if failed > 0 { return .upstreamFailed }
            if skipped > 0 { return .skipped }
            return areOver ? .run : .wait
        case .allDone: return areOver ? .run : .wait
        case .oneFailed:
            if failed > 0 { return .run }
            return areOver ? .skipped : .wait
        case .oneSuccess:
            if succeeded > 0 { return .run }
            guard areOver else { return .wait }
            return skipped == all ? .skipped : .upstreamFailed
        case .noneFailed:
            if failed > 0 { return .upstreamFailed }
            return areOver ? .run : .wait
        case .noneFailedMinOneSuccess:
            if failed > 0 { return .upstreamFailed }
            if skipped == all { return .skipped }
            return areOver ? .run : .wait
        }
    }
}
