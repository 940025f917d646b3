import Foundation
import Pipeline
import Testing

@Suite("A pipeline folder is listed") struct FolderTests {
    @Test("folders that are links are read, as Kubernetes mounts a ConfigMap, and its hidden folders are not")
    func links() throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "millrace-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let version = root.appending(path: "..2026_11_28_10_00_00.1")
        try FileManager.default.createDirectory(
            at: version.appending(path: "models"), withIntermediateDirectories: true)
        try Data("SELECT 1".utf8).write(to: version.appending(path: "models/orders.sql"))
        try Data("x: 1".utf8).write(to: version.appending(path: "config.yaml"))
        for (link, target) in [
            ("..data", "..2026_11_28_10_00_00.1"), ("models", "..data/models"), ("config.yaml", "..data/config.yaml"),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: root.appending(path: link).path(), withDestinationPath: target)
        }
        let folder = try PipelineFolder(at: root.path())
        #expect(folder.files(in: "models", extensions: ["sql"]) == ["models/orders.sql"])
        #expect(try folder.text(of: "models/orders.sql") == "SELECT 1")
        #expect(folder.contains("config.yaml"))
        #expect(folder.files(in: "contracts", extensions: ["yaml"]) == [])
    }

    @Test("by their extensions, sorted, from folders in folders; hidden ones and what a link leads to are left out")
    func files() throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "millrace-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let names = [
            "models/b.sql", "models/a/deep/x.SQL", "models/a/y.yml", "models/z.sql.bak", "models/.hidden.sql",
            "models/.git/no.sql", "models/sql", "models/größe.sql", "models/folder.sql/in.sql", "elsewhere/no.sql",
        ]
        for name in names {
            let file = root.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("SELECT 1".utf8).write(to: file)
        }
        for (link, target) in [("models/other", "../elsewhere"), ("models/linked.sql", "../elsewhere/no.sql")] {
            try FileManager.default.createSymbolicLink(
                atPath: root.appending(path: link).path(), withDestinationPath: target)
        }
        let folder = try PipelineFolder(at: root.path())
        #expect(
            folder.files(in: "models", extensions: ["sql"]) == [
                "models/a/deep/x.SQL", "models/b.sql", "models/folder.sql/in.sql", "models/größe.sql",
                "models/linked.sql",
            ])
        #expect(folder.files(in: "models", extensions: ["yaml", "yml"]) == ["models/a/y.yml"])
    }
}
