// BlockingExecutor: the thread on which an actor's blocking C calls run, so that no thread of Swift's cooperative
// pool ever waits in a C library.
// Always: jobs run one at a time, in the order they came; the thread ends when the executor's last reference goes.
import Foundation

/// One thread of its own for an actor that calls into C libraries that block.
///
///     actor Connection {
///         private let executor = BlockingExecutor(label: "postgres")
///         nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
///     }
///
/// Everything that such an actor does, apart from what it awaits elsewhere, runs on this thread; a call that blocks
/// holds up that actor alone. The thread is started with the executor and sleeps while there is nothing to do.
public final class BlockingExecutor: SerialExecutor {
    private let queue: JobQueue

    /// Starts the thread.
    /// - Parameter label: Name of the thread, as debuggers and `top -H` show it (the system keeps 15 bytes).
    public init(label: String) {
        let queue = JobQueue()
        self.queue = queue
        DedicatedThread.start(label: label) { queue.run() }
    }

    deinit { queue.close() }

    /// Called by the runtime: puts a job at the end of the queue.
    public func enqueue(_ job: consuming ExecutorJob) {
        queue.append(UnownedJob(job), of: self)
    }

    /// The form in which an actor hands its executor to the runtime.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }
}

/// Jobs waiting for the thread. `@unchecked Sendable`: `waiting` and `closed` are only touched with `condition` locked.
private final class JobQueue: @unchecked Sendable {
    /// The executor is kept alive until its job has run: the actor that owns it may go away in that very job.
    private struct Entry {
        let job: UnownedJob
        let executor: BlockingExecutor
    }

    private let condition = NSCondition()
    private var waiting: [Entry] = []
    private var closed = false

    func append(_ job: UnownedJob, of executor: BlockingExecutor) {
        condition.lock()
        waiting.append(Entry(job: job, executor: executor))
        condition.signal()
        condition.unlock()
    }

    func close() {
        condition.lock()
        closed = true
        condition.signal()
        condition.unlock()
    }

    /// The thread's whole life.
    func run() {
        while let entries = take() {
            for entry in entries {
                entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor())
            }
        }
    }

    /// Waits for jobs; `nil` once the executor is gone (then nothing can be waiting: a waiting job keeps it alive).
    private func take() -> [Entry]? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty {
            if closed { return nil }
            condition.wait()
        }
        defer { waiting.removeAll(keepingCapacity: true) }
        return waiting
    }
}
