import ModelProject
import Planning
import SQL

/// The statements that compare two relations, joined by their keys.
struct TableDiffSQL: Sendable {
    struct Column: Sendable {
        let name: String
        let sourceType: String
        let targetType: String
    }

    let keys: [String]
    /// The columns that both have and that are no keys.
    let compared: [Column]
    private let pair: TablePair
    private let options: TableDiff.Options

    init(
        _ pair: TablePair, _ options: TableDiff.Options, keys: [String], source: [StoredColumn],
        target: [StoredColumn]
    ) {
        self.pair = pair
        self.options = options
        self.keys = keys
        compared = source.compactMap { column in
            guard !keys.contains(column.name), !options.skipped.contains(column.name),
                let other = target.first(where: { $0.name == column.name })
            else { return nil }
            return Column(name: column.name, sourceType: column.type, targetType: other.type)
        }
    }

    /// Rows of one side, those with different keys, and those with NULL in one.
    func grain(_ side: String) -> String {
        let names = keys.map(SQLText.identifier).joined(separator: ", ")
        let missing = keys.map { "\(SQLText.identifier($0)) IS NULL" }.joined(separator: " OR ")
        return """
            SELECT count(*)::text AS total, count(DISTINCT ROW(\(names))) FILTER (WHERE NOT (\(missing)))::text AS unlike,
              count(*) FILTER (WHERE \(missing))::text AS without FROM \(relation(side)) AS side
            """
    }

    /// One row: how many rows there are on both sides, on one alone, and how many values are the same.
    var counts: String {
        var items = [
            "count(*) FILTER (WHERE \(both))::text AS common_rows",
            "count(*) FILTER (WHERE t.millrace_side IS NULL)::text AS only_source",
            "count(*) FILTER (WHERE s.millrace_side IS NULL)::text AS only_target",
            "count(*) FILTER (WHERE \(both) AND (\(differs)))::text AS different",
        ]
        for (index, column) in compared.enumerated() {
            items.append("count(*) FILTER (WHERE \(both) AND NOT (\(differs(column))))::text AS same_\(index)")
        }
        return "SELECT \(items.joined(separator: ", ")) FROM \(joined)"
    }

    /// Rows of both sides in which a value differs: the keys, then both values of each column.
    var differences: String {
        var items = keyItems("s")
        for (index, column) in compared.enumerated() {
            let name = SQLText.identifier(column.name)
            items += [
                "s.\(name)::text AS s_\(index)", "t.\(name)::text AS t_\(index)",
                "(\(differs(column)))::text AS is_\(index)",
            ]
        }
        return """
            SELECT \(items.joined(separator: ", ")) FROM \(joined) WHERE \(both) AND (\(differs))
            ORDER BY \(order("s")) LIMIT \(options.samplesMax)
            """
    }

    /// The keys of rows that one side has alone.
    func only(_ side: String, not other: String) -> String {
        """
        SELECT \(keyItems(side).joined(separator: ", ")) FROM \(joined) WHERE \(other).millrace_side IS NULL
        ORDER BY \(order(side)) LIMIT \(options.samplesMax)
        """
    }

    /// The key of a row that ``differences`` or ``only(_:not:)`` gave.
    func key(_ row: Row) -> [String: String?] {
        Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, row["key_\($0)"]) })
    }

    // MARK: Parts

    private let both = "s.millrace_side IS NOT NULL AND t.millrace_side IS NOT NULL"

    private var differs: String {
        compared.isEmpty ? "false" : compared.map(differs).joined(separator: " OR ")
    }

    private func differs(_ column: Column) -> String {
        let name = SQLText.identifier(column.name)
        let isAlike = column.sourceType == column.targetType
        if isAlike, ["double precision", "real"].contains(column.sourceType) {
            func rounded(_ side: String) -> String { "round(\(side).\(name)::numeric, \(options.decimals))" }
            return "\(rounded("s")) IS DISTINCT FROM \(rounded("t"))"
        }
        // Types without an idea of equality, and two that differ, are compared as they are written.
        let cast = isAlike && !["json", "xml", "point"].contains(column.sourceType) ? "" : "::text"
        return "s.\(name)\(cast) IS DISTINCT FROM t.\(name)\(cast)"
    }

    private var joined: String {
        let condition = keys.map { "s.\(SQLText.identifier($0)) = t.\(SQLText.identifier($0))" }.joined(
            separator: " AND ")
        return """
            (SELECT *, 1 AS millrace_side FROM \(relation("s")) AS side) AS s
            FULL JOIN (SELECT *, 1 AS millrace_side FROM \(relation("t")) AS side) AS t ON \(condition)
            """
    }

    private func relation(_ side: String) -> String {
        let name = (side == "s" ? pair.source : pair.target).quoted(in: .postgres)
        return options.condition.map { "(SELECT * FROM \(name) WHERE (\($0)\n))" } ?? name
    }

    private func keyItems(_ side: String) -> [String] {
        keys.enumerated().map { "\(side).\(SQLText.identifier($1))::text AS key_\($0)" }
    }

    private func order(_ side: String) -> String {
        keys.map { "\(side).\(SQLText.identifier($0))" }.joined(separator: ", ")
    }
}
