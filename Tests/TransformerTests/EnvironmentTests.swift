import ControlPlane
import Foundation
import Logging
import ModelProject
import Planning
import Synchronization
import Testing

@testable import Transformer

private func project(_ query: String = "SELECT COUNT(*) AS n FROM raw.events") throws -> Project {
    try TestPipelines.make(["config.yaml": "", "models/m.sql": "MODEL (name m, kind FULL); \(query)"])
}

private func error(_ body: () async throws -> Void) async -> TransformerError? {
    do {
        try await body()
        return nil
    } catch {
        return TransformerError.from(error)
    }
}

/// What happened, in its order.
private final class Order: Sendable {
    private let words = Mutex<[String]>([])

    var all: [String] { words.withLock { $0 } }

    func add(_ word: String) { words.withLock { $0.append(word) } }
}

@Suite("Environments come and go", .enabled(if: TestDatabase.isAvailable)) struct EnvironmentTests {
    @Test("one is removed with its views and a message, made again without computing, twice")
    func removed() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(try project(), at: day(10))
            for number in 1...2 {
                let plan = try await test.apply(try project(), to: "dev", at: day(10))
                #expect(!plan.stages.contains { if case .backfill = $0 { true } else { false } })
                #expect(try await test.value("SELECT n FROM analytics__dev.m") == "1")
                #expect(try await test.workbench.promoter.remove("dev").map(\.description) == ["analytics__dev.m"])
                #expect(try await test.value("SELECT to_regnamespace('analytics__dev')::text") == "NULL")
                #expect(try await test.workbench.catalog.all().plans.keys.sorted() == ["prod"])
                let messages = try await test.rows(
                    "SELECT payload::jsonb ->> 'environment' FROM transformer.outbox WHERE type = 'environment.removed'"
                )
                #expect(messages == Array(repeating: ["dev"], count: number))
                let again = await error { try await test.workbench.promoter.remove("dev") }
                #expect(again?.code == .unknownEnvironment)
            }
            #expect(try await test.value("SELECT n FROM analytics.m") == "1", "prod is left alone")
            #expect(try await test.run(at: day(10)).intervals.isEmpty)
        }
    }

    @Test("its removal is refused as long as somebody's view reads it, and all of it stays")
    func read() async throws {
        try await withDatabase { test in
            try await test.apply(try project(), to: "dev", at: day(10))
            try await test.execute("CREATE VIEW public.mine AS SELECT * FROM analytics__dev.m")
            let refused = await error { try await test.workbench.promoter.remove("dev") }
            #expect(
                refused?.message.contains("analytics__dev.m cannot be changed: it would go, and public.mine reads it")
                    == true,
                "\(refused?.message ?? "")")
            #expect(try await test.workbench.catalog.all().plans.keys.sorted() == ["dev"])
            #expect(
                try await test.value("SELECT count(*)::text FROM transformer.outbox WHERE type = 'environment.removed'")
                    == "0")
        }
    }

    @Test(
        "one that cannot be read is told by name, and the others work",
        arguments: [
            // As the version before would have left it: without facts, and with texts that this one does not understand.
            "UPDATE transformer.environment_models SET bundle = '{}', snapshot = NULL WHERE environment = 'dev'",
            "UPDATE transformer.environment_models SET columns = '3' WHERE environment = 'dev'",
            """
            UPDATE transformer.environment_models
            SET snapshot = NULL, bundle = jsonb_set(bundle, '{source,text}', '"SELECT @later()"') WHERE environment = 'dev'
            """,
        ])
    func unreadable(damage: String) async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(try project(), at: day(10))
            try await test.apply(try project("SELECT COUNT(*) + 1 AS n FROM raw.events"), to: "dev", at: day(10))
            try await test.execute("\(sql: damage)")
            // As after a start: nothing is kept from before.
            let fresh = try await Workbench(database: test.database, reader: nil, logger: Logger.silent)
            for _ in 1...2 {
                let listing = try await fresh.catalog.all()
                #expect(listing.environments.map(\.name) == ["prod"])
                #expect(listing.unreadable.map(\.name) == ["dev"])
                #expect(listing.unreadable[0].description.contains("dev"))
                #expect(listing.plans.count == 2)
                #expect(fresh.catalog.unreadable.map(\.name) == ["dev"])
            }
            try await test.insert([("bob", "view", "2026-11-06 10:00Z")])
            try await fresh.store.landed(
                "raw.events", days(6...6), rows: 1, at: day(10),
                reopening: Reopening(try await fresh.catalog.all()))
            let request = EnvironmentRunner.Request(environment: "prod", model: nil, upTo: day(10), from: nil)
            _ = try await fresh.runner.run(request, ticket: ModelRunner.Ticket(execution: day(10)))
            #expect(try await test.value("SELECT n FROM analytics.m") == "2")
            let dev = EnvironmentRunner.Request(environment: "dev", model: nil, upTo: day(10), from: nil)
            let failed = await error {
                _ = try await fresh.runner.run(dev, ticket: ModelRunner.Ticket(execution: day(10)))
            }
            #expect(failed?.code == .pipelineError && failed?.isRetriable == false)
            #expect(failed?.message.contains("The environment dev cannot be read") == true, "\(failed?.message ?? "")")
            // A plan writes it anew, and takes away what the project does not have.
            let plan = try await fresh.planner.plan(try project(), for: "dev", upTo: day(10))
            try await fresh.plans.apply(plan, execution: day(10))
            #expect(try await fresh.catalog.all().unreadable.isEmpty)
            #expect(try await test.value("SELECT n FROM analytics__dev.m") == "2")
        }
    }

    @Test("a text that cannot be read fails its own model, and what only needs to know of it works")
    func unreadableText() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(try project(), at: day(10))
            try await test.apply(try project("SELECT COUNT(*) + 1 AS n FROM raw.events"), to: "dev", at: day(10))
            try await test.execute(
                """
                UPDATE transformer.model_snapshots SET bundle = jsonb_set(bundle, '{source,text}', '"SELECT @later()"')
                WHERE id IN (SELECT snapshot FROM transformer.environment_models WHERE environment = 'dev')
                """)
            let fresh = try await Workbench(database: test.database, reader: nil, logger: Logger.silent)
            let listing = try await fresh.catalog.all()
            #expect(listing.unreadable.isEmpty && listing.environments.map(\.name) == ["dev", "prod"])
            try await test.insert([("bob", "view", "2026-11-06 10:00Z")])
            try await fresh.store.landed(
                "raw.events", days(6...6), rows: 1, at: day(10), reopening: Reopening(listing))
            for (environment, fails) in [("dev", true), ("prod", false)] {
                let request = EnvironmentRunner.Request(
                    environment: environment, model: nil, upTo: day(10), from: nil)
                let failed = await error {
                    _ = try await fresh.runner.run(request, ticket: ModelRunner.Ticket(execution: day(10)))
                }
                #expect((failed?.message.contains("m of dev cannot be read by this version") == true) == fails)
            }
            #expect(try await test.value("SELECT n FROM analytics.m") == "2")
            let plan = try await fresh.planner.plan(try project(), for: "dev", upTo: day(10))
            try await fresh.plans.apply(plan, execution: day(10))
            #expect(try await test.value("SELECT n FROM analytics__dev.m") == "2", "the landing had reopened its table")
        }
    }

    @Test("one that the version before promoted plans nothing, runs, and is written anew with the next change")
    func upgrade() async throws {
        try await withDatabase { test in
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(try project(), at: day(10))
            try await test.execute("UPDATE transformer.environment_models SET snapshot = NULL")
            try await test.execute("DELETE FROM transformer.model_snapshots")
            try await test.execute("DELETE FROM transformer.promotions")
            let fresh = try await Workbench(database: test.database, reader: nil, logger: Logger.silent)
            #expect(try await fresh.planner.plan(try project(), for: "prod", upTo: day(10)).isEmpty)
            try await test.insert([("bob", "view", "2026-11-06 10:00Z")])
            try await fresh.store.landed(
                "raw.events", days(6...6), rows: 1, at: day(10), reopening: Reopening(try await fresh.catalog.all()))
            let request = EnvironmentRunner.Request(environment: "prod", model: nil, upTo: day(10), from: nil)
            _ = try await fresh.runner.run(request, ticket: ModelRunner.Ticket(execution: day(10)))
            #expect(try await test.value("SELECT n FROM analytics.m") == "2")
            for text in ["SELECT COUNT(*) AS n FROM raw.events AS e", "SELECT COUNT(*) + 1 AS n FROM raw.events"] {
                let plan = try await fresh.planner.plan(try project(text), for: "prod", upTo: day(10))
                try await fresh.plans.apply(plan, execution: day(10))
                #expect(
                    try await test.value(
                        "SELECT count(*)::text FROM transformer.environment_models WHERE snapshot IS NULL") == "0")
            }
            #expect(try await test.value("SELECT n FROM analytics.m") == "3")
        }
    }

    @Test("one that cannot be read can be removed")
    func unreadableRemoved() async throws {
        try await withDatabase { test in
            try await test.apply(try project(), to: "dev", at: day(10))
            try await test.execute("UPDATE transformer.environment_models SET bundle = '{}', snapshot = NULL")
            let fresh = try await Workbench(database: test.database, reader: nil, logger: Logger.silent)
            #expect(try await fresh.promoter.remove("dev").count == 1)
            #expect(try await fresh.catalog.all().plans.isEmpty)
        }
    }

    @Test("two who change one environment come one after the other, and the second is told who is first")
    func exclusive() async throws {
        try await withDatabase { test in
            let plans = test.workbench.plans
            let (told, tell) = AsyncStream.makeStream(of: String.self)
            let (begun, begin) = AsyncStream.makeStream(of: Void.self)
            let (ends, end) = AsyncStream.makeStream(of: Void.self)
            let order = Order()
            async let first: Void = plans.exclusively("prod", report: { _ in }) {
                order.add("first begins")
                begin.yield()
                for await _ in ends { break }
                order.add("first ends")
            }
            for await _ in begun { break }
            try await plans.exclusively("dev", report: { _ in }) { order.add("another environment") }
            async let second: Void = plans.exclusively("prod", report: { tell.yield($0) }) {
                order.add("second")
            }
            for await message in told {
                let process = ProcessInfo.processInfo.processIdentifier
                #expect(
                    message.contains("prod is being changed by `millrace transformer prod by \(process) on "),
                    "\(message)")
                break
            }
            end.yield()
            try await first
            try await second
            #expect(
                order.all == ["first begins", "another environment", "first ends", "second"])
        }
    }

    @Test("a plan that was made before another one was carried out is refused, and changes nothing")
    func stale() async throws {
        try await withDatabase { test in
            try await test.apply(try project(), at: day(10))
            let (plans, planner) = (test.workbench.plans, test.workbench.planner)
            let first = try await planner.plan(try project("SELECT 1 AS n"), for: "prod", upTo: day(10))
            let second = try await planner.plan(try project("SELECT 2 AS n"), for: "prod", upTo: day(10))
            try await plans.apply(second, execution: day(10))
            let refused = await error { try await plans.apply(first, execution: day(10)) }
            #expect(refused?.code == .conflict)
            #expect(try await test.value("SELECT n FROM analytics.m") == "2")
            let new = try await planner.plan(try project("SELECT 1 AS n"), for: "prod", upTo: day(10))
            try await plans.apply(new, execution: day(10))
            #expect(try await test.value("SELECT n FROM analytics.m") == "1")
        }
    }

    @Test("views and the state change together: a promotion that fails in the end has changed neither")
    func together() async throws {
        try await withDatabase { test in
            try await test.apply(try project(), at: day(10))
            try await test.execute(
                """
                CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN RAISE EXCEPTION ''the end''; END'
                """)
            // The last that a promotion does.
            try await test.execute(
                "CREATE TRIGGER t BEFORE INSERT ON transformer.outbox EXECUTE FUNCTION public.refuse()")
            let edited = try project("SELECT 7 AS n")
            _ = await error { try await test.apply(edited, at: day(10)) }
            #expect(try await test.value("SELECT n FROM analytics.m") == "0", "the view is as the state says")
            try await test.execute("DROP TRIGGER t ON transformer.outbox")
            try await test.apply(edited, at: day(10))
            #expect(try await test.value("SELECT n FROM analytics.m") == "7")
        }
    }

    @Test("a promotion waits for who reads a view, and others are not kept waiting with it")
    func reading() async throws {
        try await withDatabase { test in
            try await test.apply(try project(), at: day(10))
            let (begun, begin) = AsyncStream.makeStream(of: Void.self)
            let (told, tell) = AsyncStream.makeStream(of: String.self)
            let (ends, end) = AsyncStream.makeStream(of: Void.self)
            async let reader: Void = test.database.transaction { session in
                _ = try await session.rows("SELECT n FROM analytics.m")
                begin.yield()
                for await _ in ends { break }
            }
            for await _ in begun { break }
            let plan = try await test.workbench.planner.plan(try project("SELECT 3 AS n"), for: "prod", upTo: day(10))
            async let applied = test.workbench.plans.apply(plan, execution: day(10)) { tell.yield($0) }
            for await message in told where message.contains("somebody is reading") { break }
            try await test.landed(days(5...5))
            end.yield()
            try await reader
            _ = try await applied
            #expect(try await test.value("SELECT n FROM analytics.m") == "3")
        }
    }
}

@Suite("Late data reaches tables that nothing shows", .enabled(if: TestDatabase.isAvailable)) struct UnseenTableTests {
    private static let files = [
        "models/a.sql": """
        MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01');
        SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
        """,
        "models/b.sql": """
        MODEL (name b, kind INCREMENTAL_BY_TIME_RANGE (time_column day, lookback 1), start '2026-11-01');
        SELECT ts::date AS day, COUNT(*) AS n FROM a WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY 1
        """,
    ]

    @Test("an environment that was removed, and a version that was gone back on, are right when they return")
    func returning() async throws {
        try await withDatabase { test in
            let project = try TestPipelines.make(Self.files)
            let edited = try TestPipelines.make(
                Self.files.mapValues { $0.replacing("user_id,", with: "upper(user_id) AS user_id,") })
            try await test.insert([("ada", "view", "2026-11-05 10:00Z")])
            try await test.apply(project, at: day(10))
            try await test.apply(project, to: "dev", at: day(10))
            for number in 1...2 {
                try await test.apply(edited, at: day(10))
                try await test.workbench.promoter.remove("dev")
                // As a process that starts now, which has read no text of the tables in question.
                let fresh = try await Workbench(database: test.database, reader: nil, logger: Logger.silent)
                try await test.insert([("late", "view", "2026-11-05 11:00Z")])
                try await fresh.store.landed(
                    "raw.events", days(5...5), rows: 1, at: day(10), reopening: Reopening(try await fresh.catalog.all())
                )
                try await test.run(at: day(10))
                #expect(try await test.value("SELECT n FROM analytics.b") == "\(number + 1)")
                for environment in ["prod", "dev"] {
                    let plan = try await test.apply(project, to: environment, at: day(10))
                    let work = backfills(of: plan)
                    #expect(
                        work.allSatisfy { $0.missing.due.subtracting(days(3...5)).isEmpty },
                        "and nothing else is computed")
                    let view = RelationNames.view(ModelName(schema: "analytics", name: "b"), in: environment)
                    #expect(try await test.value("SELECT n FROM \(sql: view.quoted(in: .postgres))") == "\(number + 1)")
                }
            }
        }
    }
}
