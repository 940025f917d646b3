import Foundation
import TestKit
import Testing

@testable import Warehouse

@Suite("Jobs and tables of BigQuery", .enabled(if: BigQueryTestServer.isAvailable), .timeLimit(.minutes(20)))
struct ClientTests {
    @Test("columns and values come with their types")
    func columns() async throws {
        let rows = try await bigQueryClient().query(
            JobQuery(
                """
                SELECT 1 AS a, NUMERIC '1.50' AS b, 1.5 AS c, TRUE AS d, 'x' AS e, b'ab' AS f, DATE '2026-01-02' AS g,
                  DATETIME '2026-01-02 03:04:05.5' AS h, TIMESTAMP '2026-01-02 03:04:05.123456+00' AS i, [1, 2] AS k,
                  STRUCT(1 AS x, 'y' AS y) AS l, [STRUCT(1 AS x)] AS m, CAST(NULL AS INT64) AS n
                """))
        #expect(rows.columns.map(\.name) == ["a", "b", "c", "d", "e", "f", "g", "h", "i", "k", "l", "m", "n"])
        #expect(
            rows.columns.map { "\($0.type)" } == [
                "INT64", "NUMERIC", "FLOAT64", "BOOL", "STRING", "BYTES", "DATE", "DATETIME", "TIMESTAMP",
                "ARRAY<INT64>",
                "STRUCT<x INT64, y STRING>", "ARRAY<STRUCT<x INT64>>", "INT64",
            ])
        var all: [[BigQueryValue]] = []
        for try await row in rows { all.append(row) }
        #expect(
            all == [
                [
                    .int64(1), .text("1.500000000"), .float64(1.5), .bool(true), .string("x"), .bytes([97, 98]),
                    .text("2026-01-02"), .text("2026-01-02 03:04:05.500000"), .timestamp(1_767_323_045_123_456),
                    .array([.int64(1), .int64(2)]), .struct([.int64(1), .string("y")]), .array([.struct([.int64(1)])]),
                    .null,
                ]
            ])
    }

    static let parameters: [(type: BigQueryType, value: BigQueryValue)] = [
        (.int64, .int64(.max)), (.float64, .float64(-0.1)), (.bool, .bool(false)), (.string, .string("'; DROP é\n\"")),
        (.string, .null), (.date, .text("2026-02-28")), (.timestamp, .timestamp(1_767_323_045_123_456)),
        (.numeric, .text("12345678901234567890.123456789")), (.array(.int64), .array([.int64(1), .int64(2)])),
        (.struct([("a", .int64), ("b", .string)]), .struct([.int64(3), .string("x")])),
    ]

    @Test("parameters come back as they went", arguments: parameters)
    func roundTrips(type: BigQueryType, value: BigQueryValue) async throws {
        let parameter = QueryParameter("p1", type, value)
        #expect(try await bigQueryClient().rows("SELECT @p1 AS v", [parameter]) == [[value]])
    }

    @Test(
        "rows come page by page, all of them and in order; a page is asked for when it is needed",
        arguments: [1, 9, 25, 26])
    func pages(pageRows: Int) async throws {
        let google = try await GoogleDouble(emulator: BigQueryTestServer.address)
        let client = bigQueryClient(at: google.address)
        let sql = "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 25)) AS n ORDER BY n"
        #expect(try await client.rows(sql, pageRows: pageRows) == (1...25).map { [.int64($0)] })
        let pages = try await google.seen().filter { $0.method == "GET" }
        #expect(pages.count == (25 + pageRows - 1) / pageRows)
        #expect(pages.allSatisfy { $0.query["maxResults"] == "\(pageRows)" })
        let rows = try await client.query(JobQuery(sql), pageRows: 1)
        for try await row in rows {
            #expect(row == [.int64(1)])
            break
        }
        #expect(try await google.seen().filter { $0.method == "GET" }.count == pages.count + 1)
        // What was read can be read again.
        var again = 0
        for try await _ in rows { again += 1 }
        #expect(again == 25)
    }

    @Test("a job that is started twice is one, also when it failed")
    func twice() async throws {
        try await withDataset { client, dataset in
            #expect(try await client.createNumbers("t", in: dataset))
            let id = BigQueryClient.newJobID()
            let job = JobConfiguration(query: JobQuery("INSERT INTO \(dataset).t (n) VALUES (1)"))
            for _ in 1...3 {
                let started = try await client.start(job, id: id)
                #expect(started.status?.state == "DONE" && started.status?.errorResult == nil)
                #expect(started.jobReference?.jobId == id)
            }
            #expect(try await client.rows("SELECT n FROM \(dataset).t") == [[.int64(1)]])
            let bad = BigQueryClient.newJobID()
            for _ in 1...2 {
                let error = await bigQueryFailure {
                    _ = try await client.query(JobQuery("SELECT ERROR('no')"), id: bad)
                }
                #expect(error?.origin == .job && error?.reason == "invalidQuery")
            }
        }
    }

    @Test("what is wrong with a query is told by the job's own error")
    func mistakes() async throws {
        try await withDataset { client, dataset in
            let missing = await bigQueryFailure { _ = try await client.rows("SELECT 1 FROM \(dataset).nothing") }
            #expect(missing?.reason == "notFound" && missing?.isRetriable == false)
            let wrong = await bigQueryFailure { _ = try await client.rows("SELEC 1") }
            #expect(wrong?.reason == "invalidQuery" && wrong?.message.contains("[1:7]") == true)
            let unplanned = await bigQueryFailure { _ = try await client.dryRun(JobQuery("SELEC 1")) }
            #expect(unplanned?.origin == .call(status: 400))
        }
    }

    @Test("a dry run tells what a statement is, and does nothing")
    func dryRuns() async throws {
        try await withDataset { client, dataset in
            #expect(try await client.createNumbers("t", in: dataset))
            let query = try await client.dryRun(JobQuery("SELECT n FROM \(dataset).t"))
            #expect(query.statementType == "SELECT" && query.totalBytesProcessed == "0")
            for (sql, type) in [
                ("DROP TABLE \(dataset).t", "DROP_TABLE"), ("INSERT INTO \(dataset).t (n) VALUES (1)", "INSERT"),
                ("INSERT INTO \(dataset).t (n) VALUES (1); SELECT 1", "SCRIPT"),
            ] {
                #expect(try await client.dryRun(JobQuery(sql)).statementType == type)
            }
            #expect(try await client.rows("SELECT n FROM \(dataset).t") == [])
        }
    }

    @Test("making what is there and dropping what is not changes nothing; lists are whole")
    func tables() async throws {
        try await withDataset { client, dataset in
            #expect(try await client.createDataset(dataset) == false)
            #expect(try await client.datasets().contains(dataset))
            #expect(try await client.table("t", in: dataset) == nil)
            for name in ["t", "u"] {
                #expect(try await client.createNumbers(name, in: dataset))
                #expect(try await client.createNumbers(name, in: dataset) == false)
            }
            #expect(try await client.tables(in: dataset).sorted() == ["t", "u"])
            let table = try #require(try await client.table("t", in: dataset))
            #expect(table.type == "TABLE")
            #expect(table.schema?.fields?.map { BigQueryType($0) } == [.int64])
            #expect(try await client.deleteTable("t", in: dataset))
            #expect(try await client.deleteTable("t", in: dataset) == false)
            #expect(try await client.tables(in: dataset) == ["u"])
            #expect(try await client.deleteDataset(dataset))
            #expect(try await client.deleteDataset(dataset) == false)
        }
    }

    @Test("lists that come in parts are put together")
    func listsInParts() async throws {
        func item(_ name: String) -> String { #"{"datasetReference":{"projectId":"p","datasetId":"\#(name)"}}"# }
        let google = try await GoogleDouble([
            .answer("GET", ".*/datasets", 200, #"{"datasets":[\#(item("a")),\#(item("b"))],"nextPageToken":"more"}"#),
            .answer("GET", ".*/datasets", 200, #"{"nextPageToken":"still"}"#),
            .answer("GET", ".*/datasets", 200, #"{"datasets":[\#(item("c"))]}"#),
        ])
        #expect(try await bigQueryClient(at: google.address).datasets() == ["a", "b", "c"])
        #expect(try await google.seen().map { $0.query["pageToken"] } == [nil, "more", "still"])
    }

    @Test("labels, location and the limit of what is billed go with every job")
    func settings() async throws {
        let google = try await GoogleDouble(emulator: BigQueryTestServer.address)
        let client = bigQueryClient(at: google.address) {
            $0.labels = ["service": "bi-api"]
            $0.location = "EU"
            $0.bytesBilledMax = 1_000_000_000_000
        }
        #expect(try await client.rows("SELECT 1") == [[.int64(1)]])
        let seen = try await google.seen()
        let job = try StartedJob(try #require(seen.first))
        #expect(job.configuration.labels == ["service": "bi-api"])
        #expect(job.configuration.query?.maximumBytesBilled == "1000000000000")
        #expect(job.jobReference.location == "EU")
        #expect(seen.last?.query["location"] == "EU")
        #expect(seen.last?.path.hasSuffix("/projects/millrace/queries/\(job.jobReference.jobId)") == true)
    }
}
