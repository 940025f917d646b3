import ModelProject
import Pipeline
import Planning
import Postgres
import Testing

@testable import Transformer

@Suite(
    "A project gives the tables that SQLMesh gives", .enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(10)))
struct CompatibilityTests {
    typealias Table = CompatibilityHistory.Table

    @Test("row for row, after each step of a history", arguments: try CompatibilityHistory.names)
    func history(name: String) async throws {
        let history = try CompatibilityHistory(name)
        let project = try EditedProject(of: history)
        try await withDatabase { test in
            var recorded: [String: [String: Table]] = [:]
            for (index, step) in history.steps.enumerated() {
                try project.change(step)
                for statement in step.sql ?? [] { try await test.execute(PostgresQuery(statement)) }
                for (table, days) in step.landed ?? [:] { try await test.landed(table, days) }
                try await test.carryOut(step, try project.load())
                for (environment, changes) in try history.changes(at: index) {
                    for (model, table) in changes { recorded[environment, default: [:]][model] = table }
                }
                try await compare(test, recorded, after: step)
            }
        }
    }

    /// What `differs` says has to differ: one that does not any more is to be taken out.
    private func compare(
        _ test: TestDatabase, _ recorded: [String: [String: Table]], after step: CompatibilityHistory.Step
    ) async throws {
        var different: Set<String> = []
        for (environment, expected) in recorded {
            let found = try await test.tables(of: environment)
            #expect(found.keys.sorted() == expected.keys.sorted(), "\(environment) after \(step.step)")
            for (model, table) in expected {
                guard let own = found[model], own != table else { continue }
                different.insert(model)
                if step.differs?[model] == nil {
                    Issue.record("\(environment) \(model) after \(step.step): \(own.difference(from: table))")
                }
            }
        }
        let same = (step.differs ?? [:]).keys.filter { !different.contains($0) }.sorted()
        #expect(same.isEmpty, "after \(step.step) these are as SQLMesh has them: \(same)")
    }
}

extension TestDatabase {
    /// Plans and applies, or runs, as the step says.
    fileprivate func carryOut(_ step: CompatibilityHistory.Step, _ project: Project) async throws {
        let now = try #require(Moment(step.at))
        guard let environment = step.plan else {
            try await run(try #require(step.run), at: now)
            return
        }
        var request = PlanRequest(environment: environment, upTo: now)
        if let start = step.start, let end = step.end {
            request.window = try DayRange.interval(start, end)
        }
        request.forwardOnly = step.forwardOnly ?? false
        request.restated = try (step.restate ?? []).map { try ModelSelection($0) }
        let plan = try await workbench.planner.plan(project, request)
        if !plan.isEmpty { try await workbench.plans.apply(plan, execution: now) }
    }

    fileprivate func landed(_ table: String, _ days: [String]) async throws {
        let intervals = try days.compactMap { try DayRange.interval($0, $0) }
        try await workbench.store.landed(
            table, IntervalSet(intervals), rows: 1, at: .epoch, reopening: Reopening(try await workbench.catalog.all()))
    }

    /// The views of an environment, as record.py shows them: which types texts have is no matter.
    fileprivate func tables(of environment: String) async throws -> [String: CompatibilityHistory.Table] {
        var tables: [String: CompatibilityHistory.Table] = [:]
        let suffix = environment == "prod" ? "" : "__\(environment)"
        let views = try await rows(
            """
            SELECT table_schema, table_name FROM information_schema.views
            WHERE table_schema !~ '^(pg_|information_schema|millrace|transformer)'
              AND table_schema = split_part(table_schema, '__', 1) || \(suffix)
            """)
        for view in views {
            let columns = try await rows(
                """
                SELECT attname, replace(format_type(atttypid, NULL), 'character varying', 'text') FROM pg_attribute
                WHERE attrelid = format('%I.%I', \(view[0])::text, \(view[1])::text)::regclass AND attnum > 0 ORDER BY attnum
                """)
            let texts = columns.map { "\"\($0[0])\"::text" }.joined(separator: ", ")
            let found = try await database.session.rows(
                "SELECT \(sql: texts) FROM \(identifier: view[0], view[1])")
            let schema = view[0].split(separator: "_").first ?? ""
            tables["\(schema).\(view[1])"] = CompatibilityHistory.Table(
                columns: columns.map { $0.joined(separator: " ") }, rows: found.map { Array($0.values) })
        }
        return tables
    }
}
