// QueryRows: the rows of a query, a page at a time: the next page is asked for when the last row of the one before is taken.

/// The rows of a job that has ended.
struct QueryRows: AsyncSequence, Sendable {
    let columns: [(name: String, type: BigQueryType)]
    private let client: BigQueryClient
    private let job: String
    private let pageRows: Int
    private let first: QueryResultsPage

    init(client: BigQueryClient, job: String, pageRows: Int, first: QueryResultsPage) {
        self.client = client
        self.job = job
        self.pageRows = pageRows
        self.first = first
        columns = (first.schema?.fields ?? []).map { ($0.name, BigQueryType($0)) }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(columns: columns, client: client, job: job, pageRows: pageRows, page: first)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        let columns: [(name: String, type: BigQueryType)]
        let client: BigQueryClient
        let job: String
        let pageRows: Int
        var page: QueryResultsPage
        var index = 0

        mutating func next() async throws(BigQueryError) -> [BigQueryValue]? {
            while index >= page.rows?.count ?? 0 {
                guard let token = page.pageToken, !token.isEmpty else { return nil }
                page = try await client.page(of: job, rows: pageRows, token: token, wait: .seconds(10))
                index = 0
            }
            guard let cells = page.rows?[index].f else { return nil }
            index += 1
            guard cells.count == columns.count else {
                throw BigQueryError(
                    origin: .unreadable,
                    message: "BigQuery gave a row of \(cells.count) values in place of \(columns.count)")
            }
            var row: [BigQueryValue] = []
            row.reserveCapacity(cells.count)
            for (cell, column) in zip(cells, columns) { row.append(try BigQueryValue(cell.v, column.type)) }
            return row
        }
    }
}
