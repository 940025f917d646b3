import Foundation
import ModelProject
import ServiceRuntime
import Synchronization

/// How far work has come: a bar at the foot of a terminal, and a line now and then elsewhere.
final class ProgressDisplay: Sendable {
    private struct State {
        var done: [ModelName: (done: Int, total: Int)] = [:]
        var isShown = false
    }

    private let state = Mutex(State())
    private let isTerminal: Bool
    /// How many batches there are in all; nil when nobody knows.
    private let total: Int?
    private let write: @Sendable (String) -> Void
    private let say: PlanRunner.Report

    /// - Parameters:
    ///   - isTerminal: Whether lines can be written over.
    ///   - write: Takes what a terminal is to do, as it is.
    ///   - say: Takes lines.
    init(
        isTerminal: Bool = Terminal.isWritable, total: Int? = nil,
        write: @escaping @Sendable (String) -> Void = { text in
            print(text, terminator: "")
            fflush(nil)
        }, say: @escaping PlanRunner.Report = { Output.line($0) }
    ) {
        self.isTerminal = isTerminal
        self.total = total
        self.write = write
        self.say = say
    }

    /// `done` of `total` batches of a model are computed.
    func update(_ model: ModelName, _ done: Int, of total: Int) {
        state.withLock { state in
            state.done[model] = (done, total)
            if isTerminal {
                state.isShown = true
                write("\r\u{1B}[K" + bar(state))
            } else if total >= 10, done < total, done * 10 / total > (done - 1) * 10 / total {
                say("\(model): \(done) of \(total) batches")
            }
        }
    }

    /// Says something above the bar.
    func line(_ text: String) {
        state.withLock { state in
            if state.isShown { write("\r\u{1B}[K") }
            say(text)
            if state.isShown { write(bar(state)) }
        }
    }

    /// Takes the bar away.
    func end() {
        state.withLock { state in
            if state.isShown { write("\r\u{1B}[K") }
            state.isShown = false
        }
    }

    private func bar(_ state: State) -> String {
        let done = state.done.values.reduce(0) { $0 + $1.done }
        let all = max(total ?? 0, state.done.values.reduce(0) { $0 + $1.total })
        let filled = all == 0 ? 0 : done * 20 / all
        let open = state.done.filter { $0.value.done < $0.value.total }.sorted { $0.key < $1.key }
        let names = open.prefix(2).map { "  \($0.key) \($0.value.done)/\($0.value.total)" }.joined()
        let mark = String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
        return "[\(mark)] \(done)/\(all) batches\(names)"
    }
}
