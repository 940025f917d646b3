// What people want done to runs, done. What cannot be done any more, since the run went on, is refused in its history.
import ControlPlane
import Foundation
import Timetable

extension DispatchLoop {
    mutating func doActs(_ now: Date) async throws {
        let waiting = try await store.acts()
        for (id, error) in waiting.unreadable {
            try await deal(.init(.act, id), now) { _, _ in throw error }
        }
        for act in waiting.values {
            var run = runs[act.run]
            if run == nil { run = try await storedRun(act) }
            try await deal(.init(.act, act.id, dag: act.dag), now) { loop, change in
                try loop.carryOut(act, on: run, now, &change)
            }
        }
    }

    /// A run that is over, to go on with; `nil` when it has been forgotten meanwhile, or is set aside.
    private func storedRun(_ act: ActRecord) async throws -> LedRun? {
        guard !setAside.contains(SetAsideRecord.id(.run, act.run)) else { return nil }
        do {
            return try LedRun(try await store.run(act.run), settings: settings)
        } catch let error where error is RequestError || error is DecodingError {
            logger.warning("run not to be acted on", metadata: ["run": "\(act.run)", "error": "\(error)"])
            return nil
        }
    }

    private mutating func carryOut(
        _ act: ActRecord, on run: LedRun?, _ now: Date, _ change: inout StateChange
    ) throws {
        change.actsDone.insert(act.id)
        var detail: String
        if var run {
            do {
                let changed = try run.act(act, at: now, into: &change)
                take(run)
                detail = changed.map { "\($0.model): \($0.from.rawValue) → \($0.to.rawValue)" }.joined(separator: ", ")
            } catch let refusal as ActRefusal {
                detail = "refused: \(refusal)"
            }
        } else {
            detail = "refused: the run is forgotten, or cannot be read"
        }
        let models = act.models.map { " \($0.joined(separator: ", "))" } ?? ""
        change.audit.append(
            AuditRecord(
                at: now, who: act.who, action: act.act.rawValue + ControlText.cut(models, to: 1_000), dag: act.dag,
                run: act.run, detail: ControlText.cut(detail, to: 4_000)))
        change.notices.insert(.init(dag: act.dag, run: act.run))
        logger.info(
            "run acted on",
            metadata: [
                "dag": "\(act.dag)", "run": "\(act.run)", "act": "\(act.act.rawValue)", "who": "\(act.who)",
                "outcome": "\(ControlText.cut(detail, to: 500))",
            ])
    }
}
