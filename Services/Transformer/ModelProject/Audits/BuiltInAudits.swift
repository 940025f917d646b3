import OrderedCollections
import Pipeline

/// SQLMesh's built-in audits, as queries that return what is wrong.
public enum BuiltInAudits {
    /// Their names, sorted.
    public static let names = [
        "accepted_range", "accepted_values", "at_least_one", "forall", "not_accepted_values", "not_constant",
        "not_empty_string", "not_null", "number_of_rows", "unique_combination_of_columns", "unique_values",
    ]

    /// The failing rows of `call` over `rows`, SQL for the target's FROM clause without a name of its own.
    /// - Parameter alias: What the rows are called in the query, quoted: columns may be named after it.
    /// - Throws: ``PipelineError`` at the call when there is no such audit, or an argument is missing or unknown.
    public static func query(
        _ call: AuditCall, over rows: String, as alias: String, in source: SourceFile
    ) throws(PipelineError) -> String {
        var arguments = Arguments(call: call, source: source)
        guard names.contains(call.name) else {
            throw arguments.error("There is no audit \(call.name). Known: \(names.joined(separator: ", ")).")
        }
        // The condition says which rows are looked at; what an audit returns may have other columns.
        let relation =
            try arguments.condition.map { "(SELECT * FROM \(rows) AS \(alias) WHERE (\($0)\n)) AS \(alias)" }
            ?? "\(rows) AS \(alias)"
        let sql = try body(call.name, relation, &arguments)
        try arguments.checkAllUsed()
        return sql
    }

    private static func body(
        _ name: String, _ relation: String, _ arguments: inout Arguments
    ) throws(PipelineError) -> String {
        switch name {
        case "not_null":
            let columns = try arguments.list("columns")
            return "SELECT * FROM \(relation) WHERE " + columns.map { "(\($0)) IS NULL" }.joined(separator: " OR ")
        case "unique_values":
            let columns = try arguments.list("columns")
            return columns.map { column in
                "SELECT CAST(\(column) AS text) AS duplicate, COUNT(*) AS times FROM \(relation) "
                    + "WHERE \(column) IS NOT NULL GROUP BY \(column) HAVING COUNT(*) > 1"
            }.joined(separator: " UNION ALL ")
        case "unique_combination_of_columns":
            let columns = try arguments.list("columns").joined(separator: ", ")
            return "SELECT \(columns), COUNT(*) AS times FROM \(relation) GROUP BY \(columns) HAVING COUNT(*) > 1"
        case "accepted_values":
            let column = try arguments.one("column")
            let values = try arguments.list("is_in").joined(separator: ", ")
            return "SELECT * FROM \(relation) WHERE \(column) IS NOT NULL AND \(column) NOT IN (\(values))"
        case "not_accepted_values":
            let column = try arguments.one("column")
            let values = try arguments.list("is_in").joined(separator: ", ")
            return "SELECT * FROM \(relation) WHERE \(column) IN (\(values))"
        case "accepted_range":
            let column = try arguments.one("column")
            let inclusive = try arguments.optional("inclusive")?.lowercased() != "false"
            var limits: [String] = []
            if let least = try arguments.optional("min_v") {
                limits.append("\(column) \(inclusive ? "<" : "<=") \(least)")
            }
            if let most = try arguments.optional("max_v") {
                limits.append("\(column) \(inclusive ? ">" : ">=") \(most)")
            }
            guard !limits.isEmpty else { throw arguments.error("accepted_range needs min_v or max_v.") }
            return "SELECT * FROM \(relation) WHERE " + limits.joined(separator: " OR ")
        case "number_of_rows":
            let threshold = try arguments.one("threshold")
            return "SELECT COUNT(*) AS rows FROM \(relation) HAVING COUNT(*) <= \(threshold)"
        case "forall":
            let criteria = try arguments.list("criteria")
            return "SELECT * FROM \(relation) WHERE " + criteria.map { "NOT (\($0))" }.joined(separator: " OR ")
        case "not_empty_string":
            return "SELECT * FROM \(relation) WHERE \(try arguments.one("column")) = ''"
        case "at_least_one":
            let column = try arguments.one("column")
            return "SELECT 1 AS failed FROM \(relation) HAVING COUNT(*) > 0 AND COUNT(\(column)) = 0"
        default:  // not_constant
            let column = try arguments.one("column")
            return "SELECT 1 AS failed FROM \(relation) HAVING COUNT(DISTINCT \(column)) = 1"
        }
    }

    /// Hands out a call's arguments and remembers which were asked for.
    private struct Arguments {
        let call: AuditCall
        let source: SourceFile
        var used: Set<String> = ["condition"]

        /// SQLMesh lets every audit be narrowed by `condition`.
        var condition: String? {
            get throws(PipelineError) {
                guard let values = call.arguments["condition"]?.values else { return nil }
                guard values.count == 1, !values[0].isEmpty else { throw error("condition must be one expression.") }
                return values[0]
            }
        }

        mutating func optional(_ name: String) throws(PipelineError) -> String? {
            used.insert(name)
            guard let value = call.arguments[name] else { return nil }
            guard value.values.count == 1 else { throw error("\(name) must be one value, not a list.") }
            return value.values[0]
        }

        mutating func one(_ name: String) throws(PipelineError) -> String {
            guard let value = try optional(name) else { throw error("\(call.name) needs \(name).") }
            return value
        }

        mutating func list(_ name: String) throws(PipelineError) -> [String] {
            used.insert(name)
            guard let values = call.arguments[name]?.values, !values.isEmpty else {
                throw error("\(call.name) needs \(name) := (…).")
            }
            return values
        }

        func checkAllUsed() throws(PipelineError) {
            if let unknown = call.arguments.keys.first(where: { !used.contains($0) }) {
                throw error("\(call.name) has no argument \(unknown). Known: \(used.sorted().joined(separator: ", ")).")
            }
        }

        func error(_ message: String) -> PipelineError { source.error(at: call.offset, message) }
    }
}
