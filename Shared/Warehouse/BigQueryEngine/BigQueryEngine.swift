import Foundation
import Logging
import SQL

/// BigQuery as the warehouse: its read side.
public struct BigQueryEngine: ReadableWarehouse {
    let client: BigQueryClient

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
}
