import Foundation
import TestKit
import Testing

@testable import Warehouse

/// Google's own description of BigQuery's interface, as a judge of requests.
private struct DiscoveryDocument {
    private let document: [String: Any]
    private let methods: [[String: Any]]

    init() throws {
        let path = try #require(BigQueryTestServer.discoveryDocument)
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
        document = try #require(json as? [String: Any])
        let resources = try #require(document["resources"] as? [String: [String: Any]])
        methods = resources.values.flatMap { ($0["methods"] as? [String: [String: Any]] ?? [:]).values }
    }

    /// What is wrong with a request; nothing when it is as the document wants it.
    func faults(of request: GoogleDouble.Seen) throws -> [String] {
        let isUpload = request.path.hasPrefix("/upload/")
        let base = (isUpload ? "/upload/" : "/") + (document["servicePath"] as? String ?? "")
        guard request.path.hasPrefix(base) else { return ["\(request.path) is not below \(base)"] }
        let path = String(request.path.dropFirst(base.count))
        let meant = methods.filter { method in
            method["httpMethod"] as? String == request.method && matches(method["path"] as? String ?? "", path)
        }
        guard let method = meant.first, meant.count == 1 else {
            return ["\(request.method) \(path) is \(meant.count) methods"]
        }
        var faults: [String] = []
        let parameters = method["parameters"] as? [String: [String: Any]] ?? [:]
        if isUpload, method["supportsMediaUpload"] as? Bool != true { faults.append("takes no uploads") }
        let common = document["parameters"] as? [String: Any] ?? [:]
        for (name, value) in request.query.sorted(by: { $0.key < $1.key }) where common[name] == nil {
            if let parameter = parameters[name], parameter["location"] as? String == "query" {
                if !isText(value, of: parameter) { faults.append("?\(name)=\(value)") }
            } else {
                faults.append("?\(name) is unknown")
            }
        }
        if let schema = (method["request"] as? [String: String])?["$ref"] {
            let body = try JSONSerialization.jsonObject(with: Data(resource(in: request).utf8))
            faults += self.faults(of: body, as: ["$ref": schema], at: schema)
        } else if !request.body.isEmpty {
            faults.append("has a body")
        }
        return faults.map { "\(method["id"] ?? ""): \($0)" }
    }

    /// The JSON of a body; of one in several parts that of the first.
    private func resource(in request: GoogleDouble.Seen) -> String {
        guard request.headers["content-type"]?.hasPrefix("multipart/related") == true else { return request.body }
        let parts = request.body.components(separatedBy: "\r\n")
        return parts.drop { !$0.isEmpty }.dropFirst().first ?? ""
    }

    private func matches(_ template: String, _ path: String) -> Bool {
        let (wanted, parts) = (template.split(separator: "/"), path.split(separator: "/"))
        return wanted.count == parts.count
            && zip(wanted, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{+") && $0.hasSuffix("}") }
    }

    private func isText(_ text: String, of schema: [String: Any]) -> Bool {
        switch schema["type"] as? String {
        case "integer": UInt32(text) != nil
        case "boolean": text == "true" || text == "false"
        default: true
        }
    }

    private func faults(of value: Any, as schema: [String: Any], at place: String) -> [String] {
        if let name = schema["$ref"] as? String {
            guard let schema = (document["schemas"] as? [String: [String: Any]])?[name] else {
                return ["\(name) is no schema"]
            }
            return faults(of: value, as: schema, at: place)
        }
        switch schema["type"] as? String {
        case "object":
            guard let object = value as? [String: Any] else { return ["\(place) is no object"] }
            return faults(of: object, as: schema, at: place)
        case "array":
            guard let items = value as? [Any] else { return ["\(place) is no array"] }
            let schema = schema["items"] as? [String: Any] ?? [:]
            return items.flatMap { faults(of: $0, as: schema, at: "\(place)[]") }
        case "string":
            guard let text = value as? String else { return ["\(place) is no string"] }
            let isWhole = (schema["format"] as? String)?.hasSuffix("int64") != true || Int64(text) != nil
            return isWhole ? [] : ["\(place) is no whole number"]
        case "boolean": return value is Bool ? [] : ["\(place) is no boolean"]
        case let other: return ["\(place) is \(other ?? "nothing"), which this test does not know"]
        }
    }

    private func faults(of object: [String: Any], as schema: [String: Any], at place: String) -> [String] {
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        var faults: [String] = []
        for (name, value) in object.sorted(by: { $0.key < $1.key }) {
            if let property = properties[name] {
                if property["readOnly"] as? Bool == true { faults.append("\(place).\(name) is Google's to say") }
                faults += self.faults(of: value, as: property, at: "\(place).\(name)")
            } else if let more = schema["additionalProperties"] as? [String: Any] {
                faults += self.faults(of: value, as: more, at: "\(place).\(name)")
            } else {
                faults.append("\(place).\(name) is unknown")
            }
        }
        for (name, property) in properties.sorted(by: { $0.key < $1.key })
        where object[name] == nil && (property["description"] as? String)?.hasPrefix("Required.") == true {
            faults.append("\(place).\(name) is missing")
        }
        return faults
    }
}

@Suite(
    "Requests are as Google's own description wants them", .timeLimit(.minutes(20)),
    .enabled(if: BigQueryTestServer.isAvailable && BigQueryTestServer.discoveryDocument != nil))
struct DiscoveryTests {
    @Test("all that the client sends")
    func requests() async throws {
        let google = try await GoogleDouble(emulator: BigQueryTestServer.address)
        let client = bigQueryClient(at: google.address) {
            $0.labels = ["service": "bi-api"]
            $0.location = "US"
            $0.bytesBilledMax = 1_000_000_000
        }
        let dataset = PostgresTestServer.uniqueName()
        try await client.createDataset(dataset)
        let reference = TableReference(projectId: "millrace", datasetId: dataset, tableId: "t")
        try await client.create(
            Table(
                tableReference: reference, description: "what it's",
                schema: TableSchema(fields: [
                    TableFieldSchema(name: "n", type: "INT64", mode: "REQUIRED", description: "a number"),
                    TableFieldSchema(name: "at", type: "TIMESTAMP"),
                    TableFieldSchema(
                        name: "s", type: "STRUCT", mode: "REPEATED",
                        fields: [TableFieldSchema(name: "x", type: "STRING")]),
                ]),
                timePartitioning: .init(type: "DAY", field: "at", expirationMs: "86400000"),
                clustering: .init(fields: ["n"])))
        _ = try await client.datasets()
        _ = try await client.dataset(dataset)
        _ = try await client.tables(in: dataset)
        let made = try #require(try await client.table("t", in: dataset))
        try await client.keepPartitions(of: made, for: .seconds(172_800))
        let parameters = [
            QueryParameter("p1", .string, .null),
            QueryParameter("p2", .array(.struct([("a", .int64)])), .array([.struct([.int64(1)])])),
        ]
        let sql = "SELECT n, @p1 AS a, ARRAY_LENGTH(@p2) AS b FROM \(dataset).t"
        _ = try await client.dryRun(JobQuery(sql, parameters: parameters))
        let rows = try await client.query(JobQuery(sql, parameters: parameters), timeMax: .seconds(60))
        for try await _ in rows {}
        let pages = try await client.rows("SELECT n FROM UNNEST(GENERATE_ARRAY(1, 3)) AS n", pageRows: 1)
        #expect(pages.count == 3)
        let id = BigQueryClient.newJobID()
        for _ in 1...2 { _ = try await client.start(JobConfiguration(query: JobQuery("SELECT 1")), id: id) }
        await client.cancel(id)
        try await client.setSchema(
            TableSchema(fields: [TableFieldSchema(name: "n", type: "INT64", mode: "NULLABLE")]), of: reference)
        let stage = client.reference("stage", in: dataset)
        let amount = TableFieldSchema(name: "n", type: "NUMERIC", precision: "18", scale: "2")
        try await client.load(Array("{\"n\":\"1.50\"}\n".utf8), into: stage, [amount])
        try await client.deleteTable("t", in: dataset)
        try await client.deleteDataset(dataset)
        let seen = try await google.seen()
        #expect(seen.count > 15)
        for request in seen {
            let faults = try DiscoveryDocument().faults(of: request)
            #expect(faults.isEmpty, "\(request.method) \(request.path)")
        }
    }

    @Test("the judge sees what is wrong")
    func judge() throws {
        let document = try DiscoveryDocument()
        func faults(_ body: String, path: String = "/bigquery/v2/projects/p/jobs", query: [String: String] = [:]) throws
            -> [String]
        {
            try document.faults(of: .init(method: "POST", path: path, query: query, headers: [:], body: body))
        }
        #expect(try faults(#"{"configuration":{},"jobReference":{"projectId":"p","jobId":"j"}}"#) == [])
        #expect(
            try faults(#"{"configuration":{},"jobReference":{"jobId":"j"}}"#) == [
                "bigquery.jobs.insert: Job.jobReference.projectId is missing"
            ])
        #expect(try faults(#"{"configuration":{},"nonsense":1}"#) == ["bigquery.jobs.insert: Job.nonsense is unknown"])
        #expect(
            try faults(#"{"configuration":{},"status":{}}"#) == ["bigquery.jobs.insert: Job.status is Google's to say"])
        #expect(
            try faults(#"{"configuration":{"jobTimeoutMs":5}}"#)
                == ["bigquery.jobs.insert: Job.configuration.jobTimeoutMs is no string"])
        #expect(
            try faults(#"{"configuration":{"jobTimeoutMs":"x"}}"#)
                == ["bigquery.jobs.insert: Job.configuration.jobTimeoutMs is no whole number"])
        #expect(try faults(#"{"configuration":{}}"#, query: ["a": "b"]) == ["bigquery.jobs.insert: ?a is unknown"])
        #expect(try faults("{}", path: "/bigquery/v2/nothing") == ["POST nothing is 0 methods"])
    }
}
