// LedDAG: a DAG as the leader holds it: its manifest, and the clock that its models' schedules make.
import CivilTime
import ControlPlane
import Foundation
import Timetable

struct LedDAG {
    var record: DAGRecord
    var clock: DAGClock
    /// True until the clock was looked at after an absence: a start, a take-over, a pause.
    var hasBeenAway = true

    /// The record as it is to be written: the clock has moved since it was read.
    var row: DAGRecord {
        var row = record
        row.cursorAt = clock.cursor
        return row
    }

    init(_ record: DAGRecord, catchUp: CatchUp) {
        self.record = record
        clock = DAGClock(
            schedules: record.isRemoved ? [:] : Self.schedules(record).schedules, cursor: record.cursorAt,
            isPaused: record.isPaused, catchUp: catchUp)
    }

    /// The schedule of each model, and why some have none.
    static func schedules(_ record: DAGRecord) -> (schedules: [String: Schedule], problems: [String: String]) {
        var schedules: [String: Schedule] = [:]
        var problems: [String: String] = [:]
        for model in record.manifest.models {
            do throws(CronError) {
                schedules[model.name] = try Schedule(
                    model.cron, zone: model.cronTimeZone ?? "UTC",
                    firstSeen: record.firstSeen[model.name] ?? record.updatedAt)
            } catch {
                problems[model.name] = error.description
            }
        }
        return (schedules, problems)
    }

    /// Takes a manifest.
    /// - Returns: False when it says nothing new.
    mutating func learn(_ manifest: EnvironmentManifest, at now: Date) -> Bool {
        guard manifest != record.manifest || record.isRemoved else { return false }
        let isBack = record.isRemoved
        record.manifest = manifest
        record.isRemoved = false
        record.updatedAt = now
        record.firstSeen = Self.firstSeen(manifest, before: record.firstSeen, at: now)
        if isBack { clock = DAGClock(schedules: [:], cursor: now, isPaused: record.isPaused, catchUp: clock.catchUp) }
        clock.replace(Self.schedules(record).schedules, at: now)
        return true
    }

    /// A model that is new becomes known a second from now: an `@once` is due then, and not in the past.
    static func firstSeen(
        _ manifest: EnvironmentManifest, before: [String: Date], at now: Date
    ) -> [String: Date] {
        Dictionary(
            manifest.models.map { ($0.name, before[$0.name] ?? now.addingTimeInterval(1)) },
            uniquingKeysWith: { first, _ in first })
    }
}
