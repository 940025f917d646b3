import CivilTime
import Pipeline

/// How an incremental model follows a change of its text: options that all incremental kinds have.
public struct Evolution: Sendable, Equatable {
    /// What a change that takes columns away, or adds some, does to a model that is only changed forward.
    public enum ColumnChange: String, Sendable, Codable, CaseIterable {
        case error, warn, allow, ignore
    }

    /// Changes hold for new intervals alone; the rows that are there stay.
    public var forwardOnly = false
    public var onDestructiveChange = ColumnChange.error
    public var onAdditiveChange = ColumnChange.allow
    /// Rows that were computed are never computed again.
    public var disableRestatement = false
    /// When the latest intervals are computed again without being asked; nil: never.
    public var autoRestatementCron: String?
    /// How many of them; nil: all.
    public var autoRestatementIntervals: Int?

    /// Without any of them.
    public init() {}

    /// - Parameters:
    ///   - forwardOnly: What holds where the model does not say.
    ///   - disableRestatement: The same.
    init(
        _ reader: inout KindReader, forwardOnly: Bool = false, disableRestatement: Bool = false
    ) throws(PipelineError) {
        self.forwardOnly = try reader.boolean("forward_only") ?? forwardOnly
        onDestructiveChange =
            try reader.choice("on_destructive_change") ?? reader.defaults.onDestructiveChange ?? .error
        onAdditiveChange = try reader.choice("on_additive_change") ?? reader.defaults.onAdditiveChange ?? .allow
        self.disableRestatement = try reader.boolean("disable_restatement") ?? disableRestatement
        if let cron = try reader.property("auto_restatement_cron") {
            do throws(CronError) { _ = try CronSchedule(cron.plain, zone: "UTC") } catch {
                throw reader.source.error(at: cron.offset, "auto_restatement_cron: \(error)")
            }
            autoRestatementCron = cron.plain
        }
        autoRestatementIntervals = try reader.count("auto_restatement_intervals", from: 1)
    }

    /// Those that are not as they are when nothing is said.
    var parts: [String] {
        var parts: [String] = []
        if forwardOnly { parts.append("forward_only") }
        if onDestructiveChange != .error { parts.append("on_destructive_change=\(onDestructiveChange)") }
        if onAdditiveChange != .allow { parts.append("on_additive_change=\(onAdditiveChange)") }
        if disableRestatement { parts.append("disable_restatement") }
        if let autoRestatementCron { parts.append("auto_restatement_cron=\(autoRestatementCron)") }
        if let autoRestatementIntervals { parts.append("auto_restatement_intervals=\(autoRestatementIntervals)") }
        return parts
    }
}
