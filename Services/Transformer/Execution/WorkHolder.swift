import Foundation
import ModelProject
import Planning
import Warehouse

/// Who computes, and because of what: shown to who asks what is running.
struct WorkHolder: Sendable, Equatable {
    /// A worker, or a process of the command line.
    let name: String
    /// The command of the inbox that it carries out.
    var task: String?
    /// The plan that it applies.
    var plan: String?

    /// A command of the command line.
    static var thisProcess: WorkHolder {
        WorkHolder(name: "process \(ProcessInfo.processInfo.processIdentifier) on \(ProcessInfo.processInfo.hostName)")
    }

    /// Says what a statement is for.
    /// - Parameters:
    ///   - active: The work that the state knows of; statements are found by the beginning of its id.
    ///   - intervals: What is computed; nil: nothing is.
    func label(
        _ model: ModelName, in environment: String, active: String? = nil, computing intervals: IntervalSet? = nil
    ) -> StatementLabel {
        let mark = active.map { Self.mark(of: $0) } ?? "-"
        let times = intervals.map { IntervalText.days($0) }
        var facts = [
            ("service", "transformer"), ("environment", environment), ("model", model.description),
            ("interval", times), ("task", task), ("plan", plan), ("holder", name), ("work", active),
        ]
        facts.removeAll { $0.1 == nil }
        return StatementLabel(
            session: (["millrace transformer", mark, "\(environment)/\(model)"] + (times.map { [$0] } ?? []))
                .joined(separator: " "),
            facts: facts.map { ($0.0, $0.1 ?? "") })
    }

    /// What the names of sessions hold of the id of work.
    static func mark(of active: String) -> String { String(active.prefix(8)) }
}
