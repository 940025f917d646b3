import Pipeline

/// A name of the time family: `start_ds`, `end_dt`, `execution_epoch` …
struct TimeVariable {
    enum Form: String { case dt, dtntz, date, ds, ts, tstz, hour, epoch, millis }

    private let moment: Moment
    private let form: Form

    /// Nil when `name` is not of the family.
    init?(_ name: String, in context: RenderContext) {
        guard let underscore = name.lastIndex(of: "_"),
            let form = Form(rawValue: String(name[name.index(after: underscore)...]))
        else { return nil }
        switch name[..<underscore] {
        case "start": moment = context.start
        case "end": moment = Moment(microseconds: max(context.end.microseconds - 1, context.start.microseconds))
        case "execution": moment = context.execution
        default: return nil
        }
        self.form = form
    }

    /// As Jinja prints it: no quotes.
    var plain: String {
        switch form {
        case .dt, .tstz: moment.timestamp() + "+00:00"
        case .dtntz, .ts: moment.timestamp()
        case .date, .ds: moment.day
        case .hour: String(moment.secondOfDay / 3_600)
        case .epoch: String(moment.seconds)
        case .millis: String(moment.microseconds / 1_000)
        }
    }

    /// As SQL of the dialect.
    func sql(dialect: String) -> String {
        let isBigQuery = dialect == "bigquery"
        return switch form {
        case .dt: "CAST('\(plain)' AS \(isBigQuery ? "TIMESTAMP" : "TIMESTAMPTZ"))"
        case .dtntz: "CAST('\(plain)' AS \(isBigQuery ? "DATETIME" : "TIMESTAMP"))"
        case .date: "CAST('\(plain)' AS DATE)"
        case .ds, .ts, .tstz: "'\(plain)'"
        case .hour, .epoch, .millis: plain
        }
    }

    /// As macros see it: a string, a number, or SQL.
    func value(dialect: String) -> MacroValue {
        switch form {
        case .ds, .ts, .tstz: .constant(.string(plain))
        case .dt, .dtntz, .date, .hour, .epoch, .millis: .sql(sql(dialect: dialect))
        }
    }
}
