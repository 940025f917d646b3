// StreamPlaces: how many answers without an end may be open. They hold a connection for as long as a page is open, so they
// count apart from the connections of an address: a whole office may look at dashboards from one.
import Hummingbird
import ServiceRuntime
import Synchronization

final class StreamPlaces: Sendable {
    /// A place that was taken. It is free again with ``giveBack()``, or when nobody holds it any more: an answer that was
    /// never begun gives its place back too.
    final class Place: Sendable {
        private let onEnd: Mutex<(@Sendable () -> Void)?>

        fileprivate init(_ onEnd: @escaping @Sendable () -> Void) { self.onEnd = Mutex(onEnd) }

        deinit { giveBack() }

        /// Safe to call twice.
        func giveBack() {
            let onEnd = onEnd.withLock { onEnd in
                defer { onEnd = nil }
                return onEnd
            }
            onEnd?()
        }
    }

    private let open = Mutex<[String: Int]>([:])
    private let perUserMax: Int
    private let max: Int

    /// Half of the connections at most, so that the other half can be asked for anything else.
    init(_ limits: HTTPLimits, perUserMax: Int = 32) {
        self.perUserMax = perUserMax
        max = limits.connectionsMax / 2
    }

    /// How many are open.
    var count: Int { open.withLock { $0.values.reduce(0, +) } }

    /// - Throws: 429 when `user` has too many, 503 when all together have.
    func take(for user: String) throws(Problem) -> Place {
        let problem: Problem? = open.withLock { open in
            guard open[user, default: 0] < perUserMax else {
                return Problem(
                    .tooManyRequests, "\(perUserMax) streams of events are open already. Close other pages.",
                    headers: [.retryAfter: "30"])
            }
            guard open.values.reduce(0, +) < max else {
                return Problem(
                    .serviceUnavailable, "Too many streams of events are open.", headers: [.retryAfter: "30"])
            }
            open[user, default: 0] += 1
            return nil
        }
        if let problem { throw problem }
        return Place { [weak self] in
            self?.open.withLock { open in
                let left = open[user, default: 1] - 1
                open[user] = left > 0 ? left : nil
            }
        }
    }
}
