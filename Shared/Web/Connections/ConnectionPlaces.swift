// ConnectionPlaces: who has a connection, and who must give one up.
// Always: a connection that has no request to answer gives way to a newcomer, the one that has waited longest first, of
// the same address where that address has too many. So half a request that is never finished keeps nobody out. When all
// places are busy with answers there is a small reserve, in which health checks are answered and others are told to come back.
import NIOCore
import ServiceRuntime
import Synchronization

/// The places of a face: who has a connection, and who must give one up.
package final class ConnectionPlaces: Sendable {
    /// What a new connection may do.
    package enum Admission: Equatable {
        case full
        /// Beyond the limits: asks for the service's health, or is told why not.
        case healthOnly
        case refused
    }

    private struct Place {
        /// `nil` for those whose address has no limit: trusted proxies, sockets without an address.
        let address: NetworkAddress?
        let isReserve: Bool
        /// When it began to wait for a request; `nil` while it has one.
        var waitsSince: NIODeadline?
        /// A stream of events counts to its user's limit instead.
        var isStream = false
        let close: @Sendable () -> Void
    }

    private struct State {
        var places: [ObjectIdentifier: Place] = [:]
        var perAddress: [NetworkAddress: Int] = [:]
        var regular = 0
        var reserve = 0

        mutating func add(_ place: Place, _ id: ObjectIdentifier) {
            places[id] = place
            if place.isReserve {
                reserve += 1
            } else {
                regular += 1
                count(place.address, 1)
            }
        }

        mutating func remove(_ id: ObjectIdentifier) -> Place? {
            guard let place = places.removeValue(forKey: id) else { return nil }
            if place.isReserve {
                reserve -= 1
            } else {
                regular -= 1
                if !place.isStream { count(place.address, -1) }
            }
            return place
        }

        mutating func count(_ address: NetworkAddress?, _ change: Int) {
            guard let address else { return }
            let sum = (perAddress[address] ?? 0) + change
            perAddress[address] = sum > 0 ? sum : nil
        }

        /// Takes out the one that has waited longest for a request.
        mutating func evict(where isCandidate: (Place) -> Bool) -> Place? {
            var longest: (id: ObjectIdentifier, since: NIODeadline)?
            for (id, place) in places {
                guard let since = place.waitsSince, isCandidate(place), since < longest?.since ?? .distantFuture else {
                    continue
                }
                longest = (id, since)
            }
            return longest.flatMap { remove($0.id) }
        }
    }

    private let limits: HTTPLimits
    package let meters = ConnectionMeters()
    private let state = Mutex(State())
    /// Places beyond the limit.
    static let reserveMax = 32

    package init(_ limits: HTTPLimits) { self.limits = limits }

    /// How many connections hold a place.
    var count: Int { state.withLock { $0.places.count } }
    /// How many addresses are remembered.
    var addressCount: Int { state.withLock { $0.perAddress.count } }

    /// Gives a new connection a place, which may cost another one's.
    package func admit(
        _ id: ObjectIdentifier, from peer: NetworkAddress?, now: NIODeadline, close: @escaping @Sendable () -> Void
    ) -> Admission {
        let address = peer.flatMap { limits.trusts($0) ? nil : $0.client }
        let (admission, evicted): (Admission, Place?) = state.withLock { state in
            func place(isReserve: Bool) -> Place {
                Place(address: address, isReserve: isReserve, waitsSince: now, close: close)
            }
            var evicted: Place?
            var hasRoom = true
            if let address, (state.perAddress[address] ?? 0) >= limits.connectionsPerAddressMax {
                evicted = state.evict { !$0.isReserve && $0.address == address }
                hasRoom = evicted != nil
            }
            if hasRoom, state.regular >= limits.connectionsMax {
                evicted = state.evict { !$0.isReserve }
                hasRoom = evicted != nil
            }
            if hasRoom {
                state.add(place(isReserve: false), id)
                return (.full, evicted)
            }
            if state.reserve >= Self.reserveMax {
                evicted = state.evict { $0.isReserve }
                guard evicted != nil else { return (.refused, nil) }
            }
            state.add(place(isReserve: true), id)
            return (.healthOnly, evicted)
        }
        if let evicted {
            meters.closed(.crowded)
            evicted.close()
        }
        if admission == .refused { meters.closed(.crowded) }
        return admission
    }

    /// It has a request now.
    package func works(_ id: ObjectIdentifier) { state.withLock { $0.places[id]?.waitsSince = nil } }

    /// Its answer is out: it waits for the next request.
    package func waits(_ id: ObjectIdentifier, since now: NIODeadline) {
        state.withLock { $0.places[id]?.waitsSince = now }
    }

    /// Its answer has no end.
    func streams(_ id: ObjectIdentifier) {
        state.withLock { state in
            guard let place = state.places[id], !place.isReserve, !place.isStream else { return }
            state.places[id]?.isStream = true
            state.count(place.address, -1)
        }
    }

    /// It is closed.
    package func leave(_ id: ObjectIdentifier) { state.withLock { _ = $0.remove(id) } }
}
