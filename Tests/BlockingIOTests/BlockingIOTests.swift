import BlockingIO
import Foundation
import Synchronization
import Testing

@Suite("An actor on a blocking executor") struct BlockingExecutorTests {
    actor Worker {
        private let executor = BlockingExecutor(label: "worker")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private(set) var log: [Int] = []

        func note(_ number: Int) { log.append(number) }
        func thread() -> UInt { UInt(pthread_self()) }
        func isMain() -> Bool { Thread.isMainThread }
        func name() -> String? {
            try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8).trimmingCharacters(in: .newlines)
        }

        func block(until release: DispatchSemaphore) { release.wait() }

        func threadsAroundAnAwait() async -> Bool {
            let before = thread()
            await Task.yield()
            return before == thread()
        }
    }

    @Test("always runs on the same thread, its own")
    func sameThread() async {
        let worker = Worker()
        let other = Worker()
        let first = await worker.thread()
        for _ in 0..<50 { #expect(await worker.thread() == first) }
        #expect(await other.thread() != first)
        #expect(await !worker.isMain())
        #expect(await worker.name() == "worker")
        #expect(await worker.threadsAroundAnAwait())
    }

    @Test("blocks nobody else: more blocked actors than the pool has threads, and others go on")
    func blocking() async {
        let release = DispatchSemaphore(value: 0)
        let workers = (0..<32).map { _ in Worker() }
        await withTaskGroup(of: Void.self) { tasks in
            for worker in workers { tasks.addTask { await worker.block(until: release) } }
            let free = Worker()
            for number in 0..<100 { await free.note(number) }
            #expect(await free.log == Array(0..<100))
            for _ in workers { release.signal() }
        }
    }

    @Test("does everything that was asked, one thing at a time")
    func everything() async {
        let worker = Worker()
        await withTaskGroup(of: Void.self) { tasks in
            for number in 0..<2_000 { tasks.addTask { await worker.note(number) } }
        }
        #expect(await worker.log.sorted() == Array(0..<2_000))
    }

    @Test("goes away with its last reference, also in the middle of a job, and its thread with it")
    func lifetime() async throws {
        for _ in 0..<200 {
            let worker = Worker()
            Task { await worker.note(1) }
        }
        weak var gone: Worker?
        do {
            let worker = Worker()
            gone = worker
            await worker.note(1)
        }
        while gone != nil { await Task.yield() }
        while try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count > 150 { await Task.yield() }
    }
}
