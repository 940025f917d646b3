import Foundation
import Testing

@testable import Transformer

/// What `sqlmesh init postgres` made, with files as it wrote them: Tests/Compatibility/first-project.
private func withFirstProject(_ body: (TestDatabase, CommandFolder) async throws -> Void) async throws {
    let project = try CompatibilityHistory("first-project").project
    var files: [String: String] = [:]
    for case let file as URL in try #require(
        FileManager.default.enumerator(at: project, includingPropertiesForKeys: nil))
    where !file.hasDirectoryPath {
        let path = String(file.path().dropFirst(project.path().count)).trimmingPrefix("/")
        files[String(path)] = try String(contentsOf: file, encoding: .utf8)
    }
    try #require(files["config.yaml"]?.contains("host: \n") == true, "its connection has nothing filled in")
    try await withDatabase { test in try await body(test, try CommandFolder(test, files)) }
}

@Suite("What `sqlmesh init postgres` makes", .enabled(if: TestDatabase.isAvailable)) struct FirstProjectTests {
    @Test("runs unchanged: plan, apply, run, test and audit, and each for a second time")
    func commands() async throws {
        try await withFirstProject { (test, folder) async throws in
            let fixed = ["--execution-time", "2020-01-06 01:00:00"]
            for command in ["test", "lint"] {
                let outcome = try await folder.run(command)
                #expect(outcome.code == 0, "\(command): \(outcome.errors)")
            }
            let planned = try await folder.run(arguments: ["plan"] + fixed)
            #expect(planned.code == 0 && planned.output.contains("1 unit tests passed."), "\(planned.errors)")
            #expect(planned.output.contains("sqlmesh_example.incremental_model  2020-01-01 to 2020-01-05"))
            for _ in 1...2 {
                let applied = try await folder.run(arguments: ["apply"] + fixed)
                #expect(applied.code == 0, "\(applied.errors)")
                #expect(try await rows(test) == ["1|3", "2|1", "3|1"])
            }
            let again = try await folder.run(arguments: ["plan"] + fixed)
            #expect(again.output.contains("No changes to plan: prod is up to date."))
            let next = ["--execution-time", "2020-01-08 01:00:00"]
            let ran = try await folder.run(arguments: ["run"] + next)
            #expect(ran.code == 0 && ran.output.contains("2020-01-06 to 2020-01-07"), "\(ran.output)\(ran.errors)")
            #expect(try await rows(test) == ["1|5", "2|1", "3|1"])
            #expect(try await folder.run(arguments: ["run"] + next).output.contains("Nothing is missing in prod."))
            for _ in 1...2 {
                let audited = try await folder.run(arguments: ["audit"] + next)
                #expect(audited.code == 0, "\(audited.errors)")
                #expect(audited.output == "sqlmesh_example.full_model  assert_positive_order_ids  passed\n")
            }
        }
    }

    private func rows(_ test: TestDatabase) async throws -> [String] {
        try await test.rows("SELECT item_id::text, num_orders::text FROM sqlmesh_example.full_model ORDER BY 1")
            .map { $0.joined(separator: "|") }
    }
}
