import Foundation
import Synchronization
import TestKit

@testable import Warehouse

/// What a client waited for, without waiting.
final class Waits: Sendable {
    private let waits = Mutex<[Duration]>([])
    var all: [Duration] { waits.withLock { $0 } }
    func add(_ wait: Duration) { waits.withLock { $0.append(wait) } }
}

/// A client of the emulator, or of what stands before it. It does not wait between tries.
func bigQueryClient(
    at address: String? = nil, waits: Waits = Waits(), _ change: (inout BigQuerySettings) -> Void = { _ in }
) -> BigQueryClient {
    var settings = BigQuerySettings.emulator(
        at: address ?? BigQueryTestServer.address ?? "127.0.0.1:1", project: BigQueryTestServer.project)
    change(&settings)
    return BigQueryClient(
        settings, environment: [:], logger: PostgresTestServer.logger(), random: { 0.5 },
        sleep: { wait in
            waits.add(wait)
            try Task.checkCancellation()
        })
}

/// Runs `body` with a dataset of its own, which is dropped afterwards.
func withDataset<R>(_ body: (_ client: BigQueryClient, _ dataset: String) async throws -> R) async throws -> R {
    let client = bigQueryClient(), dataset = PostgresTestServer.uniqueName()
    try await client.createDataset(dataset)
    do {
        let result = try await body(client, dataset)
        try await client.deleteDataset(dataset)
        return result
    } catch {
        try await client.deleteDataset(dataset)
        throw error
    }
}

extension BigQueryClient {
    /// All rows of a query.
    func rows(_ sql: String, _ parameters: [QueryParameter] = [], pageRows: Int = 10_000) async throws
        -> [[BigQueryValue]]
    {
        var rows: [[BigQueryValue]] = []
        for try await row in try await query(JobQuery(sql, parameters: parameters), pageRows: pageRows) {
            rows.append(row)
        }
        return rows
    }

    /// A table of one column, `n INT64`.
    func createNumbers(_ name: String, in dataset: String) async throws -> Bool {
        try await create(
            Table(
                tableReference: TableReference(projectId: settings.project, datasetId: dataset, tableId: name),
                schema: TableSchema(fields: [TableFieldSchema(name: "n", type: "INT64", mode: "REQUIRED")])))
    }
}

func bigQueryFailure(_ body: () async throws -> Void) async -> BigQueryError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? BigQueryError
    }
}

/// What the tests look at of a job that a client has started.
struct StartedJob: Decodable {
    struct Configuration: Decodable {
        struct Query: Decodable {
            let maximumBytesBilled: String?
        }
        let query: Query?
        let labels: [String: String]?
        let jobTimeoutMs: String?
    }
    let jobReference: JobReference
    let configuration: Configuration

    init(_ request: GoogleDouble.Seen) throws {
        self = try JSONDecoder().decode(StartedJob.self, from: Data(request.body.utf8))
    }
}
