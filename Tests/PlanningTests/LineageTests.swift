import ModelProject
import Pipeline
import Planning
import SQL
import Testing

@Suite("Graphs and columns of models") struct LineageTests {
    /// raw.events → a → b → c → d, and raw.users → c.
    private func graph() throws -> ProjectGraph {
        try TestProject.graph([
            "models/a.sql": "MODEL (name s.a); SELECT id, x + 1 AS y FROM raw.events",
            "models/b.sql": "MODEL (name s.b); SELECT id, sum(y) AS total FROM s.a GROUP BY id",
            "models/c.sql": "MODEL (name s.c); SELECT b.total, u.* FROM s.b AS b JOIN raw.users AS u ON u.id = b.id",
            "models/d.sql": "MODEL (name s.d); SELECT total FROM s.c",
        ])
    }

    @Test(
        "a part of a graph is what is near",
        arguments: [
            ([], 1, 100, ["s.a", "s.b", "s.c", "s.d"], ["raw.events", "raw.users"], false),
            ([], 1, 2, ["s.a", "s.b"], [], true),
            (["s.b"], 1, 100, ["s.a", "s.b", "s.c"], [], false),
            (["s.b"], 2, 100, ["s.a", "s.b", "s.c", "s.d"], ["raw.events", "raw.users"], false),
            (["s.b"], 2, 3, ["s.a", "s.b", "s.c"], [], true),
            (["raw.users"], 1, 100, ["s.c"], ["raw.users"], false),
            (["nothing"], 5, 100, [], [], false),
        ] as [([String], Int, Int, [String], [String], Bool)])
    func part(around: [String], steps: Int, most: Int, models: [String], sources: [String], isCut: Bool) throws {
        let whole = LineageGraph(try graph().snapshots)
        let (part, cut) = whole.part(around: around, steps: steps, most: most)
        #expect(part.models.map(\.description) == models && part.sources == sources && cut == isCut)
        let shown = Set(models + sources)
        #expect(part.edges.allSatisfy { shown.contains($0.from) && shown.contains($0.to) })
        #expect(part.edges.count == whole.edges.count { shown.contains($0.from) && shown.contains($0.to) })
    }

    @Test("columns of tables that are known are followed through stars")
    func stars() throws {
        let users = RelationPath("raw", "users")
        let lineage = try ColumnLineage(following: try graph().snapshots, columns: [users: ["id", "name"]])
        let found = lineage.downstream(of: SourceReference(table: "raw.users", column: "name"))
        #expect(found.map(\.column.description) == ["s.c.name"])
        let total = lineage.upstream(of: SourceReference(table: "s.d", column: "total"))
        #expect(total.map(\.column.description) == ["s.c.total", "s.b.total", "s.a.y", "raw.events.x"])
        #expect(total.last?.usage == .aggregated && lineage.leftOut.isEmpty)
    }

    @Test("a model that cannot be followed is named, and the others are followed from its table on")
    func leftOut() throws {
        // b asks for a column that raw.events does not have.
        let events = RelationPath("raw", "events")
        let columns = [events: ["id"], RelationPath("s", "a"): ["id", "y"]]
        let lineage = try ColumnLineage(following: try graph().snapshots, columns: columns)
        #expect(lineage.leftOut.map(\.model.description) == ["s.a"])
        #expect(lineage.leftOut.first?.reason.contains("x") == true)
        let total = lineage.upstream(of: SourceReference(table: "s.d", column: "total"))
        #expect(total.map(\.column.description) == ["s.c.total", "s.b.total", "s.a.y"])
        #expect(!lineage.isModel(SourceReference(table: "s.a", column: "y")))
    }

    @Test("the columns that a history adds have lineage, and so has what reads them")
    func history() throws {
        let graph = try TestProject.graph([
            "models/h.sql": """
            MODEL (name s.h, kind SCD_TYPE_2_BY_TIME (unique_key id, updated_at_name at, valid_to_name ended));
            SELECT id, x, at FROM raw.things UNION ALL SELECT id, x, at FROM raw.others
            """,
            "models/c.sql":
                "MODEL (name s.c, kind SCD_TYPE_2_BY_COLUMN (unique_key id, columns [x])); SELECT id, x FROM s.h",
            "models/r.sql": """
            MODEL (name s.r); SELECT h.id, h.valid_from, h.ended, c.valid_to FROM s.h AS h JOIN s.c AS c ON c.id = h.id
            """,
        ])
        let lineage = try ColumnLineage(graph)
        let name = ModelName(schema: "s", name: "h")
        #expect(lineage.columns(of: name) == ["id", "x", "at", "valid_from", "ended"])
        func origins(_ column: String) -> Set<String> {
            Set(
                lineage.upstream(of: .init(table: "s.r", column: column)).map {
                    "\($0.column.table).\($0.column.column)"
                })
        }
        #expect(origins("ended").contains { $0.contains("raw.things") && $0.contains("at") }, "\(origins("ended"))")
        #expect(origins("valid_to").isEmpty == false)
    }

    @Test("columns and tables that nobody gives are all told when the project is read")
    func unknownNames() throws {
        let files = [
            "models/a.sql": "MODEL (name s.a); SELECT 1 AS id, 'x' AS name",
            "models/b.sql": "MODEL (name s.b);\nSELECT t.name,\n  a.nothing, r.anything FROM s.a AS a, raw.things AS r",
            "models/c.sql": "MODEL (name s.c);\nWITH x AS (SELECT id FROM s.a) SELECT y.id FROM x",
        ]
        let error = #expect(throws: PipelineError.self) { try TestProject.graph(files) }
        let lines = (error?.description ?? "").split(separator: "\n").map(String.init)
        #expect(
            lines.map { String($0.prefix { $0 != " " }) } == [
                "models/b.sql:2:8:", "models/b.sql:3:3:", "models/c.sql:2:39:",
            ],
            "\(lines)")
        let right = [
            "models/a.sql": files["models/a.sql"] ?? "",
            "models/b.sql": """
            MODEL (name s.b);
            SELECT a.id, s.a.name, l.v, (r.point).x, raw.things.other, o.n FROM s.a, raw.things AS r, raw.things,
              LATERAL (SELECT a.id + 1 AS v) AS l, generate_series(1, a.id) AS o(n)
            WHERE EXISTS (SELECT FROM raw.more AS m WHERE m.id = a.id AND m.x = r.x) ORDER BY a.name
            """,
        ]
        _ = try TestProject.graph(right)
    }
}
