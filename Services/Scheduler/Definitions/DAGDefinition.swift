// DAGDefinition: a DAG of `dags/*.yaml`, as it was read. It is stored with the DAG, so that every process knows it, whether it
// has the file or not.
import ControlPlane
import Foundation
import Timetable

/// A DAG that a file defines.
public struct DAGDefinition: Codable, Sendable, Equatable {
    public var name: String
    /// Relative to the pipeline folder.
    public var file: String
    public var description: String?
    public var owner: String?
    public var tags: [String]
    /// Cron or a preset; `nil`: only when somebody asks.
    public var schedule: String?
    /// IANA zone of the schedule; `nil`: UTC.
    public var zone: String?
    /// No run for a time before it.
    public var start: Date?
    /// No run for this time or a later one.
    public var end: Date?
    public var catchUp: CatchUp?
    public var activeRunsMax: Int?
    /// How long a run may go on, in seconds.
    public var runTimeout: Double?
    public var parameters: [DAGParameter]
    /// In the order of the file, groups taken apart: `group.task`.
    public var tasks: [TaskDefinition]
    /// Says one content from another.
    public var version: String

    /// Environments whose models it needs.
    var environments: Set<String> {
        Set(
            tasks.compactMap {
                switch $0.work {
                case .models(let work), .audit(let work): work.environment
                default: nil
                }
            })
    }

    /// What the DAG's row has in place of an environment's manifest.
    func emptyManifest(at now: Date) -> EnvironmentManifest {
        EnvironmentManifest(environment: name, promotedAt: now, plan: version, models: [])
    }

    /// Raw tables for whose data it waits.
    var tables: Set<String> {
        Set(tasks.compactMap { if case .waitForData(let wait) = $0.work { wait.table } else { nil } })
    }
}

/// A task of a definition.
public struct TaskDefinition: Codable, Sendable, Equatable {
    public var name: String
    /// Tasks before it, by name.
    public var after: [String]
    public var rule: TriggerRule
    public var work: TaskWork
    public var retries: Int?
    /// In seconds.
    public var retryDelay: Double?
    public var timeout: Double?
    public var pool: String?
    public var priority: Int?
    public var description: String?
}
