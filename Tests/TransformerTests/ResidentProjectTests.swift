import Foundation
import ModelProject
import Pipeline
import Planning
import Testing

@testable import Transformer

/// A pipeline folder whose files were all written an hour ago: those of now are read again however often one asks.
private final class SettledFolder {
    let url = FileManager.default.temporaryDirectory.appending(path: "millrace-\(UUID().uuidString)")

    init(_ files: [String: String]) throws {
        for (path, text) in files { try write(text, to: path) }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, to path: String) throws {
        let file = url.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(at: url.appending(path: path)) }

    /// Until a reading takes what was written so far for settled.
    func settle() async throws { try await Task.sleep(for: .seconds(4)) }

    var project: ResidentProject {
        ResidentProject(
            ProjectSource(
                path: url.path(), ProjectOptions(environment: ["LIMIT": "3"]),
                engine: EngineAddress(host: "localhost", port: 5432, database: "any")))
    }
}

/// What a process that knows nothing makes of the folder.
private func fingerprints(_ project: ResidentProject) async throws -> [String] {
    try await project.current().graph.snapshots.map { "\($0.name) \($0.fingerprint) \($0.metadataHash)" }
}

@Suite("serve keeps what it has read of the folder", .timeLimit(.minutes(10))) struct ResidentProjectTests {
    private static let files = [
        "config.yaml": "model_defaults: {dialect: postgres}\nvariables: {top: 10}",
        "models/a.sql": "MODEL (name s.a, kind FULL); SELECT user_id, event FROM raw.events",
        "models/b.sql": "MODEL (name s.b, kind FULL); SELECT @STAR(s.a) FROM s.a",
        "models/c.sql": "MODEL (name s.c, kind FULL, audits (few)); SELECT event, @top AS top FROM s.a",
        "models/d.sql": "MODEL (name s.d, kind SEED (path '../seeds/d.csv'))",
        "seeds/d.csv": "id\n1\n",
        "audits/few.sql": "AUDIT (name few); SELECT * FROM @this_model WHERE top > 100",
        "audits/all.sql": "AUDIT (name all_there, standalone true); SELECT 1 FROM s.c WHERE false",
        "macros/m.sql": "@DEF(twice, x -> x * 2)",
    ]

    @Test("and reads again what has changed, and what follows from it, with the result of one who knows nothing")
    func changes() async throws {
        let folder = try SettledFolder(Self.files)
        try await folder.settle()
        let resident = folder.project
        #expect(try await fingerprints(resident) == fingerprints(folder.project))
        #expect(resident.work == (4, 4))
        for _ in 1...2 {
            #expect(try await fingerprints(resident) == fingerprints(folder.project))
            // What a macro writes out follows from other models, and is looked at each time.
            #expect(resident.work.files == 4)
        }
        typealias Change = (what: String, files: [String: String?], parsed: Int)
        let changes: [Change] = [
            (
                "a model",
                ["models/c.sql": "MODEL (name s.c, kind FULL, audits (few)); SELECT event, 1 AS top FROM s.a"], 1
            ),
            (
                "its columns, which another writes out",
                ["models/a.sql": "MODEL (name s.a, kind FULL); SELECT event, 1 AS n FROM raw.events"], 1
            ),
            ("a seed's rows", ["seeds/d.csv": "id\n1\n2\n"], 1),
            ("an audit", ["audits/few.sql": "AUDIT (name few); SELECT * FROM @this_model WHERE top > 7"], 0),
            (
                "which model an audit is run with",
                ["audits/all.sql": "AUDIT (name all_there, standalone true); SELECT 1 FROM s.d WHERE false"], 0
            ),
            ("a model comes", ["models/e.sql": "MODEL (name s.e, kind FULL); SELECT @twice(n) AS n FROM s.a"], 1),
            ("a macro", ["macros/m.sql": "@DEF(twice, x -> x + x)"], 0),
            ("a model goes", ["models/e.sql": nil], 0),
            (
                "the configuration",
                ["config.yaml": "model_defaults: {dialect: postgres, owner: ada}\nvariables: {top: 11}"], 4
            ),
        ]
        for change in changes {
            let before = try await fingerprints(resident)
            for (path, text) in change.files {
                if let text { try folder.write(text, to: path) } else { try folder.remove(path) }
            }
            try await folder.settle()
            let parsed = resident.work.files
            let now = try await fingerprints(resident)
            #expect(now != before, "\(change.what)")
            #expect(try await now == fingerprints(folder.project), "\(change.what)")
            #expect(resident.work.files - parsed == change.parsed, "\(change.what)")
            #expect(try await fingerprints(resident) == now, "\(change.what), asked again")
        }
    }

    @Test("and a mistake is told for as long as it is there, and nothing is kept of it")
    func mistakes() async throws {
        let folder = try SettledFolder(Self.files)
        try await folder.settle()
        let resident = folder.project
        let before = try await fingerprints(resident)
        for _ in 1...2 {
            try folder.write("MODEL (name s.c, kind FULL); SELEC event FROM s.a", to: "models/c.sql")
            for _ in 1...2 {
                let error = await #expect(throws: PipelineError.self) { try await fingerprints(resident) }
                #expect("\(error.map { "\($0)" } ?? "")".contains("models/c.sql:1"))
            }
            try folder.write(Self.files["models/c.sql"] ?? "", to: "models/c.sql")
            #expect(try await fingerprints(resident) == before)
        }
    }

    @Test("a file that was written just now is read again: another change in the same tick would not show")
    func fresh() async throws {
        let folder = try SettledFolder(Self.files)
        try await folder.settle()
        let resident = folder.project
        _ = try await fingerprints(resident)
        for n in 1...5 {
            try folder.write(
                "MODEL (name s.c, kind FULL, audits (few)); SELECT event, \(n) AS top FROM s.a", to: "models/c.sql")
            #expect(try await fingerprints(resident) == fingerprints(folder.project), "\(n)")
        }
    }

    @Test("a start that counts from now is another one later")
    func relative() async throws {
        let folder = try SettledFolder([
            "config.yaml": "model_defaults: {dialect: postgres}",
            "models/a.sql": """
            MODEL (name a, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '1 second ago', end '1 second ago');
            SELECT user_id, timestamp AS ts FROM raw.events WHERE timestamp BETWEEN @start_dt AND @end_dt
            """,
        ])
        try await folder.settle()
        let resident = folder.project
        let first = try await resident.current().graph.snapshots[0]
        try await Task.sleep(for: .milliseconds(1100))
        let second = try await resident.current().graph.snapshots[0]
        #expect(first.definition.start != second.definition.start && first.definition.end != second.definition.end)
        #expect(first.metadataHash == second.metadataHash, "which is no change of its text")
    }
}
