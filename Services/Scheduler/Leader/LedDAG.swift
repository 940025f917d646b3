// LedDAG: a DAG as the leader holds it: its manifest, and the clock that its models' schedules make.
import CivilTime
import ControlPlane
import Foundation
import Timetable

struct LedDAG {
    var record: DAGRecord
    var clock: DAGClock
    /// Where the DAG does not say.
    private let standardCatchUp: CatchUp
    /// Whether its last run, backfills aside, has failed.
    var hasFailed = false
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
        standardCatchUp = catchUp
        clock = DAGClock(
            schedules: record.isRemoved ? [:] : Self.schedules(record).schedules, cursor: record.cursorAt,
            isPaused: record.isPaused, catchUp: record.definition?.catchUp ?? catchUp)
    }

    /// The schedule of each model, and why some have none.
    static func schedules(_ record: DAGRecord) -> (schedules: [String: Schedule], problems: [String: String]) {
        var schedules: [String: Schedule] = [:]
        var problems: [String: String] = [:]
        if let definition = record.definition { return self.schedules(definition) }
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

    /// A file's DAG has one, and none when only people begin its runs.
    private static func schedules(
        _ definition: DAGDefinition
    ) -> (schedules: [String: Schedule], problems: [String: String]) {
        guard let text = definition.schedule else { return ([:], [:]) }
        do throws(CronError) {
            let schedule = try Schedule(text, zone: definition.zone ?? "UTC", firstSeen: .distantPast)
            guard definition.start != nil || definition.end != nil else { return ([definition.name: schedule], [:]) }
            return (
                [definition.name: .within(schedule, from: definition.start, upTo: definition.end)], [:]
            )
        } catch {
            return ([:], [definition.name: error.description])
        }
    }

    /// Takes what a file says.
    /// - Returns: False when it says nothing new.
    mutating func learn(_ definition: DAGDefinition, at now: Date) -> Bool {
        guard definition != record.definition || record.isRemoved else { return false }
        let isBack = record.isRemoved
        record.definition = definition
        record.manifest = definition.emptyManifest(at: now)
        record.firstSeen = [:]
        record.isRemoved = false
        record.updatedAt = now
        clock.catchUp = definition.catchUp ?? standardCatchUp
        if isBack { clock = DAGClock(schedules: [:], cursor: now, isPaused: record.isPaused, catchUp: clock.catchUp) }
        clock.replace(Self.schedules(record).schedules, at: now)
        return true
    }

    /// Takes a manifest.
    /// - Returns: False when it says nothing new.
    mutating func learn(_ manifest: EnvironmentManifest, at now: Date) -> Bool {
        guard manifest != record.manifest || record.isRemoved else { return false }
        let isBack = record.isRemoved
        record.manifest = manifest
        record.definition = nil
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
