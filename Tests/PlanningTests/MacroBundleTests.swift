import ModelProject
import Pipeline
import Planning
import Testing

@Suite("What a model's macros need is kept with it") struct MacroBundleTests {
    private func restoredSQL(_ snapshot: ModelSnapshot) throws -> String {
        let restored = try SnapshotRestore.snapshot(
            of: snapshot.bundle, fingerprint: snapshot.fingerprint, dataHash: snapshot.dataHash,
            metadataHash: snapshot.metadataHash)
        #expect(restored.name == snapshot.name)
        let interval = try #require(Interval(from: .epoch, to: Moment(seconds: 86_400)))
        let rendering = ModelRendering(restored)
        return try rendering.query(rendering.context(for: interval, execution: .epoch, isIncremental: false)).text
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test("files of macros: those that it uses, and a change of another file changes nothing")
    func files() throws {
        let files = [
            "macros/money.sql": "{% macro cents(x) %}{{ x }} / {{ base() }}{% endmacro %}",
            "macros/base.sql": "{% macro base() %}100{% endmacro %}", "macros/def.sql": "@DEF(twice, x -> x * 2);",
            "models/a.sql": "MODEL (name a.x);\nSELECT {{ cents('total') }} AS y, @twice(1) AS z FROM raw.t",
            "models/b.sql": "MODEL (name a.y);\nSELECT 1 AS z",
        ]
        let graph = try TestProject.graph(files)
        let (x, y) = (
            try #require(graph.snapshots.first { $0.name.name == "x" }),
            try #require(graph.snapshots.first { $0.name.name == "y" })
        )
        #expect(x.bundle.macros?.map(\.path) == ["macros/base.sql", "macros/def.sql", "macros/money.sql"])
        #expect(y.bundle.macros == nil)
        #expect(try restoredSQL(x) == "SELECT total / 100 AS y, 1 * 2 AS z FROM raw.t")
        var edited = files
        edited["macros/base.sql"] = "{% macro base() %}1000{% endmacro %}"
        let after = try TestProject.graph(edited)
        #expect(after[x.name]?.dataHash != x.dataHash)
        #expect(after[y.name]?.fingerprint == y.fingerprint)
    }

    @Test("which of the models of a file with blueprints it is")
    func blueprints() throws {
        let file = "MODEL (name @{c}.x, blueprints ((c := acme), (c := zeta)));\nSELECT 1 AS @c"
        let graph = try TestProject.graph(["models/a.sql": file])
        #expect(graph.snapshots.map(\.name.description).sorted() == ["acme.x", "zeta.x"])
        for snapshot in graph.snapshots {
            #expect(try restoredSQL(snapshot) == "SELECT 1 AS \(snapshot.name.schema)")
        }
    }
}
