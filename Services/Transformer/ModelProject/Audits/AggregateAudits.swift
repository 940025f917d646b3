/// Audits of one number over all rows; they return one row when it is wrong. Where there are no rows, only
/// `number_of_rows` fails: a day without data has no mean that could be wrong.
enum AggregateAudits {
    static let all: [BuiltInAudit] = [
        BuiltInAudit(name: "number_of_rows", parameters: [.number("threshold")]) { call in
            "SELECT COUNT(*) AS rows FROM \(call.rows) HAVING COUNT(*) <= \(call.one("threshold"))"
        },
        BuiltInAudit(name: "at_least_one", parameters: [.column]) { call in
            "SELECT COUNT(*) AS rows FROM \(call.rows) HAVING COUNT(*) > 0 AND COUNT(\(call.one("column"))) = 0"
        },
        BuiltInAudit(name: "not_constant", parameters: [.column]) { call in
            "SELECT MIN(CAST(\(call.one("column")) AS text)) AS value FROM \(call.rows) "
                + "HAVING COUNT(*) > 0 AND COUNT(DISTINCT \(call.one("column"))) <= 1"
        },
        BuiltInAudit(name: "not_null_proportion", parameters: [.column, .number("threshold")]) { call in
            let known = "COUNT(\(call.one("column")))"
            return "SELECT COUNT(*) AS rows, \(known) AS not_null FROM \(call.rows) "
                + "HAVING COUNT(*) > 0 AND \(known) <= COUNT(*) * (\(call.one("threshold")))"
        },
        BuiltInAudit(name: "mean_in_range", parameters: [.column] + .limits, oneOf: ["min_v", "max_v"]) { call in
            aggregate("AVG(\(call.one("column")))", as: "mean", call)
        },
        BuiltInAudit(name: "stddev_in_range", parameters: [.column] + .limits, oneOf: ["min_v", "max_v"]) { call in
            aggregate("STDDEV(\(call.one("column")))", as: "stddev", call)
        },
    ]

    private static func aggregate(_ value: String, as name: String, _ call: BuiltInAudit.Values) -> String {
        "SELECT \(value) AS \(name) FROM \(call.rows) HAVING \(call.outside(value))"
    }
}
