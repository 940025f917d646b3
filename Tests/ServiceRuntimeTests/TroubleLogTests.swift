import Logging
import Synchronization
import Testing

@testable import ServiceRuntime

@Suite("A trouble that goes on does not fill the log") struct TroubleLogTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(
            level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata?, source: String, file: String,
            function: String, line: UInt
        ) {
            lines.all.withLock { $0.append("\(level) \(message) \(metadata?["times"] ?? "")") }
        }
    }

    private struct Trouble: Error {}

    @Test("ten thousand failures at once are a line, and the end another; the next trouble is told at once")
    func bounded() {
        let lines = Lines()
        let log = TroubleLog("not reachable", logger: Logger(label: "t") { _ in Handler(lines: lines) })
        log.over()
        for _ in 0..<10_000 { log.note(Trouble()) }
        #expect(lines.all.withLock { $0 } == ["warning not reachable "])
        log.over()
        log.over()
        #expect(lines.all.withLock { $0 } == ["warning not reachable ", "info works again 10000"])
        log.note(Trouble())
        #expect(lines.all.withLock { $0.count } == 3)
        log.over()
        #expect(lines.all.withLock { $0.count } == 3, "what failed once needs no all-clear")
    }
}
