/// Audits that find rows which are there more than once. NULL equals NULL here, as in SQLMesh.
enum DuplicateAudits {
    static let all: [BuiltInAudit] = [
        BuiltInAudit(name: "unique_values", parameters: [.columns]) { call in
            call.list("columns").map { column in
                "SELECT CAST(\(column) AS text) AS duplicate, COUNT(*) AS times FROM \(call.rows) "
                    + "GROUP BY \(column) HAVING COUNT(*) > 1"
            }.joined(separator: " UNION ALL ")
        },
        BuiltInAudit(name: "unique_combination_of_columns", parameters: [.columns]) { call in
            let columns = call.joined("columns")
            return "SELECT \(columns), COUNT(*) AS times FROM \(call.rows) GROUP BY \(columns) HAVING COUNT(*) > 1"
        },
    ]
}
