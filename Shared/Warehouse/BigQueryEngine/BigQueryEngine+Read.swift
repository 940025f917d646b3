// The read side. What the account may do is the lock; that BigQuery itself calls a text one SELECT before it is run is the
// second, and the limits of time and of bytes that are billed are the third.
import Foundation

extension BigQueryEngine {
    /// Runs one query and hands its rows to `body`, page by page. A query is looked at by BigQuery before it is run: what is
    /// more than one SELECT is refused. Cancelling the task cancels the job.
    public func read<R: Sendable>(
        _ query: ReadQuery, _ body: @Sendable (ReadResult) async throws -> R
    ) async throws -> R {
        let rows: QueryRows
        do throws(BigQueryError) {
            rows = try await self.rows(of: query)
        } catch {
            throw WarehouseError(error, in: query.sql)
        }
        let columns = rows.columns.map { column in
            ColumnDescription(name: column.name, kind: ColumnKind(column.type), type: "\(column.type)")
        }
        let source = BigQueryRowSource(rows: rows, sql: query.sql, rowBytesMax: query.rowBytesMax)
        return try await body(ReadResult(columns: columns, rows: ReadRows(source: source)))
    }

    private func rows(of query: ReadQuery) async throws(BigQueryError) -> QueryRows {
        let start = ContinuousClock.now
        let client = client.within(query.timeMax)
        let parameters = query.parameters.enumerated().map { index, value in
            QueryParameter("p\(index + 1)", .string, value.map { .string($0) } ?? .null)
        }
        let job = JobQuery(query.sql, parameters: parameters)
        let type = try await client.dryRun(job).statementType
        guard type == "SELECT" else {
            throw BigQueryError(
                origin: .call(status: 400), reason: "invalidQuery",
                message: "only one SELECT can be read, and this is \(type ?? "something else")")
        }
        var attempt = 1
        while true {
            let left = query.timeMax - start.duration(to: .now)
            guard left > .zero else { throw BigQueryError(origin: .timedOut, message: "the query took too long") }
            do throws(BigQueryError) {
                return try await client.query(job, timeMax: left)
            } catch {
                // A query has no effect, so that another job may do what one could not.
                guard error.origin == .job, let delay = client.delay(after: attempt, error, since: start) else {
                    throw error
                }
                try await client.wait(delay)
                attempt += 1
            }
        }
    }

    /// The bytes that the query would read, by a dry run, which is free. BigQuery does not guess how many rows come.
    public func estimate(_ sql: String) async throws(WarehouseError) -> QueryEstimate {
        do throws(BigQueryError) {
            let statistics = try await client.within(.seconds(30)).dryRun(JobQuery(sql))
            guard let bytes = statistics.totalBytesProcessed.flatMap(Double.init) else {
                throw BigQueryError(origin: .unreadable, message: "BigQuery's dry run does not say how much is read")
            }
            return QueryEstimate(rows: nil, cost: bytes)
        } catch {
            throw WarehouseError(error, in: sql)
        }
    }

    /// What the account may see: all tables and views of the project's datasets. One call for each, which costs nothing.
    public func catalogue() async throws(WarehouseError) -> [RelationDescription] {
        do throws(BigQueryError) {
            var relations: [RelationDescription] = []
            for dataset in try await client.datasets().sorted() where !dataset.hasPrefix("_") {
                relations += try await self.relations(of: dataset)
            }
            return relations
        } catch {
            throw WarehouseError(error)
        }
    }

    /// How many tables are asked for at once.
    private static let callsMax = 8

    private func relations(of dataset: String) async throws(BigQueryError) -> [RelationDescription] {
        let names: [String]
        do throws(BigQueryError) {
            names = try await client.tables(in: dataset).sorted()
        } catch {
            guard error.isNotFound else { throw error }
            return []  // it went meanwhile
        }
        let client = self.client
        let outcome: Result<[RelationDescription], BigQueryError> = await withTaskGroup(
            of: Result<Table?, BigQueryError>.self
        ) { group in
            var waiting = names.makeIterator()
            func next() {
                guard let name = waiting.next() else { return }
                group.addTask {
                    do throws(BigQueryError) {
                        return .success(try await client.table(name, in: dataset))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            for _ in 0..<Self.callsMax { next() }
            var relations: [RelationDescription] = []
            for await table in group {
                switch table {
                case .success(let table?): relations.append(RelationDescription(table))
                case .success(nil): break  // it went meanwhile
                case .failure(let error):
                    group.cancelAll()
                    return .failure(error)
                }
                next()
            }
            return .success(relations.sorted { $0.name < $1.name })
        }
        return try outcome.get()
    }
}

extension RelationDescription {
    fileprivate init(_ table: Table) {
        self.init(
            schema: table.tableReference.datasetId, name: table.tableReference.tableId,
            isView: ["VIEW", "MATERIALIZED_VIEW"].contains(table.type), comment: table.description,
            columns: (table.schema?.fields ?? []).map { field in
                let type = BigQueryType(field)
                return ColumnDescription(
                    name: field.name, kind: ColumnKind(type), type: "\(type)", comment: field.description)
            })
    }
}

/// The rows of a job, as texts.
private struct BigQueryRowSource: RowSource {
    let rows: QueryRows
    let sql: String
    let rowBytesMax: Int?

    func makeCursor() -> any RowCursor {
        Cursor(base: rows.makeAsyncIterator(), sql: sql, rowBytesMax: rowBytesMax)
    }

    private struct Cursor: RowCursor {
        var base: QueryRows.AsyncIterator
        let sql: String
        let rowBytesMax: Int?

        mutating func next() async throws -> [String?]? {
            let values: [BigQueryValue]?
            do throws(BigQueryError) {
                values = try await base.next()
            } catch {
                throw WarehouseError(error, in: sql)
            }
            guard let values else { return nil }
            let row = zip(base.columns, values).map { column, value in value.text(column.type) }
            if let rowBytesMax {
                let bytes = row.reduce(0) { $0 + ($1?.utf8.count ?? 0) }
                guard bytes <= rowBytesMax else { throw WarehouseError.rowTooLarge(bytes: bytes, limit: rowBytesMax) }
            }
            return row
        }
    }
}
