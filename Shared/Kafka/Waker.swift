import CLibrdkafka
import Synchronization

/// Interrupts a consumer's poll from any thread, for as long as the client is there.
final class Waker: Sendable {
    private let handle: Mutex<ClientHandle?>

    init(_ handle: ClientHandle) {
        self.handle = Mutex(handle)
    }

    func wake() {
        handle.withLock { handle in
            if let handle { rd_kafka_queue_yield(handle.queue) }
        }
    }

    /// Lets go of the client.
    func retire() {
        handle.withLock { $0 = nil }
    }
}
