import Foundation
import Logging
import ModelProject
import Pipeline
import Planning
import TestKit
import Testing

@testable import Transformer

/// A backend that keeps what it is sent, a line an event.
private final class Backend {
    private let process = Process()
    private let file = FileManager.default.temporaryDirectory.appending(path: "lineage-\(UUID().uuidString)")
    let port: Int

    private static let program = """
        import http.server, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length'])).decode()
                with open(sys.argv[2], 'a') as file:
                    file.write(self.path + ' ' + (self.headers.get('Authorization') or '-') + ' ' + body + '\\n')
                self.send_response(int(sys.argv[3]))
                self.end_headers()
            def log_message(self, *_):
                pass
        http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
        """

    init(status: Int = 201) async throws {
        port = try freePort()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", Self.program, "\(port)", file.path(), "\(status)"]
        // It must not keep the tests' own output open.
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let url = URL(string: "http://127.0.0.1:\(port)/")!
        for _ in 0..<200 {
            let probe = Process()
            probe.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
            probe.arguments = ["-s", "-o", "/dev/null", "-m", "1", url.absoluteString]
            try probe.run()
            probe.waitUntilExit()
            if probe.terminationStatus == 0 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NotThere()
    }

    struct NotThere: Error {}

    func stop() {
        // Nothing gentler: tests are started with SIGTERM blocked, and so is what they start.
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: file)
    }

    /// Path, key, and event.
    func events() throws -> [(path: String, key: String, event: [String: Any])] {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map { line in
            let parts = line.split(separator: "{", maxSplits: 1)
            let words = parts[0].split(separator: " ")
            let event = try JSONSerialization.jsonObject(with: Data("{\(parts[1])".utf8))
            return (String(words[0]), words.dropFirst().joined(separator: " "), event as? [String: Any] ?? [:])
        }
    }
}

private func value(_ event: [String: Any], _ path: String...) -> String? { value(event, path) }

private func value(_ event: [String: Any], _ path: [String]) -> String? {
    var current: Any? = event
    for key in path {
        if let index = Int(key), let list = current as? [Any] {
            current = index < list.count ? list[index] : nil
        } else {
            current = (current as? [String: Any])?[key]
        }
    }
    return current.map { "\($0)" }
}

@Suite("OpenLineage is told what is computed", .enabled(if: TestDatabase.isAvailable)) struct OpenLineageTests {
    private static let files = [
        "config.yaml": "",
        "models/a.sql": """
        MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01', description 'Events.');
        SELECT upper(user_id) AS who, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
        """,
        "models/b.sql": "MODEL (name b, kind FULL); SELECT COUNT(who) AS n FROM a",
    ]

    private func reporter(_ backend: Backend, key: String? = "a-key") -> LineageReporter {
        LineageReporter(
            LineageSettings(url: "http://127.0.0.1:\(backend.port)/api/v1/lineage", key: key, namespace: "shop"),
            place: .init(host: "db", port: 5432, database: "warehouse"), logger: Logger.silent)
    }

    @Test("start and end of each model, with where its columns come from; a failure with its error")
    func events() async throws {
        let backend = try await Backend()
        defer { backend.stop() }
        try await withDatabase { test in
            try await test.insert([("ada", "v", "2026-11-03 10:00Z")])
            let reporter = reporter(backend)
            async let sending: Void = reporter.run()
            let bench = try await Workbench(
                database: test.database, reader: nil, lineage: reporter, logger: Logger.silent)
            let plan = try await bench.planner.plan(
                try TestPipelines.make(Self.files), for: "prod", upTo: day(10))
            try await bench.plans.apply(plan, execution: day(10))
            try await test.execute("ALTER TABLE raw.events RENAME user_id TO other")
            try await test.landed(days(3...3))
            let request = EnvironmentRunner.Request(environment: "prod", model: nil, upTo: day(10), from: nil)
            await #expect(throws: TransformerError.self) {
                _ = try await bench.runner.run(request, ticket: ModelRunner.Ticket(execution: day(10)))
            }
            reporter.finish()
            _ = await sending
        }
        let sent = try backend.events()
        #expect(sent.allSatisfy { $0.path == "/api/v1/lineage" && $0.key == "Bearer a-key" })
        let events = sent.map(\.event)
        #expect(
            events.map { "\(value($0, "eventType") ?? "") \(value($0, "job", "name") ?? "")" } == [
                "START prod.analytics.a", "COMPLETE prod.analytics.a", "START prod.analytics.b",
                "COMPLETE prod.analytics.b", "START prod.analytics.a", "FAIL prod.analytics.a",
            ])
        let (start, complete, reader, failed) = (events[0], events[1], events[3], events[5])
        #expect(value(start, "run", "runId") == value(complete, "run", "runId"))
        #expect(value(start, "run", "runId") != value(failed, "run", "runId"))
        #expect(value(complete, "job", "namespace") == "shop")
        #expect(value(complete, "inputs", "0", "namespace") == "postgres://db:5432")
        #expect(value(complete, "inputs", "0", "name") == "warehouse.raw.events")
        #expect(value(complete, "outputs", "0", "name") == "warehouse.analytics.a")
        #expect(value(complete, "outputs", "0", "outputFacets", "outputStatistics", "rowCount") == "1")
        #expect(value(complete, "run", "facets", "nominalTime", "nominalStartTime")?.hasPrefix("2026-11-01") == true)
        func source(_ event: [String: Any], _ column: String, _ what: String...) -> String? {
            let field = ["outputs", "0", "facets", "columnLineage", "fields", column, "inputFields", "0"]
            return value(event, field + what)
        }
        #expect(source(complete, "who", "name") == "warehouse.raw.events")
        #expect(source(complete, "who", "field") == "user_id")
        #expect(source(complete, "who", "transformations", "0", "subtype") == "TRANSFORMATION")
        #expect(source(complete, "ts", "transformations", "0", "subtype") == "IDENTITY")
        #expect(source(reader, "n", "name") == "warehouse.analytics.a")
        #expect(source(reader, "n", "transformations", "0", "subtype") == "AGGREGATION")
        #expect(value(failed, "run", "facets", "errorMessage", "message")?.contains("user_id") == true)
    }

    @Test("a backend that refuses, or is away, changes nothing of the work")
    func away() async throws {
        let refusing = try await Backend(status: 403)
        defer { refusing.stop() }
        for url in ["http://127.0.0.1:\(refusing.port)", "http://127.0.0.1:1"] {
            try await withDatabase { test in
                try await test.insert([("ada", "v", "2026-11-03 10:00Z")])
                let reporter = LineageReporter(
                    LineageSettings(url: url, namespace: "shop"),
                    place: .init(host: "db", port: 5432, database: "warehouse"), logger: Logger.silent)
                async let sending: Void = reporter.run()
                let bench = try await Workbench(
                    database: test.database, reader: nil, lineage: reporter, logger: Logger.silent)
                let plan = try await bench.planner.plan(
                    try TestPipelines.make(Self.files), for: "prod", upTo: day(10))
                try await bench.plans.apply(plan, execution: day(10))
                reporter.finish()
                _ = await sending
                #expect(try await test.value("SELECT n FROM analytics.b") == "1")
            }
        }
    }
}
