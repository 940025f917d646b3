import Charts
import Foundation
import Logging
import Pipeline
import SQL
import Warehouse

// ChartAnswers: what a chart shows, from the cache where nothing has changed, else from the warehouse.
// Always: an answer that is kept was computed after its data's version was read; every query has a row and a time limit.

/// Asks the warehouse on behalf of charts.
struct ChartAnswers: Sendable {
    let shelf: DashboardShelf
    let engine: any QueryEngine
    let cache: ResultCache
    let versions: DataVersions
    let settings: BIAPISettings
    let logger: Logger

    private static let bytesMax = 8 << 20

    /// What one chart answers: its JSON object.
    struct Answer: Sendable {
        let result: ChartResult
        let isCached: Bool
        let query: ChartQuery
        let dialect: SQLDialect
    }

    /// - Throws: ``QueryFailure``, ``ChartError``.
    func answer(_ chart: String, _ request: ChartRequest) async throws -> Answer? {
        let book = shelf.book
        guard let query = try book.query(for: chart, request) else { return nil }
        do {
            return try await answer(query)
        } catch let failure as QueryFailure where failure.code == .refused {
            throw Self.explained(failure, chart, book)
        }
    }

    /// The query is ours and its names are the file's: what the database refuses in it has most likely changed there.
    private static func explained(_ failure: QueryFailure, _ chart: String, _ book: ChartBook) -> QueryFailure {
        guard let dataset = book.definitions.chart(chart).flatMap({ book.definitions.dataset($0.dataset) }) else {
            return failure
        }
        let line = dataset.place.line.map { ":\($0)" } ?? ""
        return QueryFailure(
            code: .refused,
            message:
                "\(failure.message). If \(dataset.qualifiedName) has changed, change the dataset \(dataset.name) too "
                + "(\(dataset.place.file)\(line)).")
    }

    func answer(_ query: ChartQuery) async throws -> Answer {
        let sql = query.sql(engine.dialect)
        let (engine, timeMax) = (engine, settings.chartTimeout)
        let compute: @Sendable () async throws -> ChartResult = {
            try await Self.compute(query, sql: sql, on: engine, timeMax: timeMax)
        }
        // Without ears for changes nothing may be kept.
        guard let version = versions.version(of: query.relation) else {
            return Answer(result: try await compute(), isCached: false, query: query, dialect: engine.dialect)
        }
        let key = ResultCache.Key(sql: sql, relation: query.relation, version: version)
        let (result, isCached) = try await cache.result(for: key, compute: compute)
        return Answer(result: result, isCached: isCached, query: query, dialect: engine.dialect)
    }

    private static func compute(
        _ query: ChartQuery, sql: String, on engine: any QueryEngine, timeMax: Duration
    ) async throws -> ChartResult {
        let computedAt = Date()
        let start = ContinuousClock.now
        let rows = try await engine.read(
            sql, timeMax: timeMax, into: JSONRows(rowsMax: query.rowsMax, bytesMax: bytesMax))
        let elapsed = start.duration(to: .now)
        var members: [UInt8] = []
        members.reserveCapacity(rows.json.count + 512)
        members.append(contentsOf: "\"columns\":[".utf8)
        for (index, column) in query.columns.enumerated() {
            if index > 0 { members.append(UInt8(ascii: ",")) }
            let kind = index < rows.columns.count ? rows.columns[index].kind : .other
            append(column, kind, to: &members)
        }
        members.append(contentsOf: "],\"rows\":[".utf8)
        members.append(contentsOf: rows.json)
        members.append(contentsOf: "],\"truncated\":\(rows.isTruncated)".utf8)
        return ChartResult(members: members, rowCount: rows.count, computedAt: computedAt, elapsed: elapsed)
    }

    private static func append(_ column: ChartColumn, _ kind: ColumnKind, to out: inout [UInt8]) {
        out.append(contentsOf: "{\"name\":".utf8)
        JSONText.string(column.name, to: &out)
        out.append(contentsOf: ",\"label\":".utf8)
        JSONText.string(column.label, to: &out)
        out.append(contentsOf: ",\"role\":\"\(column.role.rawValue)\",\"type\":\"\(kind.rawValue)\"".utf8)
        if let format = column.format { out.append(contentsOf: ",\"format\":\"\(format.rawValue)\"".utf8) }
        out.append(UInt8(ascii: "}"))
    }
}

extension ChartAnswers.Answer {
    /// The answer as a JSON object.
    /// - Parameter showsSQL: For those who may write SQL themselves.
    func append(to out: inout [UInt8], showsSQL: Bool) {
        out.append(UInt8(ascii: "{"))
        out.append(contentsOf: result.members)
        out.append(
            contentsOf: ",\"cached\":\(isCached),\"computed_at\":\"\(result.computedAt.formatted(.iso8601))\"".utf8)
        let milliseconds = (result.elapsed / .milliseconds(1) * 10).rounded() / 10
        out.append(contentsOf: ",\"elapsed_ms\":\(milliseconds)".utf8)
        if let partialFrom = query.partialFrom {
            out.append(contentsOf: ",\"partial_from\":".utf8)
            JSONText.string(partialFrom, to: &out)
        }
        if showsSQL {
            out.append(contentsOf: ",\"sql\":".utf8)
            JSONText.string(query.prettySQL(dialect), to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }
}
