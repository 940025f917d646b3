import Synchronization

/// So many of something for each user at once.
final class UserSlots: Sendable {
    private let taken = Mutex<[String: Int]>([:])
    let perUserMax: Int

    init(perUserMax: Int) { self.perUserMax = perUserMax }

    /// How many are taken, by all users.
    var count: Int { taken.withLock { $0.values.reduce(0, +) } }

    /// A user's right to one. Given back at the end, or when nobody has it any more.
    final class Slot: Sendable {
        private let slots: UserSlots
        private let user: String
        private let isEnded = Mutex(false)

        fileprivate init(_ slots: UserSlots, user: String) {
            self.slots = slots
            self.user = user
        }

        deinit { end() }

        /// Gives it back. Safe to call twice.
        func end() {
            let isFirst = isEnded.withLock { ended in
                defer { ended = true }
                return !ended
            }
            if isFirst { slots.free(user) }
        }
    }

    /// Nil when the user has all that one may have.
    func slot(for user: String) -> Slot? {
        let isFree = taken.withLock { taken in
            guard taken[user, default: 0] < perUserMax else { return false }
            taken[user, default: 0] += 1
            return true
        }
        return isFree ? Slot(self, user: user) : nil
    }

    private func free(_ user: String) {
        taken.withLock { taken in
            let left = taken[user, default: 1] - 1
            taken[user] = left > 0 ? left : nil
        }
    }
}
