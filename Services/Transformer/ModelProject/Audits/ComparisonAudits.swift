/// Audits that compare the audited rows with all rows of another model of the same environment.
enum ComparisonAudits {
    static let all: [BuiltInAudit] = [
        BuiltInAudit(
            name: "relationship",
            parameters: [
                .to, .one("source_column"), .one("target_column"), .one("from_condition").optional,
                .one("to_condition").optional,
            ]
        ) { call in
            let target =
                "SELECT \(call.one("target_column")) AS value FROM \(call.other) "
                + "WHERE (\(call["to_condition"] ?? "TRUE"))"
            return "SELECT children.* FROM (SELECT \(call.one("source_column")) AS value FROM \(call.rows) "
                + "WHERE (\(call["from_condition"] ?? "TRUE"))) AS children WHERE children.value IS NOT NULL "
                + "AND NOT EXISTS (SELECT FROM (\(target)) AS parents WHERE parents.value = children.value)"
        },
        BuiltInAudit(name: "equality", parameters: [.columns, .to]) { call in
            let columns = call.joined("columns")
            return "SELECT \(columns) FROM \(call.rows) EXCEPT SELECT \(columns) FROM \(call.other)"
        },
        BuiltInAudit(name: "equal_row_count", parameters: [.to]) { counts($0, fail: "<>") },
        BuiltInAudit(name: "fewer_rows_than", parameters: [.to]) { counts($0, fail: ">=") },
        BuiltInAudit(
            name: "cardinality_equality", parameters: [.one("source_column"), .one("target_column"), .to]
        ) { call in
            func count(_ column: String, _ rows: String) -> String {
                "(SELECT \(column) AS value, COUNT(*) AS rows FROM \(rows) GROUP BY \(column))"
            }
            let own = count(call.one("source_column"), call.rows)
            let other = count(call.one("target_column"), call.other)
            return "(\(own) EXCEPT \(other)) UNION ALL (\(other) EXCEPT \(own))"
        },
    ]

    private static func counts(_ call: BuiltInAudit.Values, fail sign: String) -> String {
        "SELECT own.rows, other.rows AS other_rows FROM (SELECT COUNT(*) AS rows FROM \(call.rows)) AS own "
            + "CROSS JOIN (SELECT COUNT(*) AS rows FROM \(call.other)) AS other WHERE own.rows \(sign) other.rows"
    }
}
