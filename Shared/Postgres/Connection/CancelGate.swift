// CancelGate: asks the server to end the statement that a connection is working on.
// Always: a request goes out only while the statement it is meant for runs, and the next statement starts only when no
// request is on its way; so a request can never hit a statement that came later.
import CLibpq
import Foundation

/// Numbers the statements of a connection and cancels them by number, from any thread.
///
/// `@unchecked Sendable`: every stored property but the condition is read and written with the condition locked; the
/// `PGcancel` is made to be used from other threads than its connection's (libpq manual, "Canceling Queries").
final class CancelGate: @unchecked Sendable {
    private let condition = NSCondition()
    private var handle: OpaquePointer?
    private var lastNumber: UInt64 = 0
    private var running: UInt64 = 0
    private var requested: UInt64 = 0
    private var isSending = false

    deinit { PQfreeCancel(handle) }

    /// Remembers how to reach the server's side of this connection.
    func attach(to connection: OpaquePointer) {
        condition.withLock {
            PQfreeCancel(handle)
            handle = PQgetCancel(connection)
        }
    }

    /// A statement begins; its number.
    func begin() -> UInt64 {
        condition.withLock {
            lastNumber += 1
            running = lastNumber
            return running
        }
    }

    /// The statement has ended. Waits for a request on its way, some milliseconds at most where the server answers.
    /// - Returns: Whether it had been asked to end.
    @discardableResult
    func end(_ number: UInt64) -> Bool {
        condition.withLock {
            while isSending { condition.wait() }
            if running == number { running = 0 }
            condition.broadcast()
            return requested == number
        }
    }

    /// Whether the statement was asked to end.
    func wasRequested(_ number: UInt64) -> Bool { condition.withLock { requested == number } }

    /// Asks the server to end the statement, if it still runs. Returns at once; a thread sees to it.
    func request(_ number: UInt64) {
        let isNew = condition.withLock {
            guard running == number, requested != number else { return false }
            requested = number
            return true
        }
        guard isNew else { return }
        let thread = Thread { self.send(number) }
        thread.name = "postgres-cancel"
        thread.start()
    }

    /// Repeated until the statement ends: the server forgets a request that comes before the statement itself.
    private func send(_ number: UInt64) {
        var pause = 0.02
        condition.lock()
        while running == number, let handle {
            isSending = true
            condition.unlock()
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(handle, &message, 256)
            condition.lock()
            isSending = false
            condition.broadcast()
            let wake = Date(timeIntervalSinceNow: pause)
            while running == number, condition.wait(until: wake) {}
            pause = min(pause * 2, 2)
        }
        condition.unlock()
    }
}
