import ModelProject
import Planning
import Postgres
import SQL
import ServiceRuntime

/// Compares two relations in the database, in one transaction that changes nothing.
struct TableDiff: Sendable {
    struct Options: Sendable {
        var keys: [String] = []
        var skipped: Set<String> = []
        /// A condition of SQL that rows of both sides have to meet.
        var condition: String?
        var samplesMax = 20
        /// How many decimal places of floating point columns are compared.
        var decimals = 3
        /// Goes on although the keys do not tell all rows apart.
        var allowsDuplicates = false
    }

    let database: Database
    let pair: TablePair
    let options: Options

    /// - Throws: ``ExitError`` when there is no such relation or column, or the keys do not tell rows apart.
    func report() async throws -> Report {
        if let condition = options.condition {
            do throws(SQLError) {
                _ = try parseExpression(condition, dialect: .postgres)
            } catch {
                throw ExitError(.usage, "--where: \(error.message)")
            }
        }
        return try await database.reading { session in
            let source = try await columns(of: pair.source, session)
            let target = try await columns(of: pair.target, session)
            let sql = try statements(source, target)
            let sides = try await grain(sql, session)
            let counts = try await run(sql.counts, session)
            guard let row = counts.first else { return Report(pair, source, target, sql.keys) }
            var report = Report(pair, source, target, sql.keys)
            report.sourceRows = sides.source
            report.targetRows = sides.target
            report.common = try row.integer("common_rows")
            report.onlySource = try row.integer("only_source")
            report.onlyTarget = try row.integer("only_target")
            report.different = try row.integer("different")
            for (index, column) in sql.compared.enumerated() {
                report.columns.append(
                    .init(name: column.name, same: try row.integer("same_\(index)"), of: report.common))
            }
            guard options.samplesMax > 0 else { return report }
            if report.different > 0 {
                report.differences = try await run(sql.differences, session).map { Self.difference($0, sql) }
            }
            if report.onlySource > 0 {
                report.sourceSample = try await run(sql.only("s", not: "t"), session).map(sql.key)
            }
            if report.onlyTarget > 0 {
                report.targetSample = try await run(sql.only("t", not: "s"), session).map(sql.key)
            }
            return report
        }
    }

    private func columns(of relation: RelationPath, _ session: Session) async throws -> [StoredColumn] {
        let columns = try await database.columns(of: relation, session)
        if columns.isEmpty { throw ExitError(.failed, "There is no table or view \(relation).") }
        return columns
    }

    private func statements(
        _ source: [StoredColumn], _ target: [StoredColumn]
    ) throws -> TableDiffSQL {
        let keys = options.keys.isEmpty ? pair.grain : options.keys
        guard !keys.isEmpty else {
            let what = pair.model.map { "\($0) has no grain: say" } ?? "Say"
            throw ExitError(.usage, "\(what) with --on which columns tell rows apart.")
        }
        for key in keys {
            for (columns, relation) in [(source, pair.source), (target, pair.target)]
            where !columns.contains(where: { $0.name == key }) {
                throw ExitError(.failed, "\(relation) has no column \(key) to tell rows apart.")
            }
        }
        let known = Set(source.map(\.name)).union(target.map(\.name))
        if let other = options.skipped.sorted().first(where: { !known.contains($0) }) {
            throw ExitError(.failed, "--skip-columns: there is no column \(other).")
        }
        return TableDiffSQL(pair, options, keys: keys, source: source, target: target)
    }

    /// How many rows there are on each side.
    private func grain(_ sql: TableDiffSQL, _ session: Session) async throws -> (source: Int, target: Int) {
        var counts: [Int] = []
        for (side, relation) in [("s", pair.source), ("t", pair.target)] {
            guard let row = try await run(sql.grain(side), session).first else { continue }
            let (rows, unlike, nulls) = (
                try row.integer("total"), try row.integer("unlike"), try row.integer("without")
            )
            counts.append(rows)
            let keys = sql.keys.joined(separator: ", ")
            guard !options.allowsDuplicates, unlike + nulls < rows || nulls > 0 else { continue }
            throw ExitError(
                .failed,
                "\(keys) does not tell the rows of \(relation) apart: of \(rows) rows \(rows - unlike - nulls) are there more "
                    + "than once and \(nulls) have NULL in it. Give others with --on, or --skip-grain-check.")
        }
        return (counts.first ?? 0, counts.last ?? 0)
    }

    private func run(_ sql: String, _ session: Session) async throws -> [Row] {
        do {
            return try await session.rows("\(sql: sql)")
        } catch let error as PostgresError where error.code == .server {
            var bare = error
            bare.position = nil
            throw ExitError(.failed, "\(pair.source) and \(pair.target) cannot be compared: \(bare)")
        }
    }

    private static func difference(_ row: Row, _ sql: TableDiffSQL) -> Report.Difference {
        var columns: [Report.Change] = []
        for (index, column) in sql.compared.enumerated() where row["is_\(index)"] == "true" {
            columns.append(.init(column: column.name, source: row["s_\(index)"], target: row["t_\(index)"]))
        }
        return Report.Difference(key: sql.key(row), columns: columns)
    }
}
