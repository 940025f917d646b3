// Places of pools: handed out in the same step as what freed them, over all runs of all DAGs.
import Foundation
import Timetable

extension DispatchLoop {
    /// Hands out what is free, as part of a step.
    mutating func grantPlaces(_ now: Date, _ change: inout StateChange) throws {
        for grant in placeGrants() { try step(grant.run, .place(task: grant.task), now, &change) }
    }

    /// Hands out what no step did: places of a run that was set aside, and those that are free when a leader begins.
    mutating func grantFreePlaces(_ now: Date) async throws {
        for grant in placeGrants() {
            try await deal(.init(.run, grant.run, dag: runs[grant.run]?.record.dag), now) { loop, change in
                try loop.step(grant.run, .place(task: grant.task), now, &change)
            }
        }
    }

    private func placeGrants() -> [PlaceRequest] {
        guard !settings.pools.isEmpty else { return [] }
        let (waiting, used) = runs.places
        return PoolBook(places: settings.pools).grants(used: used, to: waiting)
    }
}
