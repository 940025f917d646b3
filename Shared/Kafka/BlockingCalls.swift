import BlockingIO
import Synchronization

/// A thread for calls into the library that wait.
actor BlockingCalls {
    private let executor: BlockingExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(label: String) {
        executor = BlockingExecutor(label: label)
    }

    @discardableResult
    func run<R: Sendable>(_ body: @Sendable () -> R) -> R { body() }

    /// As `run`, but goes on with `nil` when the call has not come back in time. The thread is stuck in it then, and so
    /// is everything that is asked of it later. Not a child task: a call into C cannot be cancelled, only left alone.
    nonisolated func run<R: Sendable>(within limit: Duration, _ body: @escaping @Sendable () -> R) async -> R? {
        await withCheckedContinuation { continuation in
            let answer = Answer(continuation)
            let clock = Task {
                try? await Task.sleep(for: limit)
                answer.give(nil)
            }
            Task {
                let result = await run(body)
                answer.give(result)
                clock.cancel()
            }
        }
    }

    /// Gives the first of two answers.
    private final class Answer<R: Sendable>: Sendable {
        private let caller: Mutex<CheckedContinuation<R?, Never>?>

        init(_ caller: CheckedContinuation<R?, Never>) { self.caller = Mutex(caller) }

        func give(_ result: R?) {
            let waiting = caller.withLock { caller in
                defer { caller = nil }
                return caller
            }
            waiting?.resume(returning: result)
        }
    }
}
