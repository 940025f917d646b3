import ModelProject
import Planning
import Testing

@Suite("What an edit of a model means for the model that reads it") struct ColumnUseTests {
    /// The first model gives a, b and c; `b` is changed, and the reader is as each case says.
    @Test(
        "by the columns that the reader takes, and what for",
        arguments: [
            ("not at all", "SELECT a, c FROM p", .none),
            ("as a value", "SELECT a, upper(b) AS d FROM p", .columns(["d"])),
            ("in an aggregate", "SELECT a, max(b) AS d, count(*) AS n FROM p GROUP BY a", .columns(["d"])),
            ("in a window", "SELECT a, row_number() OVER (PARTITION BY a ORDER BY b) AS d FROM p", .columns(["d"])),
            ("as a condition", "SELECT a FROM p WHERE b > 0", .all),
            ("as a key of a join", "SELECT p.a FROM p JOIN raw.x AS x ON x.k = p.b", .all),
            ("as a group", "SELECT count(*) AS n FROM p GROUP BY b", .all),
            ("in HAVING", "SELECT a FROM p GROUP BY a HAVING max(b) > 0", .all),
            ("in a subquery of a condition", "SELECT a FROM raw.x AS x WHERE x.k IN (SELECT b FROM p)", .all),
            ("through WITH", "WITH s AS (SELECT b AS d, a FROM p) SELECT d AS e, a FROM s", .columns(["e"])),
            (
                "by a condition on a window",
                "SELECT a FROM (SELECT a, rank() OVER (ORDER BY b) AS r FROM p) AS s WHERE r = 1", .all
            ),
            ("with DISTINCT", "SELECT DISTINCT a, b FROM p", .all),
            ("by a star", "SELECT * FROM p", .all),
            ("in a function that makes rows", "SELECT a, unnest(b) AS d FROM p", .all),
            ("which LIMIT cuts off", "SELECT a FROM p ORDER BY b LIMIT 3", .all),
        ] as [(String, String, RowEffect)])
    func changed(how: String, reader: String, expected: RowEffect) throws {
        let parent = "MODEL (name p, kind FULL); SELECT a, b, c FROM raw.p"
        let child = "MODEL (name r, kind FULL); \(reader)"
        let state = TestProject.applied(
            try TestProject.graph(["models/p.sql": parent, "models/r.sql": child]), upTo: day(10))
        let edited = try TestProject.graph([
            "models/p.sql": parent.replacing(" b,", with: " b + 1 AS b,"), "models/r.sql": child,
        ])
        let plan = Planner(graph: edited, state: state, upTo: day(10)).plan()
        #expect(plan.changes.map(\.kind) == [.modified(.columns(["b"])), .indirectlyModified(expected)], "\(how)")
        let kept = try #require(plan.models.last)
        #expect(kept.isNew == (expected != .none))
    }

    @Test("a statement beside the query may read anything")
    func statements() throws {
        let parent = "MODEL (name p, kind FULL); SELECT a, b FROM raw.p"
        let child = "MODEL (name r, kind FULL); CREATE TEMP TABLE t AS SELECT b FROM p; SELECT a FROM p"
        let state = TestProject.applied(
            try TestProject.graph(["models/p.sql": parent, "models/r.sql": child]), upTo: day(10))
        let edited = try TestProject.graph([
            "models/p.sql": parent.replacing(" b ", with: " b + 1 AS b "), "models/r.sql": child,
        ])
        let plan = Planner(graph: edited, state: state, upTo: day(10)).plan()
        #expect(plan.changes.map(\.kind) == [.modified(.columns(["b"])), .indirectlyModified(.all)])
    }

    @Test("a view over a table that is made anew is bound to the new one, and what reads the view stays")
    func views() throws {
        let files = [
            "models/p.sql": "MODEL (name p, kind FULL); SELECT a, b FROM raw.p",
            "models/v.sql": "MODEL (name v, kind VIEW); SELECT a FROM p",
            "models/z.sql": "MODEL (name z, kind FULL); SELECT a FROM v",
        ]
        let state = TestProject.applied(try TestProject.graph(files), upTo: day(10))
        var edited = files
        edited["models/p.sql"] = "MODEL (name p, kind FULL); SELECT a, b + 1 AS b FROM raw.p"
        let plan = Planner(graph: try TestProject.graph(edited), state: state, upTo: day(10)).plan()
        #expect(plan.models.map(\.isNew) == [true, true, false])
        #expect(
            plan.changes.map(\.kind) == [
                .modified(.columns(["b"])), .indirectlyModified(.none), .indirectlyModified(.none),
            ])
    }
}

@Suite("Selections name models") struct ModelSelectionTests {
    private static let candidates: [ModelSelection.Candidate] = [
        ("staging.a", [], ["daily"]), ("staging.b", ["staging.a"], []),
        ("marts.c", ["staging.b"], ["Finance", "daily"]),
        ("marts.d", ["staging.a"], []), ("analytics.e", ["marts.c", "marts.d"], ["weekly"]),
    ].map { name, parents, tags in
        ModelSelection.Candidate(
            name: ModelName(name)!, parents: parents.map { ModelName($0)! }, tags: tags,
            path: "models/\(name).sql")
    }

    @Test(
        "as SQLMesh's --select-model does",
        arguments: [
            ("staging.a", "staging.a"), ("\"Staging\".\"A\"", "staging.a"), ("e", "analytics.e"),
            ("staging.*", "staging.a staging.b"), ("*", "analytics.e marts.c marts.d staging.a staging.b"),
            ("tag:daily", "marts.c staging.a"), ("tag:fin*", "marts.c"), ("tag:nothing", ""),
            ("+marts.c", "marts.c staging.a staging.b"), ("staging.b+", "analytics.e marts.c staging.b"),
            ("+staging.b+", "analytics.e marts.c staging.a staging.b"),
            ("staging.* | marts.d", "marts.d staging.a staging.b"), ("tag:daily & marts.*", "marts.c"),
            ("^staging.*", "analytics.e marts.c marts.d"), ("^(tag:daily | e) & *.d", "marts.d"),
            ("git:main", "marts.d"), ("+git:main", "marts.d staging.a"),
        ])
    func names(expression: String, expected: String) throws {
        let names = try ModelSelection(expression).names(
            among: Self.candidates, changed: ["main": ["models/marts.d.sql", "README.md"]])
        #expect(names.map(\.description).sorted().joined(separator: " ") == expected)
    }

    @Test(
        "mistakes are told",
        arguments: [
            ("staging.aa", "There is no model staging.aa. Did you mean staging.a?"),
            ("a &", "A model's name is missing."),
            ("(a | b", "A ) is missing."), ("a b", "`b` is not understood. Join with & or |."),
            ("", "A model's name is missing."), (String(repeating: "^", count: 500) + "a", "nested too deep"),
        ])
    func mistakes(expression: String, message: String) {
        let error = #expect(throws: ModelSelection.Mistake.self) {
            _ = try ModelSelection(expression).names(among: Self.candidates)
        }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("parentheses may be many, and not without end")
    func depth() {
        #expect(throws: ModelSelection.Mistake.self) {
            try ModelSelection(String(repeating: "(", count: 5_000) + "a" + String(repeating: ")", count: 5_000))
        }
    }
}
