/// Audits of how values are distributed.
enum DistributionAudits {
    static let all: [BuiltInAudit] = [zScore, divergence, chiSquare]

    /// Rows further from the mean than `threshold` standard deviations of the sample.
    private static let zScore = BuiltInAudit(name: "z_score", parameters: [.column, .number("threshold")]) { call in
        let column = call.one("column")
        let score =
            "(\(column) - millrace_statistics.millrace_mean) / NULLIF(millrace_statistics.millrace_deviation, 0)"
        return "SELECT \(column) AS value, \(score) AS z_score FROM \(call.rows) CROSS JOIN "
            + "(SELECT AVG(\(column)) AS millrace_mean, STDDEV(\(column)) AS millrace_deviation FROM \(call.rows)) "
            + "AS millrace_statistics WHERE ABS(\(score)) > (\(call.one("threshold")))"
    }

    /// The divergence of either distribution from the other, added. A value that only one of them has makes it infinite.
    private static let divergence = BuiltInAudit(
        name: "kl_divergence",
        parameters: [.one("source_column").optional, .column.optional, .one("target_column"), .number("threshold")],
        oneOf: ["source_column", "column"]
    ) { call in
        // SQLMesh's code calls it source_column and its documentation column.
        let source = shares(of: call["source_column"] ?? call.one("column"), in: call.rows)
        let target = shares(of: call.one("target_column"), in: call.rows)
        let parts =
            "CASE WHEN p.share IS NULL OR q.share IS NULL THEN 'Infinity'::float8 "
            + "ELSE (p.share - q.share) * LN(p.share / q.share) END"
        return "SELECT SUM(\(parts)) AS kl_divergence FROM (\(source)) AS p FULL JOIN (\(target)) AS q "
            + "ON p.value = q.value HAVING SUM(\(parts)) > (\(call.one("threshold")))"
    }

    private static func shares(of column: String, in rows: String) -> String {
        "SELECT \(column) AS value, CAST(COUNT(*) AS float8) / SUM(COUNT(*)) OVER () AS share FROM \(rows) "
            + "WHERE (\(column)) IS NOT NULL GROUP BY \(column)"
    }

    /// Pearson's statistic over all pairs of values, those that never occur too.
    private static let chiSquare = BuiltInAudit(
        name: "chi_square",
        parameters: [
            .one("column_a"), .one("column_b"), .number("critical_value"),
            .init(name: "dependent", kind: .flag, isRequired: false),
        ]
    ) { call in
        let pairs =
            "SELECT \(call.one("column_a")) AS a, \(call.one("column_b")) AS b, CAST(COUNT(*) AS float8) AS n "
            + "FROM \(call.rows) WHERE (\(call.one("column_a"))) IS NOT NULL AND (\(call.one("column_b"))) IS NOT NULL "
            + "GROUP BY 1, 2"
        let totals =
            "SELECT a, b, n, SUM(n) OVER (PARTITION BY a) AS n_a, SUM(n) OVER (PARTITION BY b) AS n_b "
            + "FROM (\(pairs)) AS pairs"
        let statistic = "SUM(n) * (SUM(n * n / (n_a * n_b)) - 1)"
        // SQLMesh: the columns are to be dependent unless the call says that they are not.
        let sign = call.isNotFalse("dependent") ? "<=" : ">"
        return "SELECT (COUNT(DISTINCT a) - 1) * (COUNT(DISTINCT b) - 1) AS degrees_of_freedom, "
            + "\(statistic) AS chi_square FROM (\(totals)) AS totals "
            + "HAVING \(statistic) \(sign) (\(call.one("critical_value")))"
    }
}
