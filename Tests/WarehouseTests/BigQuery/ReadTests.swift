import Curl
import Foundation
import TestKit
import Testing

@testable import Warehouse

@Suite("BigQuery as who reads it meets it", .timeLimit(.minutes(20))) struct BigQueryReadTests {
    private static let jobs = "/bigquery/v2/projects/millrace/jobs"
    private static let results = "/bigquery/v2/projects/millrace/queries/.*"
    private static let planned = GoogleDouble.Rule.answer(
        "POST", jobs, 200, #"{"statistics":{"query":{"statementType":"SELECT","totalBytesProcessed":"42"}}}"#)
    private static let running = GoogleDouble.Rule.answer("POST", jobs, 200, #"{"status":{"state":"RUNNING"}}"#)

    private func page(_ rows: [String], _ token: String? = nil) -> GoogleDouble.Rule {
        let list = rows.map { #"{"f":[{"v":"\#($0)"}]}"# }.joined(separator: ",")
        let more = token.map { #","pageToken":"\#($0)""# } ?? ""
        let schema = #"{"fields":[{"name":"n","type":"INTEGER"}]}"#
        return .answer("GET", Self.results, 200, #"{"jobComplete":true,"schema":\#(schema),"rows":[\#(list)]\#(more)}"#)
    }

    private func rows(_ engine: BigQueryEngine, timeMax: Duration = .seconds(60)) async throws -> [[String?]] {
        try await engine.read(ReadQuery("SELECT n FROM t", timeMax: timeMax)) { result in
            var rows: [[String?]] = []
            for try await row in result.rows { rows.append(row) }
            return rows
        }
    }

    @Test(
        "what is no SELECT is not started, whatever it is",
        arguments: ["SCRIPT", "DELETE", "CREATE_TABLE_AS_SELECT", "EXPORT_DATA", "CALL", nil])
    func statements(type: String?) async throws {
        let told = type.map { #""statementType":"\#($0)""# } ?? ""
        let google = try await GoogleDouble([.answer("POST", Self.jobs, 200, #"{"statistics":{"query":{\#(told)}}}"#)])
        let error = await failure { _ = try await rows(BigQueryEngine(bigQueryClient(at: google.address))) }
        #expect(
            error
                == .invalidStatement(
                    reason: "only one SELECT can be read, and this is \(type ?? "something else")", position: nil))
        #expect(try await google.seen().count == 1)
        #expect(try await google.seen().first?.body.contains(#""dryRun":true"#) == true)
    }

    @Test("a query whose job fails for now is started as another job, and its rows come once")
    func anotherJob() async throws {
        let failed = #"{"status":{"state":"DONE","errorResult":{"reason":"jobBackendError","message":"once"}}}"#
        let google = try await GoogleDouble([
            Self.planned, .answer("POST", Self.jobs, 200, failed), Self.running, page(["1"], "more"), page(["2"]),
        ])
        #expect(try await rows(BigQueryEngine(bigQueryClient(at: google.address))) == [["1"], ["2"]])
        let ids = try await google.seen().filter { $0.method == "POST" }.map { try StartedJob($0).jobReference.jobId }
        #expect(Set(ids).count == 3)
    }

    @Test("a page that fails for now is asked for again; one that fails for good ends the rows with an error")
    func laterPages() async throws {
        let google = try await GoogleDouble([
            Self.planned, Self.running, page(["1"], "a"), .failure("GET", Self.results, 503, "backendError"),
            page(["2"], "b"), .failure("GET", Self.results, 403, "accessDenied"),
            .answer("GET", Self.jobs + "/.*", 200, #"{"status":{"state":"DONE"}}"#, times: 2),
        ])
        let engine = BigQueryEngine(bigQueryClient(at: google.address))
        let error = await failure {
            try await engine.read(ReadQuery("SELECT n FROM t")) { result in
                var seen: [[String?]] = []
                do {
                    for try await row in result.rows { seen.append(row) }
                } catch {
                    #expect(seen == [["1"], ["2"]])
                    throw error
                }
            }
        }
        #expect(error == .permissionDenied(reason: "it is so"))
    }

    @Test("stops at its time, also when BigQuery cannot be asked")
    func timeLimit() async throws {
        let google = try await GoogleDouble([
            Self.planned, Self.running, .answer("GET", Self.results, 200, #"{"jobComplete":false}"#, times: 1_000_000),
            .answer("POST", Self.jobs + "/.*/cancel", 200, "{}"),
        ])
        let late = await failure {
            _ = try await rows(BigQueryEngine(bigQueryClient(at: google.address)), timeMax: .milliseconds(300))
        }
        guard case .timedOut = late else {
            Issue.record("\(String(describing: late))")
            return
        }
        let away = try await GoogleDouble([.failure("POST", Self.jobs, 503, "backendError", times: 999)])
        let busy = await failure {
            _ = try await rows(BigQueryEngine(bigQueryClient(at: away.address)), timeMax: .milliseconds(900))
        }
        guard case .busy = busy else {
            Issue.record("\(String(describing: busy))")
            return
        }
        #expect(try await away.seen().count == 1)
    }

    @Test("an estimate is what a dry run says; nothing is run")
    func estimate() async throws {
        let google = try await GoogleDouble([Self.planned])
        let engine = BigQueryEngine(bigQueryClient(at: google.address))
        #expect(try await engine.estimate("SELECT n FROM t") == QueryEstimate(rows: nil, cost: 42))
        #expect(try await google.seen().count == 1)
        #expect(try await google.seen().first?.body.contains(#""dryRun":true"#) == true)
    }

    @Test("is healthy while it answers")
    func health() async throws {
        let google = try await GoogleDouble([Self.planned, .failure("POST", Self.jobs, 403, "accessDenied")])
        let engine = BigQueryEngine(bigQueryClient(at: google.address))
        #expect(await engine.isHealthy())
        #expect(await engine.isHealthy() == false)
        await engine.close()
        #expect(await engine.isHealthy() == false)
    }

    @Test("the catalogue passes over what goes meanwhile, and what Google hides")
    func catalogue() async throws {
        func dataset(_ name: String) -> String { #"{"datasetReference":{"projectId":"p","datasetId":"\#(name)"}}"# }
        func reference(_ name: String) -> String {
            #""tableReference":{"projectId":"p","datasetId":"d","tableId":"\#(name)"}"#
        }
        let names = (1...20).map { "t\($0)" }
        let list = (names + ["gone"]).map { "{\(reference($0))}" }.joined(separator: ",")
        let column = #"{"name":"c","type":"INTEGER","mode":"REPEATED","description":"it's c"}"#
        let google = try await GoogleDouble(
            [
                .answer(
                    "GET", ".*/datasets", 200,
                    #"{"datasets":[\#(dataset("_hidden")),\#(dataset("d")),\#(dataset("gone"))]}"#),
                .failure("GET", ".*/datasets/gone/tables", 404, "notFound"),
                .answer("GET", ".*/datasets/d/tables", 200, #"{"tables":[\#(list)]}"#),
                .failure("GET", ".*/tables/gone", 404, "notFound"),
            ]
                + names.map { name in
                    .answer(
                        "GET", ".*/tables/\(name)", 200,
                        #"{\#(reference(name)),"type":"MATERIALIZED_VIEW","description":"of \#(name)","schema":{"fields":[\#(column)]}}"#
                    )
                })
        let relations = try await BigQueryEngine(bigQueryClient(at: google.address)).catalogue()
        #expect(relations.map(\.name) == names.sorted())
        #expect(
            relations.first
                == RelationDescription(
                    schema: "d", name: "t1", isView: true, comment: "of t1",
                    columns: [ColumnDescription(name: "c", kind: .other, type: "ARRAY<INT64>", comment: "it's c")]))
    }

    static let errors: [(error: BigQueryError, means: WarehouseError)] = [
        (.init(origin: .login(isRetriable: true), message: "m"), .unreachable(reason: "m")),
        (.init(origin: .login(isRetriable: false), message: "m"), .loginRefused(reason: "m")),
        (.init(origin: .call(status: 401), reason: "authError", message: "m"), .loginRefused(reason: "m")),
        (.init(.cannotResolve(host: "h")), .unreachable(reason: CurlError.cannotResolve(host: "h").description)),
        (
            .init(.connectionLost(host: "h", reason: "r")),
            .connectionLost(reason: CurlError.connectionLost(host: "h", reason: "r").description)
        ),
        (.init(.cancelled), .cancelled), (.init(origin: .timedOut, message: "m"), .timedOut(reason: "m")),
        (.init(origin: .call(status: 403), reason: "accessDenied", message: "m"), .permissionDenied(reason: "m")),
        (.init(origin: .call(status: 403), reason: "quotaExceeded", message: "m"), .busy(reason: "m (quotaExceeded)")),
        (.init(origin: .call(status: 503), reason: nil, message: "m"), .busy(reason: "m")),
        (.init(origin: .job, reason: "backendError", message: "m"), .busy(reason: "m (backendError)")),
        (.init(origin: .job, reason: "stopped", message: "m"), .cancelled),
        (.init(origin: .job, reason: "timeout", message: "m"), .timedOut(reason: "m")),
        (.init(origin: .job, reason: "notFound", message: "m"), .invalidStatement(reason: "m", position: nil)),
        (
            .init(origin: .job, reason: "invalidQuery", message: "No x at [2:3]; sorry"),
            .invalidStatement(reason: "No x; sorry", position: 12)
        ),
        (
            .init(origin: .job, reason: "invalidQuery", message: "No x at [9:3]"),
            .invalidStatement(reason: "No x", position: nil)
        ),
        (.init(origin: .job, reason: "novelty", message: "m"), .failed(reason: "m (novelty)")),
        (.init(origin: .unreadable, message: "m"), .failed(reason: "m")),
    ]

    @Test("errors are the warehouse's", arguments: errors)
    func meanings(error: BigQueryError, means: WarehouseError) {
        #expect(WarehouseError(error, in: "SELECT é\n  x") == means)
    }
}
