import ModelProject
import Synchronization
import Testing

@testable import Transformer

@Suite("Progress") struct ProgressTests {
    private final class Screen: Sendable {
        let text = Mutex("")
        func add(_ more: String) { text.withLock { $0 += more } }
        var shown: String { text.withLock { $0 } }
    }
    private let a = ModelName(schema: "analytics", name: "a")
    private let b = ModelName(schema: "analytics", name: "b")

    @Test("a bar at the foot of a terminal: lines stand above it, and it goes at the end")
    func terminal() {
        let screen = Screen()
        let display = ProgressDisplay(
            isTerminal: true, total: 4, write: { screen.add($0) }, say: { screen.add($0 + "\n") })
        display.line("first")
        display.update(a, 1, of: 3)
        display.update(b, 1, of: 1)
        display.line("analytics.b: 5 rows")
        display.update(a, 3, of: 3)
        display.end()
        let clear = "\r\u{1B}[K"
        #expect(
            screen.shown
                == [
                    "first\n", clear, "[#####...............] 1/4 batches  analytics.a 1/3",
                    clear, "[##########..........] 2/4 batches  analytics.a 1/3",
                    clear, "analytics.b: 5 rows\n", "[##########..........] 2/4 batches  analytics.a 1/3",
                    clear, "[####################] 4/4 batches", clear,
                ].joined())
    }

    @Test("elsewhere a line for each tenth of many batches, and none for few")
    func lines() {
        let screen = Screen()
        let display = ProgressDisplay(isTerminal: false, write: { screen.add($0) }, say: { screen.add($0 + "\n") })
        for done in 1...3 { display.update(a, done, of: 3) }
        #expect(screen.shown.isEmpty)
        for done in 1...40 { display.update(b, done, of: 40) }
        display.end()
        let lines = screen.shown.split(separator: "\n")
        #expect(lines.count == 9 && lines.first == "analytics.b: 4 of 40 batches", "\(lines)")
    }
}
