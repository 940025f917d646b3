import Foundation
import Logging
import SQL

/// BigQuery as the warehouse: its raw and its read side.
public struct BigQueryEngine: RawWarehouse, ReadableWarehouse {
    let client: BigQueryClient
    /// When old landings were forgotten last.
    let sweep = Sweep()

    public var dialect: SQLDialect { .bigQuery }

    /// Connects to nothing yet; credentials are looked for with the first call.
    public init(_ settings: BigQuerySettings, logger: Logger) { self.init(BigQueryClient(settings, logger: logger)) }

    init(_ client: BigQueryClient) { self.client = client }

    /// Has BigQuery look at `SELECT 1`, which costs nothing.
    public func isHealthy() async -> Bool {
        do {
            _ = try await client.within(.seconds(10)).dryRun(JobQuery("SELECT 1"))
            return true
        } catch {
            return false
        }
    }

    /// Ends what runs here; jobs that were started go on.
    public func close() async { client.close() }

    /// Runs `body` and gives its failures as `WarehouseError`.
    func translating<R>(_ body: () async throws(BigQueryError) -> R) async throws(WarehouseError) -> R {
        do throws(BigQueryError) {
            return try await body()
        } catch {
            throw WarehouseError(raw: error)
        }
    }

    /// All rows of a query, in memory.
    func rows(
        _ sql: String, _ parameters: [QueryParameter] = []
    ) async throws(BigQueryError) -> [[BigQueryValue]] {
        var iterator = try await client.query(JobQuery(sql, parameters: parameters)).makeAsyncIterator()
        var rows: [[BigQueryValue]] = []
        while let row = try await iterator.next() { rows.append(row) }
        return rows
    }

    /// Rows as values. One that cannot be read, because somebody wrote into our tables, is told by name, and does not keep the
    /// others from being read.
    /// - Parameter key: How many columns, from the first, are the name.
    func readable<Value>(
        _ table: String, keyed key: Int, _ rows: [[BigQueryValue]], _ make: ([BigQueryValue]) -> Value?
    ) -> [Value] {
        rows.compactMap { row in
            if let value = make(row) { return value }
            let name = row.prefix(key).map { $0.text(.string) ?? "NULL" }.joined(separator: "/")
            client.logger.error(
                "stored row cannot be read; it is passed over", metadata: ["table": "\(table)", "row": "\(name)"])
            return nil
        }
    }
}
