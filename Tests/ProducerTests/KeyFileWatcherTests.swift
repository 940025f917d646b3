import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import Producer

@Suite("The file of write keys", .serialized, .timeLimit(.minutes(10))) struct KeyFileWatcherTests {
    /// Runs `body` beside a watcher of a file with one key.
    private func watching(
        every period: Duration, _ body: (_ path: String, _ ring: KeyRing) async throws -> Void
    ) async throws {
        signal(SIGHUP) { _ in }  // until the watcher traps it: the signal must not end the tests
        let path = NSTemporaryDirectory() + "keys-\(UUID().uuidString).yaml"
        try write("first", to: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let ring = KeyRing(try KeyFileWatcher.keys(at: path, topics: []))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let watcher = KeyFileWatcher(path: path, topics: { [] }, ring: ring, logger: logger, period: period)
        let group = ServiceGroup(services: [watcher], gracefulShutdownSignals: [], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body(path, ring)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func write(_ name: String, to path: String) throws {
        try "keys: [{name: \(name), key: \(name)-key}]\n".write(toFile: path, atomically: true, encoding: .utf8)
    }

    private func until(_ condition: () -> Bool) async throws {
        while !condition() { try await Task.sleep(for: .milliseconds(5)) }
    }

    private func knows(_ name: String, _ ring: KeyRing) -> Bool { ring.find(Array("\(name)-key".utf8))?.name == name }

    @Test("is read again when it changes; a mistake in it, or its absence, changes nothing")
    func changes() async throws {
        try await watching(every: .milliseconds(5)) { path, ring in
            try write("other", to: path)
            try await until { knows("other", ring) }
            #expect(!knows("first", ring))
            try "keys: [{name: bad}]\n".write(toFile: path, atomically: true, encoding: .utf8)
            try await Task.sleep(for: .milliseconds(100))
            #expect(knows("other", ring))
            try FileManager.default.removeItem(atPath: path)
            try await Task.sleep(for: .milliseconds(100))
            #expect(knows("other", ring))
            try write("third", to: path)
            try await until { knows("third", ring) }
        }
    }

    @Test("is read again at SIGHUP, changed or not")
    func hangUp() async throws {
        try await watching(every: .seconds(3600)) { _, ring in
            ring.replace(with: [])
            // The watcher may not listen yet when the first signal comes.
            while !knows("first", ring) {
                kill(getpid(), SIGHUP)
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
