/// Audits that compare each row with the next one.
enum OrderAudits {
    static let all: [BuiltInAudit] = [
        BuiltInAudit(name: "sequential_values", parameters: [.column, .one("interval").optional]) { call in
            let column = call.one("column")
            return "SELECT * FROM (SELECT \(column) AS value, LAG(\(column)) OVER (ORDER BY \(column)) AS previous "
                + "FROM \(call.rows)) AS pairs WHERE value <> previous + (\(call["interval"] ?? "1"))"
        },
        // A range may begin where the one before it ends. Bounds that are NULL are wrong.
        BuiltInAudit(
            name: "mutually_exclusive_ranges",
            parameters: [
                .one("lower_bound_column"), .one("upper_bound_column"),
                .init(name: "partition_clause", kind: .partition, isRequired: false),
            ]
        ) { call in
            let (lower, upper) = (call.one("lower_bound_column"), call.one("upper_bound_column"))
            let window = "(\(call["partition_clause"] ?? "") ORDER BY \(lower), \(upper))"
            return "SELECT lower_bound, upper_bound, next_lower_bound FROM (SELECT \(lower) AS lower_bound, "
                + "\(upper) AS upper_bound, LEAD(\(lower)) OVER \(window) AS next_lower_bound, "
                + "LEAD(TRUE, 1, FALSE) OVER \(window) AS has_next FROM \(call.rows)) AS ranges "
                + "WHERE (lower_bound <= upper_bound) IS NOT TRUE "
                + "OR (has_next AND (upper_bound <= next_lower_bound) IS NOT TRUE)"
        },
    ]
}
