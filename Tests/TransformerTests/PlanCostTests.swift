import ModelProject
import Pipeline
import Planning
import Postgres
import Testing

@testable import Transformer

/// Incremental models, one on the other, each with an audit.
private func chain(_ count: Int) throws -> Project {
    var files: [String: String] = [:]
    for number in 0..<count {
        files["models/m\(number).sql"] = """
            MODEL (name m\(number), kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-11-01',
              audits (not_null(columns := (user_id))));
            SELECT user_id, ts FROM \(number == 0 ? "(SELECT user_id, timestamp AS ts FROM raw.events)" : "m\(number - 1)") AS t
            WHERE ts BETWEEN @start_dt AND @end_dt
            """
    }
    return try TestPipelines.make(files)
}

extension TestDatabase {
    fileprivate static var statementsMax: Int { 10 }

    /// What `transformer plan` asks the database from its start to its end, in statements: outside of transactions each is
    /// one of its own, and the server counts those.
    fileprivate func statements(ofPlanning project: Project, for environment: String) async throws -> Int {
        let database = Database(settings, connectionsMax: 1, logger: Self.logger)
        func count() async throws -> Int {
            _ = try await database.session.rows("SELECT pg_stat_force_next_flush()")
            let rows = try await database.session.rows(
                "SELECT (xact_commit + xact_rollback)::text AS n FROM pg_stat_database WHERE datname = current_database()"
            )
            return try #require(rows.first).integer("n")
        }
        // Others' counts, autovacuum's among them, may come late, and never take anything away: the least of many.
        var least = Int.max
        var rounds = 0
        let graph = try ProjectGraph(project)
        while rounds < 3 || (least >= Self.statementsMax && rounds < 30) {
            rounds += 1
            _ = try await count()
            let (idle, before) = (try await count(), try await count())
            let workbench = try await Workbench(database: database, reader: nil, logger: Self.logger)
            let runner = UnitTestRunner(database: database, project: project, graph: graph)
            try await TestWork.run(runner, only: nil, quiet: true)
            let request = PlanRequest(environment: environment, upTo: day(10))
            let surroundings = try await workbench.planner.surroundings(of: environment)
            let plan = try await workbench.planner.plan(project, graph, request, in: surroundings)
            #expect(plan.isEmpty)
            least = min(least, try await count() - before - (before - idle))
        }
        await database.close()
        return least
    }
}

@Suite("What a plan costs", .enabled(if: TestDatabase.isAvailable)) struct PlanCostTests {
    @Test(
        "a plan that finds nothing to do takes fewer than 10 statements, however many models there are",
        arguments: [3, 200])
    func statements(models: Int) async throws {
        try await withDatabase { test in
            let project = try chain(models)
            for environment in ["prod", "dev"] {
                var request = PlanRequest(environment: environment, upTo: day(10))
                request.backfill = .assume
                let plan = try await test.workbench.planner.plan(project, request)
                try await test.workbench.plans.apply(plan, execution: day(10))
            }
            for environment in ["prod", "dev"] {
                let statements = try await test.statements(ofPlanning: project, for: environment)
                #expect((5..<TestDatabase.statementsMax).contains(statements), "\(environment): \(statements)")
            }
        }
    }

    @Test("what a model was and this version cannot read is left out alone")
    func unreadable() async throws {
        try await withDatabase { test in
            try await test.apply(try chain(20), at: day(10))
            let environment = try await test.workbench.catalog.environment("prod")
            let names = environment.models.map(\.name)
            let catalog = EnvironmentCatalog(test.workbench.store)
            var failed = 0
            let all = try await catalog.readable(names, of: environment) { _ in failed += 1 }
            #expect(all.count == 20 && failed == 0)
            try await test.execute(
                "UPDATE transformer.model_snapshots SET bundle = '{}' WHERE name IN ('analytics.m3', 'analytics.m7')")
            let later = EnvironmentCatalog(test.workbench.store)
            let readable = try await later.readable(names, of: environment) { _ in failed += 1 }
            #expect(readable.count == 18 && failed == 2, "one of another form is left out alone")
            await #expect(throws: TransformerError.self) { try await later.read(names, of: environment) }
        }
    }
}
