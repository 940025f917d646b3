import ModelProject
import Pipeline
import Planning
import Testing

@Suite("What a person says that a change means") struct CategoryTests {
    /// Plans `edited` over the chain of three models, with choices.
    private func plan(
        _ edited: ProjectGraph, _ choices: [String: ChangeCategory], in environment: String = "prod",
        _ change: (inout PlanRequest) -> Void = { _ in }
    ) throws -> Plan {
        let state = TestProject.applied(try TestProject.chain(), upTo: day(10))
        var request = PlanRequest(environment: environment, upTo: day(10))
        change(&request)
        return Planner(
            graph: edited, state: state, request: request,
            choices: Dictionary(uniqueKeysWithValues: choices.map { (ModelName($0.key)!, $0.value) })
        ).plan()
    }

    private func computed(_ plan: Plan) -> [String] {
        plan.stages.flatMap { stage -> [String] in
            if case .backfill(let work) = stage { work.map(\.model.name.name) } else { [] }
        }
    }

    @Test(
        "decides what is computed, and the plan says what it would have said",
        arguments: [
            (ChangeCategory.breaking, ["a", "b", "c"], "breaking, as asked; it would be non-breaking: changed y"),
            (.nonBreaking, ["a"], "non-breaking, as asked; it would be non-breaking: changed y"),
            (.forwardOnly, [], "forward-only, as asked; it would be non-breaking: changed y"),
            (.sameRows, [], "same-rows, as asked; it would be non-breaking: changed y"),
        ])
    func effects(category: ChangeCategory, models: [String], reason: String) throws {
        let edited = try TestProject.chain(first: TestProject.first.replacing("x + 1", with: "x + 2"))
        let asked = try plan(edited, ["a": category])
        #expect(computed(asked) == models)
        #expect(asked.changes.first?.reason == reason)
        #expect(asked.refusals(of: PlanRequest(environment: "prod", upTo: day(10))).isEmpty)
        #expect(computed(try plan(edited, [:])) == ["a", "b"], "b takes y")
    }

    @Test("non-breaking leaves readers as they are also where rows go, and what reads them")
    func nonBreaking() throws {
        let edited = try TestProject.chain(first: TestProject.first.replacing("x > 0", with: "x > 1"))
        let asked = try plan(edited, ["a": .nonBreaking])
        #expect(computed(asked) == ["a"])
        #expect(
            asked.changes.dropFirst().map(\.kind)
                == [ModelChange.Kind.indirectlyModified(.none), .indirectlyModified(.none)])
        #expect(computed(try plan(edited, [:])) == ["a", "b", "c"])
    }

    @Test(
        "is refused where it cannot be",
        arguments: [
            (
                ChangeCategory.sameRows, "MODEL (name a, kind FULL); SELECT id, x AS y, ts FROM raw.events",
                "its kind was"
            ),
            (
                .forwardOnly, "MODEL (name a, kind FULL); SELECT id, x AS y, ts FROM raw.events",
                "FULL has no intervals of which only new ones would change"
            ),
            (.sameRows, TestProject.first.replacing("id, x + 1", with: "id, x AS z, x + 1"), "it gives other columns"),
            (
                .breaking,
                TestProject.first.replacing("(time_column ts)", with: "(time_column ts, forward_only true)")
                    .replacing("x > 0", with: "x > 1"), "its kind says forward_only"
            ),
        ])
    func refused(category: ChangeCategory, text: String, why: String) throws {
        let refusals = try plan(try TestProject.chain(first: text), ["a": category]).refusals(
            of: PlanRequest(environment: "prod", upTo: day(10)))
        #expect(refusals.count == 1 && refusals[0].message.contains(why), "\(refusals)")
        #expect(refusals.first?.description.hasPrefix("models/a.sql:1:") == true)
    }

    @Test(
        "effective-from computes intervals again that a forward-only change would leave, in place, with their readers")
    func effectiveFrom() throws {
        let edited = try TestProject.chain(first: TestProject.first.replacing("x + 1", with: "x + 2"))
        func from(_ number: Int, _ choices: [String: ChangeCategory], in environment: String = "prod") throws -> Plan {
            try plan(edited, choices, in: environment) { $0.effectiveFrom = day(number) }
        }
        let asked = try from(8, ["a": .forwardOnly])
        let work = asked.stages.flatMap { stage -> [ModelWork] in
            if case .backfill(let work) = stage { work } else { [] }
        }
        #expect(work.map(\.model.name.name) == ["a", "b", "c"] && work.allSatisfy { !$0.model.isNew })
        #expect(work.map(\.missing.due) == [days(8...9), days(7...9), days(7...9)], "b looks back for a day")
        var request = PlanRequest(environment: "prod", upTo: day(10))
        request.effectiveFrom = day(8)
        #expect(asked.refusals(of: request).isEmpty)
        let none = try from(8, [:]).refusals(of: request)
        #expect(none.first?.message.contains("No change of this plan is forward-only") == true)
    }
}

@Suite("Statements after the query change") struct StatementChangeTests {
    private static let index = "; CREATE INDEX IF NOT EXISTS i ON @this_model (id)"

    private func plan(_ before: String, _ after: String) throws -> Plan {
        func chain(_ more: String) throws -> ProjectGraph { try TestProject.chain(first: TestProject.first + more) }
        return Planner(
            graph: try chain(after), state: TestProject.applied(try chain(before), upTo: day(10)), upTo: day(10)
        ).plan()
    }

    private func stated(_ plan: Plan) -> [String] {
        plan.stages.flatMap { stage -> [String] in
            if case .runStatements(let models) = stage { models.map(\.name.name) } else { [] }
        }
    }

    @Test("what makes an index runs on the table, and computes nothing; what goes is told and leaves the table")
    func harmless() throws {
        let added = try plan("", Self.index)
        #expect(
            added.changes.map(\.kind) == [.modified(.none), .indirectlyModified(.none), .indirectlyModified(.none)])
        #expect(added.changes[0].reason == "only statements after its query differ")
        #expect(stated(added) == ["a"] && added.models.allSatisfy { !$0.isNew })
        #expect(added.stages.count == 2, "statements, and views")
        let gone = try plan(Self.index, "")
        #expect(stated(gone).isEmpty && gone.changes[0].reason.contains("what they have made stays"))
        #expect(gone.changes[0].kind == .modified(.none))
        #expect(try plan(Self.index, Self.index).isEmpty)
    }

    @Test(
        "what may change rows is breaking",
        arguments: ["; UPDATE @this_model SET y = 0", "; DO $$ BEGIN END $$", "; CREATE TABLE x AS SELECT 1"])
    func harmful(statement: String) throws {
        let changed = try plan("", statement)
        #expect(changed.changes[0].kind == .modified(.all) && stated(changed).isEmpty)
    }

    @Test("a column that changes with it is computed, and the statement comes with the new table")
    func both() throws {
        let graph = try TestProject.chain(first: TestProject.first.replacing("x + 1", with: "x + 2") + Self.index)
        let changed = Planner(
            graph: graph, state: TestProject.applied(try TestProject.chain(), upTo: day(10)), upTo: day(10)
        ).plan()
        #expect(stated(changed).isEmpty && changed.models[0].isNew)
    }
}
