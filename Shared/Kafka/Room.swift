import Synchronization

/// Where senders wait while the producer's queue is full.
///
/// Draw a ticket, try, and when there was no room, wait with that ticket: an opening in between is not missed.
final class Room: Sendable {
    struct Ticket: Sendable { fileprivate let number: UInt64 }

    private struct State {
        var openings: UInt64 = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func ticket() -> Ticket { Ticket(number: state.withLock { $0.openings }) }

    /// Returns at the first opening after the ticket was drawn.
    func wait(_ ticket: Ticket) async {
        await withCheckedContinuation { continuation in
            let missed = state.withLock { state in
                guard state.openings == ticket.number else { return true }
                state.waiting.append(continuation)
                return false
            }
            if missed { continuation.resume() }
        }
    }

    /// Lets everybody try again.
    func open() {
        let waiting = state.withLock { state in
            state.openings += 1
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
