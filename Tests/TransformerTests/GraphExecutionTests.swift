import ModelProject
import Synchronization
import Testing

@testable import Transformer

/// What ran, when, and how much of it at a time.
private final class Log: Sendable {
    struct State: Sendable {
        var begun: [String] = []
        var ended: [String] = []
        var running = 0
        var most = 0
    }
    let state = Mutex(State())

    func begin(_ name: String) {
        state.withLock {
            $0.begun.append(name)
            $0.running += 1
            $0.most = max($0.most, $0.running)
        }
    }

    func end(_ name: String) {
        state.withLock {
            $0.ended.append(name)
            $0.running -= 1
        }
    }
}

private func node(_ name: String, reads parents: String..., after: [String] = []) -> GraphExecution.Node {
    GraphExecution.Node(
        name: ModelName(name)!, parents: parents.map { ModelName($0)! }, after: after.map { ModelName($0)! })
}

@Suite("Models run in the order of what they read, several at a time") struct GraphExecutionTests {
    /// a → b → d, a → c → d, e alone; z has only to come after c.
    private static let nodes = [
        node("a"), node("e"), node("b", reads: "a"), node("c", reads: "a"), node("d", reads: "b", "c"),
        node("z", after: ["c"]),
    ]

    @Test("each once, after what it reads, and never more at a time than allowed", arguments: [1, 2, 3, 64])
    func order(concurrency: Int) async throws {
        let log = Log()
        try await GraphExecution(Self.nodes, concurrency: concurrency).run { name in
            log.begin(name.name)
            try await Task.sleep(for: .milliseconds(5))
            log.end(name.name)
        }
        let state = log.state.withLock { $0 }
        #expect(state.ended.sorted() == ["a", "b", "c", "d", "e", "z"])
        #expect(state.most <= concurrency)
        if concurrency > 1 { #expect(state.most > 1, "and more than one at a time") }
        for (first, second) in [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("c", "z")] {
            let end = try #require(state.ended.firstIndex(of: first))
            let begin = try #require(state.begun.firstIndex(of: second))
            #expect(end <= begin + concurrency - 1)
        }
        if concurrency == 1 { #expect(state.ended == ["a", "e", "b", "c", "d", "z"], "one at a time: as given") }
    }

    @Test("a model that fails holds up what reads it and nothing else; what only comes after it runs")
    func failure() async throws {
        let log = Log()
        let error = await #expect(throws: TransformerError.self) {
            try await GraphExecution(Self.nodes, concurrency: 2).run { name in
                if name.name == "c" { throw TransformerError(.sqlError, "no column x") }
                log.begin(name.name)
                log.end(name.name)
            }
        }
        #expect(log.state.withLock { $0.ended.sorted() } == ["a", "b", "e", "z"])
        #expect(error?.message == "no column x\nNot computed, as they read what failed: analytics.d.")
    }

    @Test("an error that is none of a model's ends everything, and cancels what is under way")
    func fatal() async throws {
        let log = Log()
        let error = await #expect(throws: TransformerError.self) {
            try await GraphExecution(Self.nodes, concurrency: 2).run { name in
                if name.name == "a" {
                    try await Task.sleep(for: .milliseconds(20))
                    throw TransformerError(.leaseLost, "another worker has it")
                }
                log.begin(name.name)
                do { try await Task.sleep(for: .seconds(60)) } catch {
                    log.end(name.name)
                    throw error
                }
            }
        }
        #expect(error?.code == .leaseLost)
        #expect(log.state.withLock { $0.ended } == ["e"])
    }

    @Test("nothing to do is done")
    func empty() async throws {
        try await GraphExecution([], concurrency: 3).run { _ in Issue.record("there is nothing") }
    }
}
