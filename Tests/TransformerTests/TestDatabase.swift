import Foundation
import Logging
import ModelProject
import Pipeline
import Planning
import Postgres
import TestKit

@testable import Transformer

/// A database of its own for a test: models and state have fixed schema names.
struct TestDatabase: Sendable {
    let name: String
    let settings: PostgresSettings
    let workbench: Workbench

    static var isAvailable: Bool { environment["POSTGRES_HOST"]?.isEmpty == false }
    static var environment: [String: String] { ProcessInfo.processInfo.environment }

    static var logger: Logger {
        var logger = Logger(label: "transformer-test")
        logger.logLevel = .error
        return logger
    }

    var database: Database { workbench.database }

    func rows(_ query: PostgresQuery) async throws -> [[String]] {
        try await database.session.rows(query).map { row in row.values.map { $0 ?? "NULL" } }
    }

    func value(_ query: PostgresQuery) async throws -> String {
        try await rows(query).first?.first ?? "nothing"
    }

    func execute(_ query: PostgresQuery) async throws { try await database.session.execute(query) }

    /// Adds events to raw.events. Each: user, type, time.
    func insert(_ events: [(user: String, event: String, time: String)]) async throws {
        for event in events {
            try await execute(
                """
                INSERT INTO raw.events (event_id, user_id, event, timestamp)
                VALUES (gen_random_uuid()::text, \(event.user), \(event.event), \(event.time)::timestamptz)
                """)
        }
    }

    static let createEvents: PostgresQuery = """
        CREATE TABLE raw.events (event_id text, user_id text, event text, timestamp timestamptz NOT NULL, session_id text,
          url text, _topic text, _partition int, _offset bigint, _ingested_at timestamptz, _extra jsonb)
        """
}

/// Runs `body` with a database that exists for it alone and has an empty raw.events.
func withDatabase<R>(_ body: (TestDatabase) async throws -> R) async throws -> R {
    let name = "transformer_\(UUID().uuidString.lowercased().prefix(8))"
    let administrator = Database(
        PostgresTestServer.settings(), connectionsMax: 1, logger: TestDatabase.logger)
    try await administrator.session.execute("CREATE DATABASE \(identifier: name)")
    let settings = PostgresTestServer.settings(database: name)
    let database = Database(settings, connectionsMax: 12, logger: TestDatabase.logger)
    func end() async throws {
        await database.close()
        try await administrator.session.execute("DROP DATABASE \(identifier: name) WITH (FORCE)")
        await administrator.close()
    }
    do {
        let workbench = try await Workbench(database: database, reader: nil, logger: TestDatabase.logger)
        try await database.session.execute("CREATE SCHEMA raw")
        try await database.session.execute(TestDatabase.createEvents)
        let result = try await body(TestDatabase(name: name, settings: settings, workbench: workbench))
        try await end()
        return result
    } catch {
        try await end()
        throw error
    }
}

extension TestDatabase {
    /// Plans and applies.
    @discardableResult
    func apply(_ project: Project, to environment: String = "prod", at now: Moment) async throws -> Plan {
        let plan = try await workbench.planner.plan(project, for: environment, upTo: now)
        try await workbench.plans.apply(plan, execution: now)
        return plan
    }

    /// Computes what is missing.
    @discardableResult
    func run(_ environment: String = "prod", model: String? = nil, at now: Moment) async throws -> ModelOutcome {
        try await workbench.runner.run(
            EnvironmentRunner.Request(
                environment: environment, model: model.flatMap { ModelName($0) }, upTo: now, from: nil),
            ticket: ModelRunner.Ticket(execution: now))
    }

    /// Tells the transformer of rows in raw.events.
    func landed(_ days: IntervalSet) async throws {
        try await workbench.store.landed(
            "raw.events", days, rows: 1, at: Moment(Date()), reopening: Reopening(try await workbench.catalog.all()))
    }
}

/// What a plan computes.
func backfills(of plan: Plan) -> [ModelWork] {
    plan.stages.flatMap { stage -> [ModelWork] in if case .backfill(let work) = stage { work } else { [] } }
}

func day(_ number: Int) -> Moment { Moment(year: 2026, month: 11, day: number) }

func days(_ ranges: ClosedRange<Int>...) -> IntervalSet {
    IntervalSet(ranges.compactMap { Interval(from: day($0.lowerBound), to: day($0.upperBound + 1)) })
}

enum TestPipelines {
    private static var root: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    static var webAnalyticsPath: String { root.appending(path: "Pipelines/web-analytics").path() }

    /// The pipeline that is shipped.
    static func webAnalytics() throws -> Project {
        try PipelineFolder(at: webAnalyticsPath).project(ProjectOptions(environment: [:]))
    }

    /// The article's models as written.
    static func article() throws -> Project {
        try PipelineFolder(at: root.appending(path: "Tests/TransformerTests/Fixtures/article").path()).project(
            ProjectOptions(environment: [:]))
    }

    /// A pipeline made of texts.
    static func make(_ files: [String: String]) throws -> Project {
        let folder = FileManager.default.temporaryDirectory.appending(path: "millrace-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (path, text) in files {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return try PipelineFolder(at: folder.path()).project(ProjectOptions(environment: [:]))
    }
}

extension Logger {
    /// For tests of failures, which would fill the log.
    static var silent: Logger { Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() } }
}
