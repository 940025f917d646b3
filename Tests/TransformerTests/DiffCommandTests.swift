import Foundation
import Testing

@testable import Transformer

private let files = [
    "config.yaml": "",
    "models/a.sql": "MODEL (name a, kind FULL); SELECT user_id, event FROM raw.events",
    "models/b.sql": "MODEL (name b, kind FULL); SELECT COUNT(*) AS n FROM a",
    "models/c.sql": "MODEL (name c, kind FULL, owner ada); SELECT 1 AS one",
]

@Suite("transformer diff", .enabled(if: TestDatabase.isAvailable)) struct DiffCommandTests {
    @Test("says what the project says other than an environment, and ends with 1 while there is something")
    func project() async throws {
        try await withDatabase { test in
            let folder = try CommandFolder(test, files)
            let none = try await folder.run("diff", "dev")
            #expect(none.code == 1 && none.errors.contains("There is no environment dev"), "\(none.errors)")
            _ = try await folder.run("apply", "dev")
            for _ in 1...2 {
                let same = try await folder.run("diff", "dev")
                #expect(same.code == 0 && same.output.contains("the project is the same as dev: 3 models."))
            }
            try folder.write(
                "models/a.sql",
                "MODEL (name a, kind FULL); SELECT user_id, event FROM raw.events WHERE true = (event <> 'x')")
            try folder.write("models/c.sql", "MODEL (name c, kind FULL, owner eve); SELECT 1 AS one")
            try folder.write("models/d.sql", "MODEL (name d, kind FULL); SELECT 2 AS two")
            for _ in 1...2 {
                let differs = try await folder.run("diff", "dev")
                #expect(differs.code == 1 && differs.errors.isEmpty, "\(differs.errors)")
                #expect(
                    differs.output.contains("~ analytics.a  modified, breaking (other than in its columns"),
                    "\(differs.output)")
                #expect(differs.output.contains("      + MODEL (name a"))
                #expect(differs.output.contains("~ analytics.b  indirectly_modified"))
                #expect(differs.output.contains("~ analytics.c  metadata"))
                #expect(
                    differs.output.contains("+ analytics.d  added") && differs.output.contains("The same: 0 models."))
            }
            let document = try await folder.run("diff", "dev", "--json", "--no-diff")
            let models = try #require(try document.json()["models"] as? [[String: Any]])
            #expect(document.code == 1 && models.count == 4)
            #expect(models.allSatisfy { ($0["lines"] as? [String])?.isEmpty == true })
            #expect(models[0]["category"] as? String == "breaking")
            _ = try await folder.run("apply", "dev")
            #expect(try await folder.run("diff", "dev").code == 0)
        }
    }

    @Test("says what one environment has other than another, with columns and lines")
    func environments() async throws {
        try await withDatabase { test in
            let folder = try CommandFolder(test, files)
            _ = try await folder.run("apply")
            _ = try await folder.run("apply", "dev")
            #expect(try await folder.run("diff", "prod:dev").code == 0)
            try folder.write("models/a.sql", "MODEL (name a, kind FULL); SELECT user_id FROM raw.events")
            try FileManager.default.removeItem(at: folder.url.appending(path: "models/c.sql"))
            _ = try await folder.run("apply", "dev")
            let there = try await folder.run("diff", "prod:dev")
            #expect(there.code == 1)
            #expect(there.output.contains("~ analytics.a  modified\n      - event\n"), "\(there.output)")
            #expect(there.output.contains("      - MODEL (name a") && there.output.contains("- analytics.c  removed"))
            let back = try await folder.run("diff", "dev:prod", "--json").json()
            let models = try #require(back["models"] as? [[String: Any]])
            #expect(models.contains { $0["change"] as? String == "added" && $0["model"] as? String == "analytics.c" })
            #expect(back["from"] as? String == "dev" && back["to"] as? String == "prod")
            _ = try await folder.run("apply")
            #expect(try await folder.run("diff", "prod:dev").code == 0)
            #expect(try await folder.run("diff", "prod:nowhere").errors.contains("There is no environment nowhere"))
            #expect(try await folder.run("diff", "prod:").code == 2)
            #expect(try await folder.run("diff", "a:b:c").code == 2)
        }
    }
}
