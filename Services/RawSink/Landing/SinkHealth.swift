import ServiceRuntime
import Synchronization

/// What `/readyz` is told: the last that was heard of the warehouse and of the group.
final class SinkHealth: Sendable {
    private let warehouseFailure = Mutex<String?>("not reached yet")
    private let groupFailure = Mutex<String?>("not joined yet")

    private let deadLetterFailure = Mutex<String?>(nil)

    /// Stays until the sink is started anew.
    func deadLetters(_ failure: String) { deadLetterFailure.withLock { $0 = failure } }
    /// Whether a partition was stopped for its dead letters.
    var isOverDeadLetterLimit: Bool { deadLetterFailure.withLock { $0 != nil } }

    func warehouse(_ failure: String?) { warehouseFailure.withLock { $0 = failure } }
    func group(_ failure: String?) { groupFailure.withLock { $0 = failure } }

    /// Whether the last that was heard of the warehouse was bad.
    var isWarehouseFailing: Bool { warehouseFailure.withLock { $0 != nil } }

    /// How far behind the partitions are.
    let lag = LagWatch()

    /// - Parameter lagMax: Messages that wait for longer make the sink unready; `nil`: none does.
    func register(with checks: HealthChecks, lagMax: Duration? = nil) {
        if let lagMax {
            checks.add("lag") { [self] in
                let seconds = lag.longest()
                guard seconds > Double(lagMax.nanoseconds) / 1e9 else { return .ok }
                return .failing("The oldest message in hand is \(Int(seconds)) s old; SINK_LAG_MAX allows \(lagMax).")
            }
        }
        checks.add("warehouse") { [self] in
            warehouseFailure.withLock { $0.map(HealthStatus.failing) ?? .ok }
        }
        checks.add("dead_letters") { [self] in
            deadLetterFailure.withLock { $0.map(HealthStatus.failing) ?? .ok }
        }
        checks.add("kafka") { [self] in
            groupFailure.withLock { $0.map(HealthStatus.failing) ?? .ok }
        }
    }
}
