import Synchronization

/// A switch that is thrown once, by anybody.
final class Flag: Sendable {
    private let raised = Atomic<Bool>(false)

    var isRaised: Bool { raised.load(ordering: .acquiring) }

    /// - Returns: Whether this call was the one that raised it.
    @discardableResult
    func raise() -> Bool { !raised.exchange(true, ordering: .acquiringAndReleasing) }
}

extension Duration {
    /// Whole milliseconds for C, rounded up, so that a short wait does not become none; at most 24 days.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: min(seconds, 2_000_000) * 1000 + rest)
    }
}
