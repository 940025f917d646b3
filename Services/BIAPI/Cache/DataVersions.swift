import Synchronization

// DataVersions: how often the data behind each relation has changed since this process began to listen.
// Always: a version is only given out while the control plane is being listened to; whoever was not told of a change must
// not believe that there was none.

/// The state of a relation's data. Two equal versions of one relation mean: nothing has changed in between.
struct DataVersion: Hashable, Sendable {
    let epoch: Int
    let number: Int
}

/// Counts changes by relation (`schema.name`).
final class DataVersions: Sendable {
    private struct State {
        var epoch = 0
        var isListening = false
        var numbers: [String: Int] = [:]
        /// Views that compute nothing ahead, by what they read: their data changes with it.
        var viewsOver: [String: Set<String>] = [:]
    }

    private let state = Mutex(State())

    /// The version now; nil while changes may go unheard.
    func version(of relation: String) -> DataVersion? {
        state.withLock { state in
            state.isListening
                ? DataVersion(epoch: state.epoch, number: state.numbers[relation] ?? 0) : nil
        }
    }

    /// Changes are heard from now on. What came before has another epoch.
    func beginListening() {
        state.withLock { state in
            state.epoch += 1
            state.isListening = true
        }
    }

    /// Changes may go unheard from now on.
    func endListening() { state.withLock { $0.isListening = false } }

    /// All data may have changed.
    func everythingChanged() { state.withLock { $0.epoch += 1 } }

    /// The data of `relation` changed.
    /// - Returns: Every relation whose data is another one now: `relation` and the views over it.
    func changed(_ relation: String) -> Set<String> {
        state.withLock { state in
            var affected: Set<String> = []
            var waiting = [relation]
            while let next = waiting.popLast() {
                guard affected.insert(next).inserted else { continue }
                state.numbers[next, default: 0] += 1
                waiting += state.viewsOver[next] ?? []
            }
            return affected
        }
    }

    /// Which views read what, by relation. Takes the place of what was known before.
    func setViews(_ sources: [(view: String, reads: [String])]) {
        var viewsOver: [String: Set<String>] = [:]
        for (view, reads) in sources {
            for relation in reads { viewsOver[relation, default: []].insert(view) }
        }
        state.withLock { $0.viewsOver = viewsOver }
    }
}
