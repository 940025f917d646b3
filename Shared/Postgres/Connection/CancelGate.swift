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
    /// The connection's socket; -1 from its end on.
    private var socket: Int32 = -1
    private let cutOffAfter: Duration?

    /// - Parameter cutOffAfter: How long a statement may go on after it was asked to end, before its connection is cut
    ///   off; nil: for as long as it takes.
    init(cutOffAfter: Duration? = nil) { self.cutOffAfter = cutOffAfter }

    deinit { PQfreeCancel(handle) }

    /// Remembers how to reach the server's side of this connection.
    func attach(to connection: OpaquePointer) {
        condition.withLock {
            PQfreeCancel(handle)
            handle = PQgetCancel(connection)
            socket = PQsocket(connection)
        }
    }

    /// The connection is about to be closed: its socket's number may be another's from then on.
    func detach() {
        condition.withLock {
            socket = -1
            running = 0
            condition.broadcast()
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
        guard let cutOffAfter else { return }
        let cutter = Thread { self.cutOff(number, after: cutOffAfter) }
        cutter.name = "postgres-cut-off"
        cutter.start()
    }

    /// A server that is in the middle of sending, or away, does not hear the request: then the connection is shut, which
    /// wakes who reads it, and ends the server's side when it next writes.
    private func cutOff(_ number: UInt64, after wait: Duration) {
        let deadline = Date(timeIntervalSinceNow: wait / .seconds(1))
        condition.withLock {
            while running == number, condition.wait(until: deadline) {}
            if running == number, socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
        }
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
