// ContractBook: the contracts under which a sink lands, now. Files change while it runs; what it does under them changes only
// when the warehouse is ready for it.
import DataContract
import Pipeline
import Synchronization

/// The contracts in force, and what keeps others from being so.
final class ContractBook: Sendable {
    private struct State {
        var inForce: [Contract] = []
        var version = 0
        /// By file.
        var troubles: [String: String] = [:]
    }

    private let state = Mutex(State())

    /// The contracts under which is landed, by topic.
    var inForce: [Contract] { state.withLock(\.inForce) }

    /// Grows with each change of `inForce`.
    var version: Int { state.withLock(\.version) }

    /// What is set aside, and why, by file.
    var troubles: [String: String] { state.withLock(\.troubles) }

    /// For `/readyz`: what is set aside, and why; `nil` when nothing is.
    var warning: String? {
        let troubles = state.withLock(\.troubles)
        return troubles.isEmpty ? nil : troubles.sorted { $0.key < $1.key }.map(\.value).joined(separator: "; ")
    }

    /// - Returns: Whether the contracts changed.
    @discardableResult
    func replace(_ contracts: [Contract], troubles: [String: String]) -> Bool {
        state.withLock { state in
            state.troubles = troubles
            guard state.inForce != contracts else { return false }
            state.inForce = contracts
            state.version += 1
            return true
        }
    }
}
