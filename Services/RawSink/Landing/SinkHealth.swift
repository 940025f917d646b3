import ServiceRuntime
import Synchronization

/// What `/readyz` is told: the last that was heard of the warehouse and of the group.
final class SinkHealth: Sendable {
    private let warehouseFailure = Mutex<String?>("not reached yet")
    private let groupFailure = Mutex<String?>("not joined yet")

    func warehouse(_ failure: String?) { warehouseFailure.withLock { $0 = failure } }
    func group(_ failure: String?) { groupFailure.withLock { $0 = failure } }

    /// Whether the last that was heard of the warehouse was bad.
    var isWarehouseFailing: Bool { warehouseFailure.withLock { $0 != nil } }

    func register(with checks: HealthChecks) {
        checks.add("warehouse") { [self] in
            warehouseFailure.withLock { $0.map(HealthStatus.failing) ?? .ok }
        }
        checks.add("kafka") { [self] in
            groupFailure.withLock { $0.map(HealthStatus.failing) ?? .ok }
        }
    }
}
