// Slowly changing dimensions of type 2: rows that hold now are compared with the query's.
import Postgres

extension BatchWriter {
    /// Closes rows and adds rows in one statement, so that both see the table as it was.
    func follow(_ history: RowHistory) async throws -> Int {
        let own = columns.filter { $0.name != history.validFrom && $0.name != history.validTo }
        guard let from = columns.first(where: { $0.name == history.validFrom }) else {
            throw WarehouseError.failed(reason: "\(batch.table) has no column \(history.validFrom)")
        }
        try await keepRows(
            own, distinct: "DISTINCT ON (\(history.key.map { "(\($0))" }.joined(separator: ", "))) ",
            ordered: Self.order(history))
        let isFirst = try await statements.connection.query("SELECT FROM \(sql: table) LIMIT 1").isEmpty
        let sql = HistorySQL(
            history: history, columns: own, timeType: from.type, isFirst: isFirst, table: table, rows: Self.rows,
            qualifier: ColumnQualifier(Set(own.map(\.name))))
        return try await statements.connection.execute(PostgresQuery(sql.statement, []))
    }

    /// Of several rows with one key the latest counts.
    private static func order(_ history: RowHistory) -> String {
        var terms = history.key.map { "(\($0))" }
        switch history.change {
        case .time(let column, _), .values(_, .some(let column), _):
            terms.append("\(PostgresQuoting.identifier(column)) DESC NULLS LAST")
        case .values(_, nil, _): break
        }
        return " ORDER BY \(terms.joined(separator: ", "))"
    }
}

/// The statement that brings a history up to date. `source` is a row of the query, `latest` the one that holds now.
struct HistorySQL {
    let history: RowHistory
    /// The query's.
    let columns: [ColumnDescription]
    /// That of the two columns of time.
    let timeType: String
    let isFirst: Bool
    let table: String
    let rows: String
    let qualifier: ColumnQualifier

    var statement: String {
        let names = columns.map { PostgresQuoting.identifier($0.name) }
        let given = names.map { "source.\($0)" }
        return """
            WITH latest AS (SELECT ctid AS millrace_place, * FROM \(table) WHERE \(validTo) IS NULL),
            source AS (SELECT true AS millrace_present, * FROM \(rows)),
            closed AS (
              UPDATE \(table) AS target SET \(validTo) = ended.at FROM (
                SELECT latest.millrace_place, CASE WHEN source.millrace_present THEN \(changedAt) ELSE \(now) END AS at
                FROM latest LEFT JOIN source ON \(match("latest"))
                WHERE CASE WHEN source.millrace_present THEN \(hasChanged) ELSE \(history.endsMissing) END
              ) AS ended WHERE target.ctid = ended.millrace_place
            ),
            ended_before AS (
              SELECT \(keys("target").enumerated().map { "\($1) AS key\($0)" }.joined(separator: ", ")),
                max(target.\(validTo)) AS at
              FROM \(table) AS target WHERE target.\(validTo) IS NOT NULL
              GROUP BY \(keys("target").joined(separator: ", "))
            )
            INSERT INTO \(table) (\((names + [validFrom, validTo]).joined(separator: ", ")))
            SELECT \(given.joined(separator: ", ")),
              CASE WHEN latest.millrace_place IS NOT NULL THEN \(changedAt) ELSE \(startOfNew) END, NULL
            FROM source LEFT JOIN latest ON \(match("latest"))
            LEFT JOIN ended_before ON \(
                keys("source").enumerated().map { "\($1) = ended_before.key\($0)" }.joined(separator: " AND "))
            WHERE latest.millrace_place IS NULL OR \(hasChanged)
            """
    }

    private var validFrom: String { PostgresQuoting.identifier(history.validFrom) }
    private var validTo: String { PostgresQuoting.identifier(history.validTo) }

    private func keys(_ relation: String) -> [String] {
        history.key.map { "(\(qualifier.qualified($0, with: relation)))" }
    }

    private func match(_ relation: String) -> String {
        zip(keys(relation), keys("source")).map { "\($0) = \($1)" }.joined(separator: " AND ")
    }

    /// When a row that has changed did so.
    private var changedAt: String {
        switch history.change {
        case .time(let column, _), .values(_, .some(let column), _):
            "source.\(PostgresQuoting.identifier(column))::\(timeType)"
        case .values(_, nil, _): now
        }
    }

    /// From when a row holds whose key nobody has now.
    private var startOfNew: String {
        switch history.change {
        case .time(_, let isStart):
            // One that comes back does not begin before it ended.
            "CASE WHEN ended_before.at IS NOT NULL THEN greatest(ended_before.at, \(changedAt)) "
                + "ELSE \(isStart ? changedAt : literal(0)) END"
        case .values(_, _, let isStart): isStart || !isFirst ? changedAt : literal(0)
        }
    }

    private var hasChanged: String {
        switch history.change {
        case .time(let column, _):
            let name = PostgresQuoting.identifier(column)
            return "coalesce(source.\(name)::\(timeType) > latest.\(name)::\(timeType), false)"
        case .values(let expressions, _, _):
            let compared =
                expressions.map { expressions in
                    expressions.map {
                        (qualifier.qualified($0, with: "source"), qualifier.qualified($0, with: "latest"))
                    }
                } ?? columns.map { ("source.\(Self.comparable($0))", "latest.\(Self.comparable($0))") }
            let differences = compared.map { "(\($0.0)) IS DISTINCT FROM (\($0.1))" }
            return "(\(differences.joined(separator: " OR ")))"
        }
    }

    /// PostgreSQL does not compare values of the type json; their texts it does.
    private static func comparable(_ column: ColumnDescription) -> String {
        PostgresQuoting.identifier(column.name) + (column.type == "json" ? "::text" : "")
    }

    private var now: String { literal(history.now) }

    /// A moment as a value of the two columns.
    private func literal(_ microseconds: Int64) -> String {
        let moment =
            "\(PostgresQuoting.literal(PostgresTimestamp(microseconds: microseconds).description))::timestamptz"
        return timeType.contains("with time zone") ? moment : "(\(moment) AT TIME ZONE 'UTC')::\(timeType)"
    }
}
