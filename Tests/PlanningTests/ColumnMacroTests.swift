import ModelProject
import Pipeline
import Planning
import Testing

@Suite("@STAR and @UNION know the columns of what they name") struct ColumnMacroTests {
    private static let parent = "MODEL (name shop.orders);\nSELECT id, 1 AS total FROM raw.orders"
    private static let reader =
        "MODEL (name shop.report);\nSELECT @STAR(shop.orders, o, exclude := [id]) FROM shop.orders AS o"

    private func query(_ name: String, _ graph: ProjectGraph) throws -> String {
        let name = try #require(ModelName(name))
        let snapshot = try #require(graph[name])
        let interval = try #require(Interval(from: .epoch, to: Moment(seconds: 86_400)))
        let rendering = ModelRendering(snapshot)
        return try rendering.query(rendering.context(for: interval, execution: .epoch, isIncremental: false)).text
    }

    @Test("of a model's query, through stars, and of declared columns with their types")
    func models() throws {
        var files = ["models/a.sql": Self.parent, "models/b.sql": Self.reader]
        #expect(try query("shop.report", TestProject.graph(files)).contains(#"SELECT "o"."total" AS "total" FROM"#))
        files["models/c.sql"] = "MODEL (name shop.all);\nSELECT * FROM shop.orders"
        files["models/b.sql"] = "MODEL (name shop.report);\n@UNION('all', shop.orders, shop.all)"
        #expect(
            try query("shop.report", TestProject.graph(files)).contains(
                "SELECT id, total FROM shop.orders UNION ALL SELECT id, total FROM shop.all"))
        files["models/a.sql"] =
            "MODEL (name shop.orders, columns (id INT, total NUMERIC(10, 2)));\nSELECT * FROM raw.orders"
        files["models/b.sql"] = Self.reader
        #expect(
            try query("shop.report", TestProject.graph(files)).contains(
                #"SELECT CAST("o"."total" AS NUMERIC(10, 2)) AS "total" FROM"#))
    }

    @Test("a column more in the parent changes the reader; what was promoted keeps its columns")
    func changes() throws {
        let before = try TestProject.graph(["models/a.sql": Self.parent, "models/b.sql": Self.reader])
        let after = try TestProject.graph([
            "models/a.sql": Self.parent.replacing("1 AS total", with: "1 AS total, 2 AS tax"),
            "models/b.sql": Self.reader,
        ])
        let name = try #require(ModelName("shop.report"))
        let (old, new) = (try #require(before[name]), try #require(after[name]))
        #expect(old.dataHash != new.dataHash)
        let restored = try SnapshotRestore.snapshot(
            of: old.bundle, fingerprint: old.fingerprint, dataHash: old.dataHash, metadataHash: old.metadataHash)
        let interval = try #require(Interval(from: .epoch, to: Moment(seconds: 86_400)))
        let context = ModelRendering(restored).context(for: interval, execution: .epoch, isIncremental: false)
        #expect(try ModelRendering(restored).query(context).text.contains(#"SELECT "o"."total" AS "total" FROM"#))
    }

    @Test("where they cannot be known, the place is told")
    func unknown() {
        let star = "MODEL (name shop.orders);\nSELECT * FROM raw.orders"
        let circle = "MODEL (name shop.orders);\nSELECT @STAR(shop.report) FROM raw.orders"
        for parent in [star, circle] {
            let error = #expect(throws: PipelineError.self) {
                try TestProject.graph(["models/a.sql": parent, "models/b.sql": Self.reader])
            }
            #expect(error?.message.hasPrefix("The columns of shop.") == true, "\(error?.description ?? "")")
            #expect(error?.line == 2)
        }
    }
}
