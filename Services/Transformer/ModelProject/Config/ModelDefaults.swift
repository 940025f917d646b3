import CivilTime
import Pipeline
import SQL

/// `model_defaults`: what a model that does not say otherwise is.
public struct ModelDefaults: Sendable, Equatable, Codable {
    /// As it would stand in a MODEL block; nil: VIEW.
    public var kind: String?
    /// The SQL that models are written in.
    public var dialect = "postgres"
    /// When models are due.
    public var cron = "@daily"
    /// The zone in which `cron` is read.
    public var cronTimeZone = "UTC"
    /// The first moment that models have data for.
    public var start: Moment?
    /// `1 week ago`: counts from when the project is read; wins over ``start``.
    public var relativeStart: String?
    /// Who answers for the models.
    public var owner: String?
    /// Nil: follows from each model's cron.
    public var intervalUnit: IntervalUnit?
    /// Whether intervals are computed before they are over.
    public var allowPartials = false
    /// Audits as written, added to those of each model.
    public var audits: [String] = []

    /// The dialect that all models are read in, whatever they say; nil: as they say.
    public var dialectOverride: String?
    /// How time columns of text are written where a model does not say; nil: as days, `%Y-%m-%d`.
    public var timeColumnFormat: String?
    /// Settings of the engine while a model is computed, by name; SQL as written.
    public var sessionProperties: [String: String]?
    /// Statements that run before the query of every model, before its own.
    public var preStatements: [String]?
    /// The same behind it.
    public var postStatements: [String]?
    /// The same for the view when it is pointed at its table.
    public var onVirtualUpdate: [String]?
    /// False leaves out all models that do not say `enabled true`.
    public var enabled: Bool?
    /// How many batches of a model that does not say may be computed at the same time; nil: as many as there is room for.
    public var batchConcurrency: Int?
    /// What a change that takes columns away does to a model of an incremental kind that does not say; nil: it is an error.
    public var onDestructiveChange: Evolution.ColumnChange?
    /// The same of a change that adds columns; nil: it is allowed.
    public var onAdditiveChange: Evolution.ColumnChange?
    /// The gateway of models that name none.
    public var gateway: String?

    /// A configuration made by code.
    public init() {}

    /// What `model_defaults` may say and what follows from nothing here.
    private static let withoutEffect = [
        "table_format": "PostgreSQL has one format of tables",
        "storage_format": "PostgreSQL has one format of tables",
        "physical_properties": "PostgreSQL's tables have no such properties",
        "virtual_properties": "PostgreSQL's views have no such properties",
        "optimize_query": "queries are sent as they are written",
        "formatting": "each model says for itself whether `transformer format` leaves it as it is",
    ]

    /// - Parameter notices: Gets what is accepted and has no effect.
    init(_ value: YAMLValue, _ notices: inout [ProjectNotice]) throws(PipelineError) {
        var cronPlace = value
        for (key, part) in try value.mapping() where !part.isNull {
            switch key.text {
            case "kind":
                kind = try Self.kind(part)
                try part.checked { source throws(PipelineError) in
                    let text = SourceFile(path: source.path, text: kind ?? "")
                    _ = try KindReader.read(text, at: 0, dialect: dialect)
                }
            case "dialect": dialect = try part.string().lowercased()
            case "cron":
                cron = try part.string()
                cronPlace = part
            case "cron_tz":
                cronTimeZone = try part.string()
                cronPlace = part
            case "owner": owner = try part.string()
            case "allow_partials": allowPartials = try part.boolean()
            case "enabled": enabled = try part.boolean()
            case "gateway": gateway = try part.string()
            case "batch_concurrency":
                guard let count = Int(try part.string()), count >= 1 else {
                    throw part.error("batch_concurrency is a number from 1 on.")
                }
                batchConcurrency = count
            case "on_destructive_change": onDestructiveChange = try Self.change(key, part)
            case "on_additive_change": onAdditiveChange = try Self.change(key, part)
            case "audits":
                for audit in try part.sequence() {
                    audits.append(try audit.string())
                    try audit.checked { source throws(PipelineError) in
                        _ = try ModelProperties(source: source).auditCall(try audit.string(), at: 0)
                    }
                }
            case "start":
                let text = try part.string()
                if RelativeTime(text) != nil {
                    relativeStart = text
                } else if let moment = Moment(text) {
                    start = moment
                } else {
                    throw part.error("Not a date: write it as 2025-01-31, or as '1 week ago'.")
                }
            case "interval_unit":
                guard let unit = IntervalUnit(rawValue: try part.string().lowercased()) else {
                    throw part.error(
                        "Known interval units: \(IntervalUnit.allCases.map(\.rawValue).joined(separator: ", ")).")
                }
                intervalUnit = unit
            case "session_properties":
                var settings: [String: String] = [:]
                for (name, setting) in try part.mapping() { settings[name.text] = try setting.variable().literal }
                sessionProperties = settings
            case "pre_statements": preStatements = try part.strings()
            case "post_statements": postStatements = try part.strings()
            case "on_virtual_update": onVirtualUpdate = try part.strings()
            default:
                guard let why = Self.withoutEffect[key.text] else {
                    throw key.error("Unknown key `\(key.text)`. Known: \(Self.known.joined(separator: ", ")).")
                }
                notices.append(ProjectNotice(key, "`\(key.text)` of model_defaults has no effect: \(why)."))
            }
        }
        do throws(CronError) { _ = try CronSchedule(cron, zone: cronTimeZone) } catch {
            throw cronPlace.error("\(error)")
        }
    }

    private static let known =
        [
            "kind", "dialect", "cron", "cron_tz", "start", "owner", "interval_unit", "allow_partials", "audits",
            "batch_concurrency", "on_destructive_change", "on_additive_change", "enabled", "gateway",
            "session_properties", "pre_statements", "post_statements",
            "on_virtual_update",
        ] + withoutEffect.keys.sorted()

    private static func change(_ key: YAMLValue, _ value: YAMLValue) throws(PipelineError) -> Evolution.ColumnChange {
        guard let change = Evolution.ColumnChange(rawValue: try value.string().lowercased()) else {
            let known = Evolution.ColumnChange.allCases.map(\.rawValue).joined(separator: ", ")
            throw value.error("Not an \(key.text). Known: \(known).")
        }
        return change
    }

    /// `FULL`, `INCREMENTAL_BY_TIME_RANGE (…)`, or a mapping with `name` and options.
    private static func kind(_ value: YAMLValue) throws(PipelineError) -> String {
        guard value.node.mapping != nil else { return try value.string() }
        var name = ""
        var options: [String] = []
        for (key, part) in try value.mapping() {
            if key.text == "name" {
                name = try part.string()
            } else if part.node.sequence != nil {
                options.append("\(key.text) (\(try part.strings().joined(separator: ", ")))")
            } else {
                options.append("\(key.text) \(try part.string())")
            }
        }
        return options.isEmpty ? name : "\(name) (\(options.joined(separator: ", ")))"
    }
}

extension YAMLValue {
    /// Runs a reader of texts and tells its mistakes at this value's place.
    fileprivate func checked(_ read: (SourceFile) throws(PipelineError) -> Void) throws(PipelineError) {
        do throws(PipelineError) { try read(SourceFile(path: file, text: text)) } catch {
            throw self.error(error.message)
        }
    }
}
