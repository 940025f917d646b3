import Testing
import Timetable

@Suite("A trigger rule") struct TriggerRuleTests {
    /// What Airflow's documentation says of each rule, in words of sets rather than counts.
    private func expected(_ rule: TriggerRule, _ phases: [TaskPhase]) -> TriggerRule.Verdict {
        let bad: Set<TaskPhase> = [.failed, .upstreamFailed, .cancelled]
        let areOver = phases.allSatisfy(\.isOver)
        let hasFailure = phases.contains { bad.contains($0) }
        let onlySkipped = phases.allSatisfy { $0 == .skipped }
        if phases.isEmpty { return .run }
        switch rule {
        case .allSuccess:
            return hasFailure
                ? .upstreamFailed : phases.contains(.skipped) ? .skipped : areOver ? .run : .wait
        case .allDone: return areOver ? .run : .wait
        case .oneFailed: return hasFailure ? .run : areOver ? .skipped : .wait
        case .oneSuccess:
            if phases.contains(.succeeded) { return .run }
            return !areOver ? .wait : onlySkipped ? .skipped : .upstreamFailed
        case .noneFailed: return hasFailure ? .upstreamFailed : areOver ? .run : .wait
        case .noneFailedMinOneSuccess:
            return hasFailure ? .upstreamFailed : onlySkipped ? .skipped : areOver ? .run : .wait
        }
    }

    @Test("says the same of all phases of up to three tasks as its description", arguments: TriggerRule.allCases)
    func exhaustive(rule: TriggerRule) {
        #expect(rule.verdict(upstream: []) == .run)
        for first in TaskPhase.allCases {
            #expect(rule.verdict(upstream: [first]) == expected(rule, [first]), "\(first)")
            for second in TaskPhase.allCases {
                for third in TaskPhase.allCases {
                    let phases = [first, second, third]
                    #expect(rule.verdict(upstream: phases) == expected(rule, phases), "\(phases)")
                }
            }
        }
    }

    @Test(
        "is what Airflow's users know",
        arguments: [
            (TriggerRule.allSuccess, [TaskPhase.succeeded, .succeeded], TriggerRule.Verdict.run),
            (.allSuccess, [.succeeded, .skipped], .skipped), (.allSuccess, [.failed, .running], .upstreamFailed),
            (.allDone, [.failed, .skipped, .upstreamFailed], .run), (.allDone, [.failed, .running], .wait),
            (.oneFailed, [.failed, .running], .run), (.oneFailed, [.succeeded, .skipped], .skipped),
            (.oneSuccess, [.succeeded, .running], .run), (.oneSuccess, [.failed, .skipped], .upstreamFailed),
            (.oneSuccess, [.skipped, .skipped], .skipped), (.noneFailed, [.skipped, .skipped], .run),
            (.noneFailed, [.upstreamFailed, .running], .upstreamFailed),
            (.noneFailedMinOneSuccess, [.skipped, .skipped], .skipped),
            (.noneFailedMinOneSuccess, [.succeeded, .skipped], .run),
        ])
    func known(rule: TriggerRule, phases: [TaskPhase], verdict: TriggerRule.Verdict) {
        #expect(rule.verdict(upstream: phases) == verdict)
    }

    @Test("is stored under Airflow's name")
    func names() {
        #expect(
            TriggerRule.allCases.map(\.rawValue) == [
                "all_success", "all_done", "one_failed", "one_success", "none_failed", "none_failed_min_one_success",
            ])
    }
}
